"""`cmake --install`: what is installed runs without this repository, and projects of others link the loader by CMake and pkg-config."""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import GEMMTUNE, SOURCE, CliTest

FAKE_DRIVER = os.environ.get("GEMMTUNE_FAKE_DRIVER")  # a folder with its libcuda.so.1
CUDA_INCLUDE = os.environ.get("GEMMTUNE_CUDA_INCLUDE")
COMPILER = os.environ.get("CXX", "c++")
TABLE = SOURCE / "results" / "h100-sxm" / "dsv3" / "table.json"

C_PROGRAM = """#include <gemmtune.h>
#include <stdio.h>
int main(int count, char** arguments) {
  gemmtune_bundle* bundle = 0;
  const int code = gemmtune_open(arguments[1], &bundle);
  printf("%d %d %s\\n", gemmtune_abi() == GEMMTUNE_ABI, code, code == GEMMTUNE_OK ? "" : gemmtune_last_error());
  gemmtune_close(bundle);
  return count != 2;
}
"""
CPP_PROGRAM = """#include <gemmtune.hpp>
#include <cstdio>
int main(int, char** arguments) {
  try {
    const gemmtune::launch::Bundle bundle(arguments[1]);
    std::puts("opened");
  } catch (const std::exception& error) {
    std::puts(error.what());
  }
}
"""
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(mine LANGUAGES C CXX)
find_package(gemmtune 0.1 REQUIRED)
add_executable(by_library c.c)
target_link_libraries(by_library gemmtune::gemmtune)
add_executable(by_header cpp.cpp)
target_link_libraries(by_header gemmtune::loader)
"""


@unittest.skipIf(FAKE_DRIVER is None or shutil.which("cmake") is None, "built without gemmtune-worker, or there is no cmake")
class Install(CliTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.dir / "elsewhere"
        self.run_checked("cmake", "--install", pathlib.Path(GEMMTUNE).parent, "--prefix", self.dir / "prefix")
        (self.dir / "prefix").rename(self.prefix)  # an installed tree may be moved

    def run_checked(self, *command, **environment):
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=self.dir,
                              env=clean | {name: str(value) for name, value in environment.items()})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def gemmtune(self, *arguments):
        return self.run_checked(self.prefix / "bin/gemmtune", *arguments, GEMMTUNE_CACHE_DIR=self.dir / "cache")

    def bundle(self):
        """Of the committed table, with the cubins of the script's worker."""
        (self.dir / "cache").mkdir()
        self.script(cubins=str(self.dir / "cache"))
        result = self.run_cli("export", TABLE, "--format", "bundle", "-o", self.dir / "bundle", "--stale", "--jobs", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.dir / "bundle"

    def write_project(self):
        for name, text in (("c.c", C_PROGRAM), ("cpp.cpp", CPP_PROGRAM), ("CMakeLists.txt", PROJECT)):
            self.write(name, text)

    def test_programs_find_all_they_need_beside_them(self):
        self.assertIn("dsv3", self.gemmtune("list"))
        self.gemmtune("sweep", "--problem", "dense_1d2d:m=64,n=576,k=512", "--space", "quick", "--device", "sim:h100-sxm",
                      "--out", "swept")
        table = json.loads((self.dir / "swept/table.json").read_text())
        self.assertEqual(len(table["entries"]), 1)

    def test_worker_is_found_and_compiles(self):
        compiled = json.loads(self.gemmtune("compile", "--problem", "dense_1d2d:m=64,n=576,k=512", "--config",
                                            "block_m=64,block_n=64", "--format", "json"))
        self.assertEqual([cubin["invalidity"] for cubin in compiled], ["correct"])

    def test_projects_link_by_cmake(self):
        self.write_project()
        self.run_checked("cmake", "-S", self.dir, "-B", self.dir / "built", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                         f"-DCMAKE_CXX_FLAGS=-isystem {CUDA_INCLUDE}")
        self.run_checked("cmake", "--build", self.dir / "built")
        bundle = self.bundle()
        self.assertEqual(self.run_checked(self.dir / "built/by_library", bundle, LD_LIBRARY_PATH=FAKE_DRIVER), "1 0 \n")
        self.assertEqual(self.run_checked(self.dir / "built/by_header", bundle, LD_LIBRARY_PATH=FAKE_DRIVER), "opened\n")
        self.assertRegex(self.run_checked(self.dir / "built/by_library", self.dir, LD_LIBRARY_PATH=FAKE_DRIVER), r"^1 3 .*index\.txt")

    def test_another_version_is_refused(self):
        self.write_project()
        (self.dir / "CMakeLists.txt").write_text(PROJECT.replace("gemmtune 0.1", "gemmtune 0.2"))
        done = subprocess.run(["cmake", "-S", self.dir, "-B", self.dir / "built", f"-DCMAKE_PREFIX_PATH={self.prefix}"],
                              capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('compatible with requested version "0.2"', done.stderr)

    @unittest.skipIf(shutil.which("pkg-config") is None, "there is no pkg-config")
    def test_projects_link_by_pkg_config(self):
        self.write_project()
        flags = self.run_checked("pkg-config", "--cflags", "--libs", "gemmtune", PKG_CONFIG_PATH=self.prefix / "lib/pkgconfig").split()
        self.run_checked(COMPILER, "-x", "c", "c.c", "-x", "none", *flags, "-o", "by_pkg_config")
        said = self.run_checked("./by_pkg_config", self.bundle(), LD_LIBRARY_PATH=f"{FAKE_DRIVER}:{self.prefix / 'lib'}")
        self.assertEqual(said, "1 0 \n")


if __name__ == "__main__":
    unittest.main()
