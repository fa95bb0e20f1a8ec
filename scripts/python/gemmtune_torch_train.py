"""A linear layer that is trained in FP8: forward, data gradient and weight gradient as products of a bundle's kernels, under autograd
and torch.compile.

    import gemmtune_torch as gt, gemmtune_torch_train as gtt
    gt.load("bundle"), gt.load_quantisers("quantisers")
    layer = gtt.Linear(7168, 2112, device="cuda")      # weights in FP32 or BF16, E4M3 with block scales at each step

x is quantised once, both ways; so is the gradient of y. Forward and the gradient of x are products with weights scaled 128x128
(dense_1d2d), the gradient of weights is one of two tensors scaled 1x128 (dense_1d1d). What no bundle has is computed by torch from the
same E4M3 operands, which is said once for each product. Features are multiples of 128, rows any number.
"""
from __future__ import annotations

import math
import warnings
from typing import Any

import torch
from torch import Tensor

import gemmtune_bundle
import gemmtune_torch
from gemmtune_torch import BLOCK, quantise_blocks, quantise_both

BY_BLOCKS, BY_ROWS = "dense_1d2d", "dense_1d1d"  # how b is scaled; a is by rows
KERNELS = {BY_BLOCKS: gemmtune_torch.Kernel("fp8_matmul", BY_BLOCKS, BLOCK, ""),
           BY_ROWS: gemmtune_torch.Kernel("fp8_matmul", BY_ROWS, 1, "")}

_said: set[str] = set()
_torch: Any = torch  # whose library is without types
_library = _torch.library.Library("gemmtune_train", "DEF")


def dequantised(values: Tensor, scales: Tensor, kernel: str | None = None) -> Tensor:
    """FP32; `kernel` BY_BLOCKS: scales of blocks, else of rows."""
    rows, columns = values.shape
    if kernel == BY_BLOCKS:
        each = scales.repeat_interleave(BLOCK, 0)[:rows].repeat_interleave(BLOCK, 1)[:, :columns]
    else:
        each = scales[:, :rows].t().repeat_interleave(BLOCK, 1)
    return values.float() * each


def in_torch(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, kernel: str, out: Tensor, accumulate: bool = False) -> None:
    """out = a @ b.T or += , from the same operands, summed in FP32."""
    product = dequantised(a, a_scale) @ dequantised(b, b_scale, kernel).t()
    out.copy_(out.float() + product if accumulate else product)


def _has(kernel: str, m: int, n: int, k: int, out: Tensor, accumulate: bool) -> bool:
    """Whether the bundle of this device computes it; what it lacks is said once."""
    try:
        form = gemmtune_bundle.Operands(fp32_out=out.dtype == torch.float32, accumulate=accumulate)
        gemmtune_torch.bundle_of(out.device).find(kernel, m, n, k, form)
        return True
    except RuntimeError as error:  # no bundle, or no such entry
        name = f"{kernel} m={m} n={n} k={k} {'D +=' if accumulate else 'D ='} {out.dtype}"
        if name not in _said:
            _said.add(name)
            warnings.warn(f"{name}: computed by torch, not by a kernel: {error}", stacklevel=3)
        return False


def matmul_into(a: Tensor, a_scale: Tensor, b: Tensor, b_scale: Tensor, out: Tensor, kernel: str = BY_BLOCKS,
                accumulate: bool = False) -> Tensor:
    """out = a @ b.T, or +=. a scaled by rows of 128, b by blocks (dense_1d2d) or by rows (dense_1d1d)."""
    m, n, k = KERNELS[kernel].check(a, a_scale, b, b_scale, out)
    if m == 0 or k == 0:
        return out if accumulate else out.zero_()
    if out.is_cuda and _has(kernel, m, n, k, out, accumulate):
        KERNELS[kernel].launch(a, a_scale, b, b_scale, out, accumulate)
    else:
        in_torch(a, a_scale, b, b_scale, kernel, out, accumulate)
    return out


