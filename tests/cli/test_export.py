"""gemmtune export: tables and rows for other programs, and what is refused."""
import csv
import io
import json
import os
import subprocess
import unittest

from harness import SOURCE, CliTest

DSV3 = SOURCE / "results/h100-sxm/dsv3"


class Export(CliTest):
    def export(self, results, form, *more, expect=0):
        result = self.run_cli("export", results, "--format", form, *more)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def refused(self, results, form, *more):
        result = self.export(results, form, *more, expect=2)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        return result.stderr


class Tables(Export):
    def setUp(self):
        super().setUp()
        self.table = json.loads((DSV3 / "table.json").read_text())

    def export_table(self, form, *more):
        return self.export(DSV3 / "table.json", form, *more)

    def test_json_is_the_table(self):
        self.assertEqual(self.export_table("json").stdout, (DSV3 / "table.json").read_text())

    def test_csv_is_a_line_a_problem(self):
        rows = list(csv.DictReader(io.StringIO(self.export_table("csv").stdout)))
        self.assertEqual([(int(r["m"]), float(r["time_us"]), r["config_id"]) for r in rows],
                         [(e["problem"]["m"], e["time_us"], e["config_id"]) for e in self.table["entries"]])

    def test_csv_says_what_the_report_says(self):
        for results in (DSV3, DSV3 / "table.json"):
            rows = list(csv.DictReader(io.StringIO(self.export(results, "csv").stdout)))
            report = json.loads(self.run_cli("report", results, "--format", "json").stdout)
            self.assertTrue(report["roofline"]["measured"])
            self.assertEqual([(float(r["percent_of_roof"]), r["roof"]) for r in rows],
                             [(w["percent_of_roof"], w["roof"]) for w in report["winners"]])

    def test_cpp_header_compiles_and_answers(self):
        self.export_table("cpp-header", "-o", self.dir / "dsv3.h", "--namespace", "mine::dsv3")
        checks = "".join(
            f'static_assert(find("dense_1d2d", {p["m"]}, {p["n"]}, {p["k"]}).entry->config_id == "{e["config_id"]}");\n'
            for e in self.table["entries"] for p in [e["problem"]])
        checks += "".join(  # 0 where it is left out, as it may be: -1 is for other kernels' parameters
            f'static_assert(find("dense_1d2d", {p["m"]}, {p["n"]}, {p["k"]}).entry->config.store_buffers == '
            f'{e["config"].get("store_buffers", 0)});\n' for e in self.table["entries"] for p in [e["problem"]])
        source = self.write("check.cpp", '#include "dsv3.h"\nusing mine::dsv3::find;\n' + checks)
        compiled = subprocess.run([os.environ.get("CXX", "g++"), "-std=c++17", "-Wall", "-Wextra", "-Werror",
                                   "-fsyntax-only", source], capture_output=True, text=True)
        self.assertEqual(compiled.returncode, 0, compiled.stderr)

    def test_python_module_answers(self):
        scope = {}
        exec(self.export_table("python").stdout, scope)
        for entry in self.table["entries"]:
            p = entry["problem"]
            match, found = scope["find"](p["kernel"], p["m"], p["n"], p["k"])
            self.assertEqual((match, found["config"]), ("exact", entry["config"]))
        self.assertEqual(scope["DEVICE"], "NVIDIA H100 80GB HBM3")

    def test_stderr_says_what_every_m_gets_unless_quiet(self):
        told = self.export_table("python").stderr
        times = {e["problem"]["m"]: f'{e["time_us"]:.2f}' for e in self.table["entries"] if e["problem"]["n"] == 2112}
        self.assertRegex(told, rf"dense_1d2d +2112 +7168 +17\.\.64 +64 .* {times[64]}\n")
        self.assertRegex(told, rf"dense_1d2d +2112 +7168 +4097\.\. +4096 .* {times[4096]}\n")
        self.assertEqual(self.run_cli("-q", "export", DSV3 / "table.json", "--format", "python").stderr, "")

    def test_a_file_appears_and_stdout_stays_empty(self):
        result = self.export_table("json", "-o", self.dir / "table.json")
        self.assertEqual(result.stdout, "")
        self.assertEqual(json.loads((self.dir / "table.json").read_text()), self.table)

    def test_a_folder_may_hold_a_table_alone(self):
        self.write("table.json", (DSV3 / "table.json").read_text())
        self.assertEqual(json.loads(self.export(self.dir, "json").stdout), self.table)
        self.assertIn("the folder of the sweep", self.refused(self.dir, "nvbench"))

    def test_a_folder_of_rows_gives_the_table_of_its_sweep(self):
        self.sweep()
        self.assertEqual(self.export(self.out, "json").stdout, (self.out / "table.json").read_text())
        self.assertEqual(self.export(self.out / "journal.jsonl", "json").stdout, (self.out / "table.json").read_text())


