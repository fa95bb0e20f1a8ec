"""What the programs say when something breaks names places of the repository, not of the machine they were built on."""
import pathlib
import shutil
import subprocess
import unittest

from harness import GEMMTUNE, SOURCE, CliTest


class BuiltPrograms(CliTest):
    def text_of(self, program):
        """Its bytes without debug information, which keeps whole paths for debuggers."""
        if not program.exists():
            self.skipTest(f"{program.name} is not built")
        if not shutil.which("strip"):
            self.skipTest("strip is not installed")
        stripped = self.dir / program.name
        subprocess.run(["strip", "--strip-debug", "-o", stripped, program], check=True)
        text = stripped.read_bytes()
        if b"__asan_init" in text:
            self.skipTest("the sanitisers keep whole paths for their reports")
        return text

    def check(self, program):
        text = self.text_of(program)
        # Not assertIn(), which would print the program.
        self.assertTrue(b"src/stats/summary.cpp" in text, "places are named at all")
        self.assertFalse(f"{SOURCE}/src/".encode() in text, "places are named as the build machine knows them")

    def test_gemmtune_names_no_folder_of_the_build_machine(self):
        self.check(pathlib.Path(GEMMTUNE))

    def test_the_worker_names_no_folder_of_the_build_machine(self):
        self.check(pathlib.Path(GEMMTUNE).with_name("gemmtune-worker"))


if __name__ == "__main__":
    unittest.main()
