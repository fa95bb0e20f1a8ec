# What scripts/flashinfer_solutions puts behind gemmtune_bundle.py and the bundle's FILES: run(), as FlashInfer's
# fp8_blockscale_gemm_sm90 hands its arguments over. One file, because not every reader of solutions imports packages.
import base64
import tempfile
import threading
import zlib

import torch

BLOCK = 128
LARGEST_E4M3 = 448.0
SMALLEST_AMAX = 1e-4

_bundles = {}  # by device index
_opening = threading.Lock()


def unpack(folder):
    """Writes the bundle's files there."""
    for name, text in FILES.items():  # noqa: F821  (stands above this in a solution)
        path = pathlib.Path(folder) / name  # noqa: F821
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zlib.decompress(base64.b64decode(text)))


def bundle_of(device):
    """Opened once a device. Its files need not outlive the opening."""
    with _opening:
        if device.index not in _bundles:
            torch.cuda.current_stream(device).synchronize()  # makes the context current on this thread
            with tempfile.TemporaryDirectory() as folder:
                unpack(folder)
                _bundles[device.index] = Bundle(folder)  # noqa: F821
        return _bundles[device.index]


def pack_scales(scales):
    """[M, K/128] -> [K/128, M rounded up to 4], as the kernels read A's scales."""
    m, blocks = scales.shape
    packed = torch.zeros(blocks, -(-m // 4) * 4, device=scales.device, dtype=torch.float32)
    packed[:, :m] = scales.t()
    return packed


def quantise_rows(x):
    """[M, K] -> E4M3, and a scale for each row's 128: [M, K/128]."""
    m, k = x.shape
    blocks = x.float().reshape(m, k // BLOCK, BLOCK)
    scales = blocks.abs().amax(dim=-1).clamp(min=SMALLEST_AMAX) / LARGEST_E4M3
    return (blocks / scales.unsqueeze(-1)).to(torch.float8_e4m3fn).view(m, k), scales


def run(input, weight, input_scale=None, weight_scale=None):
    """input [M, K] in E4M3 with input_scale [M, K/128], or in BF16 without; weight [N, K] in E4M3 with weight_scale
    [N/128, K/128]. Returns [M, N] in BF16."""
    if input_scale is None and input.dtype == torch.bfloat16:
        input, input_scale = quantise_rows(input)
    if input_scale is None or weight_scale is None or {input.dtype, weight.dtype} != {torch.float8_e4m3fn}:
        raise ValueError(f"gemmtune: input {input.dtype} and weight {weight.dtype} are not E4M3 with scales of blocks")
    (m, k), n = input.shape, weight.shape[0]
    if (tuple(weight.shape), tuple(input_scale.shape), tuple(weight_scale.shape)) != (
            (n, k), (m, k // BLOCK), (-(-n // BLOCK), k // BLOCK)):
        raise ValueError(f"gemmtune: weight {tuple(weight.shape)}, input_scale {tuple(input_scale.shape)} and weight_scale "
                         f"{tuple(weight_scale.shape)} do not fit input {tuple(input.shape)}")
    out = torch.empty(m, n, device=input.device, dtype=torch.bfloat16)
    if m == 0:
        return out
    input, weight, weight_scale = input.contiguous(), weight.contiguous(), weight_scale.float().contiguous()
    scales = pack_scales(input_scale)
    operands = Operands(input.data_ptr(), weight.data_ptr(), scales.data_ptr(), weight_scale.data_ptr(),  # noqa: F821
                        out.data_ptr(), 0, 0, 0, 0, 0)
    bundle = bundle_of(input.device)
    with torch.cuda.device(input.device):
        bundle.gemm("dense_1d2d", m, n, k, operands, torch.cuda.current_stream().cuda_stream)
    return out
