"""A block-scaled FP8 GEMM in Triton as its users write it: one tile a program, configurations tried by Triton's own
autotuner, promotion every 128 of K."""
import triton
import triton.language as tl


def configurations():
    return [triton.Config({"BLOCK_M": m, "BLOCK_N": n, "GROUP": 8}, num_warps=warps, num_stages=stages)
            for m, n, warps in ((16, 64, 4), (16, 128, 4), (64, 64, 4), (64, 128, 4), (128, 128, 8), (128, 64, 4))
            for stages in (3, 5)]


@triton.autotune(configs=configurations(), key=["m", "n", "k"])
@triton.jit
def kernel(a, b, scales_a, scales_b, d, m, n, k, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, GROUP: tl.constexpr):
    # Tiles in groups of rows, so that neighbours share what is in the L2.
    program, tiles_m, tiles_n = tl.program_id(0), tl.cdiv(m, BLOCK_M), tl.cdiv(n, BLOCK_N)
    first_m = program // (GROUP * tiles_n) * GROUP
    rows_of_group = min(tiles_m - first_m, GROUP)
    tile_m = first_m + program % (GROUP * tiles_n) % rows_of_group
    tile_n = program % (GROUP * tiles_n) // rows_of_group

    rows = (tile_m * BLOCK_M + tl.arange(0, BLOCK_M)) % m  # what is read twice is not stored
    columns = (tile_n * BLOCK_N + tl.arange(0, BLOCK_N)) % n
    depth = tl.arange(0, 128)
    k_blocks = k // 128
    at_a = a + rows[:, None] * k + depth[None, :]
    at_b = b + columns[None, :] * k + depth[:, None]
    at_scale_a = scales_a + rows * k_blocks
    at_scale_b = scales_b + columns // 128 * k_blocks
    total = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    for k_block in range(0, k_blocks):
        product = tl.dot(tl.load(at_a), tl.load(at_b))
        total += product * tl.load(at_scale_a + k_block)[:, None] * tl.load(at_scale_b + k_block)[None, :]
        at_a += 128
        at_b += 128

    rows = tile_m * BLOCK_M + tl.arange(0, BLOCK_M)
    columns = tile_n * BLOCK_N + tl.arange(0, BLOCK_N)
    inside = (rows[:, None] < m) & (columns[None, :] < n)
    tl.store(d + rows[:, None].to(tl.int64) * n + columns[None, :], total.to(tl.bfloat16), mask=inside)


def block_scaled(a, b, scales_a, scales_b, d):
    (m, k), n = a.shape, b.shape[0]
    grid = lambda options: (triton.cdiv(m, options["BLOCK_M"]) * triton.cdiv(n, options["BLOCK_N"]),)
    kernel[grid](a, b, scales_a, scales_b, d, m, n, k)
