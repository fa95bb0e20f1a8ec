"""gemmtune_torch_train without a GPU: torch computes the products from the same E4M3 operands. Skipped where python3 has no torch; by
hand with one that has."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest
import warnings
from unittest import mock
from xml.etree import ElementTree

SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "scripts" / "python"))
torch = None
if importlib.util.find_spec("torch"):
    import torch

    import gemmtune_bundle
    import gemmtune_torch as gt
    import gemmtune_torch_train as gtt


@unittest.skipIf(torch is None, "python3 has no torch")
class Train(unittest.TestCase):
    ROWS, IN, OUT = 70, 256, 384

    def setUp(self):
        torch.manual_seed(1)
        self.x = torch.randn(self.ROWS, self.IN, requires_grad=True)
        self.layer = gtt.Linear(self.IN, self.OUT)
        self.plain = torch.nn.Linear(self.IN, self.OUT)
        self.plain.load_state_dict(self.layer.state_dict())
        self.grad = torch.randn(self.ROWS, self.OUT)

    def error(self, found, wanted):
        return ((found.float() - wanted).norm() / wanted.norm()).item()

    def gradients(self, layer, x, grad):
        y = layer(x)
        return (y, *torch.autograd.grad(y, (x, layer.weight, layer.bias), grad))

    def test_gradients_are_those_of_a_linear_layer(self):
        for found, wanted in zip(self.gradients(self.layer, self.x, self.grad), self.gradients(self.plain, self.x, self.grad)):
            self.assertEqual((found.shape, found.dtype), (wanted.shape, wanted.dtype))
            self.assertLess(self.error(found, wanted), 0.06)
        self.assertGreater(self.error(self.layer(self.x), self.plain(self.x)), 0.005, "it is FP8")

    def test_products_are_those_of_the_quantised_operands(self):
        """The weight's gradient by hand: rows of the transposed gradient times rows of the transposed x."""
        _, _, of_weight, _ = self.gradients(self.layer, self.x, self.grad)
        *_, x, x_scale = gt.quantise_both(self.x.detach())
        *_, g, g_scale = gt.quantise_both(self.grad.to(torch.bfloat16))
        wanted = gtt.dequantised(g, g_scale) @ gtt.dequantised(x, x_scale).t()
        self.assertLess(self.error(of_weight, wanted), 1e-6)

    def test_a_batch_of_any_shape_and_type(self):
        for shape, dtype in (((2, 35, self.IN), torch.float32), ((self.ROWS, self.IN), torch.bfloat16), ((1, self.IN), torch.float32),
                             ((0, self.IN), torch.float32)):
            x = torch.randn(shape).to(dtype).requires_grad_()
            y = self.layer(x)
            self.assertEqual((tuple(y.shape), y.dtype), ((*shape[:-1], self.OUT), dtype))
            y.float().square().sum().backward()
            self.assertEqual((x.grad.shape, x.grad.dtype), (x.shape, dtype))
            self.assertEqual(self.layer.weight.grad.dtype, torch.float32)

    def test_is_the_same_when_compiled_whole(self):
        traced = torch.compile(self.layer, backend="aot_eager", fullgraph=True)
        for found, wanted in zip(self.gradients_of(traced), self.gradients(self.layer, self.x, self.grad)):
            self.assertTrue(torch.equal(found, wanted))

    def gradients_of(self, traced):
        y = traced(self.x)
        return (y, *torch.autograd.grad(y, (self.x, self.layer.weight, self.layer.bias), self.grad))

    def test_operators_are_registered_as_torch_wants_them(self):
        utils = ("test_schema", "test_faketensor", "test_autograd_registration")
        x, weight = self.x.detach(), self.layer.weight.detach()
        torch.library.opcheck(torch.ops.gemmtune_train.forward.default, (x, weight), test_utils=utils)
        _, *kept = torch.ops.gemmtune_train.forward(x, weight)
        torch.library.opcheck(torch.ops.gemmtune_train.backward.default, (self.grad.to(torch.bfloat16), *kept), test_utils=utils)

    def test_learns(self):
        target = torch.randn(self.ROWS, self.OUT)
        optimiser = torch.optim.Adam(self.layer.parameters(), lr=0.01)
        losses = []
        for _ in range(20):
            optimiser.zero_grad()
            losses.append((loss := (self.layer(self.x) - target).square().mean()).item())
            loss.backward()
            optimiser.step()
        self.assertLess(losses[-1], 0.7 * losses[0])

    def test_features_that_no_kernel_takes(self):
        with self.assertRaisesRegex(ValueError, "multiples of 128"):
            gtt.Linear(100, 128)


