"""gemmtune_torch without a GPU: its operator with a stand-in for the kernel, registered for the CPU. Skipped where there is no
torch; tests/gpu/bundle_torch_check.py has the kernels."""
import ast
import contextlib
import importlib.util
import os
import pathlib
import sys
import types
import unittest
from unittest import mock

SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "scripts" / "python"))
torch = None
if importlib.util.find_spec("torch"):
    import torch

    import gemmtune_torch as gt

    def stand_in(a, a_scale, b, b_scale, out, accumulate=False):
        m, n, _ = gt.KERNELS[0].check(a, a_scale, b, b_scale, out)
        a = a.float() * a_scale.t()[:m].repeat_interleave(gt.BLOCK, 1)
        b = b.float() * b_scale.repeat_interleave(gt.BLOCK, 0)[:n].repeat_interleave(gt.BLOCK, 1)
        out.copy_(a @ b.t() + (out.float() if accumulate else 0))

    gt._library.impl("fp8_gemm_nt", stand_in, "CPU")

    def product(a, a_scale, b, b_scale):
        """[m, K] and scales [K/128, m], times [N, K] and scales of blocks."""
        n = b.shape[0]
        return (a.float() * a_scale.t().repeat_interleave(gt.BLOCK, 1)) @ \
            (b.float() * b_scale.repeat_interleave(gt.BLOCK, 0)[:n].repeat_interleave(gt.BLOCK, 1)).t()

    def contiguous_stand_in(a, a_scale, b, b_scale, out, group_rows, by_ends=False, alignment=128, expected_m=0):
        gt._check_contiguous(a, a_scale, b, b_scale, out, group_rows, by_ends, alignment)
        for group in range(b.shape[0]):
            if by_ends:
                first = -(-int(group_rows[group - 1]) // alignment) * alignment if group else 0
                rows = range(first, int(group_rows[group]))
            else:
                rows = [row for row, owner in enumerate(group_rows.tolist()) if owner == group]
            if len(rows):
                out[list(rows)] = product(a[list(rows)], a_scale[:, list(rows)], b[group], b_scale[group]).to(out.dtype)

    def masked_stand_in(a, a_scale, b, b_scale, out, masked_m, expected_m=0):
        gt._check_masked(a, a_scale, b, b_scale, out, masked_m)
        for group, count in enumerate(masked_m.tolist()):
            out[group, :count] = product(a[group, :count], a_scale[group, :, :count], b[group], b_scale[group]).to(out.dtype)

    def k_grouped_stand_in(a, a_scale, b, b_scale, out, group_ends, accumulate=False, expected_k=0):
        gt._check_k_grouped(a, a_scale, b, b_scale, out, group_ends, accumulate)
        begin = 0
        for group, end in enumerate(group_ends.tolist()):
            parts = [x[:, begin:end].float() * scale.t()[:x.shape[0]].repeat_interleave(gt.BLOCK, 1)[:, begin:end]
                     for x, scale in ((a, a_scale), (b, b_scale))]
            out[group] = parts[0] @ parts[1].t() + (out[group] if accumulate else 0)
            begin = -(-end // gt.BLOCK) * gt.BLOCK

    gt._library.impl("fp8_gemm_k_grouped", k_grouped_stand_in, "CPU")
    gt._library.impl("fp8_gemm_grouped_contiguous", contiguous_stand_in, "CPU")
    gt._library.impl("fp8_gemm_grouped_masked", masked_stand_in, "CPU")


class Names(unittest.TestCase):
    def test_all_has_every_operator(self):
        """Read, not imported: that needs torch."""
        members = {}
        for line in ast.parse((SOURCE / "scripts/python/gemmtune_torch.py").read_text()).body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                members[line.targets[0].id] = line.value
        operators = [kernel.elts[0].value for kernel in members["GROUPED_KERNELS"].elts] + \
            [kernel.args[0].value for kernel in members["KERNELS"].elts]
        self.assertIn("fp8_gemm_nt", operators)
        self.assertLessEqual(set(operators), set(ast.literal_eval(members["__all__"])))


@unittest.skipIf(torch is None, "python3 has no torch")
class Operator(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.x, self.weight = torch.randn(10, 256), torch.randn(200, 256)
        (self.a, self.a_scale), (self.b, self.b_scale) = gt.quantise_rows(self.x), gt.quantise_blocks(self.weight)
        self.out = torch.zeros(10, 200, dtype=torch.bfloat16)

    def arguments(self, **changes):
        return [changes.get(name, getattr(self, name)) for name in ("a", "a_scale", "b", "b_scale", "out")]

    def error_of(self, found, wanted):
        return ((found.float() - wanted).norm() / wanted.norm()).item()

    def test_writes_into_out_and_adds_where_told(self):
        found = gt.fp8_gemm_nt(*self.arguments())
        self.assertIs(found, self.out)
        self.assertLess(self.error_of(found, self.x @ self.weight.t()), 0.06)
        self.assertLess(self.error_of(gt.fp8_gemm_nt(*self.arguments(), accumulate=True), 2 * self.x @ self.weight.t()), 0.06)

    def test_makes_out_where_none_is_given_also_when_traced(self):
        given = self.arguments()
        wanted = gt.fp8_gemm_nt(*given)
        for call in (gt.fp8_gemm_nt, torch.compile(gt.fp8_gemm_nt, backend="aot_eager", fullgraph=True)):
            found = call(*given[:4])
            self.assertEqual((found.dtype, found.is_contiguous()), (torch.bfloat16, True))
            self.assertTrue(torch.equal(found, wanted))
        with self.assertRaisesRegex(ValueError, "which is not given"):
            gt.fp8_gemm_nt(*given[:4], accumulate=True)

    def test_is_registered_as_torch_wants_it(self):
        torch.library.opcheck(torch.ops.gemmtune.fp8_gemm_nt.default, (*self.arguments(), False),
                              test_utils=("test_faketensor", "test_autograd_registration"))

    def test_scales_lie_as_the_kernels_read_them(self):
        self.assertEqual((tuple(self.a_scale.shape), tuple(self.b_scale.shape)), ((2, 12), (2, 2)))
        self.assertEqual(self.a_scale[1, 3].item(), (self.x[3, 128:].abs().max() / 448).item())
        self.assertEqual(self.a_scale[:, 10:].abs().max().item(), 0)
        self.assertEqual(self.b_scale[1, 0].item(), (self.weight[128:, :128].abs().max() / 448).item())

    def test_refuses_what_does_not_fit(self):
        for changes, word in (({"a": self.a[:, ::2]}, "do not fit"), ({"a_scale": self.a_scale.t()}, "a_scale must be contiguous"),
                              ({"a_scale": self.a_scale[:, :10].contiguous()}, "pack_a_scale"),
                              ({"b_scale": self.b_scale.t()}, "b_scale must be contiguous"), ({"out": self.out.half()}, "float16"),
                              ({"b": self.b.float()}, "float32"), ({"out": self.out.t().contiguous().t()}, "contiguous rows"),
                              ({"a": self.a[:1].expand_as(self.a)}, "a's rows overlap"),
                              ({"out": self.out[:1].expand_as(self.out)}, "out's rows overlap")):
            with self.subTest(word=word), self.assertRaisesRegex(ValueError, word):
                gt.fp8_gemm_nt(*self.arguments(**changes))

    def test_linear_is_the_same_when_traced_whole_and_for_other_numbers_of_tokens(self):
        layer = gt.Linear.from_weight(self.weight, bias=torch.randn(200))
        traced = torch.compile(layer, backend="aot_eager", fullgraph=True)
        for shape in ((10, 256), (2, 5, 256), (3, 256)):
            x = torch.randn(shape)
            self.assertTrue(torch.equal(traced(x), layer(x)))
        self.assertLess(self.error_of(layer(self.x), self.x @ self.weight.t() + layer.bias), 0.06)

    def test_linear_says_that_it_has_no_gradient(self):
        layer = gt.Linear.from_weight(self.weight)
        x = torch.randn(3, 256, requires_grad=True)
        with self.assertRaisesRegex(RuntimeError, "inference"):
            layer(x)
        with torch.no_grad():
            self.assertEqual(layer(x).shape, (3, 200))

    def launched(self, *arguments, accumulate=False):
        """What the bundle would be told: kernel, sizes, operands, stream."""
        calls = []
        bundle = types.SimpleNamespace(gemm=lambda *told: calls.append(told))
        with mock.patch.dict(gt._bundles, {None: bundle}), mock.patch.object(torch.cuda, "device", contextlib.nullcontext), \
                mock.patch.object(torch.cuda, "current_stream", lambda: types.SimpleNamespace(cuda_stream=77)):
            gt.KERNELS[0].launch(*arguments, accumulate)
        return calls

    def test_tells_the_bundle_addresses_strides_form_and_stream(self):
        wide = torch.zeros(10, 264, dtype=torch.float32)[:, :200]
        (kernel, m, n, k, told, stream), = self.launched(*self.arguments(out=wide), accumulate=True)
        self.assertEqual((kernel, m, n, k, stream), ("dense_1d2d", 10, 200, 256, 77))
        self.assertEqual([told.a, told.b, told.scales_a, told.scales_b, told.d],
                         [t.data_ptr() for t in (self.a, self.b, self.a_scale, self.b_scale, wide)])
        self.assertEqual((told.a_stride, told.b_stride, told.d_stride, told.fp32_out, told.accumulate), (256, 256, 264, 1, 1))
        (*_, told, _), = self.launched(*self.arguments())
        self.assertEqual((told.fp32_out, told.accumulate), (0, 0))
        values, scale = gt.quantise_rows(self.x[:1])
        (*_, told, _), = self.launched(*self.arguments(a=values, a_scale=scale, out=self.out[:1]))
        self.assertEqual((told.a_stride, told.d_stride), (0, 0))

    def test_launches_nothing_for_no_tokens(self):
        values, scale = gt.quantise_rows(self.x[:0])
        self.assertEqual([], self.launched(*self.arguments(a=values, a_scale=scale, out=self.out[:0])))

    def test_says_that_no_bundle_is_loaded(self):
        with self.assertRaisesRegex(RuntimeError, "load"):
            gt.bundle_of(torch.device("cuda", 0))


@unittest.skipIf(torch is None, "python3 has no torch")
class Groups(unittest.TestCase):
    SIZES = (5, 0, 12)
    ALIGNMENT = 32

    def setUp(self):
        torch.manual_seed(1)
        self.weights = torch.randn(3, 200, 256)
        self.b, self.b_scale = (torch.stack(part) for part in zip(*(gt.quantise_blocks(weight) for weight in self.weights)))
        self.indices = torch.full((64,), -1, dtype=torch.int32)
        self.indices[:5], self.indices[32:44] = 0, 2
        self.ends = torch.tensor([5, 32, 44], dtype=torch.int32)
        self.x = torch.randn(64, 256)
        self.a, self.a_scale = gt.quantise_rows(self.x)
        self.out = torch.full((64, 200), 7, dtype=torch.bfloat16)

    def check_rows(self, out):
        wanted = torch.full((64, 200), 7.)
        for group, rows in ((0, slice(0, 5)), (2, slice(32, 44))):
            wanted[rows] = self.x[rows] @ self.weights[group].t()
        self.assertLess(((out.float() - wanted).norm() / wanted.norm()).item(), 0.06)
        self.assertTrue((out[5:32] == 7).all() and (out[44:] == 7).all(), "rows of no group are left alone")

    def test_contiguous_takes_the_group_of_each_row_or_the_end_of_each_group(self):
        found = gt.fp8_gemm_grouped_contiguous(self.a, self.a_scale, self.b, self.b_scale, self.out, self.indices)
        self.assertIs(found, self.out)
        self.check_rows(found)
        self.check_rows(gt.fp8_gemm_grouped_contiguous(self.a, self.a_scale, self.b, self.b_scale, torch.full_like(self.out, 7),
                                                       self.ends, by_ends=True, alignment=self.ALIGNMENT))

    def masked(self):
        x = torch.randn(3, 14, 256)
        a, scales = (list(part) for part in zip(*(gt.quantise_rows(rows) for rows in x)))
        return x, torch.stack(a), torch.stack(scales), torch.full((3, 14, 200), 7, dtype=torch.bfloat16)

    def test_masked_writes_the_rows_that_are_counted(self):
        x, a, a_scale, out = self.masked()
        self.assertEqual(tuple(a_scale.shape), (3, 2, 16))
        gt.fp8_gemm_grouped_masked(a, a_scale, self.b, self.b_scale, out, torch.tensor(self.SIZES, dtype=torch.int32), expected_m=6)
        for group, count in enumerate(self.SIZES):
            wanted = x[group, :count] @ self.weights[group].t()
            self.assertLessEqual((out[group, :count].float() - wanted).norm().item(), 0.06 * wanted.norm().item())
            self.assertTrue((out[group, count:] == 7).all())

    def test_are_registered_as_torch_wants_it(self):
        _, a, a_scale, out = self.masked()
        utils = ("test_faketensor", "test_autograd_registration")
        torch.library.opcheck(torch.ops.gemmtune.fp8_gemm_grouped_contiguous.default,
                              (self.a, self.a_scale, self.b, self.b_scale, self.out, self.indices), test_utils=utils)
        torch.library.opcheck(torch.ops.gemmtune.fp8_gemm_grouped_masked.default,
                              (a, a_scale, self.b, self.b_scale, out, torch.tensor(self.SIZES, dtype=torch.int32)), test_utils=utils)

    def test_tell_the_bundle_where_rows_lie(self):
        calls = []
        bundle = types.SimpleNamespace(gemm=lambda *told: calls.append(told))
        _, a, a_scale, out = self.masked()
        counts = torch.tensor(self.SIZES, dtype=torch.int32)
        with mock.patch.dict(gt._bundles, {None: bundle}), mock.patch.object(torch.cuda, "device", contextlib.nullcontext), \
                mock.patch.object(torch.cuda, "current_stream", lambda: types.SimpleNamespace(cuda_stream=77)):
            gt._contiguous(self.a, self.a_scale, self.b, self.b_scale, self.out, self.indices, alignment=self.ALIGNMENT)
            gt._contiguous(self.a, self.a_scale, self.b, self.b_scale, self.out, self.ends, True, 1, expected_m=9)
            gt._masked(a, a_scale, self.b, self.b_scale, out, counts, expected_m=6)
        found = [(kernel, m, n, k, x.group_rows, x.group_layout, x.groups, x.group_step, x.rows_of_a_group)
                 for kernel, m, n, k, x, _ in calls]
        self.assertEqual(found, [("grouped_contiguous_1d2d", 64, 200, 256, self.indices.data_ptr(), 1, 3, 32, 0),
                                 ("grouped_contiguous_1d2d", 64, 200, 256, self.ends.data_ptr(), 2, 3, 1, 9),
                                 ("grouped_masked_1d2d", 42, 200, 256, counts.data_ptr(), 3, 3, 14, 6)])

    def test_refuse_what_does_not_fit(self):
        def contiguous(**changes):
            given = {"a": self.a, "a_scale": self.a_scale, "b": self.b, "b_scale": self.b_scale, "out": self.out,
                     "group_rows": self.indices, **changes}
            gt.fp8_gemm_grouped_contiguous(**given)

        for changes, word in (({"b": self.b[0]}, "do not fit"), ({"group_rows": self.ends}, r"group_rows must be contiguous \(64,\)"),
                              ({"group_rows": self.indices.long()}, "int64"), ({"out": self.out.float()}, "float32"),
                              ({"a_scale": self.a_scale.t().contiguous()}, "a_scale must be contiguous"),
                              ({"b_scale": self.b_scale[:, :1]}, "b_scale must be contiguous"),
                              ({"a": self.a[:, ::2]}, "do not fit")):
            with self.subTest(word=word), self.assertRaisesRegex(ValueError, word):
                contiguous(**changes)
        _, a, a_scale, out = self.masked()
        counts = torch.tensor(self.SIZES, dtype=torch.int32)
        for given, word in (((a[:2], a_scale, self.b, self.b_scale, out[:2], counts), "a is .groups, max_m, K."),
                            ((a, a_scale[:, :, :14], self.b, self.b_scale, out, counts), "a_scale must be contiguous"),
                            ((a, a_scale, self.b, self.b_scale, out, counts[:2]), "group_rows must be contiguous")):
            with self.subTest(word=word), self.assertRaisesRegex(ValueError, word):
                gt.fp8_gemm_grouped_masked(*given)


@unittest.skipIf(torch is None, "python3 has no torch")
class GroupsAlongK(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.x, self.y = torch.randn(10, 640), torch.randn(24, 640)
        (self.a, self.a_scale), (self.b, self.b_scale) = gt.quantise_rows(self.x), gt.quantise_rows(self.y)
        self.ends = torch.tensor([256, 256, 640], dtype=torch.int32)

    def arguments(self, out):
        return self.a, self.a_scale, self.b, self.b_scale, out, self.ends

    def test_have_a_product_each(self):
        for accumulate in (False, True):
            out = torch.full((3, 10, 24), 7.)
            self.assertIs(gt.fp8_gemm_k_grouped(*self.arguments(out), accumulate=accumulate), out)
            for group, k in enumerate((slice(0, 256), slice(0, 0), slice(256, 640))):
                wanted = self.x[:, k] @ self.y[:, k].t() + (7 if accumulate else 0)
                self.assertLessEqual((out[group] - wanted).norm().item(), 0.06 * wanted.norm().item())

    def test_are_registered_as_torch_wants_it(self):
        torch.library.opcheck(torch.ops.gemmtune.fp8_gemm_k_grouped.default, (*self.arguments(torch.zeros(3, 10, 24)), True),
                              test_utils=("test_faketensor", "test_autograd_registration"))

    def test_tell_the_bundle_their_ends(self):
        calls = []
        bundle = types.SimpleNamespace(gemm=lambda *told: calls.append(told))
        with mock.patch.dict(gt._bundles, {None: bundle}), mock.patch.object(torch.cuda, "device", contextlib.nullcontext), \
                mock.patch.object(torch.cuda, "current_stream", lambda: types.SimpleNamespace(cuda_stream=77)):
            gt._k_grouped(*self.arguments(torch.zeros(3, 10, 24)), True, 300)
        (kernel, m, n, k, x, _), = calls
        self.assertEqual((kernel, m, n, k, x.fp32_out, x.accumulate, x.group_rows, x.group_layout, x.groups, x.group_step,
                          x.rows_of_a_group), ("k_grouped_1d1d", 10, 24, 640, 1, 1, self.ends.data_ptr(), 4, 3, 128, 300))

    def test_of_no_k_at_all_are_zeros_or_nothing(self):
        none = [x[..., :0] for x in (self.a, self.b)], [scale[:0] for scale in (self.a_scale, self.b_scale)]
        for accumulate, value in ((False, 0), (True, 7)):
            out = torch.full((3, 10, 24), 7.)
            gt._k_grouped(none[0][0].contiguous(), none[1][0], none[0][1].contiguous(), none[1][1], out, torch.zeros_like(self.ends), accumulate)
            self.assertTrue((out == value).all())

    def test_refuse_what_does_not_fit(self):
        out = torch.zeros(3, 10, 24)
        for changes, word in (({"out": out[0]}, "do not fit"), ({"group_ends": self.ends[:2]}, "do not fit"),
                              ({"group_ends": self.ends.long()}, "int64"), ({"out": out.half()}, "float16"),
                              ({"a_scale": self.a_scale[:, :10]}, "a_scale must be contiguous"),
                              ({"b_scale": self.b_scale.t()}, "b_scale must be contiguous")):
            given = {**dict(zip(("a", "a_scale", "b", "b_scale", "out", "group_ends"), self.arguments(out))), **changes}
            with self.subTest(word=word), self.assertRaisesRegex(ValueError, word):
                gt.fp8_gemm_k_grouped(**given)


if __name__ == "__main__":
    unittest.main()
