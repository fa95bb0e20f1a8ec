"""scripts/peers/sustained without a GPU: blocks on a made-up board, and the whole script on a driver that only takes notes."""
import json
import os
import statistics
import subprocess
import sys
import unittest

from harness import SOURCE, script
from test_regimes import RegimesCase

sys.path.insert(0, str(SOURCE / "scripts" / "peers"))
import blocks  # noqa: E402

FAKE_DRIVER = os.environ.get("GEMMTUNE_FAKE_DRIVER")
DEEP_GEMM = """
def fp8_gemm_nt(a, b, d):
    pass
"""


class Board:
    """Launches take their time in a queue of its own clock; the meter shows its joules every 20 ms."""

    def __init__(self, drift=0.0, power_w=700):
        self.now, self.drift, self.power_w = 0.0, drift, power_w
        self.launched = []

    def way(self, name, us):
        def launch():
            self.launched.append(name)
            self.now += us * 1e-6 * (1 + self.drift * self.now)
        return launch

    def mark(self):
        return self.now

    def wait(self, mark):
        pass

    def seconds_between(self, start, end):
        return end - start

    def sm_clock_mhz(self):
        return 1500 if self.now > 0 else None

    def energy_j(self):
        return 5000 + self.power_w * 0.02 * int(self.now / 0.02)


class Blocks(unittest.TestCase):
    def test_of_a_board_give_the_time_clock_and_joules_of_a_launch(self):
        board = Board()
        found = blocks.block(board, board.way("a", 200), 1)
        self.assertAlmostEqual(found["us"], 200)
        self.assertEqual(found["mhz"], 1500)
        self.assertAlmostEqual(found["joules"], 700 * 200e-6, delta=0.1 * 700 * 200e-6)
        self.assertGreaterEqual(board.now, 1)
        self.assertLess(board.now, 1.3)

    def test_time_their_second_half(self):
        board = Board()

        def launch():
            board.now += 100e-6 if board.now < 0.45 else 200e-6
        self.assertAlmostEqual(blocks.block(board, launch, 1)["us"], 200)

    def test_say_nothing_of_joules_without_a_meter(self):
        board = Board()
        board.energy_j = lambda: None
        self.assertIsNone(blocks.block(board, board.way("a", 200), 0.2)["joules"])
        self.assertIsNone(blocks.launch_j([(5000, 0), (5001, 10), (5001, 20)]), "one refresh")
        self.assertAlmostEqual(blocks.launch_j([(5000, 0), (5001, 10), (5003, 30)]), 0.1)

    def test_take_turns(self):
        board = Board()
        blocks.in_turns(board, {"a": board.way("a", 1000), "b": board.way("b", 2000)}, 0.2, 3)
        order = [name for i, name in enumerate(board.launched) if i == 0 or board.launched[i - 1] != name]
        self.assertEqual("".join(order), "ababab")

    def test_name_the_faster_on_a_board_that_drifts_only_in_turns(self):
        """The planted defect: blocks of one, and then those of the other."""
        drifting = Board(drift=0.002)
        ways = {"ours": drifting.way("ours", 1000), "theirs": drifting.way("theirs", 995)}
        found = blocks.in_turns(drifting, ways, 1, 4)
        ratio = blocks.ratio(found["theirs"], found["ours"])
        self.assertLess(ratio["high"], 1)
        self.assertLess(ratio["low"], ratio["ratio"])
        board = Board(drift=0.002)
        alone = [[blocks.block(board, board.way(name, us), 1) for _ in range(4)] for name, us in (("ours", 1000), ("theirs", 995))]
        self.assertGreater(blocks.ratio(alone[1], alone[0])["ratio"], 1, "the drift is too small to show anything")

    def test_have_an_interval_over_the_pairs(self):
        ours, theirs = ([{"us": us} for us in found] for found in ([100, 102, 104], [101, 105, 104]))
        ratio = blocks.ratio(theirs, ours)
        self.assertAlmostEqual(ratio["ratio"], statistics.geometric_mean([1.01, 105 / 102, 1]))
        self.assertLess(ratio["low"], 1, "three pairs that scatter by a percent and a half do not say who is faster")
        self.assertEqual(blocks.ratio(ours[:1], ours[:1])["high"], 1)
        with self.assertRaises(ValueError):
            blocks.ratio(theirs, ours[:2])


