"""Each way in which a candidate can fail is one row with its reason, and the others go on."""
import unittest

from harness import ALIKE, WIDTHS, CliTest

BAD = 96  # block_n of the candidate that misbehaves


class OneBadCandidate(CliTest):
    def setUp(self):
        super().setUp()
        # Deadlines of 60 s become 3 s.
        self.env["GEMMTUNE_DEADLINE_SCALE"] = "0.05"

    def check(self, op, expect, words, **rule):
        """The row of the bad candidate has this invalidity and these words in its reason."""
        self.script(rules=[{"op": op, "match": {"block_n": BAD}, **rule}], timings=ALIKE)
        self.sweep()
        row = self.row_of(BAD)
        self.assertEqual(row["invalidity"], expect)
        self.assertIn(words, row["reason"])
        self.assertIsNone(row["time_us"])
        for block_n in set(WIDTHS) - {BAD}:
            self.assertEqual(self.row_of(block_n)["invalidity"], "correct")
        self.assertEqual({r["config"]["block_n"] for r in self.rows("final")}, set(WIDTHS) - {BAD})

    def test_does_not_compile(self):
        self.check("compile", "compile", "spills 16 bytes", do="failure", invalidity="compile",
                   reason="spills 16 bytes")
        self.assertNotIn(BAD, self.verified())

    def test_kills_the_compiler(self):
        self.check("compile", "compile", "SIGSEGV", do="segv")

    def test_hangs(self):
        self.check("verify", "timeout", "no answer", do="hang")

    def test_crashes(self):
        self.check("verify", "runtime", "SIGSEGV", do="segv")

    def test_exits(self):
        self.check("verify", "runtime", "exit code 7", do="exit", code=7)

    def test_speaks_garbage(self):
        self.check("verify", "runtime", "garbage", do="garbage")

    def test_sends_half_a_message(self):
        self.check("verify", "runtime", "", do="half_message")

    def test_breaks_the_context(self):
        self.check("verify", "runtime", "illegal address", do="fatal", reason="illegal address")

    def test_crashes_while_it_is_timed(self):
        self.check("measure", "runtime", "SIGSEGV", do="segv")

    def test_is_wrong_and_is_never_timed(self):
        self.check("verify", "correctness", "error_rms", do="wrong_result")
        timed = [c["config"].get("block_n") for entry in self.requests("measure")
                 for c in entry["request"]["contenders"] if c["provider"] == "gemmtune"]
        self.assertNotIn(BAD, timed)
        self.assertIn(64, timed)

    def test_is_slow_and_right(self):
        self.script(rules=[{"op": "verify", "match": {"block_n": BAD}, "do": "slow", "ms": 300}])
        self.sweep()
        self.assertEqual(self.row_of(BAD)["invalidity"], "correct")


class ExitCodes(CliTest):
    def test_failed_candidates_are_no_failure_of_the_sweep_unless_strict(self):
        self.script(rules=[{"op": "verify", "match": {"block_n": BAD}, "do": "wrong_result"}])
        self.sweep()
        self.sweep("--resume", "--strict", expect=6)

    def test_all_candidates_failing_is_a_result_too(self):
        self.script(rules=[{"op": "verify", "match": {"provider": "gemmtune"}, "do": "wrong_result"}])
        result = self.sweep()
        self.assertEqual({r["invalidity"] for r in self.rows()}, {"correctness"})
        self.assertIn("correctness", result.stdout)

    def test_no_gpu_is_5_and_says_what_works_without(self):
        self.script(environment={"sms": 0, "device": ""})
        result = self.sweep(expect=5)
        self.assertIn("gemmtune plan", result.stderr)
        self.assertIn("gemmtune compile", result.stderr)
        self.assertFalse(self.out.exists())

    def test_a_worker_that_does_not_start_is_said_once_with_its_last_words(self):
        self.script(rules=[{"op": "hello", "do": "exit", "code": 127, "stderr": "libcublasLt.so.13: not found"}])
        result = self.sweep(expect=2)
        self.assertIn("libcublasLt.so.13", result.stderr)

    def test_a_problem_that_does_not_fit_is_one_row_and_the_next_goes_on(self):
        self.script(rules=[{"op": "prepare", "match": {"m": 128}, "do": "failure", "reason": "out of memory"}],
                    timings=ALIKE)
        self.sweep("--problem", "dense_1d2d:m=128,n=576,k=512")
        row, = [r for r in self.rows() if r["problem"]["m"] == 128]
        self.assertEqual(row["reason"], "prepare: out of memory")
        self.assertEqual(len(self.rows("final")), len(WIDTHS))


if __name__ == "__main__":
    unittest.main()
