"""Warnings from the row to the report: stored as codes, told once with advice."""
import json
import unittest

from harness import PROBLEM, WIDTHS, CliTest


class Warnings(CliTest):
    def codes(self, stage):
        return {r["config"]["block_n"]: r["warnings"] for r in self.rows(stage)}

    def test_a_good_sweep_has_none(self):
        result = self.sweep()
        self.assertNotIn("Warnings", result.stdout)
        self.assertEqual({tuple(codes) for codes in self.codes("final").values()}, {()})

    def test_a_winner_without_a_rival(self):
        self.script(rules=[{"op": "verify", "match": {"block_n": n}, "do": "wrong_result"} for n in WIDTHS[1:]])
        result = self.sweep()
        self.assertEqual(self.codes("final"), {WIDTHS[0]: ["few_candidates"]})
        self.assertEqual(result.stdout.count("few_candidates: 1 row"), 1, result.stdout)
        self.assertIn("--space", result.stdout)

    def test_a_time_that_beats_the_memory(self):
        self.script(timings=[{"match": {"block_n": 96}, "time_us": 0.05}])
        self.sweep()
        self.assertEqual(self.codes("screen")[112], [])
        self.assertIn("cold_beats_memory", self.codes("final")[96])
        report = json.loads(self.run_cli("report", self.out, "--format", "json").stdout)
        told = {w["code"]: w for w in report["warnings"]}["cold_beats_memory"]
        self.assertEqual((told["rows"], told["raced"]), (3, 1), "screened twice and raced")
        self.assertIn("Do not trust", told["advice"])

    def test_bench_tells_them_on_stderr(self):
        self.script(timings=[{"match": {"block_n": 96}, "time_us": 0.05}])
        result = self.run_cli("bench", "--problem", PROBLEM, "--config", "block_m=64,block_n=96", "--format", "json")
        self.assertEqual(result.stderr.count("warning: cold_beats_memory: 1 row"), 1, result.stderr)
        self.assertIn("cold_beats_memory", json.loads(result.stdout)[0]["warnings"])


if __name__ == "__main__":
    unittest.main()
