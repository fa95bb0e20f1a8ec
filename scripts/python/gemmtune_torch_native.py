"""The operators of gemmtune_torch in C++: a call costs the host some microseconds instead of some tens. Built once for each
version of torch, by a C++ compiler (CXX, or c++) and without CUDA's headers; gemmtune_torch takes it from then on. Where
`pip install --no-build-isolation ./scripts/python` found torch it has done so; else, or for another torch:

    python3 -m gemmtune_torch_native BUNDLE      # any bundle of `gemmtune export --format bundle`: its gemmtune.h is needed
"""
from __future__ import annotations

import ctypes
import hashlib
import os
import pathlib
import subprocess
import sys
from typing import Any

import torch

import gemmtune_bundle

NAME = "gemmtune_torch.cpp"
# For the linker. Parts of torch's headers and of the C++ library are compiled into it, which must not meet another library's.
EXPORTS = "{ global: gemmtune_torch_use; local: *; };\n"
# Beside this file, or where pip puts it.
PLACES = [pathlib.Path(__file__).resolve().with_name(NAME), pathlib.Path(__file__).resolve().parent / "share" / "gemmtune" / NAME,
          pathlib.Path(sys.prefix) / "share" / "gemmtune" / NAME]
SOURCE = next((place for place in PLACES if place.exists()), PLACES[0])


def library_name(key: str = "CUDA") -> str:
    """Of the library of this torch, interface and source."""
    known = "\n".join([torch.__version__, key, sys.platform, str(gemmtune_bundle.ABI), EXPORTS, SOURCE.read_text()])
    return f"gemmtune_torch-{hashlib.sha256(known.encode()).hexdigest()[:16]}.so"


def library_path(key: str = "CUDA") -> pathlib.Path:
    """Where it is built. GEMMTUNE_CACHE_DIR moves it, as it moves cubins."""
    cache = os.environ.get("GEMMTUNE_CACHE_DIR") or pathlib.Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "gemmtune"
    return pathlib.Path(cache) / "torch" / library_name(key)


def build(header_folder: gemmtune_bundle.Path, folder: gemmtune_bundle.Path | None = None, key: str = "CUDA") -> pathlib.Path:
    """Compiles it, with the gemmtune.h of a folder, into the cache or another folder, and returns its path. Raises RuntimeError with
    what the compiler said."""
    from torch.utils import cpp_extension  # slow to import, and needed here alone

    path = library_path(key) if folder is None else pathlib.Path(folder) / library_name(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    exports = part.with_suffix(".map")
    libraries = pathlib.Path(torch.__file__).parent / "lib"
    command = [os.environ.get("CXX", "c++"), "-std=c++20", "-O2", "-shared", "-fPIC", f"-DGEMMTUNE_TORCH_KEY={key}",
               f"-D_GLIBCXX_USE_CXX11_ABI={int(torch.compiled_with_cxx11_abi())}", f"-I{header_folder}",
               *(f"-isystem{folder}" for folder in cpp_extension.include_paths()), str(SOURCE), f"-L{libraries}",
               f"-Wl,-rpath,{libraries}", f"-Wl,--version-script={exports}", "-ltorch_cpu", "-lc10", "-ldl", "-o", str(part)]
    exports.write_text(EXPORTS)
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    finally:
        exports.unlink()
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stderr}")
    part.replace(path)
    return path


def load(key: str = "CUDA") -> ctypes.CDLL | None:
    """The library if it was built for this torch, by pip beside its source or in the cache, its operators registered; else None."""
    if not SOURCE.exists():
        return None
    places = (SOURCE.with_name(library_name(key)), library_path(key))
    path = next((place for place in places if place.exists()), None)
    if path is None:
        return None
    operators: Any = torch.ops  # without types in torch
    operators.load_library(str(path))
    library = ctypes.CDLL(str(path))
    library.gemmtune_torch_use.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, *[ctypes.c_void_p] * 3]
    return library


def use(library: ctypes.CDLL, device_index: int, bundle: gemmtune_bundle.Bundle) -> None:
    """Products on a device are this gemmtune_bundle.Bundle's from now on."""
    loader = bundle.library
    functions = [ctypes.cast(function, ctypes.c_void_p)
                 for function in (loader.gemmtune_gemm, loader.gemmtune_error_text, loader.gemmtune_last_error)]
    if library.gemmtune_torch_use(device_index, bundle.handle, loader.first_member, *functions) != 0:
        raise ValueError(f"there is no device {device_index}")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    print(build(sys.argv[1]))
