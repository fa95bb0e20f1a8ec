"""The operators of gemmtune_torch in C++, built here for the CPU with a stand-in for the bundle's library: they tell it what the
Python ones tell theirs, and refuse what these refuse. Skipped where there is no torch or no compiler."""
import contextlib
import ctypes
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "scripts" / "python"))
torch = None
if importlib.util.find_spec("torch") and shutil.which(os.environ.get("CXX", "c++")):
    import torch

    import gemmtune_bundle
    import gemmtune_torch as gt
    import gemmtune_torch_native as native

    GEMM = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, *[ctypes.c_int64] * 3, ctypes.c_void_p, ctypes.c_void_p)
    TEXT = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_int)
    LAST = ctypes.CFUNCTYPE(ctypes.c_char_p)

CPU = -1  # the index of its device
REFUSALS = """
import sys
sys.path.insert(0, sys.argv[1])
import torch, gemmtune_torch as gt, gemmtune_torch_native as native
native.load("CPU")
a, b, out = gt.quantise_rows(torch.randn(4, 128)), gt.quantise_blocks(torch.randn(128, 128)), torch.zeros(4, 128, dtype=torch.bfloat16)
for given in ((*a, *b, out), (*a, *b, out.half()), (*a, *b, out.t())):
    try:
        torch.ops.gemmtune.fp8_gemm_nt(*given)
    except (RuntimeError, ValueError) as error:
        print(type(error).__name__, error)
"""
MEMBERS = [name for name, _ in gemmtune_bundle.Operands._fields_] if torch else []


