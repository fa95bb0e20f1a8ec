"""gemmtune profile, with the fake worker below it and fakes of NVIDIA's tools above it."""
import importlib.util
import json
import re
import shlex
import unittest

from harness import GEMMTUNE, OF_EACH_KERNEL, PROBLEM, SOURCE, CliTest, script

CONFIG = "block_m=64,block_n=64"
ONE = ["profile", "--problem", PROBLEM, "--config", CONFIG]
CONCRETE = {"block_m": 64, "block_n": 64, "cluster_m": 1, "cluster_n": 1, "k_groups": 1, "num_sms": 9, "raster": 8,
            "split_k": 1, "stages": 13, "evict_first": 1, "swap_ab": 0}

# Takes its own options away, runs what is left, and writes the report that was asked for.
FAKE_NCU = r"""#!/usr/bin/env python3
import os, pathlib, subprocess, sys
args = sys.argv[1:]
pathlib.Path(os.environ["TOOL_LOG"]).open("a").write(repr(args) + "\n")
if args[0] == "--import":
    print(pathlib.Path(args[1]).read_text(), end="")
    sys.exit(0)
print("==PROF== Connected to process 1")
print(os.environ.get("NCU_SAYS", ""))
at = next(i for i, arg in enumerate(args) if arg.endswith("/gemmtune"))
code = subprocess.run(args[at:]).returncode
if code == 0 and not os.environ.get("NCU_SAYS"):
    counted = "wide.csv" if "block_n=96" in " ".join(args) else "narrow.csv"
    text = (pathlib.Path(os.environ["COUNTED"]) / counted).read_text()
    pathlib.Path(args[args.index("--export") + 1] + ".ncu-rep").write_text(text)
sys.exit(code)
"""

FAKE_SANITIZER = r"""#!/usr/bin/env python3
import os, pathlib, subprocess, sys
args = sys.argv[1:]
pathlib.Path(os.environ["TOOL_LOG"]).open("a").write(repr(args) + "\n")
print("========= COMPUTE-SANITIZER", flush=True)
at = next(i for i, arg in enumerate(args) if arg.endswith("/gemmtune"))
code = subprocess.run(args[at:]).returncode
tool = args[args.index("--tool") + 1]
if tool == os.environ.get("FINDS"):
    print("========= Invalid __shared__ read of size 4 bytes\n=========     at dense_1d2d+0x1230 in dense_1d2d.cuh:319")
    print("========= ERROR SUMMARY: 2 errors")
    sys.exit(int(args[args.index("--error-exitcode") + 1]))
if tool == os.environ.get("CANNOT"):
    print("========= Warning: clusters are not supported by " + tool)
if tool == "racecheck":
    print("========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)")
else:
    print("========= ERROR SUMMARY: 0 errors")
sys.exit(code)
"""

NAMES = ["ID", "Process ID", "Kernel Name", "Block Size", "dram__bytes_read.sum", "gpu__time_duration.sum",
         "sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active",
         "smsp__average_warps_issue_stalled_barrier_per_issue_active.ratio",
         "smsp__average_warps_issue_stalled_gmma_per_issue_active.ratio"]
UNITS = ["", "", "", "", "byte", "ns", "%", "inst", "inst"]


def report(*values):
    rows = [NAMES, UNITS, ["0", "7", "dense_1d2d", "(384, 1, 1)", *values]]
    return "".join(",".join(f'"{field}"' for field in row) + "\n" for row in rows)


