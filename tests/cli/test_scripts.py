"""The scripts that judge runs: what they find agrees with figures made for them, and with simulated sweeps."""
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import unittest
from unittest import mock

from harness import GEMMTUNE, SOURCE, ScriptTest, script

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



if __name__ == "__main__":
    unittest.main()
