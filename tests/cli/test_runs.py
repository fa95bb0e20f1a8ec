"""gemmtune_runs: a simulated sweep as pandas frames has what its table and its journal have. Skipped where there is no pandas."""
import contextlib
import gzip
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

from harness import SOURCE, CliTest

sys.path.insert(0, str(SOURCE / "scripts" / "python"))
runs = None
if importlib.util.find_spec("pandas"):
    import gemmtune_runs as runs


@unittest.skipIf(runs is None, "python3 has no pandas")
class Runs(CliTest):
    def setUp(self):
        super().setUp()
        self.sweep("--device", "sim:h100-sxm")
        self.journal = self.out / "journal.jsonl"

    def lines(self):
        return self.journal.read_text().splitlines()

    def test_rows_are_those_of_the_journal(self):
        run = runs.read(self.out)
        rows = [record for record in map(json.loads, self.lines()) if record["record"] == "row"]
        self.assertEqual((len(run.rows), len(run.runs), run.damaged), (len(rows), 1, 0))
        self.assertEqual(list(run.rows.time_us.dropna()), [row["time_us"] for row in rows if row["time_us"] is not None])
        self.assertEqual(list(run.rows["problem.m"]), [row["problem"]["m"] for row in rows])
        ours = run.rows[run.rows.provider == "gemmtune"]
        self.assertEqual(list(ours["config.stages"]), [row["config"]["stages"] for row in rows if row["provider"] == "gemmtune"])

    def test_winners_are_those_of_the_table(self):
        winners, entries = runs.read(self.out).winners, json.loads((self.out / "table.json").read_text())["entries"]
        self.assertEqual(list(winners.time_us), [entry["time_us"] for entry in entries])
        self.assertEqual(list(winners["config.num_sms"]), [entry["config"]["num_sms"] for entry in entries])
        alone = runs.read(self.out / "table.json")
        self.assertEqual((len(alone.winners), len(alone.rows), len(alone.runs)), (len(entries), 0, 0))

    def test_leaves_out_lines_that_are_not_as_they_were_written_and_counts_them(self):
        lines = self.lines()
        row = next(i for i, line in enumerate(lines) if '"record":"row"' in line)
        lines[row] = lines[row].replace('"seed":1', '"seed":2')
        self.journal.write_text("\n".join([*lines, "not JSON", '{"record":"row","id"']))
        run = runs.read(self.journal)
        self.assertEqual(run.damaged, 2, "a changed line and one that is none; the last was torn")
        self.assertEqual(len(run.rows) + 1, sum('"record":"row"' in line for line in lines))

    def test_what_was_measured_again_stands_as_measured_last(self):
        lines = self.lines()
        number, row = next((i, json.loads(line)) for i, line in enumerate(lines) if '"record":"row"' in line)
        del row["checksum"]
        for time_us, timestamp in ((1.5, "2999-01-01T00:00:00.000Z"), (2.5, "2001-01-01T00:00:00.000Z")):
            lines.append(json.dumps({**row, "time_us": time_us, "timestamp": timestamp}))
        self.journal.write_text("\n".join(lines) + "\n")
        rows = runs.read(self.out).rows
        self.assertEqual(list(rows[rows.id == row["id"]].time_us), [1.5])

    def test_reads_packed_journals_and_races(self):
        for name in ("journal.jsonl.gz", "races.jsonl.gz"):
            with self.subTest(name=name):
                folder = self.dir / name.split(".")[0]
                folder.mkdir()
                (folder / name).write_bytes(gzip.compress(self.journal.read_bytes()))
                self.assertEqual(len(runs.read(folder).rows), len(runs.read(self.out).rows))

    def test_says_what_is_no_run(self):
        (self.dir / "empty").mkdir()
        (self.dir / "other.json").write_text("{}")
        (self.dir / "other.jsonl").write_text("{}\n[]\n")
        for path, error in (("nowhere", FileNotFoundError), ("empty", FileNotFoundError), ("other.json", ValueError),
                            ("other.jsonl", ValueError)):
            with self.subTest(path=path), self.assertRaisesRegex(error, path):
                runs.read(self.dir / path)

    def test_a_committed_run_is_read(self):
        run = runs.read(SOURCE / "results" / "h100-sxm" / "train-peers")
        self.assertEqual((len(run.winners), run.damaged), (5, 0))
        best = run.rows[(run.rows.stage == "final") & (run.rows.provider == "gemmtune")].groupby("problem_id").time_us.min()
        self.assertTrue((best.sort_values().to_numpy() <= run.winners.time_us.sort_values().to_numpy()).all())


@unittest.skipIf(runs is None, "python3 has no pandas")
class Notebook(unittest.TestCase):
    def test_runs_from_top_to_bottom(self):
        known = {}
        cells = json.loads((SOURCE / "scripts" / "examples" / "runs.ipynb").read_text())["cells"]
        with contextlib.chdir(SOURCE):
            for cell in cells:
                if cell["cell_type"] == "code":
                    self.assertEqual(cell["outputs"], [], "figures are in results/")
                    text = "".join(cell["source"])
                    if ".plot" not in text or importlib.util.find_spec("matplotlib"):
                        exec(text, known)
        self.assertEqual(len(known["over_best"]), 5)
        self.assertEqual(known["over_best"].min(axis=1).tolist(), [1.0] * 5)


class Types(unittest.TestCase):
    def test_are_those_that_are_said(self):
        mypy = shutil.which("mypy")
        if mypy is None or runs is None:
            self.skipTest("no mypy or no pandas")
        folder = pathlib.Path(runs.__file__).parent
        modules = [folder / f"gemmtune_{name}.py" for name in ("runs", "bundle", "torch", "torch_native", "deep_gemm", "quantise",
                                                            "torch_quantise", "torch_train")]
        # Without torch its classes are Any.
        more = [] if importlib.util.find_spec("torch") else ["--ignore-missing-imports", "--allow-subclassing-any"]
        done = subprocess.run([mypy, "--strict", *more, "--python-executable", sys.executable, "--cache-dir", "/dev/null", *modules],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
