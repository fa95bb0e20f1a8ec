"""The scripts that judge runs: what they find agrees with figures made for them, and with simulated sweeps."""
import gzip
import importlib.util
import json
import pathlib
import re
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

    def test_of_a_sweep_of_which_the_races_are_kept(self):
        journal = self.other / "journal.jsonl"
        kept = subprocess.run(["grep", "-v", '"stage":"screen"', journal], check=True, capture_output=True).stdout
        self.assertLess(len(kept), journal.stat().st_size)
        journal.unlink()
        (self.other / "races.jsonl.gz").write_bytes(gzip.compress(kept))
        done = self.compare()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 of 1 problems agree (100.0 %)", done.stdout)
        same = self.run_cli("compare", self.out / "journal.jsonl", self.other / "races.jsonl.gz")
        self.assertEqual(same.returncode, 0, same.stderr)

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


class TieEvidence(ScriptTest):
    TWO_GPUS = SOURCE / "results/h100-sxm-2"

    def test_decides_as_the_tool_does(self):
        module = script("tie_evidence")
        for name in ("one", "all", "killed"):
            table = json.loads((self.TWO_GPUS / name / "table.json").read_text())
            expected = {module.AGREEMENT.key_of(entry["problem"]): (entry["config_id"], set(entry["tie_set"])) for entry in table["entries"]}
            self.assertEqual(module.decided(module.races(self.TWO_GPUS / name), lambda best, one: module.tied(best, one, module.BETWEEN)),
                             expected, name)

    def test_has_the_constants_of_the_tool(self):
        module = script("tie_evidence")
        for file, words in (("ties.h", {"kMayWin": module.MAY_WIN, "kTieConfidence": module.TIE_CONFIDENCE, "kTieFraction": module.TIE_FRACTION}),
                            ("difference.h", {"between": module.BETWEEN, "degrees": module.DEGREES})):
            text = (SOURCE / "src/stats" / file).read_text()
            for word, value in words.items():
                self.assertEqual(float(re.search(rf"double {word} = ([\d.]+);", text).group(1)), value, word)

    def test_knows_places_and_chances(self):
        module = script("tie_evidence")
        self.assertEqual(module.by_place(range(7), "cold_memset512x7-event-burst-w2t3-n12to200-p0"), [])  # no sample in place 6
        self.assertEqual(module.by_place(range(9), "cold_memset512x3-cupti-burst-w0t3-n15"), [[0, 3, 6], [1, 4, 7], [2, 5, 8]])
        self.assertEqual(module.by_place(range(9), "cold_memset512x3-cupti-blocks-w0t3-n15"), [])
        self.assertAlmostEqual(module.student_t_tail(2.228, 10), 0.025, 4)
        self.assertAlmostEqual(module.student_t_tail(0, 3), 0.5, 6)
        self.assertAlmostEqual(module.chance_of_less(0, [1, 2, 3, 4], [1.5, 2, 3, 4.1], 0.002, 15), 0.5, 6)

    def test_finds_places_that_two_sweeps_share(self):
        done = self.run_script("tie_evidence", *(SOURCE / "results/h100-sxm" / name for name in ("dsv3-second-board", "dsv3-third-board")))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| dsv3-second-board, dsv3-third-board | 0.65 | 0.44 | 0.78 |", done.stdout)
        self.assertIn("| dsv3-second-board, dsv3-third-board | 36 | 36 | 36 | – | – |", done.stdout)

    def test_tells_folders_apart_that_are_called_alike(self):
        names_of, folder = script("tie_evidence").names_of, pathlib.Path("results/h100-sxm-2")
        self.assertEqual(names_of([folder / "one", folder / "all"]), ["one", "all"])
        self.assertEqual(names_of([folder / "one", folder / "all", folder / "second-run/one"]), ["one", "all", "second-run/one"])
        self.assertEqual(names_of([folder / "a/x/one", folder / "b/one"]), ["a/x/one", "b/one"])
        with self.assertRaisesRegex(SystemExit, "named twice"):
            names_of([folder / "one", folder / "all/../one"])

    def test_of_folders_that_are_called_alike_each_is_in_it(self):
        done = self.run_script("tie_evidence", self.TWO_GPUS / "one", self.TWO_GPUS / "second-run/one")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| one, second-run/one | 36 |", done.stdout)


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


