"""The quantisers that `gemmtune quantise --export DIR` writes, in Python: ctypes over the CUDA driver, nothing else needed. For
torch tensors take gemmtune_torch.load_quantisers().

    quantisers = Quantisers("quantisers")        # a CUDA context must be current when they are launched
    quantisers.launch("quantise_row", Kind("bf16", "fp32", "nearest"), arguments, stream)
"""
from __future__ import annotations

import ctypes
import hashlib
import json
import os
import pathlib
from typing import Any, NamedTuple, Union

Path = Union[str, "os.PathLike[str]"]

SCHEMA = "gemmtune.quantisers/1"
GROUP = 128
MOST_ROWS = 65535 * GROUP  # of quantise_block and quantise_both, whose tiles lie along y of the grid
NUMBERS = {"rows": ctypes.c_uint32, "columns": ctypes.c_uint32}  # the others are 64 bits wide: addresses, pitches, the seed


class Kind(NamedTuple):
    """One cubin, which holds quantise_row, quantise_block and quantise_both."""
    input: str = "bf16"  # or fp32
    scale: str = "fp32"  # or ue8m0: powers of two
    rounding: str = "nearest"  # or stochastic


class QuantiserError(RuntimeError):
    """What the driver says, or a folder that is none of `gemmtune quantise --export`."""


def grid(kernel: str, rows: int, columns: int) -> tuple[int, int]:
    """CTAs of a launch, as index.json says it in words. Raises ValueError for more rows than one launch takes."""
    if kernel == "quantise_row":
        tasks = -(-rows // 8) * (columns // GROUP)
        return -(-tasks // 8), 1
    if rows > MOST_ROWS:
        raise ValueError(f"{kernel}: takes at most {MOST_ROWS} rows, not {rows}; quantise_row takes them")
    return columns // GROUP, -(-rows // GROUP)


class Quantisers:
    def __init__(self, folder: Path, driver: Any = None) -> None:
        """`driver`: another than libcuda.so.1, for tests. Raises QuantiserError, or OSError for what is not there."""
        self.folder = pathlib.Path(folder)
        self.index: Any = json.loads((self.folder / "index.json").read_text())
        if self.index.get("schema") != SCHEMA:
            raise QuantiserError(f"{folder}: its index.json is {self.index.get('schema')}, not {SCHEMA}")
        self._cubins = {Kind(c["input"], c["scale"], c["rounding"]): c for c in self.index["cubins"]}
        self._driver: Any = ctypes.CDLL("libcuda.so.1") if driver is None else driver
        self._kernels: dict[tuple[Kind, str], ctypes.c_void_p] = {}
        self._libraries: dict[Kind, ctypes.c_void_p] = {}

    def __contains__(self, kind: Kind) -> bool:
        return kind in self._cubins

    def _check(self, code: int, what: str) -> None:
        if code != 0:
            text = ctypes.c_char_p()
            self._driver.cuGetErrorString(code, ctypes.byref(text))
            raise QuantiserError(f"{what}: {(text.value or b'?').decode()} ({code})")

    def _library(self, kind: Kind) -> ctypes.c_void_p:
        if kind not in self._libraries:
            cubin = self._cubins[kind]
            path = self.folder / cubin["file"]
            code = path.read_bytes()
            if hashlib.sha256(code).hexdigest() != cubin["sha256"]:
                raise QuantiserError(f"{path}: damaged since it was written")
            library = ctypes.c_void_p()
            self._check(self._driver.cuLibraryLoadData(ctypes.byref(library), code, None, None, 0, None, None, 0), f"{path}")
            self._libraries[kind] = library
        return self._libraries[kind]

    def _kernel(self, kind: Kind, name: str) -> ctypes.c_void_p:
        if (kind, name) not in self._kernels:
            kernel = ctypes.c_void_p()
            self._check(self._driver.cuLibraryGetKernel(ctypes.byref(kernel), self._library(kind), name.encode()), name)
            self._kernels[kind, name] = kernel
        return self._kernels[kind, name]

    def launch(self, name: str, kind: Kind, arguments: dict[str, int], stream: int | None) -> None:
        """Queues one launch; `arguments` are those that index.json names, `stream` is a CUstream as a number."""
        values = [NUMBERS.get(key, ctypes.c_uint64)(arguments[key]) for key in self.index["arguments"][name]]
        addresses = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        x, y = grid(name, arguments["rows"], arguments["columns"])
        self._check(self._driver.cuLaunchKernel(self._kernel(kind, name), x, y, 1, self.index["threads"][name], 1, 1, 0,
                                                ctypes.c_void_p(stream), addresses, None), name)
