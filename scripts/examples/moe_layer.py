#!/usr/bin/env python3
"""A mixture-of-experts layer on grouped GEMMs: route, quantise, gate and up, SwiGLU, down, combine. Rows of an expert lie
together, each expert's from a multiple of the alignment on, as engines lay them out. Compares with the same layer in FP32 on the
dequantised weights and prints the error and, on a GPU, the time of a call. Exit code 1: the error is too large.

    gemmtune sweep --shapes my-experts.json && gemmtune export RESULTS --format bundle -o build/bundle
    PYTHONPATH=scripts/python scripts/examples/moe_layer.py --bundle build/bundle

Without a bundle gemmtune_deep_gemm falls back: to an installed deep_gemm, or to torch, which also runs without a GPU."""
import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))

import torch

import gemmtune_deep_gemm as deep_gemm
from gemmtune_torch import BLOCK, quantise_blocks

LARGEST_E4M3 = 448.0
MOST_ERROR = 0.08  # E4M3 keeps 3 bits; activations are quantised twice on the way


def quantise_rows(x):
    """[rows, K] -> E4M3 and scales [rows, K/128] in the layout that the kernels read without a copy."""
    blocks = x.float().reshape(len(x), -1, BLOCK)
    scales = blocks.abs().amax(dim=-1).clamp(min=1e-4) / LARGEST_E4M3
    values = (blocks / scales.unsqueeze(-1)).to(torch.float8_e4m3fn).view(x.shape)
    return values, deep_gemm.get_mn_major_tma_aligned_tensor(scales)


def quantise_experts(weights):
    """[experts, N, K] -> E4M3 and a scale for each 128 x 128."""
    values, scales = zip(*(quantise_blocks(weight) for weight in weights))
    return torch.stack([value.view(torch.uint8) for value in values]).view(torch.float8_e4m3fn), torch.stack(scales)


class Experts(torch.nn.Module):
    """gate_up: [experts, 2 * inner, hidden], gate first; down: [experts, hidden, inner]."""

    def __init__(self, gate_up, down):
        super().__init__()
        self.gate_up, self.down = quantise_experts(gate_up), quantise_experts(down)

    def lay_out(self, experts):
        """(where each (token, choice) goes, the expert of each row or -1): rows of an expert begin at a multiple of the alignment."""
        alignment = deep_gemm.get_mk_alignment_for_contiguous_layout()
        count = len(self.down[0])
        sizes = torch.bincount(experts, minlength=count)
        room = (sizes + alignment - 1) // alignment * alignment
        firsts = room.cumsum(0) - room
        order = experts.argsort(stable=True)
        before = sizes.cumsum(0) - sizes
        rows = torch.empty_like(experts)
        rows[order] = torch.arange(len(experts), device=experts.device) - before[experts[order]] + firsts[experts[order]]
        of_row = torch.full((max(int(room.sum()), alignment),), -1, dtype=torch.int32, device=experts.device)
        of_row[rows] = experts.to(torch.int32)
        return rows, of_row

    def grouped(self, x, weights, of_row):
        values, scales = quantise_rows(x)
        out = torch.zeros(len(x), weights[0].shape[1], dtype=torch.bfloat16, device=x.device)
        deep_gemm.m_grouped_fp8_gemm_nt_contiguous((values, scales), weights, out, of_row)
        return out

    def forward(self, x, choices, shares):
        """x: [tokens, hidden]; choices and shares: [tokens, experts of each]."""
        rows, of_row = self.lay_out(choices.flatten())
        laid = torch.zeros(len(of_row), x.shape[1], dtype=x.dtype, device=x.device)
        laid[rows] = x.repeat_interleave(choices.shape[1], dim=0)
        gate, up = self.grouped(laid, self.gate_up, of_row).chunk(2, dim=-1)
        made = self.grouped(torch.nn.functional.silu(gate.float()).to(x.dtype) * up, self.down, of_row)
        return (made[rows].float().view(*choices.shape, -1) * shares.unsqueeze(-1)).sum(1).to(x.dtype)


def dequantised(values, scales):
    wide = scales.repeat_interleave(BLOCK, dim=1).repeat_interleave(BLOCK, dim=2)
    return values.float() * wide[:, :values.shape[1], :values.shape[2]]


def reference(layer, x, choices, shares):
    """Expert after expert in FP32, nothing quantised but the weights."""
    gate_up, down = dequantised(*layer.gate_up), dequantised(*layer.down)
    out = torch.zeros(x.shape, device=x.device)
    for expert in range(len(down)):
        tokens, choice = (choices == expert).nonzero(as_tuple=True)
        gate, up = (x[tokens].float() @ gate_up[expert].t()).chunk(2, dim=-1)
        made = (torch.nn.functional.silu(gate) * up) @ down[expert].t()
        out.index_add_(0, tokens, made * shares[tokens, choice].unsqueeze(-1))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=pathlib.Path)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    for name, value, words in (("tokens", 256, "of a step"), ("hidden", 1024, "of the model"), ("inner", 512, "of an expert"),
                               ("experts", 8, "of the layer"), ("choices", 2, "experts of a token")):
        parser.add_argument(f"--{name}", type=int, default=value, help=f"{words} [{value}]")
    options = parser.parse_args()
    torch.manual_seed(1)
    if options.bundle:
        deep_gemm.load(options.bundle)

    def made(*shape):
        return torch.randn(*shape, device=options.device)
    layer = Experts(made(options.experts, 2 * options.inner, options.hidden) / options.hidden ** 0.5,
                    made(options.experts, options.hidden, options.inner) / options.inner ** 0.5)
    x = made(options.tokens, options.hidden).to(torch.bfloat16)
    shares, choices = made(options.tokens, options.experts).softmax(-1).topk(options.choices)
    out, expected = layer(x, choices, shares), reference(layer, x, choices, shares)
    error = float((out.float() - expected).norm() / expected.norm())
    print(f"relative error {error:.4f}; {deep_gemm.taken()['m_grouped_fp8_gemm_nt_contiguous']}")
    if options.device != "cpu":
        torch.cuda.synchronize()
        start = time.monotonic()
        for _ in range(20):
            layer(x, choices, shares)
        torch.cuda.synchronize()
        print(f"{(time.monotonic() - start) / 20 * 1e3:.3f} ms a call, the host's time included")
    return 0 if error < MOST_ERROR else 1


if __name__ == "__main__":
    sys.exit(main())