class HostTime(unittest.TestCase):
    """scripts/peers/host_time without a GPU: what it makes of figures."""
    FIGURES = {"operator": 7.0, "operator_new_out": 10.0, "scaled_mm_out": 17.5, "scaled_mm": 20.0, "deep_gemm": 14.0}

    def judged(self, asked=0, **changes):
        return script("peers/host_time").judged(self.FIGURES | changes, {"operator": asked, "operator_new_out": 1})

    def test_holds_the_operator_to_the_others_with_out_and_without(self):
        over, wrong = self.judged()
        self.assertEqual(over, {"operator over deep_gemm": 0.5, "operator over scaled_mm_out": 0.4, "operator_new_out over scaled_mm": 0.5})
        self.assertEqual(wrong, [])
        self.assertIn("deep_gemm", self.judged(deep_gemm=6.9)[1][0])
        self.assertIn("scaled_mm", self.judged(operator_new_out=20.2)[1][0])

    def test_a_call_with_out_may_ask_for_no_memory(self):
        self.assertIn("asks for memory 1 times", self.judged(asked=1)[1][0])

    def test_without_deep_gemm_the_others_are_judged(self):
        figures = {name: us for name, us in self.FIGURES.items() if name != "deep_gemm"}
        self.assertEqual(len(script("peers/host_time").judged(figures, {"operator": 0})[0]), 2)