@unittest.skipIf(FAKE_DRIVER is None, "built without gemmtune-worker, and so without libgemmtune")
class DryRun(RegimesCase):
    def run_it(self, bundle, *more, expect=0):
        (self.dir / "modules").mkdir(exist_ok=True)
        (self.dir / "modules" / "deep_gemm.py").write_text(DEEP_GEMM)
        environment = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": FAKE_DRIVER, "PYTHONPATH": str(self.dir / "modules")}
        done = subprocess.run([sys.executable, SOURCE / "scripts/peers/sustained", bundle, self.dir / "found", "--dry-run", "--seconds",
                               "0.02", "--pairs", "3", *more], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def test_times_the_sustained_winner_beside_others(self):
        bundle, _ = self.export()
        done = self.run_it(bundle, "--burst-winner")
        found = json.loads((self.dir / "found.json").read_text())
        self.assertTrue(found["dry_run"])
        self.assertEqual([(p["m"], p["n"], p["k"]) for p in found["problems"]], [(4096, 4096, 7168)], "M 64 is not from 1024 on")
        problem = found["problems"][0]
        entries = json.loads((bundle / "manifest.json").read_text())["entries"]
        self.assertEqual(entries[problem["entries"]["gemmtune"]]["regime"], "sustained")
        self.assertNotIn("regime", entries[problem["entries"]["gemmtune_burst"]])
        self.assertEqual(set(problem["ways"]), {"gemmtune", "gemmtune_burst", "deepgemm"})
        self.assertEqual(set(problem["over_ours"]), {"gemmtune_burst", "deepgemm"})
        for figures in problem["ways"].values():
            self.assertEqual(len(figures["blocks_us"]), 3)
            self.assertLessEqual(figures["us_low"], figures["us"])
        self.assertEqual(len(problem["over_ours"]["deepgemm"]["pairs"]), 3)
        self.assertEqual(set(problem["refused"]), {"cublaslt_block"})
        self.assertEqual(found["summary"]["deepgemm"]["problems"], 1)
        text = (self.dir / "found.md").read_text()
        self.assertIn("DRY RUN", text)
        self.assertEqual({line.count("|") for line in text.splitlines() if line.startswith("|")}, {11})
        self.assertIn("deepgemm: geometric mean", done.stdout)

    def test_of_given_problems_and_providers(self):
        bundle, _ = self.export()
        self.run_it(bundle, "--problem", "64x2112x7168", "--providers", "", "--burst-winner")
        problem = json.loads((self.dir / "found.json").read_text())["problems"][0]
        self.assertEqual(set(problem["ways"]), {"gemmtune"}, "both regimes have one winner there")
        self.assertIn("unknown", self.run_it(bundle, "--providers", "cublas", expect=2).stderr)
        self.assertIn("expected MxNxK", self.run_it(bundle, "--problem", "64x2112", expect=2).stderr)
        self.assertIn("an entry for M 4096 alone", self.run_it(bundle, "--problem", "4000x4096x7168", expect=1).stderr)
        self.assertIn("no entry for", self.run_it(bundle, "--problem", "4096x4096x512", expect=1).stderr)
        self.assertIn("--problem names one", self.run_it(bundle, "--least-m", "9000", expect=1).stderr)
        self.assertEqual(self.run_it(self.dir / "none", expect=1).stderr.count("\n"), 1, "a message, no traceback")
        (bundle / "index.txt").write_text("no index")
        self.assertRegex(self.run_it(bundle, expect=1).stderr, r"^sustained: .*index\.txt[^\n]*\n$")

    def test_warm_writes_nothing(self):
        bundle, _ = self.export()
        self.run_it(bundle, "--warm")
        self.assertFalse((self.dir / "found.json").exists())


class Sets(unittest.TestCase):
    def test_exceed_the_l2_three_times_before_one_comes_again(self):
        sets_of = script("peers/sustained").sets_of
        for m, n, k in ((4096, 2112, 7168), (4096, 7168, 16384), (1024, 512, 512)):
            touched = (sets_of(m, n, k) - 1) * (m * k + n * k + 2 * m * n)
            self.assertGreaterEqual(touched, 3 * 50 * 1024 * 1024)


if __name__ == "__main__":
    unittest.main()