class ProfileTest(CliTest):
    def setUp(self):
        super().setUp()
        self.bin = self.dir / "bin"
        self.bin.mkdir()
        self.env |= {"PATH": f"{self.bin}:/usr/bin:/bin", "TOOL_LOG": str(self.dir / "tool.log"),
                     "COUNTED": str(self.dir), "CUDA_HOME": "", "CUDA_PATH": ""}
        self.write("narrow.csv", report("1,000,000", "9,000", "50", "1", "3"))
        self.write("wide.csv", report("1,100,000", "9,000", "40", "3", "1"))

    def tool(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def profiled(self):
        return [entry["request"] for entry in self.requests("profile")]

    def run_ok(self, *args, expect=0):
        result = self.run_cli(*args)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result


class Launch(ProfileTest):
    def test_it_becomes_the_worker_with_a_concrete_configuration(self):
        process = self.start_cli(*ONE, "--seed", "7")
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (0, ""), err)
        entry, = self.requests("profile")
        self.assertEqual(entry["pid"], process.pid)
        self.assertEqual((entry["request"]["config"], entry["request"]["seed"]), (CONCRETE, 7))
        self.assertEqual(self.requests("measure") + self.requests("verify"), [])

    def test_the_worker_decides_how_it_ends(self):
        self.script(rules=[{"op": "profile", "do": "exit", "code": 3, "stderr": "not profiled: wrong"}])
        self.assertIn("not profiled: wrong", self.run_ok(*ONE, expect=3).stderr)

    def test_it_prints_the_lines_of_ncu_and_nsys_and_one_that_repeats_it(self):
        lines = [shlex.split(line) for line in self.run_ok(*ONE).stderr.splitlines() if line.startswith("  ")]
        ncu, nsys, again = lines
        self.assertEqual((ncu[0], nsys[:2]), ("ncu", ["nsys", "profile"]))
        for pair in (["--clock-control", "none"], ["--profile-from-start", "off"], ["--import-source", "yes"]):
            self.assertIn(pair, [ncu[i:i + 2] for i in range(len(ncu))])
        self.assertIn("cudaProfilerApi", nsys)
        self.assertEqual(ncu[ncu.index("profile") - 1:-1], again)
        self.assertEqual(again[0], GEMMTUNE)
        self.run_ok(*again[1:])
        self.assertEqual(self.profiled()[0], self.profiled()[1])

    def test_quiet_prints_nothing(self):
        self.assertEqual(self.run_ok(*ONE, "-q").stderr, "")

    def test_the_first_problem_of_a_table_is_taken_when_it_is_the_only_one(self):
        self.sweep()
        table = self.out / "table.json"
        entry, = json.loads(table.read_text())["entries"]
        self.run_ok("profile", "--table", table)
        self.assertEqual(self.profiled()[0]["config"], entry["config"])
        other = self.run_ok("profile", "--table", table, "--problem", "dense_1d2d:m=32,n=576,k=512")
        self.assertIn("takes the configuration of", other.stderr)
        self.assertIn("no entry for", self.run_ok("profile", "--table", table, "--problem",
                                                  "dense_1d2d:m=32,n=584,k=512", expect=2).stderr)

    def test_of_a_larger_table_it_shows_what_there_is(self):
        self.sweep("--problem", "dense_1d2d:m=32,n=576,k=512")
        result = self.run_ok("profile", "--table", self.out / "table.json", expect=2)
        self.assertIn("--problem dense_1d2d:m=32,n=576,k=512", result.stderr)

    def test_a_report_prints_the_line_of_each_winner(self):
        self.script(timings=[{"match": {"m": 32, "block_n": 96}, "time_us": 1},
                             {"match": {"m": 64, "block_n": 64}, "time_us": 1}])
        self.sweep("--problem", "dense_1d2d:m=32,n=576,k=512")
        lines = self.run_ok("report", self.out, "--profile-lines").stdout.splitlines()
        entries = json.loads((self.out / "table.json").read_text())["entries"]
        self.assertEqual([entry["config"]["block_n"] for entry in entries], [64, 96])
        self.assertEqual(len(lines), 2)
        for line, entry in zip(lines, entries):
            self.assertIn(f"# {entry['time_us']:.2f} µs", line)
            self.run_ok(*shlex.split(line, comments=True)[1:])
        self.assertEqual([request["config"] for request in self.profiled()], [entry["config"] for entry in entries])
        self.assertEqual([request["problem"]["m"] for request in self.profiled()], [64, 32])

    def test_its_lines_stand_alone(self):
        self.sweep()
        for other in (["--view", "fp8-bf16"], ["--roofline"], ["--format", "json"]):
            result = self.run_ok("report", self.out, "--profile-lines", *other, expect=2)
            self.assertIn("--profile-lines", result.stderr)

    def test_slips(self):
        for args, words in (([], "which problem?"), (["--problem", PROBLEM], "which configuration?"),
                            (["--problem", PROBLEM, "--config", "block_m=96,block_n=64"], "cannot be launched"),
                            ([*ONE[1:], "--device", "sim:h100-sxm"], "no profiler"),
                            ([*ONE[1:], "--run", "nvprof"], "--run")):
            self.assertIn(words, self.run_ok("profile", *args, expect=2).stderr)
        self.assertEqual(self.profiled(), [])

    def test_no_gpu_is_5(self):
        self.script(environment={"sms": 0})
        self.run_ok(*ONE, expect=5)


