"""gemmtune_torch without a GPU: its operator with a stand-in for the kernel, registered for the CPU. Skipped where there is no
torch; tests/gpu/bundle_torch_check.py has the kernels."""
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


if __name__ == "__main__":
    unittest.main()
