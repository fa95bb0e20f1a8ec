"""The exported quantisers in Python: what is launched, by a driver that takes notes, and what torch computes where there are none.
The second is skipped where there is no torch; scripts/quantise_both has the kernels on a GPU."""
import ctypes
import hashlib
import importlib.util
import json
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "scripts" / "python"))
import gemmtune_quantise as gq  # noqa: E402

torch = None
if importlib.util.find_spec("torch"):
    import torch

    import gemmtune_torch as gt
    import gemmtune_torch_quantise as tq

KIND = gq.Kind()
PLAIN = ["from", "pitch", "values", "values_pitch", "scales"]
SIZES = ["rows", "columns", "seed"]
ARGUMENTS = {"quantise_row": PLAIN + SIZES, "quantise_block": PLAIN + SIZES,
             "quantise_both": PLAIN + ["turned", "turned_pitch", "turned_scales"] + SIZES}


GIVEN = {key: 2**40 + number for number, key in enumerate(ARGUMENTS["quantise_both"])} | {"rows": 133, "columns": 384}


class Notes:
    """A driver: keeps what it is told."""

    def __init__(self, arguments):
        self.arguments, self.loaded, self.launched, self.names = arguments, [], [], {}

    def cuLibraryLoadData(self, library, code, *_):
        self.loaded.append(code)
        library._obj.value = len(self.loaded)
        return 0

    def cuLibraryGetKernel(self, kernel, library, name):
        kernel._obj.value = len(self.names) + 1
        self.names[kernel._obj.value] = name.decode()
        return 0

    def cuLaunchKernel(self, kernel, *sizes_and_more):
        *sizes, stream, addresses, extra = sizes_and_more
        name = self.names[kernel.value]
        types = [gq.NUMBERS.get(key, ctypes.c_uint64) for key in self.arguments[name]]
        values = [kind.from_address(address).value for kind, address in zip(types, addresses)]
        self.launched.append((name, tuple(sizes), stream.value, dict(zip(self.arguments[name], values))))
        return 0

    def cuGetErrorString(self, code, text):
        text._obj.value = b"no such thing"
        return 0


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "cubins").mkdir()
        cubins = []
        for number, kind in enumerate((KIND, gq.Kind("fp32", "ue8m0", "stochastic"))):
            (self.folder / f"cubins/{number}.cubin").write_bytes(code := b"cubin %d" % number)
            cubins.append({**kind._asdict(), "file": f"cubins/{number}.cubin", "sha256": hashlib.sha256(code).hexdigest()})
        self.index = {"schema": gq.SCHEMA, "threads": {"quantise_row": 256, "quantise_block": 256, "quantise_both": 512}, "arguments": ARGUMENTS, "cubins": cubins}
        self.write()
        self.driver = Notes(ARGUMENTS)

    def write(self):
        (self.folder / "index.json").write_text(json.dumps(self.index))

    def test_what_is_launched(self):
        quantisers = gq.Quantisers(self.folder, self.driver)
        for name in ARGUMENTS:
            quantisers.launch(name, KIND, GIVEN, 77)
        quantisers.launch("quantise_row", KIND, GIVEN, None)
        self.assertEqual(self.driver.loaded, [b"cubin 0"], "once, and only what is launched")
        self.assertEqual([(name, sizes, stream) for name, sizes, stream, _ in self.driver.launched],
                         [("quantise_row", (7, 1, 1, 256, 1, 1, 0), 77), ("quantise_block", (3, 2, 1, 256, 1, 1, 0), 77),
                          ("quantise_both", (3, 2, 1, 512, 1, 1, 0), 77), ("quantise_row", (7, 1, 1, 256, 1, 1, 0), None)])
        for name, _, _, values in self.driver.launched:
            self.assertEqual(values, {key: GIVEN[key] for key in ARGUMENTS[name]})

    def test_more_rows_than_one_launch_takes(self):
        for name in ("quantise_block", "quantise_both"):
            with self.assertRaisesRegex(ValueError, f"{name}: takes at most 8388480 rows, not 8388481"):
                gq.grid(name, 8388481, 128)
            self.assertEqual(gq.grid(name, 8388480, 128), (1, 65535))
        self.assertEqual(gq.grid("quantise_row", 8388608, 128), (131072, 1))

    def test_a_folder_that_is_none(self):
        self.assertNotIn(gq.Kind("bf16", "ue8m0", "nearest"), gq.Quantisers(self.folder, self.driver))
        (self.folder / "cubins/0.cubin").write_bytes(b"cubin X")
        with self.assertRaisesRegex(gq.QuantiserError, "damaged"):
            gq.Quantisers(self.folder, self.driver).launch("quantise_row", KIND, GIVEN, 0)
        self.index["schema"] = "gemmtune.bundle/2"
        self.write()
        with self.assertRaisesRegex(gq.QuantiserError, "gemmtune.bundle/2"):
            gq.Quantisers(self.folder, self.driver)

    def test_what_the_driver_refuses(self):
        self.driver.cuLibraryLoadData = lambda *_: 209
        with self.assertRaisesRegex(gq.QuantiserError, r"no such thing \(209\)"):
            gq.Quantisers(self.folder, self.driver).launch("quantise_row", KIND, GIVEN, 0)


