"""gemmtune_deep_gemm without a GPU: the operators registered for the CPU, on bundles that only take notes, and on an exported one
with a driver that does. Skipped where there is no torch."""
import contextlib
import ctypes
import importlib.util
import os
import pathlib
import sys
import tempfile
import types
import unittest
import warnings
from unittest import mock

from harness import GEMMTUNE, SOURCE, CliTest

TABLE = SOURCE / "results" / "h100-sxm" / "dsv3" / "table.json"
DRIVER = pathlib.Path(GEMMTUNE).parent / "fake_driver" / "libcuda.so.1"
sys.path.insert(0, str(SOURCE / "scripts" / "python"))
torch = None
if importlib.util.find_spec("torch"):
    import torch

    import gemmtune_bundle
    import gemmtune_deep_gemm as dg
    import gemmtune_torch as gt

    gt._library.impl("fp8_gemm_nt", gt.KERNELS[0].launch, "CPU")
    gt._library.impl("fp8_gemm_grouped_contiguous", gt._contiguous, "CPU")
    gt._library.impl("fp8_gemm_grouped_masked", gt._masked, "CPU")

STUB = """
calls = []
fp8_gemm_nt = lambda *given, **named: calls.append((given, named))
set_num_sms = lambda number: calls.append(("sms", number))
get_num_sms = lambda: 99
set_mk_alignment_for_contiguous_layout = lambda rows: calls.append(("alignment", rows))
something_else = lambda x: x + 1
"""


