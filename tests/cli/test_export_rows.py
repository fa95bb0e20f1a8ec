"""Exports that hold every configuration, read as the programs that they are for read them.

The rules of those programs are written down here once more, each with the place that it was read from.
"""
import csv
import gzip
import io
import json
import statistics
import struct
import subprocess
import unittest

import jsonschema

from harness import GEMMTUNE, SOURCE, CliTest

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
            self.assertEqual(len(cache["cache"]), self.winners[m]["candidates"])
            key = ",".join(str(self.winners[m]["config"].get(name, 0)) for name in cache["tune_params_keys"])
            winner = cache["cache"][key]
            self.assertAlmostEqual(winner["time"], self.winners[m]["time_us"] / 1e3)
            self.assertAlmostEqual(statistics.median(winner["times"]), winner["time"])

    def test_kernel_tuner_finds_what_its_time_limit_and_output_file_ask_for(self):
        """Its simulation adds these up for a budget of time (kernel_tuner/runners/simulation.py of 1.5.0), and
        get_t4_results (file_utils.py) reads them of every result; framework_time and strategy_time are its own."""
        self.export("kernel-tuner", "cache")
        for path in (self.dir / "cache").iterdir():
            for key, entry in self.read_cache(path)["cache"].items():
                costs = [entry[name] for name in ("compile_time", "verification_time", "benchmark_time")]
                self.assertTrue(all(isinstance(cost, (int, float)) and cost >= 0 for cost in costs), key)
                if isinstance(entry["time"], float):
                    self.assertGreater(entry["benchmark_time"], entry["time"], "a launch is a part of it")

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
            row.pop("checksum")
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

    # What cutlass_profiler heads its blockwise_gemm CSV with: the arguments of
    # blockwise_gemm_operation_profiler.cu, then those of operation_profiler.cu, inside of performance_report.cpp's.
    CUTLASS_COLUMNS = (
        "Problem,Provider,OperationKind,Operation,Disposition,Status,"
        "gemm_kind,m,n,k,scale_vec_size_m,scale_vec_size_n,scale_vec_size_k,A,B,C,D,alpha,beta,split_k_mode,"
        "split_k_slices,batch_count,runtime_input_datatype_a,runtime_input_datatype_b,raster_order,swizzle_size,use_pdl,"
        "op_class,accum,cta_m,cta_n,cta_k,cluster_m,cluster_n,cluster_k,stages,warps_m,warps_n,warps_k,"
        "inst_m,inst_n,inst_k,min_cc,max_cc,"
        "Bytes,Flops,Flops/Byte,Runtime,GB/s,GFLOPs").split(",")

    def test_nvbench_finds_the_samples_beside_the_file(self):
        """nvbench-compare-robust looks for a summary tagged so, with filename and size, and takes the file as float32
        from the folder of the JSON (extract_binary_meta and read_float32_binary of nvbench_compare_robust.py)."""
        self.export("nvbench", "a.json")
        samples = {(r["problem"]["m"], r["provider"], r["time_us"]): r["samples_us"]
                   for r in map(json.loads, self.journal) if r.get("samples_us")}
        seen = set()
        for bench in json.loads((self.dir / "a.json").read_text())["benchmarks"]:
            for state in bench["states"]:
                summary, = [s for s in state["summaries"] if s["tag"] == "nv/json/bin:nv/cold/sample_times"]
                data = {(d["name"], d["type"]): d["value"] for d in summary["data"]}
                path = self.dir / data["filename", "string"]
                seen.add(path)
                times = struct.unpack(f'<{int(data["size", "int64"])}f', path.read_bytes())
                m = int(next(a["value"] for a in state["axis_values"] if a["name"] == "M"))
                median_us = 1e6 * float(next(s["data"][0]["value"] for s in state["summaries"]
                                             if s["tag"] == "nv/cold/time/gpu/median"))
                ours, = [s for (at, provider, us), s in samples.items()
                         if (at, provider) == (m, bench["name"].split()[0]) and abs(us - median_us) < 1e-6
                         and len(s) == len(times)]
                self.assertTrue(all(abs(a * 1e6 - b) < 1e-4 * b for a, b in zip(times, ours)))
        self.assertEqual(seen, set((self.dir / "a.json-bin").iterdir()))
        self.assertEqual(len(seen), 8)

    def test_nvbench_to_stdout_leaves_no_file(self):
        result = self.run_cli("export", self.folder, "--format", "nvbench")
        self.assertNotIn("sample_times", result.stdout)
        piped = self.run_cli("export", self.folder, "--format", "nvbench", "-o", "/dev/stdout")
        self.assertEqual(piped.stdout, result.stdout)
        self.assertEqual([p.name for p in self.dir.iterdir() if p.name.endswith("-bin")], [])

    def test_cutlass_csv(self):
        self.export("cutlass-csv", "dsv3.csv")
        rows = list(csv.DictReader(io.StringIO((self.dir / "dsv3.csv").read_text())))
        ours = ["evict_first", "k_groups", "num_sms", "store_buffers", "swap_ab"]  # what the profiler has no word for
        self.assertEqual([name for name in rows[0] if name not in ours], self.CUTLASS_COLUMNS)
        self.assertEqual(list(rows[0])[-6 - len(ours):-6], ours)
        for m, winner in ((64, self.winners[64]), (4096, self.winners[4096])):
            row, = [r for r in rows if r["m"] == str(m) and r["Operation"].endswith(winner["config_id"])]
            config = winner["config"]
            self.assertEqual({row[name] for name in ("gemm_kind", "raster_order")}, {"universal", "along_n"})
            for theirs, name in (("split_k_slices", "split_k"), ("swizzle_size", "raster"), ("cta_m", "block_m"),
                                 ("cta_n", "block_n"), ("stages", "stages"), *zip(ours, ours)):
                self.assertEqual(row[theirs], str(config.get(name, "")), theirs)
            seconds = winner["time_us"] / 1e6
            self.assertEqual(int(row["Flops"]), 2 * (m * 2112 * 7168 + m * 2112))
            self.assertEqual(int(row["Bytes"]), m * 7168 + 2112 * 7168 + 2 * m * 2112)
            self.assertAlmostEqual(float(row["Runtime"]), 1e3 * seconds)
            self.assertAlmostEqual(float(row["GFLOPs"]) * 1e9, int(row["Flops"]) / seconds, delta=1e5)
            self.assertAlmostEqual(float(row["GB/s"]) * 2**30, int(row["Bytes"]) / seconds, delta=1e3)

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

    def test_nobody_can_put_a_file_into_the_folder_before_it_is_there(self):
        """Whoever knows the number of the process knows no name."""
        command = ["export", str(self.folder), "--format", "t4", "-o", "t4"]
        subprocess.run(["sh", "-c", 'mkdir t4.part-$$; echo planted > t4.part-$$/planted; exec "$0" "$@"', GEMMTUNE,
                        *command], check=True, cwd=self.dir, env=self.env, capture_output=True)
        self.assertNotIn("planted", [p.name for p in (self.dir / "t4").rglob("*")])
        left, = self.dir.glob("t4.part-*")
        self.assertEqual([p.name for p in left.iterdir()], ["planted"])

    def test_a_folder_needs_a_name(self):
        result = self.run_cli("export", self.folder, "--format", "t4")
        self.assertEqual(result.returncode, 2)
        self.assertIn("-o DIR", result.stderr)


if __name__ == "__main__":
    unittest.main()
