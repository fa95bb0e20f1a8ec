"""The command line: help, slips, exit codes, and the commands beside sweep."""
import json
import os
import pathlib
import unittest

from harness import PROBLEM, SOURCE, CliTest

COMMANDS = ["sweep", "merge", "slurm-script", "shapes", "plan", "compile", "verify", "bench", "accuracy", "ceilings", "quantise", "profile", "report",
            "compare", "explain", "replay", "portfolio", "history", "export", "list", "doctor", "cache", "completion"]
CONFIGS = ["--config", "block_m=64,block_n=64", "--config", "block_m=64,block_n=96"]


class Help(CliTest):
    def check_golden(self, name, *args):
        """GEMMTUNE_UPDATE_GOLDEN=1 writes the files instead."""
        result = self.run_cli(*args)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        golden = SOURCE / "tests/golden" / f"help_{name}.txt"
        if os.environ.get("GEMMTUNE_UPDATE_GOLDEN"):
            golden.write_text(result.stdout)
        self.assertEqual(result.stdout, golden.read_text(), f"{golden}: see GEMMTUNE_UPDATE_GOLDEN in {__file__}")
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
        self.assertIn("Example", result.stdout)

    def test_of_the_program(self):
        self.check_golden("gemmtune", "--help")

    def test_of_every_command(self):
        for command in COMMANDS:
            with self.subTest(command):
                self.check_golden(command, command, "--help")

    def test_every_command_is_in_the_overview(self):
        overview = self.run_cli("--help").stdout
        for command in COMMANDS:
            self.assertRegex(overview, rf"(?m)^  {command} ")

    def test_version(self):
        self.assertRegex(self.run_cli("--version").stdout, r"^gemmtune \d+\.\d+\.\d+ \(\S+\)\n$")


class Slips(CliTest):
    def check(self, args, *expected):
        result = self.run_cli(*args)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        for text in expected:
            self.assertIn(text, result.stderr)

    def test_unknown_command(self):
        self.check(["swep"], 'unknown command "swep"', 'did you mean "sweep"', "gemmtune --help")

    def test_no_command(self):
        self.check([], "no command given", "gemmtune --help")

    def test_unknown_option(self):
        self.check(["sweep", "--shaps", "x"], 'unknown option "--shaps"', 'did you mean "--shapes"')

    def test_wrong_value(self):
        self.check(["sweep", "--samples", "many"], "--samples", "gemmtune sweep --help")
        self.check(["sweep", "--l2", "cool"], "--l2", "cold_memset512")
        self.check(["bench", "--timer", "clock"], "--timer", "event", "cupti")

    def test_an_empty_argument(self):
        self.check([""], 'unknown command ""')

    def test_readme_prints_nothing_that_could_be_formatted(self):
        self.check(["report", "x", "--readme", "README.md", "--format", "md"], "--readme", "--format")

    def test_no_problem(self):
        self.check(["sweep"], "--shapes", "--problem")

    def test_bad_shapes_file_is_one_line_with_pointer(self):
        shapes = self.write("bad.json", {"schema": "gemmtune.shapes/1", "name": "bad", "problems": [
            {"kernel": "dense_1d2d", "m": 64, "n": 576, "k": -1}]})
        self.check(["sweep", "--shapes", shapes], "bad.json", "/problems/0/k", "-1")

    def test_bench_needs_something_to_time(self):
        self.check(["bench", "--problem", PROBLEM], "--config", "--table", "--baselines")
        self.check(["bench", "--problem", PROBLEM, "--baselines", "none"], "--config", "--table", "--baselines")

    def test_bench_knows_the_libraries(self):
        for words in ("cudnn", "cublas_bf16:x", ""):
            self.check(["bench", "--problem", PROBLEM, "--baselines", words], f"--baselines {words}: expected all, none, or",
                       "cublas_bf16, cublaslt_block, cublaslt_tensor")


