"""The scripts that hold our timer to PyTorch's profiler, without either: on figures made for them."""
import contextlib
import io
import json
import os
import sys
import unittest
from unittest import mock

from harness import GEMMTUNE, ScriptTest, script

FLUSH = "at::native::vectorized_elementwise_kernel<16, at::native::FillFunctor<unsigned char>>"


class TimesWithPyTorch(ScriptTest):
    def test_take_a_launch_from_its_first_kernel_to_its_last(self):
        events = [("gemm", 300, 310), (FLUSH, 100, 290), ("void reduce<1>(int)", 312, 315),  # in no order
                  ("Memset (Device)", 400, 590), ("gemm", 600, 611), (FLUSH, 700, 900)]
        self.assertEqual(script("time_with_pytorch").spans_of(events), [(15, "gemm + reduce"), (11, "gemm")])

    def test_shorten_names_as_gemmtune_does(self):
        short_name = script("time_with_pytorch").short_name
        self.assertEqual(short_name("void cublasLt::splitKreduce_kernel<32, 16, int>(cublasLt::Params<int>)"),
                         "cublasLt::splitKreduce_kernel")
        self.assertEqual(short_name("cublasLt::reduce(int)"), "cublasLt::reduce")
        self.assertEqual(short_name("void at::native::(anonymous namespace)::reduce<2>(int (*)(int))"),
                         "at::native::{anonymous}::reduce")
        self.assertEqual(short_name("std::enable_if<!(false), void>::type gemvx::kernel<int, float>(int)"), "gemvx::kernel")
        self.assertEqual(short_name("nvjet_sm90_tst_64x32_64x16_1x2_h_bz_splitK_TNT"),
                         "nvjet_sm90_tst_64x32_64x16_1x2_h_bz_splitK_TNT")

    def test_are_those_of_each_product_without_the_launches_that_do_not_count(self):
        module = script("time_with_pytorch")
        launched = []

        class Clear:
            def __init__(self, name):
                self.name = name

            def zero_(self):
                launched.append(self.name)
        products = [lambda: launched.append("tensor"), lambda: launched.append("bf16")]
        for _ in range(2):
            module.burst(products, Clear("flush"), Clear("mark"))
        self.assertEqual(launched[:16], ["mark", "tensor"] + ["flush", "tensor"] * 3 + ["mark", "bf16"] + ["flush", "bf16"] * 3)
        spans = [(i, name) for i, name in enumerate(launched) if name in ("tensor", "bf16")]
        found = [module.timed_of(spans, product, 2) for product in (0, 1)]
        self.assertEqual([{name for _, name in one} for one in found], [{"tensor"}, {"bf16"}])
        self.assertEqual([i for i, _ in found[0]], [3, 5, 7, 19, 21, 23])

    def test_of_an_incomplete_profile_are_refused(self):
        module = script("time_with_pytorch")
        events = []
        for launch in range(2 * 2 * 4):  # bursts, products, launches of a turn
            events += [(FLUSH, 100 * launch + 1, 100 * launch + 50), ("gemm", 100 * launch + 50, 100 * launch + 60 + launch)]
        module.events_of = lambda *_: events
        found = module.timed_spans(None, [None, None], None, 5)
        self.assertEqual([us for us, _ in found[1]], [15, 16, 17, 23, 24])
        events.pop()
        with self.assertRaisesRegex(RuntimeError, "15 of 16 launches"):
            module.timed_spans(None, [None, None], None, 5)