def peers_module(name):
    path = SOURCE / f"scripts/peers/{name}.py"
    spec = importlib.util.spec_from_file_location(f"peers_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class PeersOfTraining(ScriptTest):
    """scripts/peers/train without a GPU: spans are what time_with_pytorch makes of events, (us, names of kernels)."""

    def samples(self, *names, ways=("deepgemm", "gemmtune")):
        class Timer:
            LaunchesLost = RuntimeError

            @staticmethod
            def timed_spans(torch, products, flush, launches):
                timed = script("time_with_pytorch")
                spans = []
                for i, _ in enumerate(products):
                    events = [("Memset (Device)", 0, 1)] + [(name, 2 + 2 * j, 3 + 2 * j) for j, name in enumerate(names)]
                    spans.append([(us + i, kernels) for us, kernels in timed.spans_of(events)] * launches)
                return spans
        return script("peers/train").samples_of(None, Timer, None, dict.fromkeys(ways), 2)

    def test_takes_a_launch_of_one_kernel_and_the_first_way_twice(self):
        self.assertEqual(self.samples("sm90_fp8_gemm"), {"deepgemm": [1, 1, 3, 3], "gemmtune": [2, 2]})

    def test_refuses_a_launch_of_two_kernels_by_their_names(self):
        with self.assertRaisesRegex(ValueError, "deepgemm: a launch is more than one kernel.* transpose.* sm90_fp8_gemm"):
            self.samples("transpose", "sm90_fp8_gemm")
        with self.assertRaisesRegex(ValueError, "deepgemm"):
            self.samples("transpose", "sm90_fp8_gemm", ways=(("deepgemm", 0), ("loop_of_dense", 1)))

    def test_a_loop_is_as_many_kernels_as_it_has_groups(self):
        found = self.samples("dense_1d1d", "dense_1d1d", ways=(("loop_of_dense", 1),))
        self.assertEqual(found, {("loop_of_dense", 1): [3, 3]})


class PeersRows(CliTest):
    """What scripts/peers/measure writes is a journal that gemmtune reads, with gemmtune's own ids."""

    def setUp(self):
        super().setUp()
        self.journal = peers_module("journal")
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
        self.assertEqual(set(self.run_of_peers) | {"record", "strategy"}, set(self.records("run")[0]), "it searched nothing")
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


class PeersRowsOfGroups(CliTest):
    """What scripts/peers/grouped writes stands beside ours in the view of groups, carried by our kernel there."""

    PROBLEMS = ["grouped_contiguous_1d2d:groups=4,m_per_group=100.5,spread=0.3,n=1024,k=1024",
                "grouped_contiguous_1d2d:groups=4,m_per_group=64,routing=zipf:1.2,alignment=1,n=1024,k=1024",
                "grouped_masked_1d2d:groups=4,m_per_group=64,empty=0.25,max_m=256,n=1024,k=1024",
                "grouped_masked_1d2d:group_sizes=5/0/70,max_m=128,n=1024,k=1024"]

    def setUp(self):
        super().setUp()
        self.journal = peers_module("journal")
        self.problems = [word for problem in self.PROBLEMS for word in ("--problem", problem)]
        self.planned = [json.loads(line) for line in
                        self.run_cli("plan", *self.problems, "--format", "jsonl").stdout.splitlines()]

    def test_problems_are_those_that_gemmtune_means(self):
        draws = [planned["group_sizes_of_draws"].split() for planned in self.planned]
        self.assertEqual([len(of_problem) for of_problem in draws], [5, 5, 5, 1])
        self.assertEqual(draws[3], ["5/0/70"])
        for draw in draws[1]:
            self.assertEqual(sum(map(int, draw.split("/"))), 256)
        for planned in self.planned:
            problem = self.journal.grouped_problem_of(planned)  # raises where the ids differ
            self.assertEqual(self.journal.problem_id(problem), planned["problem_id"])
        with self.assertRaisesRegex(ValueError, "not understood"):
            self.journal.grouped_problem_of(self.planned[0] | {"n": 2048})

    def test_along_k_are_understood_too(self):
        listed = self.run_cli("plan", "--shapes", "k-grouped-peers", "--space", "quick", "--format", "jsonl").stdout.splitlines()
        sys.path.insert(0, str(SOURCE / "scripts" / "peers"))
        k_groups = peers_module("k_groups")
        for planned in map(json.loads, listed):
            problem = self.journal.grouped_problem_of(planned)
            self.assertEqual(self.journal.problem_id(problem), planned["problem_id"])
        draws = [[int(size) for size in draw.split("/")] for draw in planned["group_sizes_of_draws"].split()]
        self.assertTrue(any(size == 0 for draw in draws for size in draw))
        self.assertTrue(all(size % 128 == 0 for draw in draws for size in draw))
        # FLOPs and bytes are what gemmtune counts.
        out = self.dir / "along-k"
        swept = self.run_cli("sweep", "--problem", planned["problem"], "--space", "quick", "--out", out, *SIM)
        self.assertEqual(swept.returncode, 0, swept.stderr)
        rows = [row for row in map(json.loads, (out / "journal.jsonl").read_text().splitlines()) if row["record"] == "row"]
        self.assertEqual((rows[0]["flops"], rows[0]["bytes"]), k_groups.work_of(problem, draws))

    def test_are_carried_by_our_kernel(self):
        out = self.dir / "groups"
        swept = self.run_cli("sweep", *self.problems, "--space", "quick", "--out", out, *SIM)
        self.assertEqual(swept.returncode, 0, swept.stderr)
        header = next(json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines())
        run = self.journal.run_header(header["environment"], 27, 1, "grouped")
        folder = self.dir / "peers"
        folder.mkdir()
        with open(folder / "journal.jsonl", "w", encoding="utf-8") as file:
            file.write(json.dumps(run) + "\n")
            for planned in self.planned:
                problem = self.journal.grouped_problem_of(planned)
                for provider, us, config in (("gemmtune", 10, {}), ("deepgemm", 11, {}), ("padded_batch", 20, {}),
                                             ("loop_of_dense", 40, {"streams": 1}), ("loop_of_dense", 30, {"streams": 4})):
                    file.write(json.dumps(self.journal.row(run, problem, provider, [float(us)] * 9, config=config,
                                                           draws_us=[us - 1.0, us + 1.0], work=(1, 1))) + "\n")
        rows = json.loads(self.run_cli("report", out, "--view", "groups", "--peers", folder, "--format", "json").stdout)
        self.assertEqual(len(rows), 4)
        for row in rows:
            self.assertAlmostEqual(row["speedup_over_deepgemm"], 1.1)
            self.assertAlmostEqual(row["speedup_over_padded_batch"], 2)
            self.assertAlmostEqual(row["speedup_over_loop_of_dense"], 3)
            self.assertAlmostEqual(row["loop_of_dense_us"], 3 * row["time_us"])
            drawn = "group_sizes" not in row["problem"]
            self.assertEqual(row["time_us_of_least_draw"] is not None, drawn)
            if drawn:
                self.assertLessEqual(row["time_us_of_least_draw"], row["time_us_of_most_draw"])
        winners = json.loads(self.run_cli("report", out, "--peers", folder, "--format", "json").stdout)["winners"]
        for winner in winners:
            self.assertAlmostEqual(winner["vs_best_peer"], 1.1)
        text = " ".join(self.run_cli("report", out, "--peers", folder).stdout.split())
        self.assertIn("of groups by our own kernel, which ran beside them", text)


if __name__ == "__main__":
    unittest.main()