class Commands(CliTest):
    def test_compile_shows_each_cubin_and_needs_no_gpu(self):
        self.script(environment={"sms": 0})
        result = self.run_cli("compile", "--problem", PROBLEM, *CONFIGS, "--format", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        cubins = json.loads(result.stdout)
        self.assertEqual([c["config"]["block_n"] for c in cubins], [64, 96])
        self.assertEqual(cubins[0]["registers"], 168)
        self.assertIn("median 250 ms, worst 250 ms", result.stderr)

    def test_compile_shows_how_many_ctas_an_sm_holds(self):
        configs = [flag for stages in (4, 12) for flag in ("--config", f"block_m=64,block_n=64,stages={stages}")]
        cubins = json.loads(self.run_cli("compile", "--problem", PROBLEM, *configs, "--format", "json").stdout)
        # A stage takes 2 * 64 * 128 bytes of operands, 256 of A's scales and 16 besides; B's scales 544; D 64 * 64 * 2.
        self.assertEqual([c["smem_bytes"] for c in cubins], [4 * 16656 + 544 + 8192, 12 * 16656 + 544 + 8192])
        # 8 warps of 168 registers leave no room for 8 more among 65536; shared memory alone would hold three.
        self.assertEqual([c["ctas_per_sm"] for c in cubins], [1, 1])
        self.script(rules=[{"op": "compile", "do": "malformed", "result": {
            "kernel_hash": "x", "cubin_path": "", "registers": 64, "spill_bytes": 0, "cubin_bytes": 1, "compile_ms": 1,
            "cached": False, "warning": ""}}])
        cubins = json.loads(self.run_cli("compile", "--problem", PROBLEM, *configs, "--format", "json").stdout)
        self.assertEqual([c["ctas_per_sm"] for c in cubins], [3, 1], "16384 registers a CTA: shared memory decides")

    def test_compile_says_once_that_the_cache_keeps_nothing(self):
        self.script(cache_trouble="cannot make /cache")
        result = self.run_cli("compile", "--problem", PROBLEM, *CONFIGS)
        self.assertEqual(result.stderr.count("cannot make /cache"), 1, result.stderr)
        self.assertIn("GEMMTUNE_CACHE_DIR", result.stderr)

    def test_a_compiler_that_crashes_is_a_failed_compilation(self):
        self.script(rules=[{"op": "compile", "match": {"block_n": 96}, "do": "segv"}])
        cubins = json.loads(self.run_cli("compile", "--problem", PROBLEM, *CONFIGS, "--format", "json").stdout)
        self.assertEqual([c["invalidity"] for c in cubins], ["correct", "compile"])
        self.assertIn("SIGSEGV", cubins[1]["reason"])

    def test_compile_is_6_under_strict_when_one_fails(self):
        self.script(rules=[{"op": "compile", "match": {"block_n": 96}, "do": "failure", "invalidity": "compile",
                            "reason": "spills 16 bytes"}])
        args = ["compile", "--problem", PROBLEM, *CONFIGS]
        self.assertIn("spills 16 bytes", self.run_cli(*args).stdout)
        self.assertEqual(self.run_cli(*args).returncode, 0)
        self.assertEqual(self.run_cli(*args, "--strict").returncode, 6)

    def test_verify_judges_with_every_kind_of_data(self):
        result = self.run_cli("verify", "--problem", PROBLEM, *CONFIGS, "--format", "jsonl")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([r["problem"]["data"] for r in rows[::2]],
                         ["normal", "integer", "integer_unit", "adversarial"])
        self.assertEqual(rows[0]["error_rms"], 2.2e-5)
        self.assertEqual(self.requests("measure"), [])

    def test_verify_is_3_when_one_is_wrong_or_crashes(self):
        for rule in ({"do": "wrong_result"}, {"do": "segv"}):
            self.script(rules=[{"op": "verify", "match": {"data": "integer", "block_n": 96}, **rule}])
            result = self.run_cli("verify", "--problem", PROBLEM, *CONFIGS)
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assertIn("7 of 8 right", result.stderr)
            one_kind = self.run_cli("verify", "--problem", PROBLEM, *CONFIGS, "--data", "normal")
            self.assertEqual(one_kind.returncode, 0, one_kind.stderr)

    def test_verify_of_an_illegal_configuration_says_which_constraint_it_breaks(self):
        result = self.run_cli("verify", "--problem", PROBLEM, "--config", "block_m=96,block_n=64")
        self.assertEqual(result.returncode, 2)
        self.assertIn("wgmma_rows", result.stderr)

    def test_what_is_only_a_waste_is_verified_where_it_is_asked_for(self):
        result = self.run_cli("verify", "--problem", PROBLEM, "--config", "block_m=256,block_n=64")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_bench_races_the_given_ones_with_every_answer_of_the_libraries(self):
        result = self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, "--samples", "7", "--format", "jsonl")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([r["provider"] for r in rows], ["gemmtune"] * 2 + ["cublaslt_block"] * 2 +
                         ["cublaslt_tensor"] * 2 + ["cublas_bf16"] * 2)
        self.assertEqual({(r["stage"], len(r["samples_us"])) for r in rows}, {("measure", 7)})
        measured, = self.requests("measure")
        self.assertEqual(len(measured["request"]["contenders"]), 8)

    def bench_rows(self, *args):
        result = self.run_cli("bench", "--problem", PROBLEM, *args, "--format", "jsonl")
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def raced(self):
        measured, = self.requests("measure")
        return [(c["provider"], c["config"].get("answer")) for c in measured["request"]["contenders"]]

    def test_bench_names_the_kernels_of_libraries_where_the_timer_does(self):
        named = {(row["provider"], row["config"].get("answer")): row["library_kernels"] for row in self.bench_rows(*CONFIGS)}
        self.assertIsNone(named["gemmtune", None])
        self.assertEqual(named["cublas_bf16", 0], "nvjet_cublas_bf16_0")
        self.assertEqual(named["cublaslt_tensor", 1], "nvjet_cublaslt_tensor_1 + cublasLt::splitKreduce_kernel")
        self.assertEqual({row["library_kernels"] for row in self.bench_rows(*CONFIGS, "--timer", "event")}, {None})
        self.assertEqual({row["library_kernels"] for row in self.bench_rows(*CONFIGS, "--device", "sim:h100-sxm")}, {None})

    def test_bench_races_the_chosen_answers(self):
        rows = self.bench_rows(*CONFIGS, "--baselines", "cublaslt_tensor:1,cublas_bf16")
        self.assertEqual(self.raced()[2:], [("cublaslt_tensor", 1), ("cublas_bf16", 0), ("cublas_bf16", 1)])
        self.assertEqual(len(rows), 5)

    def test_bench_without_baselines_does_not_ask_for_them(self):
        self.assertEqual({row["provider"] for row in self.bench_rows(*CONFIGS, "--baselines", "none")}, {"gemmtune"})
        self.assertEqual(self.requests("baselines"), [])

    def test_bench_of_the_libraries_alone(self):
        self.bench_rows("--baselines", "cublaslt_tensor:0,cublas_bf16:1")
        self.assertEqual(self.raced(), [("cublaslt_tensor", 0), ("cublas_bf16", 1)])
        self.assertEqual(self.requests("compile"), [])

    def test_bench_of_an_answer_that_was_not_given_is_a_row_that_says_so(self):
        given, missing = self.bench_rows("--baselines", "cublas_bf16:0,cublas_bf16:2")
        self.assertIsNotNone(given["time_us"])
        self.assertEqual((missing["config"], missing["invalidity"], missing["reason"]),
                         ({"answer": 2}, "constraints", "the heuristic's algorithms are 0 to 1"))

    def test_bench_of_the_libraries_alone_fails_when_none_is_timed(self):
        result = self.run_cli("bench", "--problem", PROBLEM, "--baselines", "cublas_bf16:7", "--format", "json")
        self.assertEqual(result.returncode, 2)
        self.assertEqual([row["time_us"] for row in json.loads(result.stdout)], [None])
        self.assertIn("no algorithm of the libraries was timed: the heuristic's algorithms are 0 to 1", result.stderr)

    def test_bench_takes_as_many_samples_as_the_noise_asks_for_unless_told_how_many(self):
        for flags, expected in (([], (30, 200, 0.003)), (["--samples", "9"], (9, 0, 0.003))):
            self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, *flags)
            policy = self.requests("measure")[-1]["request"]["policy"]
            self.assertEqual((policy["samples"], policy["max_samples"], policy["precision"]), expected)

    def test_bench_measures_as_it_is_told(self):
        self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, "--l2", "cold_rotate", "--regime", "sustained")
        policy = self.requests("measure")[-1]["request"]["policy"]
        self.assertEqual((policy["l2"], policy["regime"]), ("cold_rotate", "sustained"))

    def test_blocks_of_a_second_are_few_unless_somebody_asks_for_more(self):
        for more, samples in (([], "6to12-p0.003"), (["--samples", "20"], "20")):
            for order in (["--regime", "blocks", *more], [*more, "--regime", "blocks"]):
                done = self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, *order, "--format", "jsonl")
                policy = json.loads(done.stdout.splitlines()[-1])["policy"]
                self.assertTrue(policy.endswith(f"-blocks-w1t3-n{samples}"), policy)

    def test_blocks_are_for_the_few_that_are_raced(self):
        self.run_cli("sweep", "--problem", PROBLEM, "--space", "quick", "--regime", "blocks", "--out", self.dir / "blocks")
        rows = [json.loads(line) for line in (self.dir / "blocks" / "journal.jsonl").read_text().splitlines()]
        self.assertEqual({(row["stage"], row["regime"]) for row in rows if row["record"] == "row"}, {("screen", "burst"), ("final", "blocks")})

    def test_chains_are_timed_by_events(self):
        for policy in ("cold_chain", "cold_overlapped"):
            self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, "--l2", policy)
            asked = self.requests("measure")[-1]["request"]["policy"]
            self.assertEqual((asked["l2"], asked["timer"]), (policy, "event"))
            refused = self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, "--l2", policy, "--timer", "cupti")
            self.assertEqual(refused.returncode, 2)
            self.assertIn("--timer event", refused.stderr)

    def test_the_timer_is_cupti_where_it_works_and_events_elsewhere(self):
        for works, flags, timer, warns in ((True, [], "cupti", False), (False, [], "event", True),
                                           (True, ["--timer", "event"], "event", False),
                                           (False, ["--timer", "event"], "event", False)):
            self.script(environment={"cupti": works})
            result = self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, *flags)
            self.assertEqual(self.requests("measure")[-1]["request"]["policy"]["timer"], timer)
            self.assertEqual("CUPTI cannot be used here" in result.stderr, warns, result.stderr)

    def test_cupti_asked_for_where_it_does_not_work_is_2_with_advice(self):
        self.script(environment={"cupti": False})
        for command in (["bench", "--problem", PROBLEM, *CONFIGS], self.sweep_args()):
            result = self.run_cli(*command, "--timer", "cupti")
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn("--timer event", result.stderr)
        self.assertEqual(self.requests("measure"), [])
        self.assertFalse(self.out.exists())

    def test_doctor_of_an_unreadable_table_says_all_else_too(self):
        path = self.write("table.json", "{")
        result = self.run_cli("doctor", path, self.dir / "none.json")
        self.assertEqual(result.returncode, 2, result.stderr)
        for words in ("cupti works", f"{path}: cannot be read", "none.json: cannot be read", "A sweep can run here."):
            self.assertIn(words, result.stdout)

    def test_doctor_says_whether_cupti_works(self):
        self.assertIn("cupti works", self.run_cli("doctor").stdout)
        self.script(environment={"cupti": False})
        self.assertIn("a profiler", self.run_cli("doctor").stdout)

    def test_bench_does_not_time_what_is_wrong(self):
        self.script(rules=[{"op": "verify", "match": {"block_n": 96}, "do": "wrong_result"}])
        result = self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, "--format", "json")
        wrong, = [r for r in json.loads(result.stdout) if r["invalidity"] != "correct"]
        self.assertEqual((wrong["config"]["block_n"], wrong["time_us"]), (96, None))
        self.assertEqual(len(self.requests("measure")), 1)

    def test_bench_of_a_table_takes_its_configurations(self):
        self.sweep()
        table = self.out / "table.json"
        entry, = json.loads(table.read_text())["entries"]
        result = self.run_cli("bench", "--table", table, "--format", "json")
        self.assertEqual(json.loads(result.stdout)[0]["config"], entry["config"])
        other = self.run_cli("bench", "--table", table, "--problem", "dense_1d2d:m=32,n=576,k=512", "--format", "json")
        self.assertEqual(json.loads(other.stdout)[0]["config"], entry["config"])
        self.assertIn("takes the configuration of", other.stderr)
        none = self.run_cli("bench", "--table", table, "--problem", "dense_1d2d:m=32,n=584,k=512")
        self.assertEqual(none.returncode, 2)

    def test_a_table_of_an_older_kernel_is_a_mistake_of_the_user(self):
        self.sweep()
        table = json.loads((self.out / "table.json").read_text())
        del table["entries"][0]["config"]["split_k"]
        older = self.dir / "older.json"
        older.write_text(json.dumps(table))
        result = self.run_cli("bench", "--table", older)
        self.assertEqual(result.returncode, 2)
        self.assertIn("split_k", result.stderr)
        self.assertIn("sweep again", result.stderr)

    def test_bench_counts_when_asked_to(self):
        table = self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, "--counters").stdout
        self.assertRegex(table, r"must move MB +DRAM read MB +written MB +L2 MB +tensor %\n")
        # 64x512 and 576x512 bytes and half as much, 64x576 of two bytes.
        self.assertRegex(table, r" 0\.4 +0\.5 +0\.1 +2\.0 +12\.5\n")
        self.assertNotIn("DRAM", self.run_cli("bench", "--problem", PROBLEM, *CONFIGS).stdout)
        csv = self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, "--counters", "--format", "csv").stdout.splitlines()
        column = csv[0].split(",").index("dram_read_bytes")
        self.assertEqual(len(csv), 1 + 2 + 3 * 2)
        self.assertTrue(all(line.split(",").count("491520.0") or ",491520," in line for line in csv[1:]), csv)

    def test_bench_on_a_simulated_device_says_that_it_counts_nothing(self):
        result = self.run_cli("bench", "--problem", PROBLEM, *CONFIGS, "--counters", "--device", "sim:h100-sxm")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("--counters: the GPU's counters cannot be read: a simulated device has none", result.stderr)

    def test_tables_tell_problems_of_one_size_apart(self):
        problems = [PROBLEM, PROBLEM + ",out=fp32", PROBLEM + ",d_pitch=640"]
        flags = [flag for problem in problems for flag in ("--problem", problem)]
        for command, more in (("bench", []), ("verify", ["--data", "integer"])):
            with self.subTest(command):
                header, *lines = self.run_cli(command, *flags, *CONFIGS[:2], *more).stdout.splitlines()
                self.assertRegex(header, r"^layer +M +N +K +form +")
                for form in ("out=fp32", "d_pitch=640"):
                    self.assertTrue(any(f" 512  {form} " in line for line in lines), lines)
                plain = self.run_cli(command, "--problem", PROBLEM, *CONFIGS[:2], *more).stdout
                self.assertRegex(plain, r"^layer +M +N +K +(provider|data)")

    def test_no_gpu_is_5_for_every_command_that_launches(self):
        self.script(environment={"sms": 0})
        for command in ("verify", "bench"):
            self.assertEqual(self.run_cli(command, "--problem", PROBLEM, *CONFIGS).returncode, 5)


if __name__ == "__main__":
    unittest.main()
