"""Caches for Kernel Tuner, read by the real package. tests/cli/test_export_rows.py holds them to its rules without it."""
import gzip
import json
import subprocess
import unittest

from harness import ALIKE, SOURCE, CliTest

DSV3 = SOURCE / "results/h100-sxm/dsv3"
PYTHON = SOURCE / ".kernel_tuner/bin/python"


@unittest.skipUnless(PYTHON.exists(), "Kernel Tuner is not here: scripts/setup --tests fetches it into .kernel_tuner/")
class KernelTuner(CliTest):
    def read(self, results, time_limit_s):
        """(what its searches found, its output file) of the only cache that is exported."""
        exported = self.run_cli("export", results, "--format", "kernel-tuner", "-o", self.dir / "caches")
        self.assertEqual(exported.returncode, 0, exported.stderr)
        cache, = (self.dir / "caches").iterdir()
        done = subprocess.run([PYTHON, SOURCE / "tests/cli/read_by_kernel_tuner.py", cache, str(time_limit_s),
                               self.dir / "output.json"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), json.loads((self.dir / "output.json").read_text())

    def test_finds_the_winner_and_keeps_to_a_limit_of_time(self):
        problem = '"m":4096,"n":2112,"k":7168'
        folder = self.dir / "dsv3"
        folder.mkdir()
        with gzip.open(DSV3 / "journal.jsonl.gz", "rt") as journal:
            lines = [line for line in journal if '"record":"row"' not in line or problem in line]
        (folder / "journal.jsonl").write_text("".join(lines))
        rows = [json.loads(line) for line in lines if '"provider":"gemmtune"' in line]
        winner, = [e for e in json.loads((DSV3 / "table.json").read_text())["entries"]
                   if (e["problem"]["m"], e["problem"]["n"]) == (4096, 2112)]
        found, output = self.read(folder, 60)
        self.assertEqual(found["timed"], winner["candidates"])
        # The fastest of the race, which a table gives up for one that it is tied with and that needs less.
        fastest, = {json.dumps(row["config"]): row for row in rows if row["config_id"] == winner["tie_set"][0]
                    and row["stage"] == "final"}.values()
        self.assertLessEqual(fastest["time_us"], winner["time_us"])
        self.assertEqual({name: found["best"][name] for name in fastest["config"]}, fastest["config"])
        self.assertAlmostEqual(found["best"]["time"], fastest["time_us"] / 1e3)
        # All of it is some 13 minutes of simulated time, most of them compiling.
        self.assertGreater(found["simulated_ms"], 600e3)
        self.assertTrue(1 < found["timed_within_limit"] < found["timed"] / 4, found["timed_within_limit"])
        self.assertEqual(len(output["results"]), winner["candidates"])

    def test_writes_configurations_that_failed(self):
        """One does not compile, one computes wrong results, one crashes."""
        self.script(timings=ALIKE, rules=[
            {"op": "compile", "match": {"block_n": 96}, "do": "failure", "invalidity": "compile", "reason": "spills"},
            {"op": "verify", "match": {"block_n": 112}, "do": "wrong_result"},
            {"op": "verify", "match": {"block_n": 128}, "do": "failure", "invalidity": "runtime", "reason": "trap"}])
        self.sweep()
        found, output = self.read(self.out, 600)
        self.assertEqual((found["timed"], found["best"]["block_n"]), (1, 64))
        self.assertEqual({r["configuration"]["block_n"]: r["invalidity"] for r in output["results"]},
                         {64: "correct", 96: "compile", 112: "runtime", 128: "runtime"})


if __name__ == "__main__":
    unittest.main()
