"""scripts/in_turns: ratios within turns, and how sure their means are."""
import json
import subprocess
import sys
import unittest

from harness import SOURCE, CliTest, script


class InTurns(CliTest):
    def files(self, name, *turns, invalidity="correct", first=1):
        """A file for each turn, of {M: us}."""
        paths = []
        for number, times in enumerate(turns, first):
            path = self.dir / f"{name}.{number}.jsonl"
            path.write_text("".join(json.dumps({"record": "row", "problem": {"m": m, "n": 8, "k": 128}, "time_us": us, "sm_clock_mhz": 1800,
                                                "invalidity": invalidity, "reason": "why"}) + "\n" for m, us in times.items()))
            paths.append(path)
        return paths

    def call(self, old, *sides):
        """`sides`: a title and files."""
        return subprocess.run([sys.executable, SOURCE / "scripts/in_turns", "--old", *old, *(one for side in sides for one in ("--side", *side))],
                              text=True, capture_output=True)

    def test_ratios_within_turns_with_their_interval(self):
        old = self.files("old", {1: 10, 4096: 100}, {1: 20, 4096: 100}, {1: 30, 4096: 100})
        same = self.files("same", {1: 11, 4096: 90}, {1: 22, 4096: 90}, {1: 33, 4096: 90})
        less = self.files("less", {1: 10, 4096: 99}, {1: 20, 4096: 100}, {1: 30, 4096: 101})
        done = self.call(old, ("same", *same), ("less sure", *less))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| M | N | K | old µs | same µs | over old | less sure µs | over old | SM MHz |", done.stdout)
        self.assertIn("| 1 | 8 | 128 | 20.00 | 22.00 | 1.1000 ± 0.0000 | 20.00 | 1.0000 ± 0.0000 | 1800 |", done.stdout)
        # 4.303 standard deviations of 0.01 over the root of three.
        self.assertIn("| 4096 | 8 | 128 | 100.00 | 90.00 | 0.9000 ± 0.0000 | 100.00 | 1.0000 ± 0.0248 | 1800 |", done.stdout)
        self.assertIn("| > 1024 | 1 | 0.9000 ± 0.0000 | 0.9000 | 1.0000 ± 0.0248 | 1.0000 |", done.stdout)
        self.assertIn("| all | 2 | 0.9950 ± 0.0000 | 1.1000 | 1.0000 ± 0.0124 | 1.0000 |", done.stdout)
        self.assertIn("same, above 1.003: 1×8×128 1.1000 ± 0.0000. Wholly above 1 are 1 intervals, below 1.", done.stdout)
        self.assertIn("less sure, above 1.003: none. Wholly above 1 are 0 intervals, below 0.", done.stdout)

    def test_turns_are_told_by_the_number_in_the_name(self):
        old, same = self.files("old", *({1: us} for us in range(10, 21))), self.files("same", *({1: us} for us in range(10, 21)))
        self.assertIn("| 1.0000 ± 0.0000 |", self.call(sorted(old), ("same", *reversed(same))).stdout)

    def test_students_t(self):
        for degrees, t in ((1, 12.706), (2, 4.303), (29, 2.045)):
            self.assertAlmostEqual(script("in_turns").student_t(degrees), t, delta=0.001)

    def test_what_is_wrong_or_missing_is_named(self):
        good = self.files("good", {1: 10}, {1: 10})
        nameless = self.dir / "good.jsonl"
        nameless.write_text("")
        for old, side, word in ((good, self.files("wrong", {1: 10}, invalidity="incorrect"), "1x8x128: incorrect: why"),
                                (good, self.files("other", {2: 10}, {2: 10}), "not of the old one's problems and turns"),
                                (good, self.files("later", {1: 10}, {1: 10}, first=2), "not of the old one's problems and turns"),
                                (good[:1], good[:1], "takes two turns"),
                                (good, self.files("a", {1: 10}) + self.files("b", {1: 10}), "b.1.jsonl: turn 1 is"),
                                (self.files("uneven", {1: 10, 2: 10}, {1: 10}), self.files("alike", {1: 10, 2: 10}, {1: 10}), "all of the same problems"),
                                (good, [nameless], "ends in its turn")):
            done = self.call(old, ("side", *side))
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
