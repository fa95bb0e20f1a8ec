"""Exported bundles under torch: FP8 products with block scales as custom operators, which work in CUDA graphs and under
torch.compile.

    import gemmtune_torch as gt
    gt.load("dsv3")                                     # a bundle of `gemmtune export --format bundle`
    a, a_scale = gt.quantise_rows(x)                    # [M, K] -> E4M3, scales [K/128, M rounded up to 4]
    b, b_scale = gt.quantise_blocks(weight)             # [N, K] -> E4M3, scales [N/128 rounded up, K/128]
    out = torch.empty(M, N, dtype=torch.bfloat16, device="cuda")
    gt.fp8_gemm_nt(a, a_scale, b, b_scale, out)         # out = a @ b.T, or += with accumulate=True; without `out` a new one, BF16
    gt.load_quantisers("quantisers")                    # kernels of `gemmtune quantise --export`; else torch quantises
    x8, scale, x8_t, scale_t = gt.quantise_both(x)      # x and its transpose in one read, as training needs them
    layer = gt.Linear.from_weight(weight)               # a linear layer with such weights
    gt.fp8_gemm_grouped_contiguous(a, a_scale, experts, experts_scale, out, group_rows)   # rows of many experts
    gt.fp8_gemm_grouped_masked(a, a_scale, experts, experts_scale, out, masked_m)         # [experts, max_m, K] with counts
    gt.fp8_gemm_k_grouped(a, a_scale, b, b_scale, gradients, group_ends, accumulate=True) # gradients of experts' weights

Rows of a, b and out may lie further apart than they are long, where the bundle has an entry of these strides; scales are
contiguous. Nothing is copied or converted on the way: what does not fit raises ValueError, what the bundle refuses RuntimeError
(code_of). `python3 -m gemmtune_torch_native BUNDLE` makes the operators in C++, once for a torch: a call then costs the host less.
"""
from __future__ import annotations

import dataclasses
import pathlib
import re
import warnings
from typing import Any, Callable, Union

import torch
from torch import Tensor

import gemmtune_bundle
import gemmtune_torch_native
from gemmtune_torch_quantise import BLOCK, load_quantisers, pack_a_scale, quantise_blocks, quantise_both, quantise_rows

__all__ = ["BLOCK", "Kernel", "load", "load_quantisers", "quantise_rows", "quantise_blocks", "quantise_both", "pack_a_scale", "Linear",
           "code_of", "bundle_of", "fp8_gemm_nt", "fp8_gemm_grouped_contiguous", "fp8_gemm_grouped_masked",
           "fp8_gemm_k_grouped"]

Device = Union[torch.device, str, int, None]
Operator = Callable[..., Tensor]  # what it writes into, which it returns

_bundles: dict[int, gemmtune_bundle.Bundle] = {}  # by device index
_native = gemmtune_torch_native.load()  # the operators in C++, where they were built


def load(folder: gemmtune_bundle.Path, device: Device = None, regime: str = "burst") -> gemmtune_bundle.Bundle:
    """Opens a bundle on a device (the current one if None) for all operators; one bundle a device, the last one counts. `regime`:
    "sustained" where launches follow each other without a pause, as in a prefill (gemmtune_bundle.Bundle)."""
    asked: torch.device = torch.device("cuda", torch.cuda.current_device()) if device is None else torch.device(device)
    index: int = torch.cuda.current_device() if asked.index is None else asked.index
    cuda: Any = torch.cuda  # without types in torch
    cuda.init()
    with torch.cuda.device(index):
        torch.cuda.current_stream().synchronize()  # makes the context current on this thread
        bundle = gemmtune_bundle.Bundle(pathlib.Path(folder), regime=regime)
    if bundle.note:
        warnings.warn(f"{folder}: {bundle.note}; results are right, times may not be the best", stacklevel=2)
    _bundles[index] = bundle  # one that was there before stays open: graphs may hold its kernels
    if _native is not None:
        gemmtune_torch_native.use(_native, index, bundle)
    return bundle


def code_of(error: BaseException) -> int | None:
    """Which of enum gemmtune_code of gemmtune.h a RuntimeError of an operator stands for; None: it is no bundle's."""
    if isinstance(error, gemmtune_bundle.BundleError):
        return error.code
    found = re.match(r"gemmtune (\d+): ", str(error))  # gemmtune_torch.cpp
    return int(found[1]) if found else None


