"""An exported bundle in Python: ctypes over its libgemmtune.so, nothing else needed. For torch tensors take gemmtune_torch.

    bundle = Bundle("dsv3")                      # on the device that is current; a CUDA context must be there
    bundle.find("dense_1d2d", 64, 2112, 7168)    # which entry, and how well it fits
    bundle.gemm("dense_1d2d", 64, 2112, 7168, Operands(a, b, scales_a, scales_b, d), stream)
"""
from __future__ import annotations

import ctypes
import json
import os
import pathlib
from typing import Any, Union

Path = Union[str, "os.PathLike[str]"]

ABI = 2  # GEMMTUNE_ABI of the gemmtune.h that the structures below are of
SIZE_BYTES = 8  # of their first member, which libraries before ABI 2 do not have
REGIMES = {"burst": 0, "sustained": 1}  # enum gemmtune_regime
MATCHES = {1: "exact", 2: "bucket", 3: "largest", 4: "picked"}
# enum gemmtune_groups: how the rows of groups are told, or their parts of K.
GROUP_INDICES, GROUP_ENDS, GROUP_COUNTS, GROUP_ENDS_OF_K = 1, 2, 3, 4


class Operands(ctypes.Structure):
    """gemmtune_operands: device addresses, strides in elements (0: no gaps), form of D, groups of rows."""
    _fields_ = [("size", ctypes.c_uint64), ("a", ctypes.c_void_p), ("b", ctypes.c_void_p), ("scales_a", ctypes.c_void_p), ("scales_b", ctypes.c_void_p),
                ("d", ctypes.c_void_p), ("a_stride", ctypes.c_int64), ("b_stride", ctypes.c_int64), ("d_stride", ctypes.c_int64),
                ("fp32_out", ctypes.c_int32), ("accumulate", ctypes.c_int32),
                ("group_rows", ctypes.c_void_p), ("group_layout", ctypes.c_int32), ("groups", ctypes.c_int32),
                ("group_step", ctypes.c_int64), ("rows_of_a_group", ctypes.c_int64)]

    def __init__(self, *addresses: Any, **members: Any) -> None:
        super().__init__(ctypes.sizeof(Operands), *addresses, **members)


class Found(ctypes.Structure):
    """gemmtune_found: the entry that a problem gets."""
    _fields_ = [("size", ctypes.c_uint64), ("match", ctypes.c_int32), ("entry", ctypes.c_int32), ("tuned_m", ctypes.c_int64), ("time_us", ctypes.c_double),
                ("grid", ctypes.c_uint32), ("cluster", ctypes.c_uint32), ("threads", ctypes.c_uint32),
                ("smem_bytes", ctypes.c_uint32)]

    def __init__(self) -> None:
        super().__init__(ctypes.sizeof(Found))

    @property
    def match_name(self) -> str:
        return MATCHES[self.match]


class BundleError(RuntimeError):
    """`code` is one of enum gemmtune_code of gemmtune.h."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def load_library(path: Path) -> Any:
    library: Any = ctypes.CDLL(str(path))
    library.first_member = 0 if hasattr(library, "gemmtune_abi") else SIZE_BYTES
    if library.first_member == 0 and library.gemmtune_abi() != ABI:
        raise OSError(f"{path} has interface {library.gemmtune_abi()}, this file is for {ABI}: take that of its own revision")
    sizes = [ctypes.c_int64] * 3
    library.gemmtune_error_text.argtypes = [ctypes.c_int]
    library.gemmtune_error_text.restype = ctypes.c_char_p
    library.gemmtune_last_error.restype = ctypes.c_char_p
    library.gemmtune_note.argtypes = [ctypes.c_void_p]
    library.gemmtune_note.restype = ctypes.c_char_p
    library.gemmtune_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
    if hasattr(library, "gemmtune_open_for"):
        library.gemmtune_open_for.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_void_p)]
    library.gemmtune_close.argtypes = [ctypes.c_void_p]
    library.gemmtune_close.restype = None
    library.gemmtune_find.argtypes = [ctypes.c_void_p, ctypes.c_char_p, *sizes, ctypes.c_void_p, ctypes.c_void_p]
    library.gemmtune_gemm.argtypes = [ctypes.c_void_p, ctypes.c_char_p, *sizes, ctypes.c_void_p, ctypes.c_void_p]
    return library


class Bundle:
    def __init__(self, folder: Path, library: Path | None = None, regime: str = "burst") -> None:
        """`library`: another libgemmtune.so than the bundle's own. `regime`: "sustained" answers for launches back to back, where
        the bundle has other winners for them. Raises BundleError, or OSError without a library or from one that knows no regimes."""
        if regime not in REGIMES:
            raise ValueError(f"regime is {' or '.join(REGIMES)}, not {regime!r}")
        self.folder = pathlib.Path(folder)
        self.library = load_library(library or (self.folder / "libgemmtune.so").resolve())
        self.handle = ctypes.c_void_p()
        path, handle = str(self.folder).encode(), ctypes.byref(self.handle)
        if regime == "burst":
            self._check(self.library.gemmtune_open(path, handle))
        elif hasattr(self.library, "gemmtune_open_for"):
            self._check(self.library.gemmtune_open_for(path, REGIMES[regime], handle))
        else:
            raise OSError(f"{self.folder}: its library is of before there were regimes: export the bundle again")

    def _check(self, code: int) -> None:
        if code != 0:
            raise BundleError(code, f"{self.library.gemmtune_error_text(code).decode()}: "
                                    f"{self.library.gemmtune_last_error().decode()}")

    @property
    def note(self) -> str:
        """On which GPU it was tuned, when that is another than this one; else empty."""
        return str(self.library.gemmtune_note(self.handle).decode())

    @property
    def manifest(self) -> Any:
        return json.loads((self.folder / "manifest.json").read_text())

    def _struct(self, value: ctypes.Structure) -> Any:
        return ctypes.byref(value, self.library.first_member)

    def find(self, kernel: str, m: int, n: int, k: int, form: Operands | None = None) -> Found:
        found = Found()
        self._check(self.library.gemmtune_find(self.handle, kernel.encode(), m, n, k,
                                                None if form is None else self._struct(form), self._struct(found)))
        return found

    def gemm(self, kernel: str, m: int, n: int, k: int, operands: Operands, stream: int | None) -> None:
        """Queues one product; `stream` is a CUstream as a number."""
        code = self.library.gemmtune_gemm(self.handle, kernel.encode(), m, n, k, self._struct(operands), stream)
        if code != 0:
            self._check(code)

    def close(self) -> None:
        """What was launched must have ended."""
        self.library.gemmtune_close(self.handle)
        self.handle = ctypes.c_void_p()
