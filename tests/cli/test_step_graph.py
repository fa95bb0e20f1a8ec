"""scripts/step_graph without a GPU: the order of a step, copies, and, where there is torch, what the bundle is told and that a wrong
product is noticed. A stand-in computes the products, and answers for the graphs."""
import importlib.util
import json
import subprocess
import sys
import types
import unittest
from unittest import mock

from harness import SOURCE, CliTest, script

torch = None
if importlib.util.find_spec("torch"):
    import torch

step_graph = script("step_graph")
ROWS = [{"tokens": 5, "layer": "q_b", "calls": 4.0, "time_us": 3.0, "problem": "dense_1d2d:m=5,n=136,k=256"},
        {"tokens": 5, "layer": "experts", "calls": 2.0, "time_us": 7.0,
         "problem": "grouped_masked_1d2d:groups=3,m_per_group=1.5,routing=uniform,max_m=5,n=128,k=128"},
        {"tokens": 5, "layer": "prompts", "calls": 2.0, "time_us": 5.0,
         "problem": "grouped_contiguous_1d2d:groups=3,m_per_group=1.5,routing=uniform,n=128,k=256"},
        {"tokens": 5, "layer": "lm_head", "calls": 1.0, "time_us": 2.0, "problem": "dense_bf16:m=5,n=40,k=64,out=fp32"}]
DRAWS = [[0, 2, 3], [4, 0, 1]]
L2 = 50_000


class Order(unittest.TestCase):
    def test_fewer_layers_are_spread_and_every_call_is_there(self):
        self.assertEqual(step_graph.order_of([2, 2, 1]), [0, 1, 0, 1, 2])
        order = step_graph.order_of([61, 3, 58, 1])
        self.assertEqual([order.count(index) for index in range(4)], [61, 3, 58, 1])
        self.assertEqual(order[-1], 3)
        self.assertEqual(order[0], 0)

    def test_twice_the_l2_goes_by(self):
        for size in (1, 49_999, 50_000, 1_000_000):
            self.assertGreaterEqual((step_graph.copies_of(size, L2) - 1) * size, 2 * L2)

    def test_a_step_with_gaps_is_refused(self):
        rows = [dict(row, time_us=None) if row["layer"] == "lm_head" else row for row in ROWS]
        with self.assertRaisesRegex(SystemExit, "lacks lm_head"):
            step_graph.products_of({"products": rows}, 5)
        with self.assertRaisesRegex(SystemExit, "it has 5"):
            step_graph.products_of({"products": ROWS}, 6)
        self.assertEqual(step_graph.products_of({"products": ROWS}, 5), ROWS)

    def test_problems_are_read(self):
        self.assertEqual(step_graph.parse(ROWS[1]["problem"]),
                         {"kernel": "grouped_masked_1d2d", "groups": 3, "m_per_group": 1.5, "routing": "uniform", "max_m": 5, "n": 128,
                          "k": 128})

    def test_weights_of_groups_without_rows_are_not_read(self):
        self.assertEqual(step_graph.cold_bytes_of(step_graph.parse(ROWS[1]["problem"]), [0, 2, 3]), (5 + 2 * 128) * 128)
        self.assertEqual(step_graph.cold_bytes_of(step_graph.parse(ROWS[3]["problem"]), None), (5 + 40) * 64 * 2)


