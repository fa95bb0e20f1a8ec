"""A disk that is really full: a file system in memory of so many KiB, in a name space of its own, at every place that
gemmtune writes to."""
import json
import os
import shlex
import shutil
import subprocess
import unittest

from harness import ALIKE, FAKE_WORKER, GEMMTUNE, SOURCE, WIDTHS, CliTest, without_checksum

TABLE = SOURCE / "results/h100-sxm/dsv3/table.json"
WORKER = os.path.join(os.path.dirname(GEMMTUNE), "gemmtune-worker")


def can_mount():
    """Root of a name space of its own may mount."""
    probe = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]
    return shutil.which("unshare") and subprocess.run(probe, capture_output=True).returncode == 0


@unittest.skipUnless(can_mount(), "no file system can be mounted here")
class FullDisk(CliTest):
    def setUp(self):
        super().setUp()
        self.disk, self.kept = self.dir / "disk", self.dir / "kept"
        self.disk.mkdir()
        self.out = self.disk / "out"
        self.script(timings=ALIKE)

    def on_disk(self, kib, *commands):
        """Runs them one after the other with a disk of so many KiB; what is on it in the end is copied into self.kept. The
        exit codes, and what was said."""
        shutil.rmtree(self.kept, ignore_errors=True)
        lines = [f"mount -t tmpfs -o size={kib}k tmpfs {self.disk}"]
        for command in commands:
            line = command if isinstance(command, str) else shlex.join(map(str, command))
            lines.append(f"{line}; echo exit $? >&2")
        lines.append(f"cp -rp {self.disk} {self.kept}")
        result = subprocess.run(["unshare", "-rm", "sh", "-c", "\n".join(lines)], capture_output=True, text=True, env=self.env,
                                cwd=self.dir, stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        codes = [int(line.split()[1]) for line in result.stderr.splitlines() if line.startswith("exit ")]
        self.assertEqual(len(codes), len(commands), result.stderr)
        return codes, result.stderr

    def more_room(self):
        return f"mount -o remount,size=64m {self.disk}"

    def kept_records(self):
        lines = (self.kept / "out/journal.jsonl").read_text().splitlines()
        return [json.loads(without_checksum(line)) for line in lines if line.endswith("}")]

    def test_at_journal_table_and_report(self):
        """From no room for the first line to room for all: the sizes are those of the pages of such a disk."""
        sweep = [GEMMTUNE, *self.sweep_args()]
        codes, said = self.on_disk(65536, sweep)
        self.assertEqual(codes, [0], said)
        expected = json.loads((self.kept / "out/table.json").read_text())["entries"]
        places = set()
        for kib in range(4, 128, 4):
            with self.subTest(kib=kib):
                self.log_path.unlink(missing_ok=True)
                codes, said = self.on_disk(kib, sweep, self.more_room(), [*sweep, "--resume"])
                self.assertEqual(codes[1:], [0, 0], said)
                self.assertEqual(json.loads((self.kept / "out/table.json").read_text())["entries"], expected)
                # The first look at each; the rounds after it are measured together, and so again when they were cut.
                ids = [r["id"] for r in self.kept_records() if r["record"] == "row" and r["policy"].endswith("-n3")]
                self.assertEqual(len(ids), len(set(ids)), "what fitted is not measured again")
                self.assertEqual(sorted(p.name for p in (self.kept / "out").iterdir()),
                                 ["journal.jsonl", "report.md", "table.json"])
                if codes[0] == 0:
                    break
                self.assertEqual(codes[0], 1, said)
                self.assertIn("No space left on device; free some space, or write to another place", said)
                places |= {name for name in ("out", "journal.jsonl", "table.json", "report.md")
                           if f"{self.disk}/out/{name}: " in said or f"{self.disk}/{name}: " in said}
        self.assertEqual(codes[0], 0, "the last disk was large enough")
        self.assertLessEqual({"journal.jsonl", "table.json"}, places, "the disk was full at all of them in turn")

    def test_at_the_folder_of_a_bundle(self):
        cubins = self.dir / "cubins"
        cubins.mkdir()
        self.script(cubins=str(cubins))
        export = [GEMMTUNE, "export", TABLE, "--format", "bundle", "--stale", "-o", self.disk / "bundle"]
        codes, said = self.on_disk(65536, export)
        if codes == [2]:
            self.skipTest("built without libgemmtune: " + said)
        self.assertEqual(codes, [0], said)
        size_kib = sum(p.stat().st_size for p in self.kept.rglob("*") if p.is_file()) // 1024
        for kib in (4, size_kib // 2, size_kib):
            codes, said = self.on_disk(kib, export)
            self.assertEqual(codes, [1], said)
            self.assertIn("No space left on device", said)
            self.assertEqual(list(self.kept.iterdir()), [], "nothing is left behind")

    @unittest.skipUnless(os.path.exists(WORKER), "built without gemmtune-worker")
    def test_at_the_cache_of_real_kernels(self):
        """Compiled all the same, and said."""
        self.env |= {"GEMMTUNE_WORKER": WORKER, "GEMMTUNE_CACHE_DIR": str(self.disk / "cache")}
        problem = ["--problem", "dense_1d2d:m=64,n=576,k=512", "--space", self.write("one.json", {
            "schema": "gemmtune.space/1", "kernel": "dense_1d2d",
            "parameters": {"block_m": 64, "block_n": WIDTHS[:2], "k_groups": 1, "split_k": 1, "stages": 4, "cluster_m": 1,
                           "cluster_n": 1, "num_sms": "all", "raster": 8, "evict_first": "once", "swap_ab": 0}})]
        codes, said = self.on_disk(16, [GEMMTUNE, "compile", *problem, "--format", "csv"])
        self.assertEqual(codes, [0], said)
        self.assertIn("No space left on device", said)
        self.assertIn("GEMMTUNE_CACHE_DIR", said)
        left = [p for p in self.kept.rglob("*") if p.suffix == ".tmp" or p.suffix == ".cubin"]
        self.assertEqual(left, [], "no part of an artefact")


if __name__ == "__main__":
    unittest.main()