def bundle_of(device: torch.device) -> gemmtune_bundle.Bundle:
    """The bundle that was loaded for a device."""
    try:
        return _bundles[device.index]
    except KeyError:
        raise RuntimeError(f"no bundle is loaded for {device}; call gemmtune_torch.load(folder) first") from None


@dataclasses.dataclass(frozen=True)
class Kernel:
    """A kernel of the family as an operator. Another kernel joins by a line in KERNELS."""
    operator: str
    name: str  # in bundles
    rows_of_b_scale: int  # 128: a scale each 128 x 128 of B; 1: each row's 128
    doc: str

    def scale_shapes(self, m: int, n: int, k: int) -> tuple[tuple[int, int], tuple[int, int]]:
        if self.rows_of_b_scale == 1:
            return (k // BLOCK, -(-m // 4) * 4), (k // BLOCK, -(-n // 4) * 4)
        return (k // BLOCK, -(-m // 4) * 4), (-(-n // self.rows_of_b_scale), k // BLOCK)

    def check(self, a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor) -> tuple[int, int, int]:
        """Raises ValueError for what the kernel cannot take; also where tensors have no memory (torch.compile)."""
        if a.dim() != 2 or b.dim() != 2 or out.dim() != 2 or a.shape[1] != b.shape[1] \
                or tuple(out.shape) != (a.shape[0], b.shape[0]):
            raise ValueError(f"{self.operator}: a [M, K], b [N, K] and out [M, N] do not fit: {tuple(a.shape)}, {tuple(b.shape)}, "
                             f"{tuple(out.shape)}")
        (m, k), n = a.shape, b.shape[0]
        for name, tensor, dtypes in (("a", a, (torch.float8_e4m3fn,)), ("b", b, (torch.float8_e4m3fn,)),
                                     ("a_scale", a_scale, (torch.float32,)), ("b_scale", b_scale, (torch.float32,)),
                                     ("out", out, (torch.bfloat16, torch.float32))):
            if tensor.dtype not in dtypes:
                raise ValueError(f"{self.operator}: {name} is {tensor.dtype}, not {' or '.join(map(str, dtypes))}")
            if tensor.device != a.device:
                raise ValueError(f"{self.operator}: {name} is on {tensor.device}, a on {a.device}")
        for name, tensor in (("a", a), ("b", b), ("out", out)):
            if tensor.stride(1) != 1:
                raise ValueError(f"{self.operator}: {name} must have contiguous rows; its strides are {tensor.stride()}")
            if tensor.shape[0] > 1 and tensor.stride(0) < tensor.shape[1]:
                raise ValueError(f"{self.operator}: {name}'s rows overlap; its strides are {tensor.stride()}")
        for name, tensor, shape in zip(("a_scale", "b_scale"), (a_scale, b_scale), self.scale_shapes(m, n, k)):
            if tuple(tensor.shape) != shape or not tensor.is_contiguous():
                raise ValueError(f"{self.operator}: {name} must be contiguous {shape}, not {tuple(tensor.shape)} with strides "
                                 f"{tensor.stride()}; pack_a_scale() makes it of [M, K/128]")
        return m, n, k

    def launch(self, a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, accumulate: bool = False) -> None:
        m, n, k = self.check(a, a_scale, b, b_scale, out)
        if m == 0:
            return
        operands = gemmtune_bundle.Operands(
            a.data_ptr(), b.data_ptr(), a_scale.data_ptr(), b_scale.data_ptr(), out.data_ptr(), _stride(a), _stride(b), _stride(out),
            out.dtype == torch.float32, accumulate)
        bundle = bundle_of(a.device)
        with torch.cuda.device(a.device):
            bundle.gemm(self.name, m, n, k, operands, torch.cuda.current_stream().cuda_stream)


def _stride(tensor: Tensor) -> int:
    """From row to row; 0 (no gap) for a single row, whose stride torch leaves to chance."""
    return tensor.stride(0) if tensor.shape[0] > 1 else 0


KERNELS = (Kernel("fp8_gemm_nt", "dense_1d2d", BLOCK,
                  "out = a @ b.T, or += ; a scaled 1x128 ([K/128, M rounded up to 4]), b 128x128 ([N/128, K/128])"),)

_torch: Any = torch  # whose library is without types
_library = _torch.library.Library("gemmtune", "DEF")
# Scales are padded: torch.compile must hand tensors over as they lie.
_EXACT = getattr(torch.Tag, "needs_exact_strides", torch.Tag.needs_fixed_stride_order)


def _define(kernel: Kernel) -> Operator:
    """torch.ops.gemmtune.<operator>, which writes into `out` and returns nothing."""
    _library.define(f"{kernel.operator}(Tensor a, Tensor a_scale, Tensor b, Tensor b_scale, Tensor(d!) out, "
                    "bool accumulate=False) -> ()", tags=(_EXACT, torch.Tag.pt2_compliant_tag))
    if _native is None:
        _library.impl(kernel.operator, kernel.launch, "CUDA")

    def without_memory(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, accumulate: bool = False) -> None:
        kernel.check(a, a_scale, b, b_scale, out)

    torch.library.register_fake(f"gemmtune::{kernel.operator}", without_memory, lib=_library)
    operator = getattr(torch.ops.gemmtune, kernel.operator)

    def call(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor | None = None, accumulate: bool = False) -> Tensor:
        if out is None:
            if accumulate:
                raise ValueError(f"{kernel.operator}: accumulate adds to out, which is not given")
            out = a.new_empty((a.shape[0], b.shape[0]), dtype=torch.bfloat16)
        operator(a, a_scale, b, b_scale, out, accumulate)
        return out

    call.__name__ = call.__qualname__ = kernel.operator
    call.__doc__ = kernel.doc
    return call


fp8_gemm_nt: Operator
for _kernel in KERNELS:
    globals()[_kernel.operator] = _define(_kernel)


def _check_groups(operator: str, a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, group_rows: Tensor,
                  a_scale_shape: tuple[int, ...], rows_shape: tuple[int, ...]) -> None:
    """Raises ValueError for what no kernel over groups takes; also where tensors have no memory (torch.compile)."""
    if b.dim() != 3 or a.shape[-1] != b.shape[2] or tuple(out.shape) != (*a.shape[:-1], b.shape[1]):
        raise ValueError(f"{operator}: a [..., K], b [groups, N, K] and out [..., N] do not fit: {tuple(a.shape)}, {tuple(b.shape)}, "
                         f"{tuple(out.shape)}")
    groups, n, k = b.shape
    for name, tensor, dtype, shape in (("a", a, torch.float8_e4m3fn, a.shape), ("b", b, torch.float8_e4m3fn, b.shape),
                                       ("out", out, torch.bfloat16, out.shape), ("a_scale", a_scale, torch.float32, a_scale_shape),
                                       ("b_scale", b_scale, torch.float32, (groups, -(-n // BLOCK), k // BLOCK)),
                                       ("group_rows", group_rows, torch.int32, rows_shape)):
        if tensor.dtype != dtype or tensor.device != a.device:
            raise ValueError(f"{operator}: {name} is {tensor.dtype} on {tensor.device}, not {dtype} on {a.device}")
        if tuple(tensor.shape) != tuple(shape) or not tensor.is_contiguous():
            raise ValueError(f"{operator}: {name} must be contiguous {tuple(shape)}, not {tuple(tensor.shape)} with strides "
                             f"{tensor.stride()}")


def _launch_groups(kernel: str, a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, group_rows: Tensor, layout: int,
                   step: int, expected_m: int) -> None:
    groups, n, k = b.shape
    rows = a.shape[:-1].numel()
    if rows == 0:
        return
    operands = gemmtune_bundle.Operands(
        a.data_ptr(), b.data_ptr(), a_scale.data_ptr(), b_scale.data_ptr(), out.data_ptr(), group_rows=group_rows.data_ptr(),
        group_layout=layout, groups=groups, group_step=step, rows_of_a_group=expected_m)
    bundle = bundle_of(a.device)
    with torch.cuda.device(a.device):
        bundle.gemm(kernel, rows, n, k, operands, torch.cuda.current_stream().cuda_stream)


def _check_contiguous(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, group_rows: Tensor, by_ends: bool = False,
                      alignment: int = BLOCK, expected_m: int = 0) -> None:
    if a.dim() != 2:
        raise ValueError(f"fp8_gemm_grouped_contiguous: a is [M, K], not {tuple(a.shape)}")
    m, k = a.shape
    _check_groups("fp8_gemm_grouped_contiguous", a, a_scale, b, b_scale, out, group_rows, (k // BLOCK, -(-m // 4) * 4),
                  (b.shape[0] if by_ends else m,))


def _contiguous(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, group_rows: Tensor, by_ends: bool = False,
                alignment: int = BLOCK, expected_m: int = 0) -> None:
    _check_contiguous(a, a_scale, b, b_scale, out, group_rows, by_ends, alignment)
    layout = gemmtune_bundle.GROUP_ENDS if by_ends else gemmtune_bundle.GROUP_INDICES
    _launch_groups("grouped_contiguous_1d2d", a, a_scale, b, b_scale, out, group_rows, layout, alignment, expected_m)


def _check_masked(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, masked_m: Tensor, expected_m: int = 0) -> None:
    if a.dim() != 3 or a.shape[0] != b.shape[0]:
        raise ValueError(f"fp8_gemm_grouped_masked: a is [groups, max_m, K] and b [groups, N, K], not {tuple(a.shape)} and "
                         f"{tuple(b.shape)}")
    groups, most, k = a.shape
    _check_groups("fp8_gemm_grouped_masked", a, a_scale, b, b_scale, out, masked_m, (groups, k // BLOCK, -(-most // 4) * 4), (groups,))


def _masked(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, masked_m: Tensor, expected_m: int = 0) -> None:
    _check_masked(a, a_scale, b, b_scale, out, masked_m)
    _launch_groups("grouped_masked_1d2d", a, a_scale, b, b_scale, out, masked_m, gemmtune_bundle.GROUP_COUNTS, a.shape[1], expected_m)


def _check_k_grouped(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, group_ends: Tensor,
                     accumulate: bool = False, expected_k: int = 0) -> None:
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[1] or tuple(out.shape) != (*group_ends.shape, a.shape[0], b.shape[0]):
        raise ValueError(f"fp8_gemm_k_grouped: a [M, K], b [N, K], group_ends [groups] and out [groups, M, N] do not fit: "
                         f"{tuple(a.shape)}, {tuple(b.shape)}, {tuple(group_ends.shape)}, {tuple(out.shape)}")
    (m, k), n = a.shape, b.shape[0]
    for name, tensor, dtypes, shape in (
            ("a", a, (torch.float8_e4m3fn,), a.shape), ("b", b, (torch.float8_e4m3fn,), b.shape),
            ("out", out, (torch.bfloat16, torch.float32), out.shape), ("a_scale", a_scale, (torch.float32,), (k // BLOCK, -(-m // 4) * 4)),
            ("b_scale", b_scale, (torch.float32,), (k // BLOCK, -(-n // 4) * 4)), ("group_ends", group_ends, (torch.int32,), group_ends.shape)):
        if tensor.dtype not in dtypes or tensor.device != a.device:
            raise ValueError(f"fp8_gemm_k_grouped: {name} is {tensor.dtype} on {tensor.device}, not "
                             f"{' or '.join(map(str, dtypes))} on {a.device}")
        if tuple(tensor.shape) != tuple(shape) or not tensor.is_contiguous():
            raise ValueError(f"fp8_gemm_k_grouped: {name} must be contiguous {tuple(shape)}, not {tuple(tensor.shape)} with strides "
                             f"{tensor.stride()}")


def _k_grouped(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, group_ends: Tensor, accumulate: bool = False,
               expected_k: int = 0) -> None:
    _check_k_grouped(a, a_scale, b, b_scale, out, group_ends, accumulate)
    if a.shape[1] == 0:
        if not accumulate:
            out.zero_()
        return
    operands = gemmtune_bundle.Operands(
        a.data_ptr(), b.data_ptr(), a_scale.data_ptr(), b_scale.data_ptr(), out.data_ptr(), fp32_out=out.dtype == torch.float32,
        accumulate=accumulate, group_rows=group_ends.data_ptr(), group_layout=gemmtune_bundle.GROUP_ENDS_OF_K,
        groups=group_ends.shape[0], group_step=BLOCK, rows_of_a_group=expected_k)
    bundle = bundle_of(a.device)
    with torch.cuda.device(a.device):
        bundle.gemm("k_grouped_1d1d", a.shape[0], b.shape[0], a.shape[1], operands, torch.cuda.current_stream().cuda_stream)


# (operator, its arguments behind those of all, what launches it, what checks it, what it does)
GROUPED_KERNELS = (
    ("fp8_gemm_grouped_contiguous", "Tensor group_rows, bool by_ends=False, int alignment=128, int expected_m=0", _contiguous,
     _check_contiguous,
     "out[r] = a[r] @ b[g].T for the rows r of each group g, of which one begins at a multiple of `alignment`. group_rows, int32, is "
     "the group of each row [M], -1 of none, or with by_ends the end of each group [groups]. Rows of none are not written."),
    ("fp8_gemm_grouped_masked", "Tensor masked_m, int expected_m=0", _masked, _check_masked,
     "out[g, :c] = a[g, :c] @ b[g].T for each group g and its count c = masked_m[g], int32, which is read when the kernel runs. The "
     "other rows of out are not written. a_scale is [groups, K/128, max_m rounded up to 4]."),
    ("fp8_gemm_k_grouped", "Tensor group_ends, bool accumulate=False, int expected_k=0", _k_grouped, _check_k_grouped,
     "out[g] = a[:, k] @ b[:, k].T, or +=, for the part k of K of each group g: gradients of experts' weights. group_ends, int32, is "
     "the end of each, read when the kernel runs; one begins where the one before ends, rounded up to 128, and what lies between must "
     "be zeros in a or b. Scales of both are [K/128, rows rounded up to 4]. out[g] of a group without K becomes zeros, or with "
     "accumulate stays as it is."))


def _define_grouped(name: str, arguments: str, launch: Callable[..., None], check: Callable[..., None], doc: str) -> Operator:
    """torch.ops.gemmtune.<name>, which writes into `out` and returns nothing."""
    _library.define(f"{name}(Tensor a, Tensor a_scale, Tensor b, Tensor b_scale, Tensor(d!) out, {arguments}) -> ()",
                    tags=(_EXACT, torch.Tag.pt2_compliant_tag))
    if _native is None:
        _library.impl(name, launch, "CUDA")
    torch.library.register_fake(f"gemmtune::{name}", check, lib=_library)
    operator = getattr(torch.ops.gemmtune, name)

    def call(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, *groups: Any, **named: Any) -> Tensor:
        operator(a, a_scale, b, b_scale, out, *groups, **named)
        return out

    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc
    return call


fp8_gemm_grouped_contiguous: Operator
fp8_gemm_grouped_masked: Operator
fp8_gemm_k_grouped: Operator
for _grouped in GROUPED_KERNELS:
    globals()[_grouped[0]] = _define_grouped(*_grouped)


class Linear(torch.nn.Module):
    """y = x @ weight.T + bias, weights in E4M3 with a scale for each 128 x 128 (`weight_scale_inv`, as checkpoints of
    DeepSeek-V3 name it: what a value is multiplied by). x is quantised on the way, a scale for each token's 128."""

    weight: Tensor
    weight_scale_inv: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, weight_scale_inv: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("weight_scale_inv", weight_scale_inv)
        self.register_buffer("bias", bias)

    @classmethod
    def from_weight(cls, weight: Tensor, bias: Tensor | None = None) -> Linear:
        """Quantises a weight [N, K] of any floating type."""
        return cls(*quantise_blocks(weight), bias)

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled() and x.requires_grad:
            raise RuntimeError("gemmtune_torch.Linear is for inference: there is no gradient of x; use torch.no_grad()")
        rows = x.reshape(-1, x.shape[-1])
        values, scale = quantise_rows(rows)
        out = torch.empty(rows.shape[0], self.weight.shape[0], device=x.device, dtype=torch.bfloat16)
        torch.ops.gemmtune.fp8_gemm_nt(values, scale, self.weight, self.weight_scale_inv, out, False)
        out = out.view(*x.shape[:-1], self.weight.shape[0])
        return (out if self.bias is None else out + self.bias).to(x.dtype)
