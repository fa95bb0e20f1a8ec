"""What programs make of the gradients of experts' weights (k_grouped_1d1d, FP32, D +=): D[g] += A[:, K_g] * B[:, K_g]^T. One function
a program, each of which gives a function that queues one launch. All take the same values and scales. Needs torch and a GPU."""
import products

KERNEL, BLOCK = "k_grouped_1d1d", 128


class Operands:
    """One draw of the sizes; random normal values of a seed."""

    def __init__(self, torch, problem, sizes, seed):
        generator = torch.Generator("cuda").manual_seed(seed)
        self.torch, self.sizes = torch, sizes
        self.m, self.n, self.mean, self.k = problem["m"], problem["n"], problem["k"], sum(sizes)
        (self.a, self.scales_a), (self.b, self.scales_b) = (
            products.quantise(torch, torch.randn(rows, self.k, device="cuda", generator=generator), 1) for rows in (self.m, self.n))
        self.c = torch.randn(len(sizes), self.m, self.n, device="cuda", generator=generator)

    def parts(self):
        """[(group, its part of K)] of those that have one."""
        ends = [sum(self.sizes[:group + 1]) for group in range(len(self.sizes))]
        return [(group, slice(end - size, end)) for group, (size, end) in enumerate(zip(self.sizes, ends)) if size > 0]

    def of_part(self, k):
        """(A, its scales, B, its scales) of a part of K, one behind the other."""
        blocks = slice(k.start // BLOCK, k.stop // BLOCK)
        return tuple(x[:, part].contiguous() for x, part in ((self.a.view(self.torch.uint8), k), (self.scales_a, blocks),
                                                             (self.b.view(self.torch.uint8), k), (self.scales_b, blocks)))

    def error_of(self, d):
        """The largest relative error of a D; one of a group without K is as it was, or that is infinite."""
        torch, parts = self.torch, dict(self.parts())
        errors = []
        for group in range(len(self.sizes)):
            if group not in parts:
                errors.append(0.0 if torch.equal(d[group], self.c[group]) else float("inf"))
                continue
            a, scales_a, b, scales_b = self.of_part(parts[group])
            a, b = (products.dequantise(torch, x.view(torch.float8_e4m3fn), scales, 1).double() for x, scales in ((a, scales_a), (b, scales_b)))
            errors.append(products.relative_error(torch, d[group], (self.c[group].double() + a @ b.t()).float()))
            del a, b
        return max(errors)


def packed(torch, scales):
    """[rows][K/128] -> [K/128][rows rounded up to 4]."""
    return torch.nn.functional.pad(scales, (0, 0, 0, -scales.shape[0] % 4)).t().contiguous()


def gemmtune(torch, o, d, bundle, _):
    import gemmtune_bundle
    scales = [packed(torch, o.scales_a), packed(torch, o.scales_b)]
    ends = torch.tensor(o.sizes, device="cuda", dtype=torch.int32).cumsum(0, dtype=torch.int32)
    addresses = gemmtune_bundle.Operands(
        *(x.data_ptr() for x in (o.a, o.b, *scales, d)), fp32_out=1, accumulate=1, group_rows=ends.data_ptr(),
        group_layout=gemmtune_bundle.GROUP_ENDS_OF_K, groups=len(o.sizes), group_step=BLOCK, rows_of_a_group=o.mean)
    if (found := bundle.find(KERNEL, o.m, o.n, o.k, addresses)).match_name != "exact":
        raise ValueError(f"the bundle has no entry for {o.m} x {o.n} x {o.mean} but one for K {found.tuned_m}")

    def launch(keep=(scales, ends, d)):  # while the launch lives
        bundle.gemm(KERNEL, o.m, o.n, o.k, addresses, torch.cuda.current_stream().cuda_stream)
    return launch


def deepgemm(torch, o, d, _, __):
    """Its A and B are a matrix of each group behind the other, not one of all."""
    import deep_gemm
    parts = [o.of_part(k) for _, k in o.parts()]
    flat = [torch.cat([part[which].flatten() for part in parts]).view(torch.float8_e4m3fn) for which in (0, 2)]
    operands = [(values, products.aligned_by_deepgemm(deep_gemm, scales)) for values, scales in zip(flat, (o.scales_a, o.scales_b))]
    sizes = torch.tensor(o.sizes, device="cuda", dtype=torch.int32)

    def launch():
        deep_gemm.k_grouped_fp8_gemm_nt_contiguous(*operands, d, o.sizes, sizes, c=d, recipe=(1, 1, BLOCK))
    return launch


def loop_of_dense(streams):
    def make(torch, o, d, _, dense):
        """One launch of dense_1d1d a group, each with operands of its own, in one graph; its sizes are the host's."""
        import gemmtune_bundle
        if dense is None:
            raise ValueError("no --dense: a bundle with dense_1d1d for these M and N and any K, as with --portfolio")
        work, keep = [], []
        for group, k in o.parts():
            a, scales_a, b, scales_b = o.of_part(k)
            scales = [packed(torch, scales_a), packed(torch, scales_b)]
            keep += [a, b, *scales]
            work.append((k.stop - k.start, gemmtune_bundle.Operands(
                *(x.data_ptr() for x in (a, b, *scales, d[group])), fp32_out=1, accumulate=1)))
        beside = [torch.cuda.Stream() for _ in range(streams - 1)]

        def loop():
            here = torch.cuda.current_stream()
            lanes = [here, *beside]
            for stream in beside:
                stream.wait_stream(here)
            for i, (k, addresses) in enumerate(work):
                dense.gemm("dense_1d1d", o.m, o.n, k, addresses, lanes[i % streams].cuda_stream)
            for stream in beside:
                here.wait_stream(stream)
        loop()  # not captured: tensor maps are made
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            loop()

        def launch(keep=(keep, beside, d)):  # while the launch lives
            graph.replay()
        return launch
    return make


STREAMS = 4
# (provider, streams): DeepGEMM first, once more behind ours.
MAKERS = {("deepgemm", 0): deepgemm, ("gemmtune", 0): gemmtune,
          **{("loop_of_dense", streams): loop_of_dense(streams) for streams in (1, STREAMS)}}


def work_of(problem, draws):
    """(FLOPs, compulsory bytes), means over the draws; C is read and D written where a group has K."""
    m, n = problem["m"], problem["n"]
    k = sum(map(sum, draws)) / len(draws)
    written = sum(size > 0 for draw in draws for size in draw) / len(draws)
    operands = (m + n) * round(k) + 4 * -(-round(k) // BLOCK) * (-(-m // 4) * 4 + -(-n // 4) * 4)
    return round(2 * m * n * k), operands + 2 * round(4 * written * m * n)
