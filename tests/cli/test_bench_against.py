"""`gemmtune bench --against`: base and new configurations in one race, verdicts, what is unsure timed again."""
import json
import unittest

from harness import PROBLEM, CliTest

BASE = {"match": {"block_n": 64}, "time_us": 10.0}


class Against(CliTest):
    def setUp(self):
        super().setUp()
        self.script(timings=[BASE, {"match": {}, "time_us": 20.0}])
        self.sweep()  # the table's winner is block_n 64
        self.log_path.unlink()

    def bench(self, time_us, *more, block_n=96, **script):
        self.script(timings=[BASE, {"match": {}, "time_us": time_us}], **script)
        return self.run_cli("bench", "--problem", PROBLEM, "--config", f"block_m=64,block_n={block_n},stages=4",
                            "--against", self.out / "table.json", *more)

    def judged(self, *args, expect=0, **kwargs):
        result = self.bench(*args, "--format", "json", **kwargs)
        self.assertEqual(result.returncode, expect, result.stderr)
        comparison = json.loads(result.stdout)
        self.assertTrue(comparison["interleaved"])
        return comparison["problems"][0]

    def test_races_both_without_the_libraries(self):
        problem = self.judged(10.5, expect=4)
        self.assertEqual(problem["verdict"], "slower")
        self.assertAlmostEqual(problem["change"]["percent"], 5, places=1)
        self.assertEqual((problem["base"]["config"]["block_n"], problem["new"]["config"]["block_n"]), (64, 96))
        measured, = self.requests("measure")
        self.assertEqual([c["provider"] for c in measured["request"]["contenders"]], ["gemmtune", "gemmtune"])

    def test_what_is_unsure_is_timed_again(self):
        problem = self.judged(10.09)
        self.assertEqual((problem["verdict"], problem["base"]["runs"], problem["new"]["runs"]), ("unsure", 3, 3))
        self.assertEqual(len(self.requests("measure")), 3)

    def test_faster_passes_and_one_configuration_is_the_same(self):
        self.assertEqual(self.judged(9.5)["verdict"], "faster")
        self.script(timings=[BASE])
        same = self.run_cli("bench", "--table", self.out / "table.json", "--against", self.out / "table.json",
                            "--format", "json")
        problem, = json.loads(same.stdout)["problems"]
        self.assertEqual((problem["verdict"], problem["reason"]), ("same", "the same configuration"))

    def test_a_wrong_new_configuration_is_3(self):
        problem = self.judged(5, expect=3, rules=[{"op": "verify", "match": {"block_n": 96}, "do": "wrong_result"}])
        self.assertEqual(problem["verdict"], "wrong")

    def test_a_base_that_cannot_be_timed_is_no_pass(self):
        result = self.bench(5, rules=[{"op": "verify", "match": {"block_n": 64}, "do": "wrong_result"}])
        self.assertEqual(result.returncode, 2)
        self.assertIn("nothing to compare with", result.stderr)

    def test_rows_and_further_outputs(self):
        rows = self.bench(10.5, "--format", "jsonl", "--write", f"junit={self.dir}/x.xml")
        self.assertEqual(rows.returncode, 4, rows.stderr)
        self.assertEqual([json.loads(line)["config"]["block_n"] for line in rows.stdout.splitlines()], [96, 64])
        self.assertIn("<failure", (self.dir / "x.xml").read_text())

    def test_flags_of_a_verdict_need_something_to_compare_with(self):
        result = self.run_cli("bench", "--problem", PROBLEM, "--config", "block_m=64,block_n=64", "--budget", "3")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--against", result.stderr)

    def test_the_base_stands_in_place_of_the_libraries(self):
        result = self.bench(10.5, "--baselines", "cublas_bf16")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--baselines", result.stderr)
        self.assertIn("--against", result.stderr)

    def test_a_problem_that_the_base_does_not_have_is_2(self):
        result = self.run_cli("bench", "--problem", "dense_1d2d:m=64,n=584,k=512", "--config",
                              "block_m=64,block_n=64", "--against", self.out / "table.json")
        self.assertEqual(result.returncode, 2)
        self.assertIn("has no entry for it", result.stderr)


if __name__ == "__main__":
    unittest.main()
