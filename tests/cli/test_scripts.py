"""The scripts that judge runs: what they find agrees with figures made for them, and with simulated sweeps."""
import contextlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import unittest
from unittest import mock

from harness import GEMMTUNE, SOURCE, CliTest, ScriptTest, script

SIM = ["--device", "sim:h100-sxm"]


class Agreement(ScriptTest):
    def setUp(self):
        super().setUp()
        self.sweep(*SIM)
        self.other = self.dir / "other"
        shutil.copytree(self.out, self.other)

    def change_table(self, change):
        path = self.other / "table.json"
        table = json.loads(path.read_text())
        change(table["entries"])
        path.write_text(json.dumps(table))

    def compare(self, *more):
        return self.run_script("agreement", self.out, self.other, *more)

    def test_of_a_sweep_with_itself_compressed(self):
        subprocess.run(["gzip", self.other / "journal.jsonl"], check=True)
        done = self.compare("--out", self.dir / "agreement.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 of 1 problems agree (100.0 %)", done.stdout)
        self.assertIn("A on simulated H100 SXM (board unknown), B on", done.stdout)
        found = json.loads((self.dir / "agreement.json").read_text())["problems"][0]
        self.assertEqual((found["a_in_b_slower_percent"], found["b_in_a_slower_percent"]), (0, 0))

    def test_is_missed_by_a_winner_outside_the_tie_set(self):
        loser = next(row for row in self.rows() if row["config_id"] !=
                     json.loads((self.out / "table.json").read_text())["entries"][0]["config_id"])

        def change(entries):
            entries[0].update(config_id=loser["config_id"], tie_set=[loser["config_id"]])
        self.change_table(change)
        done = self.compare("--out", self.dir / "agreement.json")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("0 of 1 problems agree", done.stdout)
        found = json.loads((self.dir / "agreement.json").read_text())["problems"][0]
        self.assertNotEqual(found["b_in_a_slower_percent"], 0)
        self.assertEqual(self.compare("--at-least", "0").returncode, 0)

    def test_needs_both_winners_in_the_tie_sets(self):
        # The winner of A is in the tie set of B, but not the other way round.
        def change(entries):
            entries[0]["tie_set"].append(entries[0]["config_id"])
            entries[0]["config_id"] = "another"
        self.change_table(change)
        self.assertEqual(self.compare().returncode, 1)

    def test_is_missed_by_a_problem_of_one_of_them(self):
        self.change_table(lambda entries: entries.clear())
        done = self.compare()
        self.assertEqual(done.returncode, 1)
        self.assertIn("only in", done.stdout)


class RepeatWinners(ScriptTest):
    def test_of_a_simulated_table(self):
        self.sweep(*SIM)
        out = self.dir / "repeat.json"
        done = self.run_script("repeat_winners", self.out / "table.json", 2, "--out", out, "--gemmtune", GEMMTUNE, *SIM)
        self.assertEqual(done.returncode, 0, done.stderr)
        record = json.loads(out.read_text())
        self.assertEqual(record["processes"], 2)
        self.assertIn("gemmtune", record["by_provider"])
        self.assertGreater(len(record["series"]), 2)
        for series in record["series"]:
            self.assertEqual(len(series["medians_us"]), 2)
            # One seed, one model: the same figures.
            self.assertEqual((series["spread_percent"], series["deviation_percent"]), (0, 0))
            self.assertGreater(series["interval_percent"], 0)
        self.assertEqual(self.run_script("repeat_winners", "t", 1, "--out", out).returncode, 2)

    def test_figures(self):
        def row(config_id, time_us, half):
            return {"problem_id": "p", "provider": "x", "config_id": config_id, "config": {}, "policy": "",
                    "device": "",
                    "problem": {"kernel": "", "m": 1, "n": 1, "k": 1}, "time_us": time_us,
                    "time_us_low": time_us - half, "time_us_high": time_us + half}
        module = script("repeat_winners")
        # "slow" is slower, and "rare" is not in every process.
        found, = module.summarise([[row("fast", 10, 1), row("slow", 20, 1), row("rare", 5, 1)],
                                   [row("fast", 11, 1.1), row("slow", 20, 1)]])
        self.assertEqual(found["medians_us"], [10, 11])
        self.assertAlmostEqual(found["spread_percent"], 10)
        self.assertAlmostEqual(found["deviation_percent"], 0.5 ** 0.5 / 10.5 * 100)
        self.assertAlmostEqual(found["interval_percent"], 10)
        values = list(range(1, 101))
        self.assertEqual([module.percentile(values, p) for p in (50, 90, 99, 100)], [50, 90, 99, 100])
        self.assertEqual(module.percentile([3], 50), 3)


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


