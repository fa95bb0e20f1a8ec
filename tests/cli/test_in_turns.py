"""scripts/in_turns: ratios of medians over turns, beside an earlier session's."""
import json
import subprocess
import sys
import unittest

from harness import SOURCE, CliTest


class InTurns(CliTest):
    def files(self, name, *turns, invalidity="correct"):
        """A file for each turn, of {M: us}."""
        paths = []
        for number, times in enumerate(turns):
            path = self.dir / f"{name}.{number}.jsonl"
            path.write_text("".join(json.dumps({"record": "row", "problem": {"m": m, "n": 8, "k": 128}, "time_us": us, "sm_clock_mhz": 1800,
                                                "invalidity": invalidity, "reason": "why"}) + "\n" for m, us in times.items()))
            paths.append(path)
        return paths

    def call(self, old, same, today, *more):
        return subprocess.run([sys.executable, SOURCE / "scripts/in_turns", "--old", *old, "--same", *same, "--today", *today, *more],
                              text=True, capture_output=True)

    def test_medians_over_turns_and_regimes(self):
        done = self.call(self.files("old", {1: 10, 4096: 100}, {1: 12, 4096: 100}, {1: 10, 4096: 100}), self.files("same", {1: 11, 4096: 90}),
                         self.files("today", {1: 5, 4096: 80}))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| 1 | 8 | 128 | 10.00 | 11.00 | 1.1000 | - | 1.1000 | 5.00 | 0.5000 | 20.00% | 1800 |", done.stdout)
        self.assertIn("| > 1024 | 1 | 0.9000 | 0.9000 | 0.9000 | 0.8000 | 0.8000 |", done.stdout)
        self.assertIn("| all | 2 | 0.9950 |", done.stdout)

    def test_an_earlier_session_counts_where_the_code_is_the_same(self):
        before = self.dir / "before.md"
        before.write_text("| 1 | 8 | 128 | 9.00 | 9.90 | 1.2100 | more |\n")
        sides = [self.files(name, {1: us}) for name, us in (("old", 10), ("same", 10), ("today", 10))]
        self.assertIn("| 1.0000 | 1.2100 | 1.1000 |", self.call(*sides, "--before", before).stdout)
        self.assertIn("| 1.0000 | 1.2100 | 1.0000 |", self.call(*sides, "--before", before, "--other-code", "1x8x128").stdout)

    def test_what_is_wrong_or_missing_is_named(self):
        good = self.files("good", {1: 10})
        wrong = self.call(good, self.files("wrong", {1: 10}, invalidity="incorrect"), good)
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn("1x8x128: incorrect: why", wrong.stderr)
        self.assertIn("not of the same problems", self.call(good, self.files("other", {2: 10}), good).stderr)


if __name__ == "__main__":
    unittest.main()