class Checks(Export):
    def setUp(self):
        super().setUp()
        self.configs = self.dir / "configs"
        self.configs.mkdir()
        knobs = {"BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 128, "BLOCK_SIZE_K": 128, "GROUP_SIZE_M": 32, "num_warps": 4,
                 "num_stages": 3}
        self.entries = json.dumps({str(m): knobs for m in (1, 16, 64, 128, 512, 4096)})
        for problem in {(e["problem"]["n"], e["problem"]["k"])
                        for e in json.loads((DSV3 / "table.json").read_text())["entries"]}:
            self.config(*problem).write_text(self.entries)

    def config(self, n, k):
        return self.configs / (f"N={n},K={k},device_name=NVIDIA_H100_80GB_HBM3,dtype=fp8_w8a8,"
                               "block_shape=[128,128].json")

    def check(self, form, *more, expect=0):
        return self.export(DSV3 / "table.json", form, "--configs", self.configs, *more, expect=expect).stdout

    def test_a_complete_folder_passes(self):
        found = self.check("vllm-check", "--strict")
        self.assertEqual(found.count("has its own entry"), 36)

    def test_a_missing_file_and_one_that_no_name_finds_fail_under_strict(self):
        self.config(2112, 7168).rename(self.configs / self.config(2112, 7168).name.replace("[128,128]", "[128, 128]"))
        found = self.check("vllm-check")
        self.assertRegex(found, r"no file +N=2112 K=7168 +every M gets the default configuration")
        self.assertRegex(found, r"not read +N=2112,.*\[128, 128\]\.json +the reader looks for .*\[128,128\]\.json")
        self.check("vllm-check", "--strict", expect=6)

    def test_sglang_has_other_names(self):
        self.assertEqual(self.check("sglang-check").count("no file"), 6)
        self.check("sglang-check", "--strict", expect=6)

    def test_the_folder_must_be_named_and_there(self):
        self.assertIn("--configs", self.refused(DSV3 / "table.json", "vllm-check"))
        self.assertIn("cannot read", self.refused(DSV3 / "table.json", "vllm-check", "--configs", self.dir / "none"))
        self.assertIn("--configs", self.refused(DSV3 / "table.json", "json", "--strict"))
        for flag in (["--stale"], ["--jobs", "2"]):
            self.assertIn("--format bundle", self.refused(DSV3 / "table.json", "csv", *flag))


class Refusals(Export):
    def test_simulated_times(self):
        self.table = json.loads((DSV3 / "table.json").read_text())
        self.table["simulated"] = True
        self.assertIn("simulated", self.refused(self.write("table.json", self.table), "json"))

    def test_a_table_without_entries(self):
        table = json.loads((DSV3 / "table.json").read_text()) | {"entries": []}
        self.assertIn("gemmtune report", self.refused(self.write("table.json", table), "json"))

    def test_what_is_no_namespace(self):
        for name in ("", "a b", "::a", "a:b", "3d", "a::"):
            self.assertIn("--namespace", self.refused(DSV3 / "table.json", "cpp-header", "--namespace", name))

    def test_formats_that_do_not_exist(self):
        self.assertIn("python", self.refused(DSV3 / "table.json", "pythn"))
        self.assertIn("--format", self.run_cli("export", DSV3).stderr)


if __name__ == "__main__":
    unittest.main()
