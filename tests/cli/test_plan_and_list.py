"""`gemmtune plan` and `gemmtune list`, the real program: what goes to stdout, what to stderr, and the exit codes."""

import csv
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

GEMMTUNE = os.environ["GEMMTUNE_BINARY_PATH"]
PROBLEM = "dense_1d2d:m=64,n=2112,k=7168"


def gemmtune(*arguments, cwd=None):
    # An empty environment: no worker, no CUDA, no home.
    return subprocess.run([GEMMTUNE, *arguments], capture_output=True, text=True, cwd=cwd, env={}, timeout=60)


class Plan(unittest.TestCase):
    def result(self, *arguments):
        done = gemmtune("plan", *arguments)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return done.stdout

    def test_table_has_a_line_a_problem_and_the_totals(self):
        lines = self.result("--shapes", "dsv3.json").splitlines()
        self.assertEqual(["layer", "M", "N", "K", "candidates", "cubins", "pruned"], lines[0].split())
        self.assertEqual(1 + 36 + 2, len(lines))
        self.assertTrue(all(len(line) <= 80 for line in lines))
        total = sum(int(line.split()[-3]) for line in lines[1:37])
        self.assertTrue(lines[-1].startswith(f"In all: {total} candidates for 36 problems, "), lines[-1])

    def test_formats_agree(self):
        listed = json.loads(self.result("--shapes", "smoke", "--format", "json"))
        lines = [json.loads(line) for line in self.result("--shapes", "smoke", "--format", "jsonl").splitlines()]
        rows = list(csv.DictReader(io.StringIO(self.result("--shapes", "smoke", "--format", "csv"))))
        self.assertEqual(listed, lines)
        self.assertEqual([each["candidates"] for each in listed], [int(row["candidates"]) for row in rows])
        self.assertIn("rows_used", listed[0]["pruned"])
        self.assertEqual(4 + 2, len(self.result("--shapes", "smoke", "--format", "md").splitlines()))

    def test_candidates_can_be_given_back(self):
        rows = json.loads(self.result("--problem", PROBLEM, "--candidates", "--format", "json"))
        self.assertGreater(len(rows), 10)
        config = ",".join(f"{name}={value}" for name, value in rows[0]["config"].items())
        again = json.loads(self.result("--problem", rows[0]["problem"], "--config", config, "--candidates",
                                       "--format", "json"))
        self.assertEqual(rows[:1], again)

    def cost_of(self, ms):
        """CPU seconds and MiB of a plan of twenty times as many problems on the default space."""
        problems = [{"kernel": "dense_1d2d", "m": m, "n": 256 * n, "k": 1024 * (1 + n % 7)}
                    for m in ms for n in range(3, 23)]
        with tempfile.TemporaryDirectory() as folder:
            shapes = pathlib.Path(folder) / "many.json"
            shapes.write_text(json.dumps({"schema": "gemmtune.shapes/1", "name": "many", "problems": problems}))
            process = subprocess.Popen([GEMMTUNE, "plan", "--shapes", shapes], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env={})
            _, process.returncode, usage = os.wait4(process.pid, 0)
        self.assertEqual(process.returncode, 0)
        return usage.ru_utime, usage.ru_maxrss / 1024

    def test_a_hundred_problems_take_less_than_a_second_and_no_memory_to_speak_of(self):
        # 0.6 CPU s, shared by the cores, and 9 MiB. What else is busy makes CPU time longer: the best of three counts.
        costs = [self.cost_of((1, 64, 200, 777, 4096)) for _ in range(3)]
        self.assertLess(min(seconds for seconds, _ in costs), 1)
        self.assertLess(max(mib for _, mib in costs), 64)

    def test_a_thousand_cost_ten_times_as_much(self):
        seconds, mib = self.cost_of(range(1, 2001, 40))
        self.assertLess(seconds, 20)
        self.assertLess(mib, 128)

    def test_a_mixed_set_takes_each_kernels_spaces_from_one_file(self):
        mixed = [f"--problem={kernel}:m=64,n=2112,k=7168" for kernel in ("dense_1d2d", "dense_1d1d", "dense_bf16", "dense_tensor")]
        for space in ("quick", "balanced"):
            rows = json.loads(self.result(*mixed, "--space", space, "--format", "json"))
            self.assertEqual([row["candidates"] > 5 for row in rows], [True] * 4, rows)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "one.json"
            path.write_text('{"schema": "gemmtune.space/1", "kernel": "dense_bf16", "parameters": {"block_m": 64}}')
            refused = gemmtune("plan", *mixed, "--space", path)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("there is no space of dense_1d2d in it", refused.stderr)

    def test_explain_names_constraints_with_reasons_and_examples(self):
        text = self.result("--problem", PROBLEM, "--problem", "dense_1d2d:m=1,n=8,k=100", "--explain")
        self.assertIn("\nscale_columns: ", text)
        self.assertIn("can straddle three", text)
        self.assertIn(f"  for example {PROBLEM}\n  with block_m=", text)
        self.assertIn("k_multiple_128: rules out 1 problem\n  unsupported by dense_1d2d: a scale covers 128 of K", text)
        rows = json.loads(self.result("--problem", PROBLEM, "--explain", "--format", "json"))
        total = json.loads(self.result("--problem", PROBLEM, "--format", "json"))[0]["pruned"]
        self.assertEqual(total, {row["constraint"]: row["pruned"] for row in rows})

    def test_every_form_of_d_has_candidates_and_kernels_of_its_own(self):
        forms = ["", ",out=fp32", ",accumulate=true", ",out=fp32,accumulate=true"]
        both = self.result(*(word for form in forms for word in ("--problem", PROBLEM + form)))
        cubins = 0
        for form in forms:
            row, = json.loads(self.result("--problem", PROBLEM + form, "--format", "json"))
            self.assertEqual(PROBLEM + form, row["problem"])
            self.assertGreater(row["candidates"], 100, form)
            cubins += row["cubins"]
        self.assertIn(f"{cubins} cubins", both.splitlines()[-1])
        row, = json.loads(self.result("--problem", PROBLEM + ",d_pitch=4096,a_pitch=7184", "--format", "json"))
        self.assertGreater(row["candidates"], 100)

    def test_an_unsupported_problem_has_its_reason_in_the_table(self):
        text = self.result("--problem", PROBLEM, "--problem", "dense_1d2d:m=1,n=8,k=100")
        self.assertIn("K 100 is not a multiple of 128", text)

    def test_an_empty_plan_gives_a_hint(self):
        done = gemmtune("plan", "--problem", "dense_1d2d:m=1,n=8,k=100")
        self.assertEqual(0, done.returncode)
        self.assertIn("--explain", done.stderr)

    def test_output_goes_to_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "plan.csv"
            self.assertEqual("", self.result("--shapes", "smoke", "--format", "csv", "-o", str(path)))
            self.assertEqual(5, len(path.read_text().splitlines()))
            self.assertEqual([path], list(pathlib.Path(folder).iterdir()))

    def test_mistakes_are_one_line_and_exit_2(self):
        with tempfile.TemporaryDirectory() as folder:
            bad = pathlib.Path(folder) / "bad.json"
            bad.write_text('{"schema": "gemmtune.shapes/1", "problems": [{"kernel": "dense_1d2d", "m": 1, "n": 8, "k": -1}]}')
            for arguments, message in (
                (["--shapes", "bad.json"], "bad.json: /problems/0/k: expected a positive integer, got -1"),
                (["--shapes", "dsv4"], 'no built-in problem set "dsv4" (did you mean "dsv3"?)'),
                ([], "--shapes"),
                (["--shapes", "smoke", "--explain", "--candidates"], "choose one"),
                (["--problem", PROBLEM, "--config", "block_m=64"], "give a value to block_n as well"),
            ):
                with self.subTest(arguments=arguments):
                    done = gemmtune("plan", *arguments, cwd=folder)
                    self.assertEqual((2, ""), (done.returncode, done.stdout))
                    self.assertIn(message, done.stderr)
                    self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)


class List(unittest.TestCase):
    def test_shows_what_there_is(self):
        rows = json.loads(gemmtune("list", "--format", "json").stdout)
        found = {(row["kind"], row["name"]) for row in rows}
        for expected in (("kernel", "dense_1d2d"), ("parameter", "dense_1d2d.block_n"), ("shapes", "dsv3"),
                         ("shapes", "smoke"), ("model", "deepseek-v3"), ("space", "dense_1d2d")):
            self.assertIn(expected, found)
        self.assertTrue(all(row["meaning"] for row in rows))
        experts, = (row["meaning"] for row in rows if row["name"] == "dsv3-moe")
        self.assertTrue(experts.startswith("24 problems: "), experts)

    def test_one_topic(self):
        rows = json.loads(gemmtune("list", "shapes", "--format", "json").stdout)
        self.assertEqual({"shapes"}, {row["kind"] for row in rows})
        self.assertEqual(2, gemmtune("list", "shape").returncode)


if __name__ == "__main__":
    unittest.main()