def turned_blocks(values: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    """A weight with scales of blocks, transposed: the same bytes."""
    return values.view(torch.uint8).t().contiguous().view(torch.float8_e4m3fn), scales.t().contiguous()


# Operators hand E4M3 over as bytes: torch's autograd takes what is no integer for something that has a gradient.

def _forward(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """y, and what backward wants: x transposed and the weight, both in E4M3 with their scales."""
    values, scales, turned, turned_scales = quantise_both(x)
    w, w_scales = quantise_blocks(weight)
    y = matmul_into(values, scales, w, w_scales, x.new_empty(x.shape[0], weight.shape[0], dtype=torch.bfloat16))
    return y, turned.view(torch.uint8), turned_scales, w.view(torch.uint8), w_scales


def _backward(grad: Tensor, turned: Tensor, turned_scales: Tensor, w: Tensor, w_scales: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of x, in BF16, and of the weight, in FP32."""
    g, g_scales, g_turned, g_turned_scales = quantise_both(grad.contiguous())
    w_turned, w_turned_scales = turned_blocks(w.view(torch.float8_e4m3fn), w_scales)
    of_x = matmul_into(g, g_scales, w_turned, w_turned_scales, grad.new_empty(grad.shape[0], w.shape[1], dtype=torch.bfloat16))
    of_weight = matmul_into(g_turned, g_turned_scales, turned.view(torch.float8_e4m3fn), turned_scales,
                            grad.new_empty(w.shape, dtype=torch.float32), BY_ROWS)
    return of_x, of_weight


def _forward_shapes(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    (m, k), n = x.shape, weight.shape[0]
    groups = -(-m // BLOCK)
    return (x.new_empty(m, n, dtype=torch.bfloat16), x.new_empty(k, groups * BLOCK, dtype=torch.uint8),
            x.new_empty(groups, k, dtype=torch.float32), x.new_empty(n, k, dtype=torch.uint8),
            x.new_empty(n // BLOCK, k // BLOCK, dtype=torch.float32))


def _backward_shapes(grad: Tensor, turned: Tensor, turned_scales: Tensor, w: Tensor, w_scales: Tensor) -> tuple[Tensor, Tensor]:
    return grad.new_empty(grad.shape[0], w.shape[1], dtype=torch.bfloat16), grad.new_empty(w.shape, dtype=torch.float32)


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor], output: tuple[Tensor, ...]) -> None:
    ctx.types = [tensor.dtype for tensor in inputs]
    ctx.save_for_backward(*output[1:])


def _gradients(ctx: Any, grad: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    of_x, of_weight = torch.ops.gemmtune_train.backward(grad.to(torch.bfloat16), *ctx.saved_tensors)
    return of_x.to(ctx.types[0]), of_weight.to(ctx.types[1])


for _name, _function, _shapes, _schema in (
        ("forward", _forward, _forward_shapes, "(Tensor x, Tensor weight) -> (Tensor, Tensor, Tensor, Tensor, Tensor)"),
        ("backward", _backward, _backward_shapes, "(Tensor grad, Tensor x, Tensor x_scale, Tensor w, Tensor w_scale) -> (Tensor, Tensor)")):
    _library.define(_name + _schema, tags=(torch.Tag.pt2_compliant_tag,))
    _library.impl(_name, _function, "CPU")
    _library.impl(_name, _function, "CUDA")
    torch.library.register_fake(f"gemmtune_train::{_name}", _shapes, lib=_library)
torch.library.register_autograd("gemmtune_train::forward", _gradients, setup_context=_keep, lib=_library)


class Linear(torch.nn.Linear):
    """torch.nn.Linear whose three products are FP8 with block scales. x in BF16 or FP32; y is of its type, summed in FP32 and
    rounded to BF16. The weight's gradient is computed in FP32."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        if in_features % BLOCK or out_features % BLOCK:
            raise ValueError(f"features are multiples of {BLOCK}, not {in_features} and {out_features}")
        super().__init__(in_features, out_features, bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        rows = input.reshape(math.prod(input.shape[:-1]), self.in_features)
        y = torch.ops.gemmtune_train.forward(rows, self.weight)[0].view(*input.shape[:-1], self.out_features)
        biased: Tensor = y if self.bias is None else y + self.bias
        return biased.to(input.dtype)