@unittest.skipIf(torch is None, "python3 has no torch")
class InTorch(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.x = torch.randn(133, 384)

    def bits(self, *tensors):
        return [t.view(torch.uint8) if t.dtype == torch.float8_e4m3fn else t for t in tensors]

    def test_both_ways_are_rows_of_the_tensor_and_of_its_transpose(self):
        values, scales, turned, turned_scales = gt.quantise_both(self.x)
        self.assertEqual([tuple(t.shape) for t in (values, scales, turned, turned_scales)],
                         [(133, 384), (3, 136), (384, 256), (2, 384)])
        padded = torch.zeros(256, 384)
        padded[:133] = self.x
        for found, wanted in zip(self.bits(values, scales, turned, turned_scales),
                                 self.bits(*gt.quantise_rows(self.x), *gt.quantise_rows(padded.t().contiguous()))):
            self.assertTrue(torch.equal(found, wanted))

    def test_powers_of_two_are_not_below_the_scales(self):
        _, scales = gt.quantise_rows(self.x)
        _, powers = gt.quantise_rows(self.x, powers_of_two=True)
        rows = slice(0, 133)
        self.assertTrue((torch.frexp(powers[:, rows])[0] == 0.5).all())
        self.assertTrue(((powers >= scales) & (powers < 2 * scales))[:, rows].all())
        self.assertTrue(torch.equal(gt.quantise_blocks(torch.full((128, 128), 448.))[1], torch.ones(1, 1)))
        self.assertEqual(gt.quantise_blocks(torch.full((128, 128), 449.), powers_of_two=True)[1].item(), 2)

    def test_edges_are_those_of_the_kernels(self):
        x = torch.ones(2, 256)
        x[0, 3], x[0, 130], x[1, 131] = float("inf"), float("nan"), -0.0
        values, scales = gt.quantise_rows(x)
        self.assertEqual(scales[:, 0].tolist(), [float("inf"), torch.tensor(1 / 448).item()])
        (bits,) = self.bits(values)
        self.assertEqual([bits[0, 0].item(), bits[0, 3].item() & 0x7f, bits[0, 130].item() & 0x7f, bits[1, 131].item()],
                         [0, 0x7f, 0x7f, 0x80])

    def test_refuses_what_it_cannot(self):
        for given, word in ((torch.ones(2, 100), "multiple of 128"), (torch.ones(128), "rows, columns")):
            with self.assertRaisesRegex(ValueError, word):
                gt.quantise_rows(given)
        with self.assertRaisesRegex(ValueError, "load_quantisers"):
            gt.quantise_both(self.x, stochastic=True)

    def launched(self, form, x):
        quantisers = mock.Mock()
        with mock.patch.object(tq, "_quantisers", [quantisers]), mock.patch.object(torch.cuda, "device", mock.MagicMock()), \
                mock.patch.object(torch.cuda, "current_stream", lambda: mock.Mock(cuda_stream=77)):
            outputs = tq._launch(form, x, True, False, 9)
        return outputs, [call.args for call in quantisers.launch.call_args_list]

    def test_tells_the_kernel_addresses_and_pitches(self):
        x = torch.zeros(133, 400, dtype=torch.bfloat16)[:, :384]
        outputs, ((name, kind, told, stream),) = self.launched("both", x)
        self.assertEqual((name, kind, stream), ("quantise_both", gq.Kind("bf16", "ue8m0", "nearest"), 77))
        self.assertEqual(set(told), set(ARGUMENTS["quantise_both"]))
        self.assertEqual([told[k] for k in ("from", "values", "scales", "turned", "turned_scales")],
                         [t.data_ptr() for t in (x, *outputs)])
        self.assertEqual([told[k] for k in ("pitch", "values_pitch", "turned_pitch", "rows", "columns", "seed")],
                         [400, 384, 256, 133, 384, 9])
        for form, kernel in (("rows", "quantise_row"), ("blocks", "quantise_block")):
            outputs, ((name, _, told, _),) = self.launched(form, x)
            self.assertEqual((name, set(told)), (kernel, set(ARGUMENTS[kernel])))
            wanted = tq.IN_TORCH[form](x.float(), True)
            self.assertEqual([(t.shape, t.dtype) for t in outputs], [(t.shape, t.dtype) for t in wanted])
        self.assertEqual(self.launched("both", x[:0])[1], [])
        for form in ("blocks", "both"):
            with self.assertRaisesRegex(ValueError, "at most 8388480 rows"):
                self.launched(form, x[:1, :128].expand(8388481, 128))

    def test_shapes_without_memory_are_those_with(self):
        for form in tq.KERNELS:
            wanted = tq.IN_TORCH[form](self.x, False)
            with torch._subclasses.FakeTensorMode():
                found = getattr(torch.ops.gemmtune_quantise, form)(torch.empty(133, 384, device="cuda"), False, False, 0)
            self.assertEqual([(t.shape, t.dtype) for t in found], [(t.shape, t.dtype) for t in wanted])


if __name__ == "__main__":
    unittest.main()