class Ncu(ProfileTest):
    def setUp(self):
        super().setUp()
        self.tool("ncu", FAKE_NCU)

    def figures(self, result):
        return {figure["figure"]: figure for figure in json.loads(result.stdout)}

    def test_its_figures_are_shown_and_its_report_is_kept(self):
        result = self.run_ok(*ONE, "--run", "ncu", "--out", "kept", "--format", "json")
        figures = self.figures(result)
        self.assertEqual((figures["DRAM read"]["value"], figures["DRAM read"]["unit"]), (1, "MB"))
        self.assertEqual(figures["time under ncu"]["value"], 9)
        self.assertEqual(figures["stall gmma"]["value"], 75)
        self.assertIsNone(figures["L2 traffic"]["value"])
        kept, = (self.dir / "kept").iterdir()
        self.assertRegex(kept.name, r"^dense_1d2d-m64-n576-k512-[0-9a-f]{16}\.ncu-rep$")
        self.assertIn(str(kept.relative_to(self.dir)), result.stderr)
        self.assertEqual(len(self.profiled()), 1)

    def test_of_every_kernel_names_its_report_by_it(self):
        for kernel, problem in OF_EACH_KERNEL.items():
            with self.subTest(kernel):
                self.run_ok("profile", "--problem", problem, "--config", CONFIG, "--run", "ncu", "--out", f"kept-{kernel}")
                kept, = (self.dir / f"kept-{kernel}").iterdir()
                name = re.escape(re.sub("[:,]", "-", problem).replace("=", ""))
                self.assertRegex(kept.name, f"^{name}-[0-9a-f]{{16}}\\.ncu-rep$")
                self.assertEqual(self.profiled()[-1]["problem"]["kernel"], kernel)

    def test_what_is_printed_is_what_is_run(self):
        printed = next(line for line in self.run_ok(*ONE).stderr.splitlines() if "--clock-control" in line)
        self.run_ok(*ONE, "--run", "ncu")
        ran = (self.dir / "tool.log").read_text().splitlines()[0]
        self.assertEqual(repr(shlex.split(printed)[1:]), ran)

    def test_below_it_no_other_process_is_started(self):
        self.run_ok(*ONE, "--run", "ncu")
        self.assertEqual(len(self.requests("describe")), 1, "asked for numbers before ncu began")

    def test_no_gpu_below_it_is_5(self):
        self.script(rules=[{"op": "profile", "do": "exit", "code": 5}])
        self.run_ok(*ONE, "--run", "ncu", expect=5)

    def test_all_counters_under_their_own_names(self):
        figures = self.figures(self.run_ok(*ONE, "--run", "ncu", "--all", "--format", "json"))
        self.assertEqual(figures["dram__bytes_read.sum"]["value"], 1000000)
        self.assertEqual(set(figures), set(NAMES[4:]))

    def test_an_older_report_does_not_pass_for_one_that_failed(self):
        self.run_ok(*ONE, "--run", "ncu")
        self.env["NCU_SAYS"] = "==ERROR== something"
        self.assertIn("left no report", self.run_ok(*ONE, "--run", "ncu", expect=2).stderr)

    def test_a_wrong_kernel_is_3(self):
        self.script(rules=[{"op": "profile", "do": "exit", "code": 3}])
        self.run_ok(*ONE, "--run", "ncu", expect=3)

    def test_counters_that_may_not_be_read_are_explained(self):
        self.env["NCU_SAYS"] = "==ERROR== ERR_NVGPUCTRPERM - The user does not have permission"
        self.assertIn("NVreg_RestrictProfilingToAdminUsers=0", self.run_ok(*ONE, "--run", "ncu", expect=2).stderr)

    def test_a_report_of_more_than_one_launch_is_refused(self):
        narrow = self.dir / "narrow.csv"
        narrow.write_text(narrow.read_text() + narrow.read_text().splitlines()[2] + "\n")
        self.assertIn("2 launches", self.run_ok(*ONE, "--run", "ncu", expect=2).stderr)

    def test_a_machine_without_it(self):
        (self.bin / "ncu").unlink()
        result = self.run_ok(*ONE, "--run", "ncu", expect=2)
        self.assertIn("there is no ncu", result.stderr)
        self.assertEqual(self.requests("describe"), [])

    def check_diff(self, result):
        changes = json.loads(result.stdout)
        # 10 % more bytes are less than 50 points of the stalls and 10 of the tensor pipe; time is the same.
        known = [change["figure"] for change in changes if change["change"] is not None]
        self.assertEqual(known, ["stall gmma", "stall barrier", "tensor pipe active", "DRAM read", "time under ncu"])
        gmma, dram = changes[0], next(c for c in changes if c["figure"] == "DRAM read")
        self.assertEqual((gmma["a"], gmma["b"], gmma["change"], gmma["change_unit"]), (75, 25, -50, "points"))
        self.assertEqual((dram["change_unit"], round(dram["change"], 9)), ("%", 10))

    def test_diff_of_two_configurations_and_of_their_reports(self):
        self.check_diff(self.run_ok("profile", "--problem", PROBLEM, "--diff", CONFIG, "block_m=64,block_n=96",
                                    "--format", "json"))
        reports = {json.loads(json.dumps(path.read_text())): path.name for path in self.dir.glob("*.ncu-rep")}
        narrow, wide = (reports[(self.dir / name).read_text()] for name in ("narrow.csv", "wide.csv"))
        log = self.log_path.read_text()
        self.check_diff(self.run_ok("profile", "--diff", narrow, wide, "--format", "json"))
        self.assertEqual(self.log_path.read_text(), log, "reports need no GPU")
        self.assertIn("no such report", self.run_ok("profile", "--diff", narrow, "x.ncu-rep", expect=2).stderr)