@unittest.skipIf(torch is None, "python3 has no torch, or there is no C++ compiler")
class Native(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.enterClassContext(mock.patch.dict(os.environ, {"GEMMTUNE_CACHE_DIR": folder.name}))
        assert native.load("CPU") is None, "nothing was built yet"
        native.build(SOURCE / "src" / "launch", key="CPU")
        cls.library = native.load("CPU")

    def setUp(self):
        torch.manual_seed(1)
        (self.a, self.a_scale), (self.b, self.b_scale) = gt.quantise_rows(torch.randn(10, 256)), gt.quantise_blocks(torch.randn(200, 256))
        self.out = torch.zeros(10, 200, dtype=torch.bfloat16)
        self.code, self.told = 0, []
        self.use()

    def use(self, first_member=0):
        def gemm(bundle, kernel, m, n, k, operands, stream):
            if self.code == 0:
                x = gemmtune_bundle.Operands.from_address(operands - first_member)
                self.told.append((bundle, kernel.decode(), m, n, k, {name: getattr(x, name) for name in MEMBERS}, stream))
            return self.code

        functions = types.SimpleNamespace(gemmtune_gemm=GEMM(gemm), gemmtune_error_text=TEXT(lambda code: b"refused"),
                                          gemmtune_last_error=LAST(lambda: b"no entry"), first_member=first_member)
        self.keep = functions  # the library calls them
        native.use(self.library, CPU, types.SimpleNamespace(handle=77, library=functions))

    def arguments(self, **changes):
        return [changes.get(name, getattr(self, name)) for name in ("a", "a_scale", "b", "b_scale", "out")]

    def by_python(self, launch, *arguments):
        """What the operator in Python tells its bundle."""
        calls = []
        bundle = types.SimpleNamespace(gemm=lambda *told: calls.append(told))
        with mock.patch.dict(gt._bundles, {None: bundle}), mock.patch.object(torch.cuda, "device", contextlib.nullcontext), \
                mock.patch.object(torch.cuda, "current_stream", lambda: types.SimpleNamespace(cuda_stream=None)):
            launch(*arguments)
        return [(77, *told[:4], {name: getattr(told[4], name) for name in MEMBERS}, told[5]) for told in calls]

    def check_same(self, operator, launch, *arguments):
        self.told.clear()
        operator(*arguments)
        self.assertEqual(len(self.told), 1)
        self.assertEqual(self.told, self.by_python(launch, *arguments))

    def test_tells_the_bundle_what_the_operator_in_python_does(self):
        wide = torch.zeros(10, 264, dtype=torch.float32)[:, :200]
        one, one_scale = gt.quantise_rows(torch.randn(1, 256))
        for arguments in (self.arguments(), [*self.arguments(out=wide), True], self.arguments(a=one, a_scale=one_scale, out=self.out[:1])):
            self.check_same(torch.ops.gemmtune.fp8_gemm_nt, gt.KERNELS[0].launch, *arguments)
        self.assertEqual(self.told[0][1:5], ("dense_1d2d", 1, 200, 256))

    def test_a_call_allocates_no_tensor(self):
        def allocated_bytes(call):
            call()
            with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as found:
                call()
            return sum(event.cpu_memory_usage for event in found.events() if event.cpu_memory_usage > 0)

        operator, given = torch.ops.gemmtune.fp8_gemm_nt, self.arguments()
        self.assertEqual(allocated_bytes(lambda: operator(*given)), 0)
        self.assertEqual(allocated_bytes(lambda: gt.fp8_gemm_nt(*given)), 0)
        self.assertGreaterEqual(allocated_bytes(lambda: gt.fp8_gemm_nt(*given[:4])), 10 * 200 * 2, "that of out")
        group_rows = torch.zeros(64, dtype=torch.int32)
        contiguous, masked = [*self.groups(), group_rows], self.masked()
        self.assertEqual(allocated_bytes(lambda: torch.ops.gemmtune.fp8_gemm_grouped_contiguous(*contiguous)), 0)
        self.assertEqual(allocated_bytes(lambda: torch.ops.gemmtune.fp8_gemm_grouped_masked(*masked)), 0)

    def groups(self):
        weights = [gt.quantise_blocks(torch.randn(200, 256)) for _ in range(3)]
        b, b_scale = (torch.stack(part) for part in zip(*weights))
        a, a_scale = gt.quantise_rows(torch.randn(64, 256))
        return a, a_scale, b, b_scale, torch.zeros(64, 200, dtype=torch.bfloat16)

    def masked(self):
        _, _, b, b_scale, _ = self.groups()
        a, a_scale = (torch.stack(part) for part in zip(*(gt.quantise_rows(torch.randn(14, 256)) for _ in range(3))))
        return a, a_scale, b, b_scale, torch.zeros(3, 14, 200, dtype=torch.bfloat16), torch.tensor([5, 0, 12], dtype=torch.int32)

    def test_tells_where_rows_of_groups_lie(self):
        indices, ends = torch.zeros(64, dtype=torch.int32), torch.tensor([5, 32, 44], dtype=torch.int32)
        contiguous = torch.ops.gemmtune.fp8_gemm_grouped_contiguous
        self.check_same(contiguous, gt._contiguous, *self.groups(), indices, False, 32, 0)
        self.check_same(contiguous, gt._contiguous, *self.groups(), ends, True, 1, 9)
        self.check_same(torch.ops.gemmtune.fp8_gemm_grouped_masked, gt._masked, *self.masked(), 6)

    def k_groups(self):
        (a, a_scale), (b, b_scale) = gt.quantise_rows(torch.randn(10, 640)), gt.quantise_rows(torch.randn(24, 640))
        return a, a_scale, b, b_scale, torch.zeros(3, 10, 24), torch.tensor([256, 256, 640], dtype=torch.int32)

    def test_tells_which_part_of_k_groups_have(self):
        self.check_same(torch.ops.gemmtune.fp8_gemm_k_grouped, gt._k_grouped, *self.k_groups(), True, 300)
        self.assertEqual(self.told[0][1:5], ("k_grouped_1d1d", 10, 24, 640))
        a, a_scale, b, b_scale, out, ends = self.k_groups()
        self.check_same(torch.ops.gemmtune.fp8_gemm_k_grouped, gt._k_grouped, a, a_scale, b, b_scale, out.bfloat16(), ends)
        self.told.clear()
        for given in ((a, a_scale, b, b_scale, out, ends[:2]), (a, a_scale, b, b_scale, out, ends.long()), (a, a_scale[:, :10], b, b_scale, out, ends),
                      (a, a_scale, b[:16], b_scale, out, ends), (a, a_scale, b, b_scale.t(), out, ends), (a, a_scale, b, b_scale, out[0], ends),
                      (a, a_scale, b, b_scale, out.half(), ends)):
            with self.assertRaises(ValueError):
                torch.ops.gemmtune.fp8_gemm_k_grouped(*given)
            with self.assertRaises(ValueError):
                gt._check_k_grouped(*given)
        self.assertEqual(self.told, [])

    def test_launches_nothing_for_no_tokens(self):
        a, a_scale = gt.quantise_rows(torch.randn(0, 256))
        torch.ops.gemmtune.fp8_gemm_nt(*self.arguments(a=a, a_scale=a_scale, out=self.out[:0]))
        self.assertEqual(self.told, [])

    def test_refuses_what_the_operator_in_python_refuses(self):
        for changes in ({"a": self.a[:, ::2]}, {"a_scale": self.a_scale.t()}, {"a_scale": self.a_scale[:, :10].contiguous()},
                        {"b_scale": self.b_scale.t()}, {"b_scale": self.b_scale[:1]}, {"out": self.out.half()}, {"b": self.b.float()},
                        {"out": self.out.t().contiguous().t()}, {"a": self.a[:1].expand_as(self.a)}, {"a": self.a.view(2, 5, 256)},
                        {"out": self.out[:1].expand_as(self.out)}, {"a_scale": self.a_scale.double()}, {"b": self.b[:100]}):
            arguments = self.arguments(**changes)
            with self.subTest(changes=list(changes)):
                with self.assertRaises(ValueError):
                    gt.KERNELS[0].check(*arguments)
                with self.assertRaisesRegex(ValueError, r"fp8_gemm_nt: .* a Float8_e4m3fn \[.* on cpu"):
                    torch.ops.gemmtune.fp8_gemm_nt(*arguments)
        self.assertEqual(self.told, [])

    def test_refuses_groups_that_do_not_fit(self):
        a, a_scale, b, b_scale, out = self.groups()
        rows = torch.zeros(64, dtype=torch.int32)
        for given in ((a, a_scale, b[0], b_scale, out, rows), (a, a_scale, b, b_scale, out, rows[:3]), (a, a_scale, b, b_scale, out, rows.long()),
                      (a, a_scale, b, b_scale, out.float(), rows), (a, a_scale[:, :32], b, b_scale, out, rows),
                      (a[:, ::2], a_scale, b, b_scale, out, rows), (a, a_scale, b, b_scale[:2], out, rows)):
            with self.assertRaises(ValueError):
                torch.ops.gemmtune.fp8_gemm_grouped_contiguous(*given)
        a, a_scale, b, b_scale, out, counts = self.masked()
        for given in ((a[:2], a_scale, b, b_scale, out[:2], counts), (a, a_scale[:, :, :14], b, b_scale, out, counts),
                      (a, a_scale, b, b_scale, out, counts[:2]), (a[0], a_scale, b, b_scale, out, counts)):
            with self.assertRaises(ValueError):
                torch.ops.gemmtune.fp8_gemm_grouped_masked(*given)
        self.assertEqual(self.told, [])

    def test_says_what_the_bundle_refused(self):
        self.code = 7
        with self.assertRaisesRegex(RuntimeError, "gemmtune 7: refused: no entry") as raised:
            torch.ops.gemmtune.fp8_gemm_nt(*self.arguments())
        self.assertEqual(gt.code_of(raised.exception), 7)
        self.assertEqual(gt.code_of(gemmtune_bundle.BundleError(8, "x")), 8)
        self.assertIsNone(gt.code_of(RuntimeError("something else")))

    def test_a_refusal_takes_no_stack(self):
        """Where torch shows stacks of C++ there is none to show."""
        done = subprocess.run([sys.executable, "-B", "-c", REFUSALS, SOURCE / "scripts" / "python"], capture_output=True, text=True,
                              env={**os.environ, "TORCH_SHOW_CPP_STACKTRACES": "1"}, check=True)
        self.assertRegex(done.stdout, r"\ARuntimeError no bundle is loaded for cpu; .*\nValueError fp8_gemm_nt: .* by \[128, 1\] on cpu\n"
                                      r"ValueError fp8_gemm_nt: .* by \[1, 128\] on cpu\n\Z")

    @unittest.skipUnless(shutil.which("nm"), "no nm")
    def test_shows_its_function_alone(self):
        shown = subprocess.run(["nm", "-D", "--defined-only", native.library_path("CPU")], capture_output=True, text=True, check=True).stdout
        self.assertEqual([line.split()[-1] for line in shown.splitlines()], ["gemmtune_torch_use"])
        self.assertEqual(list(native.library_path("CPU").parent.iterdir()), [native.library_path("CPU")], "nothing else is left there")

    def test_takes_libraries_of_before_the_structs_had_a_size(self):
        self.use(gemmtune_bundle.SIZE_BYTES)
        torch.ops.gemmtune.fp8_gemm_nt(*self.arguments())
        self.assertEqual(self.told[0][5]["a"], self.a.data_ptr())

    def test_is_registered_as_torch_wants_it_and_traced(self):
        torch.library.opcheck(torch.ops.gemmtune.fp8_gemm_nt.default, (*self.arguments(), False),
                              test_utils=("test_faketensor", "test_autograd_registration"))
        traced = torch.compile(lambda *given: gt.fp8_gemm_nt(*given) + 1, backend="aot_eager", fullgraph=True)
        self.told.clear()
        self.assertTrue((traced(*self.arguments()) == 1).all())
        self.assertEqual(len(self.told), 1)

    def test_another_interface_or_torch_is_another_library(self):
        paths = {native.library_path(), native.library_path("CPU")}
        for what, name in ((gemmtune_bundle, "ABI"), (torch, "__version__")):
            with mock.patch.object(what, name, "another"):
                paths.add(native.library_path())
        self.assertEqual(len(paths), 4)

    def test_there_are_not_that_many_devices(self):
        with self.assertRaisesRegex(ValueError, "no device 64"):
            native.use(self.library, 64, types.SimpleNamespace(handle=77, library=self.keep))


if __name__ == "__main__":
    unittest.main()