@unittest.skipIf(torch is None, "python3 has no torch")
class TrainMlp(unittest.TestCase):
    SIZES = ["--width-in", "128", "--width", "128", "--batch", "64", "--steps", "12", "--device", "cpu"]

    def run_script(self, *more):
        return subprocess.run([sys.executable, SOURCE / "scripts/examples/train_mlp.py", *self.SIZES, *map(str, more)], capture_output=True,
                              text=True)

    def test_writes_curves_and_says_when_fp8_falls_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_script("--out", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads((pathlib.Path(folder) / "losses.json").read_text())
            self.assertEqual({kind: len(losses) for kind, losses in told["losses"].items()}, {"fp32": 12, "bf16": 12, "fp8": 12})
            self.assertNotEqual(told["losses"]["fp8"], told["losses"]["bf16"])
            self.assertEqual(len(ElementTree.parse(pathlib.Path(folder) / "losses.svg").findall(".//{*}polyline")), 3)
            self.assertIn("| last tenth |", (pathlib.Path(folder) / "README.md").read_text())
        self.assertEqual(self.run_script("--tolerance", -0.5).returncode, 1)

    def test_names_every_product_of_a_step(self):
        with tempfile.TemporaryDirectory() as folder:
            shapes = pathlib.Path(folder) / "shapes.json"
            self.assertEqual(self.run_script("--width", 256, "--write-shapes", shapes).returncode, 0)
            named = {(p["kernel"], p["m"], p["n"], p["k"], p.get("out")) for p in json.loads(shapes.read_text())["problems"]}
        self.assertEqual(named, {("dense_1d2d", 64, 256, 128, None), ("dense_1d2d", 64, 256, 256, None), ("dense_1d2d", 64, 128, 256, None),
                                 ("dense_1d1d", 256, 128, 128, "fp32"), ("dense_1d1d", 256, 256, 128, "fp32"),
                                 ("dense_1d1d", 128, 256, 128, "fp32")})


@unittest.skipIf(torch is None, "python3 has no torch")
class Products(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.a, self.a_scale = gt.quantise_rows(torch.randn(10, 256))
        self.b, self.b_scale = gt.quantise_rows(torch.randn(200, 256))

    def test_add_to_what_is_there(self):
        out = torch.ones(10, 200)
        wanted = gtt.dequantised(self.a, self.a_scale) @ gtt.dequantised(self.b, self.b_scale).t() + 1
        gtt.matmul_into(self.a, self.a_scale, self.b, self.b_scale, out, gtt.BY_ROWS, accumulate=True)
        self.assertTrue(torch.equal(out, wanted))

    def has(self, find):
        bundle = types.SimpleNamespace(find=find)
        with mock.patch.object(gt, "bundle_of", lambda device: bundle), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            gtt._said.clear()
            answers = [gtt._has(gtt.BY_ROWS, 10, 200, 256, torch.empty(10, 200), True) for _ in range(2)]
        return answers, [str(warning.message) for warning in said]

    def test_what_a_bundle_lacks_is_said_once_by_name(self):
        def lacks(*_):
            raise gemmtune_bundle.BundleError(5, "no such entry")
        answers, said = self.has(lacks)
        self.assertEqual(answers, [False, False])
        self.assertEqual(len(said), 1)
        self.assertRegex(said[0], "dense_1d1d m=10 n=200 k=256 D \\+= torch.float32: computed by torch.*no such entry")

    def test_what_it_has_is_asked_for_in_its_form(self):
        asked = []
        answers, said = self.has(lambda *told: asked.append(told))
        self.assertEqual((answers, said), ([True, True], []))
        self.assertEqual(asked[0][:4], ("dense_1d1d", 10, 200, 256))
        self.assertEqual((asked[0][4].fp32_out, asked[0][4].accumulate), (1, 1))


if __name__ == "__main__":
    unittest.main()
