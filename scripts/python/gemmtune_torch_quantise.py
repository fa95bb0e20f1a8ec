"""Quantising under torch: E4M3 and scales in the layouts that the kernels read. Where load_quantisers() was called, by the kernels
of `gemmtune quantise --export` as custom operators (CUDA graphs and torch.compile take them); else in torch, to the same bits.
gemmtune_torch has these names too."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import gemmtune_quantise
from gemmtune_quantise import Kind

BLOCK = 128
LARGEST_E4M3 = 448.0
SMALLEST_AMAX = 1e-4
INPUTS = {torch.bfloat16: "bf16", torch.float32: "fp32"}

_quantisers: list[gemmtune_quantise.Quantisers] = []  # one at most
_torch: Any = torch  # whose library is without types
_library = _torch.library.Library("gemmtune_quantise", "DEF")


def load_quantisers(folder: gemmtune_quantise.Path) -> gemmtune_quantise.Quantisers:
    """Takes the kernels in this folder from now on, for tensors in BF16 and FP32 on any GPU."""
    _quantisers[:] = [gemmtune_quantise.Quantisers(folder)]
    return _quantisers[0]


def _padded(count: int, step: int) -> int:
    return -(-count // step) * step


def pack_a_scale(scale: Tensor) -> Tensor:
    """[M, K/128] -> [K/128, M rounded up to 4], M contiguous: how the kernels read A's scales."""
    m, blocks = scale.shape
    packed = scale.new_zeros(blocks, _padded(m, 4), dtype=torch.float32)
    packed[:, :m] = scale.t()
    return packed


def _scale_of(amax: Tensor, powers_of_two: bool) -> Tensor:
    scale = amax.clamp(min=SMALLEST_AMAX) / LARGEST_E4M3
    if not powers_of_two:
        return scale
    fraction, exponent = torch.frexp(scale)
    power = torch.ldexp(torch.ones_like(scale), exponent - (fraction == 0.5).to(exponent.dtype))
    return torch.where(scale.isinf(), scale, power)


def _amax(blocks: Tensor, dim: Any) -> Tensor:
    """NaN counts for nothing, as in the kernels."""
    return blocks.abs().nan_to_num(nan=0.0, posinf=float("inf")).amax(dim=dim)


