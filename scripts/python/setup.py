"""The package of pyproject.toml, and in it the torch operators in C++ where torch can be imported while it is built, there is a
compiler, and this is a checkout, whose gemmtune.h is needed: pip install --no-build-isolation ./scripts/python. With pip's isolation
there is no torch, and the operators are those in Python, as with another torch than that one."""
import importlib.util
import pathlib
import sys

import setuptools

FOLDER = pathlib.Path(__file__).resolve().parent
HEADER_FOLDER = FOLDER.parent.parent / "src" / "launch"


def operators():
    """The library's path from here; none where it cannot be built."""
    if "bdist_wheel" not in sys.argv or not importlib.util.find_spec("torch") or not (HEADER_FOLDER / "gemmtune.h").exists():
        return []
    sys.path.insert(0, str(FOLDER))
    try:
        import gemmtune_torch_native  # and with it torch, which may be broken
        built = gemmtune_torch_native.build(HEADER_FOLDER, FOLDER / "build")
    except (ImportError, RuntimeError, OSError) as error:
        print(f"gemmtune: the torch operators in C++ are left out: {error}", file=sys.stderr)
        return []
    return [str(built.relative_to(FOLDER))]


class Distribution(setuptools.Distribution):
    """A wheel with a library in it is of one platform."""

    def has_ext_modules(self):
        return bool(libraries)


libraries = operators()
# Modules without a folder of their own cannot carry other files.
setuptools.setup(distclass=Distribution, data_files=[("share/gemmtune", ["gemmtune_torch.cpp", *libraries])])
