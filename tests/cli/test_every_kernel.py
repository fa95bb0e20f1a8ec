"""Every kernel of this build through every command that people judge it by: compare, bench --against, profile, counters, views and
formats of a report, exports, and the gates of scripts/ci. What a format cannot hold it refuses, by the problem's name."""
import json
import re
import subprocess
import sys
import unittest

from harness import OF_EACH_KERNEL as PROBLEMS
from harness import SOURCE, CliTest, without_checksum

GROUPS = [kernel for kernel in PROBLEMS if "grouped" in kernel]
FAST, SLOW = "block_m=64,block_n=64", "block_m=64,block_n=32"
COMPARISONS = ("table", "json", "markdown", "junit", "github", "gitlab-metrics", "gitlab-codequality", "action-benchmark", "bencher")
VIEWS = ("fp8-bf16", "occupancy", "groups", "counters", "libraries")
REPORTS = ("table", "md", "csv", "json", "jsonl", "html", "svg", "png")
LIBRARIES = {"dense_bf16": 1, "dense_tensor": 2}  # of other dense kernels three
OF_GROUPS = {"cpp-header": "asks for no groups", "python": "asks for no groups", "cutlass-csv": "no place for groups"}
CHECKS = ("vllm-check", "sglang-check")


class EveryKernel(CliTest):
    def setUp(self):
        super().setUp()
        self.script(timings=[{"match": {"block_n": 64}, "time_us": 10.0}, {"match": {}, "time_us": 20.0}])
        space = self.write("tiles.json", {"schema": "gemmtune.space/1", "spaces": [
            {"kernel": kernel, "parameters": {"block_m": 64, "block_n": [32, 64], "cluster_m": 1, "cluster_n": 1, "k_groups": 1, "split_k": 1,
                                              "stages": 4, "num_sms": "all", "raster": 8, "evict_first": "once", "swap_ab": 0}}
            for kernel in PROBLEMS]})
        asked = [word for problem in PROBLEMS.values() for word in ("--problem", problem)]
        self.ok("sweep", *asked, "--space", space, "--strategy", "exhaustive", "--counters", "--out", self.out)

    def ok(self, *args, expect=0):
        done = self.run_cli(*args)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout

    def listed(self, flag, *command):
        """The words that --help says a flag takes: behind its text, or in a list of their own."""
        said = re.sub(r"\s+", " ", self.ok(*command, "--help").partition(flag)[2])
        return re.search(r"\(([a-z0-9, -]+)\)", said)[1].split(", ")

    def changed(self, kernel, change, name="changed"):
        """The sweep again, with rows of one kernel changed."""
        folder = self.dir / name
        folder.mkdir()
        lines = []
        for line in (self.out / "journal.jsonl").read_text().splitlines():
            record = json.loads(without_checksum(line))
            if record["record"] == "row" and record["problem"]["kernel"] == kernel:
                change(record)
            lines.append(json.dumps(record) + "\n")
        (folder / "journal.jsonl").write_text("".join(lines))
        return folder

    def alone(self, kernel):
        """The sweep as if it had been of one kernel."""
        folder = self.changed(kernel, lambda row: None, f"alone-{kernel}")
        journal = folder / "journal.jsonl"
        records = map(json.loads, journal.read_text().splitlines())
        journal.write_text("".join(json.dumps(one) + "\n" for one in records if one["record"] != "row" or one["problem"]["kernel"] == kernel))
        return folder

    def test_are_all_here(self):
        listed = json.loads(self.ok("list", "kernels", "--format", "json"))
        self.assertEqual({one["name"] for one in listed if one["kind"] == "kernel"}, set(PROBLEMS))
        winners = json.loads((self.out / "table.json").read_text())["entries"]
        self.assertEqual({entry["problem"]["kernel"]: entry["config"]["block_n"] for entry in winners}, dict.fromkeys(PROBLEMS, 64))

    def test_compare_names_the_one_that_is_slower_and_no_other(self):
        self.assertEqual(set(self.listed("--format WORD", "compare")), set(COMPARISONS))

        def slower(row):
            if row["time_us"]:
                for key in ("time_us", "time_us_low", "time_us_high"):
                    row[key] *= 1.2
                row["samples_us"] = [1.2 * sample for sample in row["samples_us"]]
        for kernel in PROBLEMS:
            with self.subTest(kernel):
                new = self.changed(kernel, slower, f"slower-{kernel}")
                writes = [word for format in COMPARISONS for word in ("--write", f"{format}={self.dir / format}")]
                judged = json.loads(self.ok("compare", self.out, new, "--format", "json", *writes, expect=4))["problems"]
                self.assertEqual({one["problem"]["kernel"]: one["verdict"] for one in judged}, dict.fromkeys(PROBLEMS, "same") | {kernel: "slower"})
                for format in set(COMPARISONS) - {"table"}:
                    self.assertIn(kernel, (self.dir / format).read_text().replace("\\", ""), format)

    def test_compare_names_the_one_that_is_wrong(self):
        def wrong(row):
            if row["provider"] == "gemmtune":
                row |= {"invalidity": "correctness", "reason": "made wrong", "samples_us": []}
                row |= dict.fromkeys(("time_us", "time_us_low", "time_us_high", "tflops", "gbps"))
        for kernel in PROBLEMS:
            with self.subTest(kernel):
                new = self.changed(kernel, wrong, f"wrong-{kernel}")
                judged = json.loads(self.ok("compare", self.out, new, "--format", "json", expect=3))["problems"]
                self.assertEqual({one["problem"]["kernel"]: one["verdict"] for one in judged}, dict.fromkeys(PROBLEMS, "same") | {kernel: "wrong"})

    def test_bench_against_a_table_judges_each(self):
        table = self.out / "table.json"
        for kernel, problem in PROBLEMS.items():
            for config, verdict, code in ((FAST, "same", 0), (SLOW, "slower", 4)):
                with self.subTest(kernel, verdict=verdict):
                    said = self.ok("bench", "--problem", problem, "--config", f"{config},stages=4", "--against", table, "--format", "json",
                                   expect=code)
                    one, = json.loads(said)["problems"]
                    self.assertEqual((one["problem"]["kernel"], one["verdict"]), (kernel, verdict))

    def test_counters_of_each_winner(self):
        shown = json.loads(self.ok("report", self.out, "--view", "counters", "--format", "json"))
        self.assertEqual(len(shown), len(PROBLEMS))
        counted = {row["problem"]["kernel"] for row in self.records() if row["counters"]}
        self.assertEqual(counted, set(PROBLEMS))

    def test_every_view_and_format_of_a_report(self):
        self.assertEqual(set(self.listed("--view WORD", "report")), set(VIEWS))
        self.assertEqual(set(self.listed("--format WORD", "report")), set(REPORTS))
        for kernel, problem in PROBLEMS.items():
            size = re.search(r"\bn=(\d+)", problem)[1]
            alone = self.alone(kernel)
            of_views = {"occupancy": 1, "counters": 1, "groups": kernel in GROUPS, "fp8-bf16": kernel != "dense_bf16",
                        "libraries": LIBRARIES.get(kernel, 3) if kernel not in GROUPS else 0}
            for format in REPORTS:
                with self.subTest(kernel, format=format):
                    out = self.dir / f"report-{kernel}.{format}"
                    self.ok("report", alone, "--format", format, "-o", out)
                    if format == "png":
                        self.assertEqual(out.read_bytes()[:4], b"\x89PNG")
                    elif format == "svg":
                        self.assertIn("<svg", out.read_text())
                    else:
                        self.assertIn(size, out.read_text())
            for view in VIEWS:
                with self.subTest(kernel, view=view):
                    shown = json.loads(self.ok("report", alone, "--view", view, "--format", "json"))
                    self.assertEqual(len(shown), of_views[view], shown)
                    self.ok("report", alone, "--view", view)

    def test_every_format_of_export_holds_them_or_refuses_them_by_name(self):
        formats = self.listed("--format WORD", "export")
        self.assertLess(set(OF_GROUPS) | set(CHECKS) | {"bundle", "parquet", "json"}, set(formats))
        for kernel, problem in PROBLEMS.items():
            alone = self.alone(kernel)
            for format in set(formats) - {"bundle"}:  # compiles kernels: test_export_bundle.py, test_groups.py, test_train.py, test_k_groups.py
                with self.subTest(kernel, format=format):
                    self.check_export(kernel, problem, format, alone)

    def check_export(self, kernel, problem, format, swept):
        out = self.dir / f"{kernel}-{format}"
        if format in CHECKS:
            said = self.ok("export", swept, "--format", format, "--configs", self.dir)
            self.assertIn(f"not theirs  {problem}" if kernel != "dense_1d2d" else "no file", said)
            return
        done = self.run_cli("export", swept, "--format", format, "-o", out)
        if format == "parquet" and "without: install" in done.stderr:
            return  # a build without Arrow
        if kernel in GROUPS and format in OF_GROUPS:
            self.assertEqual((done.returncode, out.exists()), (2, False))
            self.assertIn(OF_GROUPS[format], done.stderr)
            self.assertIn(problem, done.stderr)
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        files = [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]
        self.assertTrue(any(kernel.encode() in file.read_bytes() for file in files), files)

    def test_a_compile_budget_sees_the_registers_of_each(self):
        for kernel, problem in PROBLEMS.items():
            with self.subTest(kernel):
                cubins = json.loads(self.ok("compile", "--problem", problem, "--config", FAST, "--format", "json"))
                for name, less, expect in (("now", 0, 0), ("less", 8, 4)):
                    base, now = (self.dir / f"{kernel}-{side}.json" for side in ("base", "now"))
                    base.write_text(json.dumps([cubin | {"registers": cubin["registers"] - less} for cubin in cubins]))
                    now.write_text(json.dumps(cubins))
                    done = subprocess.run([sys.executable, "-B", SOURCE / "scripts/ci/compile_budget", base, now], capture_output=True, text=True)
                    self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
                self.assertIn(kernel, done.stdout.replace("\\", ""))


if __name__ == "__main__":
    unittest.main()
