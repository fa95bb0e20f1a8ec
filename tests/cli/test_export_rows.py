"""Exports that hold every configuration, read as the programs that they are for read them.

The rules of those programs are written down here once more. Where Kernel Tuner and
nvbench (cuda-bench) are installed they read their files too.
"""
import csv
import gzip
import io
import json
import shutil
import statistics
import subprocess
import unittest

import jsonschema

from harness import SOURCE, CliTest

DSV3 = SOURCE / "results/h100-sxm/dsv3"
SIZES = ('"m":64,"n":2112,"k":7168', '"m":4096,"n":2112,"k":7168')

# What T4 1.0.0 asks of a results file.
T4 = {
    "type": "object",
    "required": ["schema_version", "results"],
    "properties": {
        "schema_version": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
        "results": {"type": "array", "items": {
            "type": "object",
            "required": ["configuration", "times", "invalidity", "correctness"],
            "properties": {
                "timestamp": {"type": "string"},
                "configuration": {"type": "object"},
                "objectives": {"type": "array"},
                "times": {"type": "object", "properties": {
                    "compilation_time": {"type": "number"}, "runtimes": {"type": "array"}}},
                "invalidity": {"enum": ["timeout", "compile", "runtime", "correctness", "constraints", "correct"]},
                "correctness": {"type": "number"},
                "measurements": {"type": "array", "items": {"type": "object", "properties": {
                    "name": {"type": "string"}, "value": {"type": ["number", "string", "array"]},
                    "unit": {"type": "string"}}}}}}}}}