class Computes:
    """In place of a bundle: fills D with the product of dequantised operands, row by row of each group."""

    def __init__(self, products, wrong=None, unknown=None):
        self.products, self.wrong, self.unknown, self.calls = products, wrong, unknown, []

    def copy_at(self, a):
        return next(copy for product in self.products for copy in product.copies if copy.a.data_ptr() == a)

    def find(self, kernel, m, n, k, told):
        return types.SimpleNamespace(match_name="bucket" if kernel == self.unknown else "exact")

    def gemm(self, kernel, m, n, k, told, stream):
        self.calls.append((kernel, m, n, k, told))
        copy = self.copy_at(told.a)
        a, b, d = copy.a.reshape(-1, k).float(), copy.b.float().reshape(-1, n, k), copy.d.view(-1, n)
        if copy.scales:
            scale_a, scale_b = copy.scales
            if scale_a.dim() == 2:
                of_rows = scale_a.t()[:len(a)]
            else:
                of_rows = scale_a.transpose(1, 2)[:, :copy.a.shape[1]].reshape(len(a), -1)
            a = a * of_rows.repeat_interleave(128, 1)
            b = b * scale_b.reshape(len(b), -1, k // 128).repeat_interleave(128, 1)[:, :n].repeat_interleave(128, 2)
        for group, weights in enumerate(b):
            first = copy.first_rows[group] if copy.sizes else 0
            count = copy.sizes[group] if copy.sizes else m
            d[first:first + count] = (a[first:first + count] @ weights.t()).to(d.dtype)
        if copy.problem["kernel"] == self.wrong:
            d *= 1.05


class Clock:
    """In place of a GPU: a graph is its launches, a replay takes 2 us more a launch than 10 us in all."""
    name, l2_bytes, device = "none", L2, "cpu"

    def __init__(self):
        self.graphs = []

    def run(self, launch_all):
        launch_all(77)

    def capture(self, launch_all):
        before = len(self.bundle.calls)
        launch_all(77)
        self.graphs.append(self.bundle.calls[before:])
        return self.graphs[-1]

    def times_us(self, graph, rest=None):
        return [10 + 2 * len(graph)] * 3

    def node_us(self):
        return 1.5


@unittest.skipIf(torch is None, "python3 has no torch")
class Comparison(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        self.products = [step_graph.Product(torch, row, DRAWS if "groups=" in row["problem"] else None, L2, "cpu") for row in ROWS]
        self.gpu = Clock()

    def measure(self, **more):
        self.gpu.bundle = Computes(self.products, **more)
        return step_graph.measure(self.gpu, self.gpu.bundle, self.products)

    def test_ways_add_up(self):
        found = self.measure()
        self.assertEqual((found["calls"], found["table_us"]), (9, 4 * 3 + 2 * 7 + 2 * 5 + 2))
        self.assertEqual(found["step_us"], 10 + 2 * 9)
        for row, product in zip(found["products"], self.products):
            self.assertAlmostEqual(row["alone_us"], 2 + 10 / product.launches_alone())
        self.assertEqual([call[0] for call in self.gpu.graphs[0]].count("dense_1d2d"), 4)
        text = "\n".join(step_graph.page(found | {"model": "m", "tokens": 5, "device": "none"}))
        self.assertIn("| one graph of the step | 28.0 | -26.3 % |", text)
        self.assertIn("-10.0 µs: ", text)

    def test_launches_take_turns_over_all_copies(self):
        self.measure()
        for product, graph in zip(self.products, self.gpu.graphs[1:]):
            self.assertEqual(len(graph) % len(product.copies), 0)
            self.assertEqual(len({call[4].a for call in graph}), len(product.copies))

    def test_tells_the_bundle_of_the_groups(self):
        self.measure()
        by_kernel = {call[0]: call for call in self.gpu.bundle.calls}
        told = by_kernel["grouped_masked_1d2d"]
        self.assertEqual(told[1:4], (15, 128, 128))
        self.assertEqual((told[4].groups, told[4].group_step, told[4].group_layout, told[4].rows_of_a_group), (3, 5, 3, 2))
        told = by_kernel["grouped_contiguous_1d2d"]
        self.assertEqual(told[1], 256, "two groups with rows, each from a multiple of 128 on")
        self.assertEqual((told[4].group_step, told[4].group_layout), (128, 1))
        for product in self.products[1:3]:
            used = [copy.sizes for copy in product.copies]
            self.assertEqual([used.count(draw) for draw in DRAWS], 2 * [len(used) // 2], "the table's time is the mean over the draws")
        layouts = [copy.layout.tolist() for copy in self.products[2].copies[:2]]
        self.assertEqual([[row.count(group) for group in (0, 1, 2)] for row in layouts], DRAWS)
        told = by_kernel["dense_bf16"]
        self.assertEqual((told[4].scales_a, told[4].fp32_out), (None, 1))

    def test_a_wrong_product_is_not_timed(self):
        for kernel in {step_graph.parse(row["problem"])["kernel"] for row in ROWS}:
            with self.subTest(kernel=kernel), self.assertRaisesRegex(SystemExit, "a row is wrong by 0.05"):
                self.measure(wrong=kernel)

    def test_another_winner_than_the_one_in_the_sum_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "lm_head: the bundle has no entry"):
            self.measure(unknown="dense_bf16")

    def test_a_product_that_writes_nothing_is_noticed(self):
        with mock.patch.object(Computes, "gemm", lambda *_: None), self.assertRaisesRegex(SystemExit, "wrong by inf"):
            self.measure()


class ByL2(CliTest):
    def bench(self, l2, **times):
        path = self.dir / f"{l2}.jsonl"
        path.write_text("".join(json.dumps({"record": "row", "l2": l2, "problem_id": name, "time_us": us, "board_uuid": "GPU-1"}) + "\n"
                                for name, us in times.items()))
        return path

    def call(self, *benches):
        products = [{"tokens": 5, "layer": "q_b", "calls": 4.0, "problem_id": "a"}, {"tokens": 5, "layer": "lm_head", "calls": 1, "problem_id": "b"}]
        (self.dir / "model.json").write_text(json.dumps({"products": products}))
        (self.dir / "step_graph_5.json").write_text(json.dumps({"alone_us": 11, "step_us": 11.5}))
        return subprocess.run([sys.executable, SOURCE / "scripts/step_by_l2", self.dir, *benches], text=True, capture_output=True)

    def test_sums_calls_and_names_the_change(self):
        done = self.call(self.bench("cold_memset512", a=2, b=2), self.bench("cold_rotate", a=1.5, b=2))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| 5 | 10 (+0.0%) | 8 (-20.0%) | 11 (+10.0%) | 12 (+15.0%) |", done.stdout)
        self.assertIn("| 5 | lm_head | 1 | 2.00 | 2.00 |", done.stdout)

    def test_a_product_without_a_time_is_named(self):
        done = self.call(self.bench("cold_memset512", a=2))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no time of lm_head of 5 tokens", done.stderr)


if __name__ == "__main__":
    unittest.main()