class PowerOfAgreement(ScriptTest):
    def test_draws_from_a_sweep(self):
        self.sweep(*SIM)
        done = self.run_script("power_of_agreement", self.out, "--pairs", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.partition(":")[0] for line in done.stdout.splitlines()],
                         list(script("power_of_agreement").RULES))
        self.assertRegex(done.stdout, r"^(.*: [01]\.\d \+- 0\.\d of 1 problems agree\n)*$")

    def test_cuts_off_as_many_samples_as_the_tool(self):
        cut = script("power_of_agreement").samples_to_cut  # tests/unit/stats/summary_test.cpp
        self.assertEqual([cut(count) for count in (3, 5, 6, 15)], [0, 0, 0, 3])
        self.assertEqual(cut(100, 0.99), 36)  # tests/unit/stats/racers_test.cpp

    def test_goes_on_until_the_interval_is_as_narrow_as_the_tool_wants_it(self):  # tests/unit/stats/stopping_test.cpp
        drawn = script("power_of_agreement").Drawn(mock.Mock(time_us=100.0), [1.0], 15)
        for low, high, precise in ((99.75, 100.25, True), (99.75, 100.26, False)):
            drawn.low, drawn.high = low, high
            self.assertEqual(drawn.precise(0.005), precise, (low, high))

    def test_finds_that_two_slow_launches_of_three_cost_a_median_its_place(self):
        module = script("power_of_agreement")
        module.random.seed(1)
        best, others = module.Candidate("best", 10.0, 8, 0), [module.Candidate(str(i), 10.3, 8, 0) for i in range(6)]
        scatter = [1.0] * 6 + [1.1] * 4

        def keeps_the_best(rule):
            first = [module.Drawn(candidate, scatter, 3) for candidate in [best, *others]]
            return "best" in [one.candidate.id for one in rule.screened_again(first)]

        kept = {name: sum(keeps_the_best(rule) for _ in range(200)) for name, rule in module.RULES.items()}
        self.assertGreater(kept["and fewer, by the fastest of three"], kept["and fewer, by the median of three"] + 20)


class GpuCheck(ScriptTest):
    def test_refuses_programs_of_other_kernels(self):
        require = script("gpu_check").require_kernels
        doctor = self.run_cli("doctor").stdout
        whole = subprocess.run([SOURCE / "scripts" / "kernels_hash"], check=True, capture_output=True, text=True).stdout
        require(doctor, whole)
        with self.assertRaisesRegex(SystemExit, "other kernels than kernels/"):
            require(doctor, whole[::-1].strip())

    def test_names_what_was_not_copied(self):
        module = script("gpu_check")
        module.ROOT, module.BUILD = self.dir, self.dir / "build"
        module.BUILD.mkdir()
        for name in module.TARGETS:
            (module.BUILD / name).touch()
        with self.assertRaisesRegex(SystemExit, "no libgemmtune.so in build; without --built they are built"):
            module.build(built=True)

    def count(self, gtest, status):
        ctest_xml, gtest_xml = self.dir / "ctest.xml", self.dir / "gtest.xml"
        ctest_xml.write_text(f'<testsuite><testcase name="gpu" status="{status}"/>'
                             '<testcase name="gpu/test_gpu_faults" status="notrun"/></testsuite>')
        if gtest:
            gtest_xml.write_text(gtest)
        return script("gpu_check").all_cases(ctest_xml, gtest_xml)

    CASES = ('<testsuites><testsuite name="A"><testcase name="x" classname="A" status="run" result="completed"/>'
             '<testcase name="y" classname="A" status="run" result="skipped"><skipped/></testcase>{}</testsuite>'
             '</testsuites>')

    def test_counts_cases(self):
        rest = {"A.x": "run", "A.y": "notrun", "gpu/test_gpu_faults": "notrun"}
        failed = '<testcase name="z" classname="A" status="run"><failure message="1"/></testcase>'
        self.assertEqual(self.count(self.CASES.format(""), "run"), rest)
        self.assertEqual(self.count(self.CASES.format(failed), "fail"), {**rest, "A.z": "fail"})

    def test_counts_a_program_that_crashed(self):
        self.assertEqual(self.count("", "fail"), {"gpu": "fail", "gpu/test_gpu_faults": "notrun"})