class Rows(CliTest):
    """Two problems of the sweep in this repository."""

    @classmethod
    def setUpClass(cls):
        with gzip.open(DSV3 / "journal.jsonl.gz", "rt") as journal:
            cls.journal = [line for line in journal
                           if '"record":"row"' not in line or any(sizes in line for sizes in SIZES)]

    def setUp(self):
        super().setUp()
        self.folder = self.dir / "dsv3"
        self.folder.mkdir()
        (self.folder / "journal.jsonl").write_text("".join(self.journal))
        table = json.loads((DSV3 / "table.json").read_text())
        self.winners = {e["problem"]["m"]: e for e in table["entries"] if e["problem"]["n"] == 2112}

    def export(self, form, name, results=None, expect=0):
        result = self.run_cli("export", results or self.folder, "--format", form, "-o", self.dir / name)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def test_t4(self):
        told = self.export("t4", "t4").stderr
        tried, time_us = self.winners[64]["candidates"], self.winners[64]["time_us"]
        self.assertRegex(told, rf"dense_1d2d-m64-n2112-k7168.json +{tried} +{tried} .* {time_us:.2f} +0\.0\n")
        files = sorted((self.dir / "t4").iterdir())
        self.assertEqual([f.name for f in files], [f"dense_1d2d-m{m}-n2112-k7168.json" for m in (4096, 64)])
        for path, m in zip(files, (4096, 64)):
            file = json.loads(path.read_text())
            jsonschema.validate(file, T4)
            times = {json.dumps(r["configuration"]): r["measurements"][0]["value"] for r in file["results"]}
            self.assertEqual(len(times), len(file["results"]))
            self.assertAlmostEqual(times[json.dumps(self.winners[m]["config"])], self.winners[m]["time_us"] / 1e3)

    def read_cache(self, path):
        """As Kernel Tuner's simulation mode: by key, and by keys in the order of the parameters."""
        text = path.read_text().strip()
        self.assertIn(text[-3:], ("}\n}", "}}}"))
        cache = json.loads(text)
        for key, entry in cache["cache"].items():
            self.assertEqual(key, ",".join(str(entry[name]) for name in cache["tune_params_keys"]))
        self.assertEqual(list(cache["tune_params"]), cache["tune_params_keys"])
        return cache

    def test_kernel_tuner(self):
        self.export("kernel-tuner", "cache")
        for m in (64, 4096):
            cache = self.read_cache(self.dir / f"cache/dense_1d2d-m{m}-n2112-k7168.json")
            self.assertEqual(cache["problem_size"], [m, 2112, 7168])
            key = ",".join(str(self.winners[m]["config"][name]) for name in cache["tune_params_keys"])
            winner = cache["cache"][key]
            self.assertAlmostEqual(winner["time"], self.winners[m]["time_us"] / 1e3)
            self.assertAlmostEqual(statistics.median(winner["times"]), winner["time"])

    def test_kernel_tuner_itself_accepts_both(self):
        try:
            from kernel_tuner.file_utils import output_file_schema
            from kernel_tuner.interface import tune_cache
        except ImportError:
            self.skipTest("kernel_tuner is not installed")
        self.export("t4", "t4")
        for path in (self.dir / "t4").iterdir():
            jsonschema.validate(json.loads(path.read_text()), output_file_schema("results")[1])
        self.export("kernel-tuner", "cache")
        results, _ = tune_cache(str(self.dir / "cache/dense_1d2d-m64-n2112-k7168.json"), strategy="brute_force",
                                quiet=True)
        self.assertEqual(len(results), self.winners[64]["candidates"])
        self.assertAlmostEqual(min(r["time"] for r in results), self.winners[64]["time_us"] / 1e3)

    def compare_like_nvbench(self, reference, new):
        """The percentages of nvbench-compare: benchmarks by name, states by name and axis values, means."""
        def states(bench):
            return {(s["name"], tuple((a["name"], a["type"], a["value"]) for a in s["axis_values"])): s
                    for s in bench["states"]}

        def mean(state):
            summary, = [s for s in state["summaries"] if s["tag"] == "nv/cold/time/gpu/mean"]
            value, = [d["value"] for d in summary["data"] if (d["name"], d["type"]) == ("value", "float64")]
            return float(value)
        self.assertEqual(reference["devices"], new["devices"])
        changes = {}
        for bench in new["benchmarks"]:
            before, = [b for b in reference["benchmarks"] if b["name"] == bench["name"]]
            self.assertEqual(states(before).keys(), states(bench).keys())
            for key, state in states(bench).items():
                changes[bench["name"], key[0]] = mean(state) / mean(states(before)[key]) - 1
        return changes

    def test_nvbench(self):
        self.export("nvbench", "a.json")
        again = self.dir / "again"
        again.mkdir()
        lines = []
        for line in self.journal:
            row = json.loads(line)
            if row.get("provider") == "gemmtune" and row["samples_us"]:
                row["samples_us"] = [1.5 * t for t in row["samples_us"]]
                for member in ("time_us", "time_us_low", "time_us_high"):
                    row[member] *= 1.5
            lines.append(json.dumps(row) + "\n")
        (again / "journal.jsonl").write_text("".join(lines))
        self.export("nvbench", "b.json", again)
        changes = self.compare_like_nvbench(*(json.loads((self.dir / name).read_text())
                                              for name in ("a.json", "b.json")))
        self.assertEqual(len(changes), 2 * 4)
        for (bench, _), change in changes.items():
            self.assertAlmostEqual(change, 0.5 if bench == "gemmtune dense_1d2d" else 0, msg=bench)

    def test_nvbench_itself_compares_them(self):
        programs = list(filter(None, map(shutil.which, ("nvbench-compare-legacy", "nvbench-compare-robust"))))
        if not programs:
            self.skipTest("nvbench-compare is not installed")
        self.export("nvbench", "a.json")
        for program in programs:
            told = subprocess.run([program, self.dir / "a.json", self.dir / "a.json", "--no-color"],
                                  capture_output=True, text=True, env=self.env)
            self.assertEqual(told.returncode, 0, told.stderr)
            self.assertIn("Total Matches: 8", told.stdout)

    def test_cutlass_csv(self):
        self.export("cutlass-csv", "dsv3.csv")
        rows = list(csv.DictReader(io.StringIO((self.dir / "dsv3.csv").read_text())))
        self.assertEqual(list(rows[0])[:6], ["Problem", "Provider", "OperationKind", "Operation", "Disposition", "Status"])
        self.assertEqual(list(rows[0])[-6:], ["Bytes", "Flops", "Flops/Byte", "Runtime", "GB/s", "GFLOPs"])
        for m, winner in ((64, self.winners[64]), (4096, self.winners[4096])):
            ours, = [r for r in rows if r["m"] == str(m) and r["Operation"].endswith(winner["config_id"])]
            self.assertAlmostEqual(float(ours["Runtime"]), winner["time_us"] / 1e3)
            self.assertAlmostEqual(float(ours["GFLOPs"]) / 1e3, winner["tflops"])
            self.assertAlmostEqual(float(ours["GB/s"]) * 2**30 / 1e9, winner["gbps"])

    def test_a_table_alone_is_refused(self):
        for form in ("t4", "kernel-tuner", "nvbench", "cutlass-csv"):
            result = self.export(form, "out", DSV3 / "table.json", expect=2)
            self.assertIn("the folder of the sweep", result.stderr)
        self.assertFalse((self.dir / "out").exists())

    def test_a_folder_that_holds_something_is_refused_and_left_alone(self):
        (self.dir / "t4").mkdir()
        (self.dir / "t4/mine").write_text("mine")
        self.assertIn("exists", self.export("t4", "t4", expect=2).stderr)
        self.assertEqual([p.name for p in (self.dir / "t4").iterdir()], ["mine"])
        self.assertEqual([p.name for p in self.dir.iterdir() if ".part-" in p.name], [])

    def test_a_folder_needs_a_name(self):
        result = self.run_cli("export", self.folder, "--format", "t4")
        self.assertEqual(result.returncode, 2)
        self.assertIn("-o DIR", result.stderr)


if __name__ == "__main__":
    unittest.main()