def padded(rows):
    return -(-rows // 4) * 4


@unittest.skipIf(torch is None, "python3 has no torch")
class DeepGemm(CliTest):
    """Without a bundle and without deep_gemm, unless a test says otherwise."""

    def setUp(self):
        super().setUp()
        torch.manual_seed(1)
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        for patch in (mock.patch.dict(sys.modules, {"deep_gemm": None}), mock.patch.dict(os.environ),
                      mock.patch.dict(gt._bundles), mock.patch.dict(dg._settings),
                      mock.patch.object(torch.cuda, "device", contextlib.nullcontext),
                      mock.patch.object(torch.cuda, "current_stream", lambda: types.SimpleNamespace(cuda_stream=77)),
                      warnings.catch_warnings()):
            self.stack.enter_context(patch)
        os.environ.pop("GEMMTUNE_BUNDLE", None)
        warnings.simplefilter("ignore")
        self.forget()
        self.addCleanup(self.forget)

    def forget(self):
        for known in (dg._installed, dg._warn_once):
            known.cache_clear()
        for known in (dg._refused, dg._has_bundle):
            known.clear()
        dg.reset_taken()

    def note_launches(self, code=0):
        """A bundle whose products are noted, or all refused with a code."""
        launches = []

        def gemm(*told):
            launches.append(told)
            if code:
                raise gemmtune_bundle.BundleError(code, "refused")
        gt._bundles[None] = types.SimpleNamespace(gemm=gemm)
        dg._has_bundle.clear()
        return launches

    def install(self, text=STUB):
        """A deep_gemm that notes its calls."""
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        (pathlib.Path(folder) / "deep_gemm.py").write_text(text)
        self.stack.enter_context(mock.patch.object(sys, "path", [folder, *sys.path]))
        self.stack.enter_context(mock.patch.object(sys, "dont_write_bytecode", True))
        sys.modules.pop("deep_gemm")
        importlib.invalidate_caches()
        dg._installed.cache_clear()
        return importlib.import_module("deep_gemm")

    def counts(self, name):
        return tuple(dg.taken()[name].values())

    def operand(self, *shape):
        return torch.randn(shape).to(torch.float8_e4m3fn)

    def scales(self, *shape):
        return torch.rand(shape) + 0.5

    def dense(self, m=10, n=200, k=256, out=None):
        a, b = (self.operand(m, k), self.scales(m, k // 128)), (self.operand(n, k), self.scales(-(-n // 128), k // 128))
        return a, b, torch.full((m, n), 7, dtype=out or torch.bfloat16)

    def contiguous(self):
        """Rows 0 to 4 of group 0, 128 to 139 of group 2, of 256."""
        a, b = (self.operand(256, 256), self.scales(256, 2)), (self.operand(3, 200, 256), self.scales(3, 2, 2))
        indices = torch.full((256,), -1, dtype=torch.int32)
        indices[:5], indices[128:140] = 0, 2
        return a, b, torch.full((256, 200), 7, dtype=torch.bfloat16), indices

    def masked(self):
        a, b = (self.operand(3, 14, 256), self.scales(3, 14, 2)), (self.operand(3, 200, 256), self.scales(3, 2, 2))
        return a, b, torch.full((3, 14, 200), 7, dtype=torch.bfloat16), torch.tensor([5, 0, 12], dtype=torch.int32)

    def reference(self, a, b, rows_of_b_scale=128):
        """In float64, by another way than the module's: a block of columns at a time."""
        (a, a_scale), (b, b_scale) = a, b
        total = torch.zeros(a.shape[0], b.shape[0], dtype=torch.float64)
        for block in range(a.shape[1] // 128):
            columns = slice(128 * block, 128 * block + 128)
            product = a[:, columns].double() @ b[:, columns].double().t()
            of_rows = torch.stack([b_scale[row // rows_of_b_scale, block] for row in range(b.shape[0])]).double()
            total += product * a_scale[:, block].double()[:, None] * of_rows
        return total

    def assert_close(self, found, wanted, limit=4e-3):
        """To the rounding of BF16."""
        self.assertLess(((found.double() - wanted).norm() / wanted.norm()).item(), limit)

    # Scales

    def test_aligned_scales_have_the_strides_of_deep_gemm_and_stay_where_they_lie(self):
        for shape in ((10, 2), (12, 3), (1, 2), (3, 14, 2), (5, 1)):
            with self.subTest(shape=shape):
                scale = self.scales(*shape)
                aligned = dg.get_mn_major_tma_aligned_tensor(scale)
                self.assertTrue(torch.equal(aligned, scale))
                self.assertEqual(aligned.stride()[-2:], (1, padded(shape[-2])))
                self.assertEqual(aligned.stride()[:-2], (padded(shape[-2]) * shape[-1],) * (len(shape) - 2))
                again = dg.get_mn_major_tma_aligned_tensor(aligned)
                self.assertEqual((again.data_ptr(), again.stride()), (aligned.data_ptr(), aligned.stride()))
        with self.assertRaisesRegex(ValueError, "scales are"):
            dg.get_mn_major_tma_aligned_tensor(self.scales(4))

    def launched_scales(self, scale, m):
        """The address that the bundle is told."""
        launches = self.note_launches()
        (a, _), b, out = self.dense(m)
        dg.fp8_gemm_nt((a, scale), b, out)
        return launches[0][4].scales_a

    def test_aligned_scales_are_passed_without_a_copy(self):
        for m in (10, 12, 1):
            with self.subTest(m=m):
                aligned = dg.get_mn_major_tma_aligned_tensor(self.scales(m, 2))
                self.assertEqual(self.launched_scales(aligned, m), aligned.data_ptr())
        by_torch = torch.empty_strided((12, 2), (1, 12))
        self.assertEqual(self.launched_scales(by_torch, 12), by_torch.data_ptr())
        one_column = self.scales(12, 1)  # both layouts in one, whatever the stride from column to column
        self.assertEqual(dg._packed(one_column).data_ptr(), one_column.data_ptr())

    def test_other_scales_are_copied(self):
        without_padding = torch.empty_strided((10, 2), (1, 12))  # its storage ends with row 10 of the last column
        between = torch.empty(64)[1:25].view(2, 12).t()  # no multiple of 16 bytes
        for m, scale in ((10, self.scales(10, 2)), (10, without_padding), (12, between), (12, self.scales(2, 16)[:, :12].t())):
            with self.subTest(m=m, strides=scale.stride()):
                self.assertNotEqual(self.launched_scales(scale, m), scale.data_ptr())
                self.assertEqual(self.counts("fp8_gemm_nt")[1:], (0, 0))

    def test_copied_scales_are_in_the_order_of_the_kernels(self):
        for scale in (self.scales(10, 2), self.scales(2, 16)[:, :10].t(), self.scales(3, 14, 2)):
            rows = scale.shape[-2]
            packed = dg._packed(scale)
            self.assertTrue(packed.is_contiguous())
            self.assertEqual(tuple(packed.shape), (*scale.shape[:-2], 2, padded(rows)))
            self.assertTrue(torch.equal(packed[..., :rows], scale.transpose(-1, -2)))

    # What the bundle is told

    def test_tells_the_bundle_addresses_and_form(self):
        launches = self.note_launches()
        a, b, out = self.dense(out=torch.float32)
        a = (a[0], dg.get_mn_major_tma_aligned_tensor(a[1]))
        dg.fp8_gemm_nt(a, b, out, recipe=(1, 128, 128), compiled_dims="mnk", disable_ue8m0_cast=True)
        dg.fp8_gemm_nt(a, b, out, out, recipe_a=(1, 128), recipe_b=[128, 128])
        other = torch.full_like(out, 3)
        dg.fp8_gemm_nt(a, b, out, c=other)
        self.assertTrue((out == 3).all(), "the product is added to a copy of c")
        self.assertEqual([told[:4] for told in launches], [("dense_1d2d", 10, 200, 256)] * 3)
        self.assertEqual([told[5] for told in launches], [77] * 3)
        self.assertEqual([(x.a, x.b, x.scales_a, x.scales_b, x.d, x.fp32_out) for *_, x, _ in launches],
                         [(*(t.data_ptr() for t in (a[0], b[0], a[1], b[1], out)), 1)] * 3)
        self.assertEqual([told[4].accumulate for told in launches], [0, 1, 1])
        self.assertEqual(self.counts("fp8_gemm_nt"), (3, 0, 0))

    def test_tells_the_bundle_where_rows_of_groups_lie(self):
        launches = self.note_launches()
        a, b, out, indices = self.contiguous()
        aligned = dg.get_mn_major_tma_aligned_tensor(a[1])
        ends = torch.tensor([5, 128, 140], dtype=torch.int32)
        dg.m_grouped_fp8_gemm_nt_contiguous((a[0], aligned), b, out, indices)
        dg.m_grouped_fp8_gemm_nt_contiguous((a[0], aligned), b, out, m_indices=indices)
        dg.set_mk_alignment_for_contiguous_layout(32)
        dg.m_grouped_fp8_gemm_nt_contiguous((a[0], aligned), b, out, ends, use_psum_layout=True, expected_m_for_psum_layout=9)
        a3, b3, out3, counts = self.masked()
        aligned3 = dg.get_mn_major_tma_aligned_tensor(a3[1])
        dg.fp8_m_grouped_gemm_nt_masked((a3[0], aligned3), b3, out3, counts, 6)
        found = [(kernel, m, x.scales_a, x.group_rows, x.group_layout, x.groups, x.group_step, x.rows_of_a_group)
                 for kernel, m, _, _, x, _ in launches]
        rows = ("grouped_contiguous_1d2d", 256, aligned.data_ptr())
        self.assertEqual(found, [(*rows, indices.data_ptr(), 1, 3, 128, 0), (*rows, indices.data_ptr(), 1, 3, 128, 0),
                                 (*rows, ends.data_ptr(), 2, 3, 32, 9),
                                 ("grouped_masked_1d2d", 42, aligned3.data_ptr(), counts.data_ptr(), 3, 3, 14, 6)])
        self.assertEqual(self.counts("m_grouped_fp8_gemm_nt_contiguous"), (3, 0, 0))
        self.assertEqual(self.counts("m_grouped_fp8_gemm_nt_masked"), (1, 0, 0), "the alias counts as the function")

    # What the bundle refuses

    def test_a_refused_problem_is_not_asked_again(self):
        for code in (7, 8, 9):
            with self.subTest(code=code):
                self.forget()
                launches = self.note_launches(code)
                a, b, out = self.dense()
                for _ in range(3):
                    dg.fp8_gemm_nt(a, b, out)
                self.assertEqual((len(launches), self.counts("fp8_gemm_nt")), (1, (0, 0, 3)))
                self.assert_close(out, self.reference(a, b))
                dg.fp8_gemm_nt(a, b, out, c=out)  # another form
                dg.fp8_gemm_nt(*self.dense(m=11))  # and another problem
                self.assertEqual(len(launches), 3)

    def test_a_pointer_that_is_refused_does_not_refuse_others_of_its_shape(self):
        launches = self.note_launches(8)
        a, b, _ = self.dense()
        whole = torch.zeros(10 * 200 + 8, dtype=torch.bfloat16)
        dg.fp8_gemm_nt(a, b, whole[1:2001].view(10, 200))
        dg.fp8_gemm_nt(a, b, whole[:2000].view(10, 200))
        self.assertEqual(len(launches), 2)

    def test_groups_told_otherwise_are_another_problem(self):
        launches = self.note_launches(7)
        a, b = (self.operand(3, 256), self.scales(3, 2)), (self.operand(3, 200, 256), self.scales(3, 2, 2))
        out, layout = torch.zeros(3, 200, dtype=torch.bfloat16), torch.arange(3, dtype=torch.int32)  # groups, or ends
        for alignment in (128, 32):
            dg.set_mk_alignment_for_contiguous_layout(alignment)
            for by_ends in (False, True, False):
                dg.m_grouped_fp8_gemm_nt_contiguous(a, b, out, layout, use_psum_layout=by_ends)
        self.assertEqual([(x.group_step, x.group_layout) for *_, x, _ in launches], [(128, 1), (128, 2), (32, 1), (32, 2)])

    def test_the_refused_are_forgotten_when_there_are_many(self):
        launches = self.note_launches(7)
        with mock.patch.object(dg, "MOST_REFUSED", 2):
            for m in (1, 2, 3, 1):
                dg.fp8_gemm_nt(*self.dense(m))
        self.assertEqual([told[1] for told in launches], [1, 2, 3, 1])

    def test_errors_that_are_no_refusals_are_raised(self):
        for code in (4, 6, 10, 11):
            self.note_launches(code)
            with self.subTest(code=code), self.assertRaises(gemmtune_bundle.BundleError):
                dg.fp8_gemm_nt(*self.dense())
        self.assertEqual(self.counts("fp8_gemm_nt"), (0, 0, 0))

    def test_layouts_and_recipes_that_gemmtune_does_not_take_are_never_launched(self):
        launches = self.note_launches()
        a, b, out = self.dense()
        turned = (b[0].t().contiguous().t(), b[1].t().contiguous().t())
        for b_given in (turned, (b[0], turned[1])):
            for _ in range(2):
                dg.fp8_gemm_nt(a, b_given, out.fill_(7))
                self.assert_close(out, self.reference(a, b))
        each_row = (b[0], self.scales(200, 2))
        for recipe in ({"recipe": (1, 1, 128)}, {"recipe_a": (1, 128), "recipe_b": (1, 128)}):
            dg.fp8_gemm_nt(a, each_row, out.fill_(7), **recipe)
            self.assert_close(out, self.reference(a, each_row, rows_of_b_scale=1))
        for c in (torch.full((10, 200), 3.0), torch.full((1, 200), 3, dtype=torch.bfloat16)):
            dg.fp8_gemm_nt(a, b, out.fill_(7), c=c)
            self.assert_close(out, self.reference(a, b) + 3)
        a, b, out, indices = self.contiguous()
        dg.m_grouped_fp8_gemm_nt_contiguous(a, b, out.float(), indices)
        self.assertEqual((launches, self.counts("fp8_gemm_nt")), ([], (0, 0, 8)))
        self.assertEqual(self.counts("m_grouped_fp8_gemm_nt_contiguous"), (0, 0, 1))

    # Torch

    def test_torch_multiplies_and_adds(self):
        for out_type, limit in ((torch.bfloat16, 4e-3), (torch.float32, 1e-6)):
            for k in (128, 256):
                a, b, out = self.dense(k=k, out=out_type)
                wanted = self.reference(a, b)
                for scale in (a[1], dg.get_mn_major_tma_aligned_tensor(a[1])):
                    self.assertIsNone(dg.fp8_gemm_nt((a[0], scale), b, out.fill_(7)))
                    self.assert_close(out, wanted, limit)
                dg.fp8_gemm_nt(a, b, out.fill_(7), c=out)
                self.assert_close(out, wanted + 7, limit)
                dg.fp8_gemm_nt(a, b, out, c=torch.full_like(out, -3))
                self.assert_close(out, wanted - 3, limit)
        self.assertEqual(self.counts("fp8_gemm_nt"), (0, 0, 16))

    def check_rows(self, a, b, out):
        for group, rows in ((0, slice(0, 5)), (2, slice(128, 140))):
            self.assert_close(out[rows], self.reference((a[0][rows], a[1][rows]), (b[0][group], b[1][group])))
        self.assertTrue((out[5:128] == 7).all() and (out[140:] == 7).all(), "rows of no group are left alone")

    def test_torch_leaves_rows_of_no_group_alone(self):
        a, b, out, indices = self.contiguous()
        for scale in (a[1], dg.get_mn_major_tma_aligned_tensor(a[1])):
            dg.m_grouped_fp8_gemm_nt_contiguous((a[0], scale), b, out.fill_(7), indices)
            self.check_rows(a, b, out)
        for second in (128, 5):  # either way it has no rows
            ends = torch.tensor([5, second, 140], dtype=torch.int32)
            dg.m_grouped_fp8_gemm_nt_contiguous(a, b, out.fill_(7), ends, use_psum_layout=True)
            self.check_rows(a, b, out)
        self.assertEqual(self.counts("m_grouped_fp8_gemm_nt_contiguous"), (0, 0, 4))

    def test_torch_writes_the_rows_that_are_counted(self):
        a, b, out, counts = self.masked()
        for function in (dg.m_grouped_fp8_gemm_nt_masked, dg.fp8_m_grouped_gemm_nt_masked):
            for scale in (a[1], dg.get_mn_major_tma_aligned_tensor(a[1])):
                function((a[0], scale), b, out.fill_(7), masked_m=counts, expected_m=6, disable_ue8m0_cast=True)
                for group, count in ((0, 5), (2, 12)):
                    self.assert_close(out[group, :count],
                                      self.reference((a[0][group, :count], a[1][group, :count]), (b[0][group], b[1][group])))
                self.assertTrue((out[0, 5:] == 7).all() and (out[1] == 7).all() and (out[2, 12:] == 7).all())
        self.assertEqual(self.counts("m_grouped_fp8_gemm_nt_masked"), (0, 0, 4))

    def test_torch_refuses_what_does_not_fit(self):
        a, b, out = self.dense()
        for a_given, b_given, d, named, word in (
                (a, b, out[:, :199], {}, "d is"), ((a[0], a[1][:, :1]), b, out, {}, "FP32 scales"),
                ((a[0], a[1].int()), b, out, {}, "int32"), ((a[0].view(torch.int8), a[1]), b, out, {}, "int8"),
                (a, b, out, {"recipe_a": (1, 128)}, "recipe"),
                (a, b, out, {"recipe": (1, 128, 128), "recipe_a": (1, 128), "recipe_b": (128, 128)}, "recipe")):
            with self.subTest(word=word), self.assertRaisesRegex(ValueError, word):
                dg.fp8_gemm_nt(a_given, b_given, d, **named)
        a, b, out, indices = self.contiguous()
        with self.assertRaisesRegex(ValueError, "grouped_layout is"):
            dg.m_grouped_fp8_gemm_nt_contiguous(a, b, out, indices[:3])
        a, b, out, counts = self.masked()
        with self.assertRaisesRegex(ValueError, "masked_m is"):
            dg.m_grouped_fp8_gemm_nt_masked(a, b, out, counts[:2], 6)
        self.assertEqual(self.counts("fp8_gemm_nt"), (0, 0, 0), "calls that failed were answered by nobody")

    # Who answers

    def test_without_a_bundle_it_warns_once(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(3):
                dg.fp8_gemm_nt(*self.dense())
            dg.m_grouped_fp8_gemm_nt_masked(*self.masked(), 6)
        self.assertEqual(len(caught), 1)
        self.assertIn("GEMMTUNE_BUNDLE", str(caught[0].message))
        self.assertEqual(self.counts("fp8_gemm_nt"), (0, 0, 3))

    def test_the_bundle_of_the_environment_is_opened_at_first_use_on_a_gpu(self):
        os.environ["GEMMTUNE_BUNDLE"] = "mine"
        with mock.patch.object(gt, "load") as load:
            self.assertTrue(dg._find_bundle(torch.device("cuda", 1)))
            self.assertFalse(dg._find_bundle(torch.device("cpu")))
        load.assert_called_once_with("mine", torch.device("cuda", 1))
        with mock.patch.object(gt, "load", side_effect=OSError("mine")), self.assertRaises(OSError):
            dg._find_bundle(torch.device("cuda", 1))

    def test_loading_makes_it_ask_again(self):
        launches = self.note_launches(7)
        dg.fp8_gemm_nt(*self.dense())
        with mock.patch.object(gt, "load", return_value="bundle") as load:
            self.assertEqual(dg.load("folder", "cuda:1"), "bundle")
        load.assert_called_once_with("folder", "cuda:1", "burst")
        dg.fp8_gemm_nt(*self.dense())
        self.assertEqual(len(launches), 2)

    def test_counts_are_copies_and_can_be_reset(self):
        dg.taken()["fp8_gemm_nt"]["torch"] = 5
        self.assertEqual(dg.taken(), {name: {"gemmtune": 0, "deep_gemm": 0, "torch": 0} for name in (
            "fp8_gemm_nt", "m_grouped_fp8_gemm_nt_contiguous", "m_grouped_fp8_gemm_nt_masked")})
        dg.fp8_gemm_nt(*self.dense())
        self.assertEqual(self.counts("fp8_gemm_nt"), (0, 0, 1))
        dg.reset_taken()
        self.assertEqual(self.counts("fp8_gemm_nt"), (0, 0, 0))

    def test_an_installed_deep_gemm_answers_what_the_bundle_lacks(self):
        stub = self.install()
        launches = self.note_launches(7)
        a, b, out = self.dense()
        dg.fp8_gemm_nt(a, b, out)
        dg.fp8_gemm_nt(a, b, out, c=out, disable_ue8m0_cast=True, recipe=(1, 1, 128))
        self.assertEqual(len(launches), 1)
        self.assertEqual([sorted(named) for _, named in stub.calls], [[], ["c", "disable_ue8m0_cast", "recipe"]])
        for given, _ in stub.calls:
            self.assertTrue(given[0] is a and given[1] is b and given[2] is out)
        self.assertEqual(self.counts("fp8_gemm_nt"), (0, 2, 0))
        dg.m_grouped_fp8_gemm_nt_masked(*self.masked(), 6)  # which the stub does not have
        self.assertEqual(self.counts("m_grouped_fp8_gemm_nt_masked"), (0, 0, 1))

    def test_the_bundle_comes_before_an_installed_deep_gemm(self):
        stub = self.install()
        self.note_launches()
        dg.fp8_gemm_nt(*self.dense())
        self.assertEqual((stub.calls, self.counts("fp8_gemm_nt")), ([], (1, 0, 0)))

    def test_other_names_are_those_of_the_installed_deep_gemm(self):
        for name in ("something_else", "__version__"):
            with self.assertRaisesRegex(AttributeError, f"{name}, and no deep_gemm is installed"):
                getattr(dg, name)
        self.install(STUB + "__version__ = '1.2'\n__path__ = []\n")
        self.assertEqual((dg.something_else(4), dg.__version__), (5, "1.2"))
        with self.assertRaisesRegex(AttributeError, "neither .* has nothing_such"):
            dg.nothing_such
        self.assertFalse(hasattr(dg, "__path__"), "its parts are not parts of this module")

    def test_a_deep_gemm_that_is_this_module_or_does_not_import_is_none(self):
        sys.modules["deep_gemm"] = dg
        self.assertIsNone(dg._installed())
        dg._installed.cache_clear()
        with self.assertRaises(AssertionError):
            self.install("assert False, 'no compiler'")
        dg._installed.cache_clear()
        with self.assertWarnsRegex(RuntimeWarning, "AssertionError: no compiler"):
            self.assertIsNone(dg._installed())

    def test_settings_are_remembered_and_forwarded(self):
        self.assertEqual(dg.get_mk_alignment_for_contiguous_layout(), 128)
        self.assertEqual(dg.get_m_alignment_for_contiguous_layout(), 128)
        stub = self.install()
        self.assertEqual(dg.get_num_sms(), 99)
        dg.set_num_sms(64)
        dg.set_mk_alignment_for_contiguous_layout(32)
        self.assertEqual((dg.get_num_sms(), dg.get_mk_alignment_for_contiguous_layout()), (64, 32))
        self.assertEqual(stub.calls, [("sms", 64), ("alignment", 32)])

    @unittest.skipUnless(DRIVER.exists(), "built without gemmtune-worker, and so without libgemmtune")
    @unittest.skipIf(os.path.exists("/dev/nvidiactl"), "there is a driver here")
    def test_an_exported_bundle_answers_what_it_has(self):
        (self.dir / "cache").mkdir()
        self.script(cubins=str(self.dir / "cache"))
        done = self.run_cli("export", TABLE, "--format", "bundle", "-o", self.dir / "bundle", "--jobs", "2", "--stale")
        self.assertEqual(done.returncode, 0, done.stderr)
        ctypes.CDLL(str(DRIVER))  # the bundle's library finds it by its name
        gt._bundles[None] = gemmtune_bundle.Bundle(self.dir / "bundle")
        for m in (1, 64, 65):
            dg.fp8_gemm_nt(*self.dense(m, 2112, 7168))
        self.assertEqual(self.counts("fp8_gemm_nt"), (3, 0, 0))
        a, b, out = self.dense()
        dg.fp8_gemm_nt(a, b, out)  # no entry of that N and K
        self.assert_close(out, self.reference(a, b))
        a, b, out = self.dense(2, 2112, 7168, torch.float32)
        dg.fp8_gemm_nt(a, b, out, c=out)  # none of that form
        self.assert_close(out, self.reference(a, b) + 7, 1e-6)
        between = torch.empty(2 * 2112 + 8, dtype=torch.bfloat16)[1:4225].view(2, 2112)
        dg.fp8_gemm_nt(a, b, between)  # TMA writes to multiples of 16 bytes
        self.assert_close(between, self.reference(a, b))
        dg.m_grouped_fp8_gemm_nt_masked(*self.masked(), 6)  # no such kernel
        self.assertEqual((self.counts("fp8_gemm_nt"), self.counts("m_grouped_fp8_gemm_nt_masked")), ((3, 0, 3), (0, 0, 1)))
        dg.fp8_gemm_nt(a, b, between[:1].clone().expand(2, 2112).contiguous())
        self.assertEqual(self.counts("fp8_gemm_nt"), (4, 0, 3), "its shape is not refused")


if __name__ == "__main__":
    unittest.main()
