"""The scripts that judge runs: what they find agrees with figures made for them, and with simulated sweeps."""
import importlib.machinery
import importlib.util
import json
import shutil
import subprocess
import unittest

from harness import GEMMTUNE, SOURCE, CliTest

SIM = ["--device", "sim:h100-sxm"]


def script(name):
    """A script as a module; it does nothing until its main() is called."""
    loader = importlib.machinery.SourceFileLoader(name, str(SOURCE / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class ScriptTest(CliTest):
    def run_script(self, name, *args):
        return subprocess.run([SOURCE / "scripts" / name, *map(str, args)], capture_output=True, text=True,
                              env=self.env, cwd=self.dir, timeout=120)


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


class ComparisonWithPyTorch(ScriptTest):
    def test_takes_a_launch_from_its_first_kernel_to_its_last(self):
        flush = "at::native::vectorized_elementwise_kernel<16, at::native::FillFunctor<unsigned char>>"
        events = [("gemm", 300, 310), (flush, 100, 290), ("reduce", 312, 315),  # in no order
                  ("Memset (Device)", 400, 590), ("gemm", 600, 611), (flush, 700, 900)]
        self.assertEqual(script("time_with_pytorch").spans_us(events), [15, 11])

    def test_takes_the_nearest_answer(self):
        rounds = [{0: 10.0, 1: 12.0}, {0: 11.0, 1: 12.2}, {0: 10.5, 1: 12.4}]
        self.assertEqual(script("compare_with_pytorch").nearest(12.0, rounds), (1, 12.2))
        self.assertEqual(script("compare_with_pytorch").nearest(9.0, rounds), (0, 10.5))


class GpuCheck(ScriptTest):
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


if __name__ == "__main__":
    unittest.main()
