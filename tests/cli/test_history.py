"""The real `gemmtune history`: runs of several revisions in, changes of level out."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import compare_data as data

GEMMTUNE = os.environ["GEMMTUNE_BINARY_PATH"]


class HistoryTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)

    def night(self, number, time_us, other_us=50, **environment):
        """Runs of one night, of a revision of their own."""
        stamp = f"2026-11-{number + 1:02}T10:00:00.000Z"
        return data.write(self.dir / f"{99 - number}", data.header(timestamp=stamp, revision=f"rev{number}", **environment),
                          data.row(time_us, timestamp=stamp), data.row(other_us, m=128, timestamp=stamp))

    def history(self, *args, expect=0):
        done = subprocess.run([GEMMTUNE, "history", *args], capture_output=True, text=True)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def test_names_the_revision_at_which_a_level_changed(self):
        nights = [self.night(i, 100 if i < 6 else 103) for i in range(12)]
        change, = json.loads(self.history(*nights, "--format", "json").stdout)
        self.assertEqual((change["m"], change["after"], change["revision"]), (64, "rev5", "rev6"))
        self.assertAlmostEqual(change["change_percent"], 3, places=2)
        self.assertIn("2 problems, 12 revisions, 1 changes of level", self.history(*nights).stderr)

    def test_finds_a_drift_that_a_comparison_of_neighbours_does_not(self):
        nights = [self.night(i, 100 * 1.003**i) for i in range(12)]
        self.assertTrue(json.loads(self.history(*nights, "--format", "json").stdout))
        for before, after in zip(nights, nights[1:]):
            done = subprocess.run([GEMMTUNE, "compare", before, after], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_series_has_a_point_a_revision_in_the_order_of_time(self):
        nights = [self.night(i, 100 + i / 10) for i in range(3)]
        self.night(1, 101)  # the folder's own name says nothing: 98 comes after 97
        points = json.loads(self.history(*nights, "--series", "--format", "json").stdout)
        self.assertEqual([(p["m"], p["revision"]) for p in points],
                         [(m, f"rev{i}") for m in (64, 128) for i in range(3)])
        self.assertEqual([p["runs"] for p in points], [1] * 6)

    def test_refuses_what_is_no_series(self):
        nights = [self.night(0, 100), self.night(1, 100, power_limit_w=500)]
        self.assertIn("power limit (W): 700 in", self.history(*nights, expect=2).stderr)
        self.history(*nights, "--force")

    def test_one_run_is_a_series_without_changes(self):
        done = self.history(self.night(0, 100))
        self.assertIn("a change needs two revisions", done.stderr)


if __name__ == "__main__":
    unittest.main()
