"""The .deb and the tarball of scripts/package: what is in them, and that it runs from anywhere. scripts/try_package installs the .deb
in a bare root."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import GEMMTUNE, SOURCE, CliTest

BUILD = pathlib.Path(GEMMTUNE).parent


@unittest.skipIf(os.environ.get("GEMMTUNE_FAKE_DRIVER") is None or shutil.which("cpack") is None,
                 "built without gemmtune-worker, or there is no cpack")
class Package(CliTest):
    def pack(self, kind):
        done = subprocess.run(["cpack", "-G", kind, "-B", self.dir / "packages", "--config", BUILD / "CPackConfig.cmake"],
                              capture_output=True, text=True, cwd=self.dir)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        package, = (self.dir / "packages").glob("gemmtune*.*")
        return package

    def test_tarball_runs_where_it_is_unpacked(self):
        package = self.pack("TGZ")
        self.assertRegex(package.name, r"^gemmtune-\d+\.\d+\.\d+-linux-\w+\.tar\.gz$")
        subprocess.run(["tar", "xzf", package, "-C", self.dir], check=True)
        root = self.dir / package.name.removesuffix(".tar.gz")
        sweep = [root / "bin" / "gemmtune", "sweep", "--shapes", "smoke.json", "--strategy", "random", "--max-candidates", "1", "--device",
                 "sim:h100-sxm", "--out", self.dir / "run", "--quiet"]  # one each: where there is NVRTC they are compiled
        done = subprocess.run(sweep, capture_output=True, text=True, cwd=self.dir, env={"HOME": str(self.dir)})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.dir / "run" / "table.json").exists())
        for program in (root / "bin" / "gemmtune", root / "libexec" / "gemmtune" / "gemmtune-worker", root / "lib" / "libgemmtune.so"):
            with self.subTest(program=program.name):
                said = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
                for path in re.findall(r"R(?:UN)?PATH.*\[(.*)\]", said):
                    self.assertNotIn(str(BUILD), path)
                    if not (SOURCE / ".cuda").exists():  # a toolkit there is found there; scripts/package refuses it
                        self.assertNotIn(str(SOURCE), path)

    @unittest.skipIf(shutil.which("dpkg-deb") is None, "there is no dpkg-deb")
    def test_deb_says_what_it_needs(self):
        package = self.pack("DEB")
        fields = dict(line.split(": ", 1) for line in subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True,
                                                                     check=True).stdout.splitlines() if ": " in line)
        self.assertEqual((fields["Package"], fields["Description"]), ("gemmtune", "Autotuner for FP8 GEMM kernels"))
        self.assertIn(fields["Version"], self.run_cli("--version").stdout)
        self.assertIn("libc6", fields["Depends"])
        self.assertNotIn("cuda", fields["Depends"], "what measures nothing works without")
        self.assertIn("cuda-nvrtc-", fields["Recommends"])
        files = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout
        for path in ("usr/bin/gemmtune", "usr/libexec/gemmtune/gemmtune-worker", "usr/lib/libgemmtune.so", "usr/include/gemmtune.hpp"):
            self.assertIn(f"./{path}\n", files)
        subprocess.run(["dpkg-deb", "-x", package, self.dir / "root"], check=True)
        changelog = gzip.decompress((self.dir / "root/usr/share/doc/gemmtune/changelog.gz").read_bytes())
        self.assertEqual(changelog, (SOURCE / "scripts/changelog").read_bytes())
        self.assertTrue(changelog.startswith(f"gemmtune ({fields['Version']}) ".encode()))


if __name__ == "__main__":
    unittest.main()