def _rows_in_torch(x: Tensor, powers_of_two: bool) -> tuple[Tensor, Tensor]:
    m, k = x.shape
    blocks = x.float().reshape(m, k // BLOCK, BLOCK)
    scale = _scale_of(_amax(blocks, -1), powers_of_two)
    values = (blocks / scale.unsqueeze(-1)).to(torch.float8_e4m3fn).view(m, k)
    return values, pack_a_scale(scale)


def _blocks_in_torch(x: Tensor, powers_of_two: bool) -> tuple[Tensor, Tensor]:
    n, k = x.shape
    rows = -(-n // BLOCK)
    padded = torch.zeros(rows * BLOCK, k, device=x.device, dtype=torch.float32)
    padded[:n] = x
    blocks = padded.view(rows, BLOCK, k // BLOCK, BLOCK)
    scale = _scale_of(_amax(blocks, (1, 3)), powers_of_two)
    values = (blocks / scale[:, None, :, None]).to(torch.float8_e4m3fn).view(rows * BLOCK, k)[:n]
    return values.contiguous(), scale.contiguous()


def _both_in_torch(x: Tensor, powers_of_two: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    turned = torch.zeros(x.shape[1], _padded(x.shape[0], BLOCK), device=x.device, dtype=x.dtype)
    turned[:, :x.shape[0]] = x.t()
    return (*_rows_in_torch(x, powers_of_two), *_rows_in_torch(turned, powers_of_two))


IN_TORCH: dict[str, Any] = {"rows": _rows_in_torch, "blocks": _blocks_in_torch, "both": _both_in_torch}
KERNELS = {"rows": "quantise_row", "blocks": "quantise_block", "both": "quantise_both"}


def _empty(form: str, x: Tensor) -> tuple[Tensor, ...]:
    """What a form writes into, with scales as the kernels read them."""
    m, k = x.shape
    values = x.new_empty(m, k, dtype=torch.float8_e4m3fn)
    if form == "blocks":
        return values, x.new_empty(-(-m // BLOCK), k // BLOCK, dtype=torch.float32)
    scales = x.new_empty(k // BLOCK, _padded(m, 4), dtype=torch.float32)
    if form == "rows":
        return values, scales
    columns = _padded(m, BLOCK)
    return (values, scales, x.new_empty(k, columns, dtype=torch.float8_e4m3fn),
            x.new_empty(columns // BLOCK, k, dtype=torch.float32))


def _launch(form: str, x: Tensor, powers_of_two: bool, stochastic: bool, seed: int) -> tuple[Tensor, ...]:
    gemmtune_quantise.grid(KERNELS[form], x.shape[0], x.shape[1])  # complains before anything is allocated
    x = x if x.stride(1) == 1 and x.stride(0) * x.element_size() % 16 == 0 and x.data_ptr() % 16 == 0 else x.contiguous()
    outputs = _empty(form, x)
    if x.shape[0] == 0:
        return outputs
    kind = Kind(INPUTS[x.dtype], "ue8m0" if powers_of_two else "fp32", "stochastic" if stochastic else "nearest")
    arguments = {"from": x.data_ptr(), "pitch": x.stride(0) if x.shape[0] > 1 else x.shape[1], "rows": x.shape[0],
                 "columns": x.shape[1], "seed": seed}
    for prefix, values, scales in zip(("", "turned_"), outputs[::2], outputs[1::2]):
        arguments |= {"turned" if prefix else "values": values.data_ptr(), f"{prefix or 'values_'}pitch": values.stride(0),
                      f"{prefix}scales": scales.data_ptr()}
    with torch.cuda.device(x.device):
        _quantisers[0].launch(KERNELS[form], kind, arguments, torch.cuda.current_stream().cuda_stream)
    return outputs


def _define(form: str) -> Any:
    """torch.ops.gemmtune_quantise.<form>, which launches the kernel."""
    results = ", ".join(["Tensor"] * (4 if form == "both" else 2))
    _library.define(f"{form}(Tensor x, bool powers_of_two, bool stochastic, int seed) -> ({results})", tags=(torch.Tag.pt2_compliant_tag,))
    _library.impl(form, lambda *arguments: _launch(form, *arguments), "CUDA")
    torch.library.register_fake(f"gemmtune_quantise::{form}", lambda x, *_: _empty(form, x), lib=_library)
    return getattr(torch.ops.gemmtune_quantise, form)


_OPERATORS = {form: _define(form) for form in KERNELS}


def _quantise(form: str, x: Tensor, powers_of_two: bool, stochastic: bool, seed: int) -> Any:
    if x.dim() != 2 or x.shape[1] % BLOCK != 0:
        raise ValueError(f"quantise_{form}: takes [rows, columns], columns a multiple of {BLOCK}, not {tuple(x.shape)}")
    if _quantisers and x.is_cuda and x.dtype in INPUTS:
        return _OPERATORS[form](x, powers_of_two, stochastic, seed)
    if stochastic:
        raise ValueError(f"quantise_{form}: only the kernels round stochastically: load_quantisers(folder) first, and a tensor in BF16 "
                         f"or FP32 on a GPU; this is {x.dtype} on {x.device}")
    return IN_TORCH[form](x, powers_of_two)


def quantise_rows(x: Tensor, powers_of_two: bool = False, stochastic: bool = False, seed: int = 0) -> tuple[Tensor, Tensor]:
    """[M, K] -> E4M3 and a scale for each row's 128, [K/128, M rounded up to 4]."""
    values, scales = _quantise("rows", x, powers_of_two, stochastic, seed)
    return values, scales


def quantise_blocks(weight: Tensor, powers_of_two: bool = False, stochastic: bool = False, seed: int = 0) -> tuple[Tensor, Tensor]:
    """[N, K] -> E4M3 and a scale for each 128 x 128: [N/128 rounded up, K/128]."""
    values, scales = _quantise("blocks", weight, powers_of_two, stochastic, seed)
    return values, scales


def quantise_both(x: Tensor, powers_of_two: bool = False, stochastic: bool = False, seed: int = 0) \
        -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """[M, K] -> what quantise_rows() gives, and the same of the transposed tensor: [K, M rounded up to 128], of which the rest is
    zero, and [M/128 rounded up, K]. The kernel reads x once."""
    values, scales, turned, turned_scales = _quantise("both", x, powers_of_two, stochastic, seed)
    return values, scales, turned, turned_scales