def peers_journal():
    path = SOURCE / "scripts/peers/journal.py"
    spec = importlib.util.spec_from_file_location("peers_journal", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class PeersRows(CliTest):
    """What scripts/peers/measure writes is a journal that gemmtune reads, with gemmtune's own ids."""

    def setUp(self):
        super().setUp()
        self.journal = peers_journal()
        self.sweep()
        header = self.records("run")[0]
        self.run_of_peers = self.journal.run_header(header["environment"], 30, 8, "measure")
        self.problem = self.journal.problem_of("", 64, 576, 512)

    def write_rows(self, **samples_us):
        folder = self.dir / "peers"
        folder.mkdir()
        rows = [self.journal.row(self.run_of_peers, self.problem, provider, samples)
                for provider, samples in samples_us.items()]
        rows.append(self.journal.row(self.run_of_peers, self.problem, "refusing", None,
                                     ("constraints", "RuntimeError: no")))
        (folder / "journal.jsonl").write_text(
            "".join(json.dumps(record) + "\n" for record in [self.run_of_peers, *rows]))
        return folder, rows

    def test_have_the_members_and_ids_of_gemmtunes_own(self):
        folder, rows = self.write_rows(deepgemm=[10.0] * 30)
        ours = self.records()[0]
        for row in rows:
            self.assertEqual(list(row), list(ours))
            self.assertEqual(row["problem_id"], ours["problem_id"])
            self.assertEqual(list(row["problem"]), list(ours["problem"]))
        self.assertEqual((rows[0]["flops"], rows[0]["bytes"]), (ours["flops"], ours["bytes"]))
        self.assertEqual(set(self.run_of_peers) | {"record"}, set(self.records("run")[0]))
        self.assertEqual(set(self.run_of_peers["policy"]), set(self.records("run")[0]["policy"]))
        read = [json.loads(line) for line in self.run_cli("report", folder, "--format", "jsonl").stdout.splitlines()]
        self.assertEqual({row["provider"]: row["id"] for row in read}, {row["provider"]: row["id"] for row in rows})

    def test_are_beside_ours_in_the_report(self):
        folder, _ = self.write_rows(deepgemm=[10.0] * 30, torch_scaled_mm_tensor=[8.0] * 30, triton_block=[9.0] * 30)
        report = json.loads(self.run_cli("report", self.out, "--peers", folder, "--format", "json").stdout)
        winner = report["winners"][0]
        carried = winner["cublaslt_tensor_us"] / 8.0
        self.assertAlmostEqual(winner["deepgemm_carried_us"], 10 * carried)
        fastest = min(9 * carried, winner["cublaslt_block_us"])
        self.assertAlmostEqual(winner["vs_best_peer"], fastest / winner["time_us"])
        self.assertIn("H100", report["peers"])

    def test_without_deepgemm_are_beside_ours_too(self):
        folder, _ = self.write_rows(torch_scaled_mm_block=[12.0] * 30, torch_scaled_mm_tensor=[8.0] * 30,
                                    triton_block=[9.0] * 30)
        report = json.loads(self.run_cli("report", self.out, "--peers", folder, "--format", "json").stdout)
        winner, means = report["winners"][0], report["ratios"][0]
        carried = winner["cublaslt_tensor_us"] / 8.0
        for peer, there_us in (("torch", 12), ("triton", 9)):
            ratio = there_us * carried / winner["time_us"]
            self.assertAlmostEqual(winner[f"{peer}_carried_us"], there_us * carried)
            self.assertAlmostEqual(winner[f"vs_{peer}_carried"], ratio)
            self.assertAlmostEqual(means[f"vs_{peer}_carried"], ratio)
        for format in ("table", "md"):
            text = " ".join(self.run_cli("report", self.out, "--peers", folder, "--format", format).stdout.split())
            self.assertIn("torch, Triton: figures of a file", text)
            for absent in ("DeepGEMM", "best peer"):
                self.assertNotIn(absent, text)
        page = self.run_cli("report", self.out, "--peers", folder, "--format", "html").stdout
        self.assertTrue("torch (carried)" in page and "Triton (carried)" in page)

    def test_of_nothing_are_refused(self):
        folder, _ = self.write_rows()
        result = self.run_cli("report", self.out, "--peers", folder)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), result.stderr)

    def test_interval_is_that_of_gemmtune(self):
        ours = self.rows("final")[0]
        low, high = self.journal.median_interval(ours["samples_us"])
        self.assertAlmostEqual(low, ours["time_us_low"], places=6)
        self.assertAlmostEqual(high, ours["time_us_high"], places=6)


if __name__ == "__main__":
    unittest.main()
