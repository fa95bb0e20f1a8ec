"""What other programs make of D = A * B^T in FP8: one function a program, each of which gives a function that queues
one launch and returns D. Needs torch and a GPU; what is not installed, or refuses the problem, says so by an exception."""

LARGEST_E4M3 = 448
BLOCK = 128


def quantise(torch, x, rows_of_block):
    """E4M3 values and the scales of blocks of `rows_of_block` x 128: [ceil(rows / rows_of_block)][K / 128]."""
    rows, k = x.shape
    blocks = -(-rows // rows_of_block)
    padded = torch.zeros(blocks * rows_of_block, k, device=x.device)
    padded[:rows] = x
    view = padded.view(blocks, rows_of_block, k // BLOCK, BLOCK)
    scales = view.abs().amax(dim=(1, 3)).clamp(1e-4) / LARGEST_E4M3
    values = (view / scales[:, None, :, None]).to(torch.float8_e4m3fn)
    return values.view(blocks * rows_of_block, k)[:rows].contiguous(), scales


def dequantise(torch, values, scales, rows_of_block):
    wide = scales.repeat_interleave(rows_of_block, dim=0)[:values.shape[0]].repeat_interleave(BLOCK, dim=1)
    return values.float() * wide


class Operands:
    """One problem's operands in every form that the programs take; random normal values of a seed."""

    def __init__(self, torch, m, n, k, seed):
        generator = torch.Generator(device="cuda").manual_seed(seed)
        a, b = (torch.randn(rows, k, device="cuda", generator=generator) for rows in (m, n))
        self.m, self.n, self.k = m, n, k
        self.a, self.scales_a = quantise(torch, a, 1)
        self.b, self.scales_b = quantise(torch, b, BLOCK)
        self.scale_a_tensor, self.scale_b_tensor = (x.abs().max() / LARGEST_E4M3 for x in (a, b))
        self.a_tensor = (a / self.scale_a_tensor).to(torch.float8_e4m3fn)
        self.b_tensor = (b / self.scale_b_tensor).to(torch.float8_e4m3fn)

    def reference(self, torch):
        return dequantise(torch, self.a, self.scales_a, 1) @ dequantise(torch, self.b, self.scales_b, BLOCK).t()


def aligned_by_deepgemm(deep_gemm, scales):
    """The layout that its kernels want (M contiguous, 16-byte rows): else every call would launch a kernel for it."""
    layout = getattr(getattr(deep_gemm, "utils", None), "layout", None)
    for place in (layout, deep_gemm):
        for name in ("get_mn_major_tma_aligned_tensor", "get_col_major_tma_aligned_tensor"):
            if hasattr(place, name):
                return getattr(place, name)(scales)
    raise NotImplementedError("this release of DeepGEMM has no function that aligns scales")


def deepgemm(torch, o):
    import deep_gemm
    gemm = getattr(deep_gemm, "fp8_gemm_nt", None) or deep_gemm.gemm_fp8_fp8_bf16_nt
    d = torch.empty(o.m, o.n, device="cuda", dtype=torch.bfloat16)
    scales_a = aligned_by_deepgemm(deep_gemm, o.scales_a)

    def launch():
        gemm((o.a, scales_a), (o.b, o.scales_b), d)
        return d
    return launch


def torch_scaled_mm_block(torch, o):
    # 1x128 scales with M contiguous; 128x128 scales with K contiguous and padded to four, as cuBLASLt reads them.
    scales_a = o.scales_a.t().contiguous().t()
    padded = torch.nn.functional.pad(o.scales_b, (0, -o.scales_b.shape[1] % 4))

    def product(scales_b):
        return lambda: torch._scaled_mm(o.a, o.b.t(), scale_a=scales_a, scale_b=scales_b, out_dtype=torch.bfloat16)
    # Releases differ in whether they want the padding to show in the shape.
    for scales_b in (o.scales_b.contiguous().t(), padded.t()):
        try:
            product(scales_b)()
            return product(scales_b)
        except (RuntimeError, ValueError) as refused:
            refusal = refused
    raise refusal


def torch_scaled_mm_tensor(torch, o):
    return lambda: torch._scaled_mm(o.a_tensor, o.b_tensor.t(), scale_a=o.scale_a_tensor, scale_b=o.scale_b_tensor,
                                    out_dtype=torch.bfloat16)


def triton_block(torch, o):
    from triton_gemm import block_scaled
    d = torch.empty(o.m, o.n, device="cuda", dtype=torch.bfloat16)

    def launch():
        block_scaled(o.a, o.b, o.scales_a, o.scales_b, d)
        return d
    return launch


PROVIDERS = {"deepgemm": deepgemm, "torch_scaled_mm_block": torch_scaled_mm_block,
             "torch_scaled_mm_tensor": torch_scaled_mm_tensor, "triton_block": triton_block}


def relative_error(torch, d, reference):
    """RMS of the difference over RMS of the reference: about 1.7e-3 where only BF16 rounds."""
    return float((d.float() - reference).norm() / reference.norm())


# With one scale a tensor the values themselves are other ones: 4 to 6 % from the block-scaled product.
LIMITS = {"torch_scaled_mm_tensor": 0.1}
DEFAULT_LIMIT = 5e-3