class GpuTests(ProfileTest):
    def test_of_sanitizers_run_every_kernel_in_legal_configurations(self):
        spec = importlib.util.spec_from_file_location("cases", SOURCE / "tests" / "gpu" / "test_sanitizers.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        listed = json.loads(self.run_ok("list", "kernels", "--format", "json").stdout)
        self.assertEqual(set(module.CASES), {entry["name"] for entry in listed if entry["kind"] == "kernel"})
        for problem, config in (case for kernel in module.CASES for case in module.CASES[kernel] + module.SEVERAL_TILES.get(kernel, [])):
            self.run_ok("profile", "--problem", problem, "--config", config)
        for name, text, _ in [(module.KERNEL, module.ANCHOR, ""), *module.FOLLOWED, *module.NOT_TAKEN]:
            self.assertEqual((SOURCE / "kernels" / name).read_text().count(text), 1, text)

    def test_of_real_profilers_launch_every_kernel(self):
        check = script("profile_check")
        self.assertEqual({"dense_1d2d", *check.OTHERS}, set(OF_EACH_KERNEL))
        for kernel, problem in check.OTHERS.items():
            self.run_ok("profile", "--problem", f"{kernel}:{problem}", "--config", check.TILE)


class Sanitizer(ProfileTest):
    ALL = ["--sanitize", "memcheck", "--sanitize", "racecheck"]

    def setUp(self):
        super().setUp()
        self.tool("compute-sanitizer", FAKE_SANITIZER)

    def findings(self, *args, expect=0):
        rows = json.loads(self.run_ok(*ONE, *args, "--format", "json", expect=expect).stdout)
        return [(row["tool"], row["outcome"], row["errors"]) for row in rows]

    def test_a_clean_one(self):
        self.assertEqual(self.findings(*self.ALL), [("memcheck", "clean", 0), ("racecheck", "clean", 0)])
        self.assertEqual([request["config"] for request in self.profiled()], [CONCRETE] * 2)

    def test_errors_are_3_and_named(self):
        self.env["FINDS"] = "memcheck"
        self.assertEqual(self.findings(*self.ALL, expect=3), [("memcheck", "errors", 2), ("racecheck", "clean", 0)])
        self.assertIn("Invalid __shared__ read", self.run_ok(*ONE, *self.ALL, expect=3).stdout)

    def test_errors_of_every_kernel_are_3(self):
        for kernel, problem in OF_EACH_KERNEL.items():
            with self.subTest(kernel):
                for finds, expect in (("", 0), ("racecheck", 3)):
                    self.env["FINDS"] = finds
                    self.run_ok("profile", "--problem", problem, "--config", CONFIG, *self.ALL, expect=expect)
                self.assertEqual([request["problem"]["kernel"] for request in self.profiled()[-4:]], [kernel] * 4)

    def test_what_it_cannot_check_is_said_and_no_failure(self):
        self.env["CANNOT"] = "racecheck"
        self.assertEqual(self.findings(*self.ALL)[1], ("racecheck", "unsupported", 0))
        self.assertIn("racecheck cannot check this: Warning: clusters", self.run_ok(*ONE, *self.ALL).stderr)

    def test_a_kernel_that_fails_below_it_is_3(self):
        self.script(rules=[{"op": "profile", "do": "exit", "code": 3, "stderr": "not profiled: timeout\n"}])
        self.assertEqual(self.findings("--sanitize", "synccheck", expect=3), [("synccheck", "failed", 0)])

    def test_a_tool_that_breaks_is_not_taken_for_clean(self):
        self.tool("compute-sanitizer", "#!/bin/sh\necho cannot load the driver\n")
        self.assertEqual(self.findings("--sanitize", "initcheck", expect=3), [("initcheck", "failed", 0)])

    def test_a_machine_without_it(self):
        (self.bin / "compute-sanitizer").unlink()
        self.assertIn("there is no compute-sanitizer", self.run_ok(*ONE, *self.ALL, expect=2).stderr)

    def test_not_together_with_ncu(self):
        self.assertIn("--run", self.run_ok(*ONE, *self.ALL, "--run", "ncu", expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