class ComparisonWithPyTorch(ScriptTest):
    SHAPES = ["64x576x512", "128x576x512"]

    def test_takes_the_nearest_of_the_answers_that_run_the_same_kernels(self):
        same_answer = script("compare_with_pytorch").same_answer
        answers = {0: {"time_us": 10.0, "kernels": "a"}, 1: {"time_us": 12.0, "kernels": "b"}, 2: {"time_us": 14.0, "kernels": "b"}}
        self.assertEqual(same_answer({"time_us": 10.1, "kernels": "b"}, answers), (1, True))
        self.assertEqual(same_answer({"time_us": 13.5, "kernels": "b"}, answers), (2, True))
        self.assertEqual(same_answer({"time_us": 13.5, "kernels": "a"}, answers), (0, True))
        self.assertEqual(same_answer({"time_us": 11.5, "kernels": "a + b"}, answers), (1, False))

    def test_times_shapes_with_the_same_answers_in_one_process(self):
        chosen = {"a": {"cublas_bf16": 0, "cublaslt_tensor": 1}, "b": {"cublas_bf16": 1, "cublaslt_tensor": 1},
                  "c": {"cublas_bf16": 0, "cublaslt_tensor": 1}}
        self.assertEqual(script("compare_with_pytorch").by_baselines(chosen),
                         {"cublaslt_tensor:1,cublas_bf16:0": ["a", "c"], "cublaslt_tensor:1,cublas_bf16:1": ["b"]})

    def compare(self, torch, rounds=2):
        """(exit code, what is printed, FILE.json) with the fake worker, and torch's rounds instead of torch."""
        self.script(timings=[{"match": {"provider": "cublaslt_tensor", "answer": 0}, "time_us": 10.0},
                             {"match": {"provider": "cublaslt_tensor"}, "time_us": 11.0}, {"match": {}, "time_us": 20.0}])
        module = script("compare_with_pytorch")
        times = iter([torch] * rounds if isinstance(torch, dict) else torch)
        module.time_with_pytorch = lambda shapes: {shape: {**next_round, "torch": "2", "cuda": "13"}
                                                   for next_round in [next(times)] for shape in shapes}
        out, printed = self.dir / "out.json", io.StringIO()
        arguments = ["compare_with_pytorch", *self.SHAPES, "--rounds", str(rounds), "--gemmtune", str(GEMMTUNE), "--out", str(out)]
        with mock.patch.dict(os.environ, self.env), mock.patch.object(sys, "argv", arguments), \
                contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            code = module.main()
        return code, printed.getvalue(), json.loads(out.read_text())

    SECOND = {"time_us": 11.05, "kernels": "nvjet_cublaslt_tensor_1 + cublasLt::splitKreduce_kernel"}
    BF16 = {"time_us": 20.0, "kernels": "nvjet_cublas_bf16_0"}

    def test_times_the_two_products_alone_in_the_order_of_torch(self):
        code, printed, found = self.compare({"cublaslt_tensor": self.SECOND, "cublas_bf16": self.BF16})
        self.assertEqual(code, 0, printed)
        self.assertIn("4 of 4 within 1 %", printed)
        self.assertAlmostEqual(found["worst_percent"], (1 - 11 / 11.05) * 100, places=3)
        raced = [[(c["provider"], c["config"]["answer"]) for c in request["request"]["contenders"]]
                 for request in self.requests("measure")]
        self.assertEqual([len(contenders) for contenders in raced[:2]], [4, 4])  # the first pass
        self.assertEqual(raced[2:], [[("cublaslt_tensor", 1), ("cublas_bf16", 0)]] * 4)  # two shapes in two rounds

    def test_does_not_count_a_kernel_that_is_none_of_ours(self):
        other = {"time_us": 10.4, "kernels": "nvjet_other"}
        code, printed, found = self.compare({"cublaslt_tensor": other, "cublas_bf16": self.BF16})
        self.assertEqual((code, found["worst_percent"]), (0, 0), printed)
        self.assertIn("2 of 4 not counted: torch runs a kernel that is none of our answers", printed)
        self.assertIn("torch runs nvjet_other, our answers run:", printed)
        shown = [one for one in found["results"] if one["not_counted"]]
        self.assertEqual([one["answer"] for one in shown], [0, 0], "the nearest in time")

    def test_fails_on_a_difference_and_on_nothing_that_counts(self):
        code, printed, _ = self.compare({"cublaslt_tensor": {**self.SECOND, "time_us": 11.2}, "cublas_bf16": self.BF16})
        self.assertEqual(code, 1)
        self.assertIn("2 of 4 within 1 %", printed)
        other = {"time_us": 10.0, "kernels": "nvjet_other"}
        code, printed, found = self.compare({"cublaslt_tensor": other, "cublas_bf16": other})
        self.assertEqual((code, found["worst_percent"]), (1, None))
        self.assertIn("nothing to compare", printed)

    def test_does_not_count_what_changes_between_rounds(self):
        first = {"cublaslt_tensor": self.SECOND, "cublas_bf16": self.BF16}
        code, printed, _ = self.compare([first, {**first, "cublas_bf16": {**self.BF16, "kernels": "nvjet_other"}}])
        self.assertEqual(code, 0)
        self.assertIn("2 of 4 not counted: not the same kernels in every round", printed)

    def test_keeps_the_rounds_before_one_that_fails(self):
        first = {"cublaslt_tensor": self.SECOND, "cublas_bf16": self.BF16}

        def rounds():
            yield first
            raise RuntimeError("torch has gone")
        code, printed, found = self.compare(rounds())
        self.assertEqual(code, 0)
        self.assertIn("rounds: 1", printed)
        self.assertEqual({len(one["torch_rounds_us"]) for one in found["results"]}, {1})

    def test_says_which_program_failed(self):
        self.script(environment={"cupti": False})
        module = script("compare_with_pytorch")
        with mock.patch.dict(os.environ, self.env), self.assertRaisesRegex(RuntimeError, "gemmtune ended with 2"):
            module.time_with_gemmtune(GEMMTUNE, self.SHAPES, "cublas_bf16", 3)


if __name__ == "__main__":
    unittest.main()
