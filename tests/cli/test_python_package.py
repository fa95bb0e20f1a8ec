"""scripts/python as pip installs it: what a bundle needs is there, without the tuner and without torch."""
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import unittest

from harness import SOURCE, CliTest

PACKAGE = SOURCE / "scripts" / "python"


def can_build():
    """Setuptools before 70.1 needs wheel to make one; pip has no network here."""
    if not importlib.util.find_spec("pip") or not importlib.util.find_spec("setuptools"):
        return False
    version = tuple(int(part) for part in importlib.metadata.version("setuptools").split(".")[:2])
    return version >= (70, 1) or importlib.util.find_spec("wheel") is not None


class Package(CliTest):
    def project(self):
        return tomllib.loads((PACKAGE / "pyproject.toml").read_text())

    def test_has_the_version_of_the_program(self):
        self.assertIn(self.project()["project"]["version"], self.run_cli("--version").stdout)

    def test_has_every_module_that_users_import(self):
        modules = {path.stem for path in PACKAGE.glob("gemmtune_*.py")}
        self.assertEqual(set(self.project()["tool"]["setuptools"]["py-modules"]), modules)

    def installed(self, source, **env):
        """A folder in which pip has installed it, and what pip said."""
        target = self.dir / "target"
        done = subprocess.run([sys.executable, "-m", "pip", "install", "-v", "--no-build-isolation", "--no-deps", "--no-index", "--target",
                               target, source], capture_output=True, text=True, env={**os.environ, **env})
        self.assertEqual(done.returncode, 0, done.stderr)
        return target, done.stdout + done.stderr

    def checkout(self):
        checkout = self.dir / "checkout"
        for folder in ("scripts/python", "src/launch"):
            shutil.copytree(SOURCE / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
        return checkout

    @unittest.skipUnless(can_build(), "python3 has no setuptools of 70.1, or wheel beside an older one")
    def test_a_torch_that_cannot_be_imported_is_none(self):
        source = self.checkout() / "scripts/python"
        for error in ("ImportError('libtorch_cpu.so is not there')", "OSError('libtorch_cpu.so is not there')"):
            (self.dir / "broken/torch").mkdir(parents=True, exist_ok=True)
            (self.dir / "broken/torch/__init__.py").write_text(f"raise {error}\n")
            target, said = self.installed(source, PYTHONPATH=str(self.dir / "broken"))
            self.assertIn("are left out: libtorch_cpu.so is not there", said)
            self.assertFalse(list((target / "share/gemmtune").glob("*.so")))
            shutil.rmtree(target)

    @unittest.skipUnless(can_build() and importlib.util.find_spec("torch") and shutil.which(os.environ.get("CXX", "c++")),
                         "python3 has no torch, no setuptools of 70.1, or there is no C++ compiler")
    def test_has_the_operators_in_cpp_where_torch_is_there(self):
        target, said = self.installed(self.checkout() / "scripts/python")
        library, = (target / "share/gemmtune").glob("*.so")
        self.assertNotRegex(said, "gemmtune-[0-9.]+-py3-none-any")
        code = "import gemmtune_torch_native as n; print(n.load() is not None); n.torch.__version__ = 'another'; print(n.load())"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=self.dir,
                              env={**os.environ, "PYTHONPATH": str(target), "GEMMTUNE_CACHE_DIR": str(self.dir / "empty")})
        self.assertEqual(done.stdout.split(), ["True", "None"], done.stderr)
        self.assertFalse((self.dir / "empty").exists())

    @unittest.skipUnless(can_build(), "python3 has no setuptools of 70.1, or wheel beside an older one")
    def test_installs_and_imports_without_torch(self):
        source = self.dir / "source"
        shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
        target, said = self.installed(source)  # outside of a checkout, where it has nothing to build
        self.assertRegex(said, "gemmtune-[0-9.]+-py3-none-any")
        self.assertFalse(list((target / "share/gemmtune").glob("*.so")))
        self.assertTrue((target / "share" / "gemmtune" / "gemmtune_torch.cpp").exists())
        code = "import gemmtune_bundle; print(gemmtune_bundle.__file__); gemmtune_bundle.Bundle('/nowhere')"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=self.dir,
                              env={**os.environ, "PYTHONPATH": str(target)})
        self.assertTrue(done.stdout.startswith(str(target)), done.stderr)
        self.assertRegex(done.stderr, re.compile("libgemmtune.so"))


if __name__ == "__main__":
    unittest.main()
