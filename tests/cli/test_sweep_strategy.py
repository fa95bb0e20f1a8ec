"""Which strategy a sweep goes by where nobody says, how it goes on, and where that is written."""
import json
import re
import unittest

from harness import CliTest, without_checksum

SIM = ["--device", "sim:h100-sxm"]
MANY = "dense_1d2d:m=64,n=2112,k=7168"  # of which guided times 48
USUAL = 48
UNSTUDIED = "dense_tensor:m=64,n=2112,k=7168"


class SweepStrategy(CliTest):
    def sweep_sim(self, *args, out="out", expect=0):
        self.out = self.dir / out
        device = [] if "--device" in args else SIM
        result = self.run_cli("sweep", *args, *device, "--out", self.out)
        self.assertEqual(result.returncode, expect, result.stderr)
        return " ".join(result.stderr.split())

    def headers(self):
        return self.records("run")

    def entries(self):
        return json.loads((self.out / "table.json").read_text())["entries"]

    def expect_strategies(self, *strategies):
        for entry in self.entries():
            self.assertEqual(entry["strategies"], list(strategies))

    def test_is_guided_where_nobody_says(self):
        self.sweep_sim("--problem", MANY)
        self.assertEqual(len(self.rows()), USUAL)
        self.assertEqual(self.headers()[-1]["strategy"], "guided")
        self.assertNotIn("within_budget", self.headers()[-1])
        self.expect_strategies("guided")
        self.assertIn("· strategy guided\n", (self.out / "report.md").read_text())

    def test_is_exhaustive_when_told_and_says_so(self):
        self.sweep_sim("--problem", MANY, "--strategy", "exhaustive")
        self.assertGreater(len(self.rows()), 4 * USUAL)
        self.expect_strategies("exhaustive")
        self.assertIn("· strategy exhaustive\n", (self.out / "report.md").read_text())
        shown = self.run_cli("report", self.out, "--format", "json")
        self.assertEqual(json.loads(shown.stdout)["strategies"], ["exhaustive"])

    def test_within_a_budget_is_said_too(self):
        self.sweep_sim("--problem", MANY, "--max-candidates", "20")
        self.assertEqual(len(self.rows()), 20)
        self.expect_strategies("guided within a budget")

    def test_is_exhaustive_where_guided_would_leave_nothing_out(self):
        said = self.sweep_sim("--problem", MANY, "--space", self.space)
        self.assertEqual(self.headers()[-1]["strategy"], "exhaustive")
        self.assertIn("kernels to compile", said)
        self.assertNotIn("every candidate is timed", said, "nobody needs to be told")

    def test_is_exhaustive_of_a_kernel_that_no_search_was_tried_on(self):
        said = self.sweep_sim("--problem", UNSTUDIED)
        self.assertIn("what a guided search loses on dense_tensor has not been measured; --strategy guided searches all the same", said)
        self.assertGreater(len(self.rows()), 4 * USUAL)
        for asked in (("--max-candidates", "20"), ("--strategy", "guided", "--max-candidates", "20")):
            with self.subTest(asked=asked):
                said = self.sweep_sim("--problem", UNSTUDIED, *asked, out=f"asked{len(asked)}")
                self.assertEqual((len(self.rows()), self.headers()[-1]["strategy"]), (20, "guided"), "it does not fail")
                self.assertNotIn("has not been measured", said)

    def test_is_exhaustive_on_several_boards(self):
        two = ["--problem", MANY, "--device", "sim:h100-sxm*2"]
        said = self.sweep_sim(*two)
        self.assertIn("a guided search is made on one board, and these are 2", said)
        self.assertGreater(len(self.rows()), 4 * USUAL)
        for asked in (["--strategy", "guided"], ["--max-candidates", "20"]):
            with self.subTest(asked=asked):
                self.assertIn("made on one board", self.sweep_sim(*two, *asked, out="refused", expect=2))
                self.assertFalse((self.dir / "refused").exists())

    def cut(self, rows):
        """The journal as an interrupted sweep leaves it."""
        path = self.out / "journal.jsonl"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:1 + rows]))

    def test_goes_on_as_it_was_begun(self):
        for strategy, times, says in (("guided", lambda rows: rows == USUAL, []),
                                      ("exhaustive", lambda rows: rows > 4 * USUAL, ["goes on by --strategy exhaustive, as it was begun"])):
            with self.subTest(strategy=strategy):
                self.sweep_sim("--problem", MANY, "--strategy", strategy, out=strategy)
                whole = len(self.rows())
                self.assertTrue(times(whole), whole)
                self.cut(10)
                said = self.sweep_sim("--problem", MANY, "--resume", out=strategy)
                self.assertEqual(re.findall("goes on by .*? begun", said), says, "it is not said of what people expect")
                self.assertEqual(len(self.rows()), whole)
                self.assertEqual([run["strategy"] for run in self.headers()], [strategy, strategy])
                self.expect_strategies(strategy)

    def test_of_a_run_that_did_not_record_it_is_that_of_its_command(self):
        """Journals of before: what the command does not say was exhaustive."""
        for given, strategy in (((), "exhaustive"), (("--strategy", "guided"), "guided"), (("--strategy=guided",), "guided")):
            with self.subTest(given=given):
                out = f"out{len(given)}{''.join(given)}"
                self.sweep_sim("--problem", MANY, *(given or ("--strategy", "exhaustive")), out=out)
                whole = len(self.rows())
                self.cut(10)
                self.as_of_before(None if given else lambda command: command.replace(" --strategy exhaustive", ""))
                self.sweep_sim("--problem", MANY, "--resume", out=out)
                self.assertEqual(len(self.rows()), whole)
                self.assertEqual(self.headers()[-1]["strategy"], strategy)
                self.expect_strategies(strategy)

    def as_of_before(self, command=None):
        """The first run did not record its strategy, and its command is another."""
        path = self.out / "journal.jsonl"
        lines = [without_checksum(line) for line in path.read_text().splitlines(keepends=True)]
        head = json.loads(lines[0])
        del head["strategy"]
        if command:
            head["command"] = command(head["command"])
        path.write_text(json.dumps(head, separators=(",", ":"), ensure_ascii=False) + "\n" + "".join(lines[1:]))

    def test_of_a_run_that_did_not_record_it_is_said_of_what_it_tried(self):
        """Nor does a later run claim to have been the only one: in the table of a merged folder neither."""
        for name, command, strategies in (("known", None, ["exhaustive", "guided"]), ("unknown", lambda _: "", None)):
            with self.subTest(name=name):
                self.sweep_sim("--problem", MANY, "--strategy", "exhaustive", out=name)
                whole = len(self.rows())
                self.cut(whole - 60)
                self.as_of_before(command)
                self.sweep_sim("--problem", MANY, "--resume", "--strategy", "guided", out=name)
                self.assertEqual(len(self.headers()), 2)
                merged = self.run_cli("merge", self.out, "-o", self.dir / f"{name}-merged")
                self.assertEqual(merged.returncode, 0, merged.stderr)
                for self.out in (self.out, self.dir / f"{name}-merged"):
                    (entry,) = self.entries()
                    self.assertGreater(entry["candidates"], 2 * USUAL)
                    self.assertEqual(entry.get("strategies"), strategies)

    def test_of_two_runs_are_both_said(self):
        self.sweep_sim("--problem", MANY)
        self.sweep_sim("--problem", MANY, "--resume", "--strategy", "exhaustive")
        self.expect_strategies("guided", "exhaustive")
        self.assertIn("· strategy guided, then exhaustive\n", (self.out / "report.md").read_text())
        self.sweep_sim("--problem", MANY, "--resume")
        self.expect_strategies("guided", "exhaustive")

    def test_are_those_of_each_problem_where_folders_are_merged(self):
        self.sweep_sim("--problem", MANY, out="a")
        self.sweep_sim("--problem", MANY, "--resume", "--strategy", "exhaustive", out="a")
        self.sweep_sim("--problem", MANY.replace("m=64", "m=16"), "--strategy", "exhaustive", out="b")
        merged = self.run_cli("merge", self.dir / "a", self.dir / "b", "-o", self.dir / "both")
        self.assertEqual(merged.returncode, 0, merged.stderr)
        self.out = self.dir / "both"
        self.assertEqual({entry["problem"]["m"]: entry["strategies"] for entry in self.entries()}, {64: ["guided", "exhaustive"], 16: ["exhaustive"]})
        shown = self.run_cli("report", self.out, "--format", "md")
        self.assertIn("· strategy exhaustive (1), guided, then exhaustive (1)\n", shown.stdout)

    def test_over_all_m_is_guided_and_can_be_nothing_else(self):
        self.sweep_sim("--problem", UNSTUDIED, "--m", "1:64", "--policy", "quick")
        self.assertEqual(self.headers()[-1]["strategy"], "guided")
        self.assertTrue(re.search("--m goes with --strategy guided", self.sweep_sim(
            "--problem", MANY, "--m", "1:64", "--strategy", "random", out="refused", expect=2)))


if __name__ == "__main__":
    unittest.main()
