"""Where the loader looks for the libraries of what is built and installed: nowhere that depends on the current directory."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["GEMMTUNE_BINARY_PATH"]).parent
MAGIC = b"\x7fELF"


def programs_in(folder):
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                if file.read(4) == MAGIC:
                    yield path


def search_paths(program):
    said = subprocess.run(["readelf", "--dynamic", "--wide", program], capture_output=True, text=True, check=True).stdout
    return [line.partition("[")[2].rpartition("]")[0] for line in said.splitlines() if "RUNPATH" in line or "RPATH" in line]


def unsafe(path):
    """The elements that the loader would take for the current directory, or for something below it."""
    return [element for element in path.split(":") if not element.startswith(("/", "$ORIGIN", "${ORIGIN}"))]


class SearchPaths(unittest.TestCase):
    def check(self, *folders):
        found = [program for folder in folders for program in programs_in(folder)]
        self.assertTrue(found)
        bad = {str(program): path for program in found for path in search_paths(program) if unsafe(path)}
        self.assertEqual(bad, {})
        return found

    def test_of_what_is_built_are_absolute(self):
        found = self.check(BUILD)
        self.assertIn("gemmtune", {program.name for program in found})

    def test_of_the_worker_lead_to_its_libraries(self):
        worker = BUILD / "gemmtune-worker"
        if not worker.exists():
            self.skipTest("there is no worker")
        environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
        said = subprocess.run(["ldd", worker], capture_output=True, text=True, env=environment).stdout
        self.assertIn("libnvrtc", said)
        self.assertNotIn("not found", said)

    def test_of_what_is_installed_are_absolute(self):
        if not (BUILD / "gemmtune-worker").exists() or shutil.which("cmake") is None:
            self.skipTest("there is no worker, or no cmake")
        with tempfile.TemporaryDirectory() as folder:
            prefix = pathlib.Path(folder)
            done = subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.check(prefix / "bin", prefix / "libexec/gemmtune", prefix / "lib")

    def test_notice_an_element_that_is_empty_or_relative(self):
        for path in ("/usr/lib:", ":/usr/lib", "/a::/b", "lib", "./lib:/usr/lib", ""):
            self.assertTrue(unsafe(path), path)
        self.assertEqual(unsafe("/usr/lib:$ORIGIN/../lib"), [])


if __name__ == "__main__":
    unittest.main()
