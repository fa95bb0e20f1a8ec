"""A sweep from the first flag to the last file, and every way to interrupt it."""
import json
import os
import pathlib
import pty
import re
import resource
import signal
import subprocess
import time
import unittest

from harness import ALIKE, GEMMTUNE, PROBLEM, SOURCE, WIDTHS, CliTest


class Sweep(CliTest):
    def test_leaves_a_journal_a_table_and_a_report(self):
        self.script(timings=[{"match": {"block_n": 112, "provider": "gemmtune"}, "time_us": 4.9}, *ALIKE])
        result = self.sweep()
        self.assertEqual(sorted(p.name for p in self.out.iterdir()), ["journal.jsonl", "report.md", "table.json"])
        self.assertEqual(sorted(r["config"]["block_n"] for r in self.rows()), WIDTHS)
        self.assertEqual(sorted(r["config"]["block_n"] for r in self.rows("final")), WIDTHS)
        self.assertTrue(all(len(r["samples_us"]) == 15 for r in self.rows("final")))
        self.assertTrue(all(r["invalidity"] == "correct" for r in self.rows()))
        entry, = json.loads((self.out / "table.json").read_text())["entries"]
        self.assertEqual(entry["config"]["block_n"], 112)
        self.assertEqual(entry["candidates"], 4)
        self.assertGreater(entry["baselines"]["cublaslt_block_us"], 0)
        run, = self.records("run")
        self.assertTrue(run["command"].startswith("gemmtune sweep "), "the folder of the program is this machine's")
        end, = self.records("end")
        self.assertEqual(end["candidates"], 4)
        self.assertEqual(set(end["wall_s"]), {"compile", "prepare", "verify", "measure", "other"})
        self.assertIn("64x112", result.stdout)

    def test_screens_the_near_best_twice_and_races_the_nearest(self):
        times = {64: 5.0, 96: 5.1, 112: 5.25, 128: 9.0}
        self.script(timings=[{"match": {"block_n": n, "provider": "gemmtune"}, "time_us": t} for n, t in times.items()])
        self.sweep()
        asked = [(e["request"]["policy"]["name"].rpartition("-w1t3-")[2],
                  sorted(c["config"]["block_n"] for c in e["request"]["contenders"] if c["provider"] == "gemmtune"))
                 for e in self.requests("measure")]
        self.assertEqual([a for a in asked if a[1]], [("n3", WIDTHS), ("n15", WIDTHS), ("n15to200-p0.003", [64, 96])])

    def test_takes_exactly_as_many_samples_as_asked_for(self):
        self.sweep("--samples", "7")
        self.assertEqual({r["policy"].rpartition("-w1t3-")[2] for r in self.rows("final")}, {"n7"})

    def test_measures_the_energy_of_the_winner_when_asked_to(self):
        self.sweep("--energy")
        sustained = [e["request"] for e in self.requests("measure") if e["request"]["policy"]["regime"] == "sustained"]
        self.assertEqual([c["provider"] for r in sustained for c in r["contenders"]],
                         ["cublas_bf16", "cublaslt_block", "cublaslt_tensor", "gemmtune"])
        last = self.requests("measure")[-1]["request"]
        self.assertEqual((last["policy"]["l2"], last["policy"]["regime"], last["policy"]["samples"]),
                         ("cold_rotate", "sustained", 30))
        entry, = json.loads((self.out / "table.json").read_text())["entries"]
        self.assertEqual([c["config"] for c in last["contenders"]], [entry["config"]])
        self.assertEqual({r["regime"] for r in self.rows("final")}, {"burst"})

    def test_adds_energy_to_a_race_that_was_held_without(self):
        self.sweep()
        before = json.loads((self.out / "table.json").read_text())["entries"][0]
        self.log_path.unlink()
        self.sweep("--resume", "--energy")
        self.assertEqual(len(self.requests("measure")), 4, "three libraries and the winner, nothing else is timed")
        after = json.loads((self.out / "table.json").read_text())["entries"][0]
        self.assertAlmostEqual(after.pop("energy_j"), before["time_us"] * 400e-6)
        for name in ("cublaslt_block", "cublaslt_tensor", "cublas_bf16"):
            self.assertAlmostEqual(after["baselines"].pop(f"{name}_energy_j"), before["baselines"][f"{name}_us"] * 400e-6)
        self.assertIsNone(before.pop("energy_j"))
        self.assertEqual(after, before)
        self.log_path.unlink()
        self.sweep("--resume", "--energy")
        self.assertEqual(self.requests("measure"), [])

    def test_counts_over_the_winner_when_asked_to(self):
        self.script(unknown_metrics=["l1tex__some.sum"])
        self.assertEqual(self.sweep("--counters").stderr.count("l1tex__some.sum"), 1)
        entry, = json.loads((self.out / "table.json").read_text())["entries"]
        probe, count = [e["request"] for e in self.requests("count")]
        self.assertEqual(probe["contenders"], [])
        self.assertEqual([c["config"] for c in count["contenders"]], [entry["config"]])
        counted = [r for r in self.records() if r["counters"]]
        self.assertEqual([r["config"] for r in counted], [entry["config"]])
        self.assertEqual(counted[0]["counters"]["fp8_ops"], 2 * 64 * 576 * 512)
        shown = self.run_cli("report", self.out, "--view", "counters", "--format", "json")
        self.assertEqual([w["ops_per_flop"] for w in json.loads(shown.stdout)], [1])
        point, *_ = json.loads(self.run_cli("report", self.out, "--format", "json").stdout)["points"]
        self.assertEqual(point["counters"]["tensor_active_percent"], 12.5)

    def test_goes_on_without_counters_that_cannot_be_read(self):
        self.script(rules=[{"op": "count", "do": "failure", "reason": "administrators alone: do this"}])
        result = self.sweep("--counters")
        self.assertEqual(result.stderr.count("administrators alone: do this"), 1, result.stderr)
        self.assertEqual(len(self.requests("count")), 1)
        self.assertEqual({(r["counters"], tuple(r["warnings"])) for r in self.rows("final")}, {(None, ())})

    def test_a_worker_that_dies_while_it_counts_costs_the_counters_alone(self):
        self.script(rules=[{"op": "count", "do": "segv", "skip": 1}])
        result = self.sweep("--counters")
        self.assertEqual([r["warnings"] for r in self.rows("final") if r["warnings"]], [["not_counted"]])
        self.assertEqual({r["invalidity"] for r in self.rows("final")}, {"correct"})
        self.assertIn("counters were asked for", result.stdout)

    def test_the_timer_asked_for_makes_every_figure(self):
        self.sweep("--timer", "cupti")
        asked = [entry["request"]["policy"]["timer"] for entry in self.requests("measure")]
        self.assertEqual(set(asked), {"cupti"})
        for stage in ("screen", "final"):
            self.assertEqual({(r["timer"], "-cupti-" in r["policy"]) for r in self.rows(stage)}, {("cupti", True)})

    def test_compiles_each_cubin_once(self):
        self.sweep()
        configs = [json.dumps(entry["request"]["config"]) for entry in self.requests("compile")]
        self.assertEqual(len(configs), 4)
        self.assertEqual(len(set(configs)), 4)

    def test_judges_while_it_compiles_and_in_the_same_order(self):
        self.script(rules=[{"op": "compile", "do": "slow", "ms": 60}])
        result = self.run_cli("sweep", "--problem", PROBLEM, "--space", self.space, "--out", self.out, "--jobs", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        log = [json.loads(line) for line in self.log_path.read_text().splitlines()]
        compiled = [e["request"]["config"]["block_n"] for e in log if e["op"] == "compile"]
        judged = [e["request"]["contender"]["config"] for e in log if e["op"] == "verify"]
        self.assertEqual([config["block_n"] for config in judged if "block_n" in config], compiled)
        ops = [e["op"] for e in log]
        self.assertLess(ops.index("verify"), len(ops) - 1 - ops[::-1].index("compile"))
        end, = self.records("end")
        self.assertGreater(end["wall_s"]["compile"], 0.15, "three were waited for, 60 ms each")

    def test_compilers_see_no_gpu(self):
        # A compile worker that made a CUDA context would take memory and time from what is measured.
        self.env["CUDA_VISIBLE_DEVICES"] = "3,5"
        self.env["GEMMTUNE_WORKER"] = self.write("spy", f'#!/bin/sh\necho "[$CUDA_VISIBLE_DEVICES]" >> '
                                                 f'{self.dir}/seen\nexec {self.env["GEMMTUNE_WORKER"]}\n')
        os.chmod(self.env["GEMMTUNE_WORKER"], 0o755)
        self.sweep("--device", "1")
        self.assertEqual(set((self.dir / "seen").read_text().split()), {"[5]", "[]"})
        result = self.run_cli(*self.sweep_args("--resume", "--device", "2"))
        self.assertEqual(result.returncode, 2)
        self.assertIn("CUDA_VISIBLE_DEVICES=3,5", result.stderr)

    def test_puts_the_result_on_stdout_and_everything_else_on_stderr(self):
        result = self.sweep("--format", "json")
        self.assertEqual(json.loads(result.stdout)["winners"][0]["m"], 64)
        self.assertIn("4 candidates", result.stderr)
        quiet = self.sweep("--resume", "--quiet", "-o", self.dir / "result.txt")
        self.assertEqual((quiet.stdout, quiet.stderr), ("", ""))
        self.assertIn("64x", (self.dir / "result.txt").read_text())
        self.assertNotIn("\033", result.stdout + result.stderr)

    def test_names_the_folder_after_device_and_set(self):
        shapes = self.write("tiny.json", {"schema": "gemmtune.shapes/1", "name": "tiny", "problems": [
            {"kernel": "dense_1d2d", "m": 64, "n": 576, "k": 512}]})
        result = self.run_cli("sweep", "--shapes", shapes, "--space", self.space)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.dir / "results/h100-sxm/tiny/table.json").exists())

    def test_refuses_a_folder_that_exists_and_names_resume(self):
        self.sweep()
        before = (self.out / "journal.jsonl").read_bytes()
        result = self.sweep(expect=2)
        self.assertIn("--resume", result.stderr)
        self.assertEqual((self.out / "journal.jsonl").read_bytes(), before)

    def test_resumes_over_no_file_of_somebody_else(self):
        self.out.mkdir()
        for name in ("report.md", "table.json"):
            (self.out / name).write_text("mine")
            result = self.sweep("--resume", expect=2)
            self.assertIn("is left alone", result.stderr)
            self.assertEqual([p.name for p in self.out.iterdir()], [name])
            self.assertEqual((self.out / name).read_text(), "mine")
            (self.out / name).unlink()
        (self.out / "journal.jsonl").write_text("mine\n")
        self.assertIn("no journal of gemmtune's", self.sweep("--resume", expect=2).stderr)
        self.assertEqual((self.out / "journal.jsonl").read_text(), "mine\n")

    def test_an_unsupported_problem_is_one_row_and_no_crash(self):
        self.sweep("--problem", "dense_1d2d:m=64,n=576,k=500", "--strict")
        row, = [r for r in self.rows() if r["problem"]["k"] == 500]
        self.assertEqual(row["invalidity"], "constraints")
        self.assertIn("a scale covers 128 of K", row["reason"])

    def test_problems_that_no_kernel_accepts_are_a_mistake_as_in_bench_and_compile(self):
        problem = "dense_1d2d:m=1,n=576,k=7100"
        space = json.loads(pathlib.Path(self.space).read_text())
        space["parameters"]["stages"] = 32
        deep = self.write("deep.json", space)
        for what, reason in ((["--problem", problem], "K 7100"),
                             (["--problem", problem, "--strict"], "K 7100"),
                             (["--problem", PROBLEM, "--space", deep], "shared_memory")):
            with self.subTest(what=what):
                result = self.run_cli("sweep", *what, "--out", self.out)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(f"there is nothing to launch\n  {what[1]}: ", result.stderr)
                self.assertIn(reason, result.stderr)
                self.assertNotIn("--resume", result.stdout + result.stderr)
                self.assertFalse(self.out.exists())

    def test_a_resumed_sweep_that_was_complete_measures_nothing(self):
        self.sweep()
        rows = len(self.records())
        self.log_path.unlink()
        self.sweep("--resume")
        self.assertEqual(self.requests("verify") + self.requests("measure"), [])
        self.assertEqual(len(self.records()), rows)

    def test_a_resumed_sweep_says_that_it_counts_nothing_over_known_winners(self):
        self.assertNotIn("nothing was counted", self.sweep("--counters").stderr)
        for record in (self.out / "journal.jsonl", self.out / "table.json", self.out / "report.md"):
            record.unlink()
        self.out.rmdir()
        self.sweep()
        told = self.sweep("--resume", "--counters").stderr
        self.assertIn("nothing was counted", told)
        self.assertNotIn("--view counters", told)


class AnotherSweep(CliTest):
    """--resume with other options than the folder was begun with."""

    def resumed(self, *more, expect=0):
        """What is said, and how many candidates are judged."""
        if self.log_path.exists():
            self.log_path.unlink()
        before = (self.out / "journal.jsonl").read_bytes()
        said = self.sweep("--resume", *more, expect=expect).stderr
        if expect != 0:
            self.assertEqual((self.out / "journal.jsonl").read_bytes(), before)
        return said, sum(self.verified().values())

    def with_widths(self, widths):
        space = json.loads(pathlib.Path(self.space).read_text())
        space["parameters"]["block_n"] = widths
        self.space = self.write("other.json", space)

    def test_another_policy_is_refused_with_the_options_of_before(self):
        self.sweep("--l2", "warm")
        for options, then, now in ((["--l2", "cold_rotate"], "warm-", "cold_rotate-"),
                                   (["--l2", "warm", "--seed", "2"], "seed 1\n", "seed 2\n"),
                                   (["--l2", "warm", "--timer", "event"], "-cupti-", "-event-")):
            said, judged = self.resumed(*options, expect=2)
            self.assertEqual(judged, 0)
            self.assertRegex(said, f"then: .*{then}")
            self.assertRegex(said, f"now: .*{now}")
            self.assertIn("--l2 warm", said.splitlines()[-1])
        self.assertEqual(self.resumed("--l2", "warm")[1], 0)

    def test_another_policy_of_the_race_alone_is_said(self):
        self.sweep()
        said, judged = self.resumed("--samples", "7")
        self.assertEqual(judged, 0)
        self.assertRegex(said, "winners are raced again: the policy is .*-n7, and before it was .*-n15to200")
        self.assertNotIn("raced again", self.resumed("--samples", "7")[0])

    def test_another_space_is_said_with_what_it_costs(self):
        self.with_widths(WIDTHS[:2])
        self.sweep()
        self.with_widths(WIDTHS[1:])
        said, judged = self.resumed()
        self.assertIn("another space than before: 2 of these candidates are new, and 1 known ones", said)
        self.assertEqual(judged, 2)
        self.with_widths(WIDTHS)
        self.assertNotIn("another space", self.resumed()[0], "all are known by now")

    def test_other_problems_are_no_other_space(self):
        self.sweep()
        said, judged = self.resumed("--problem", "dense_1d2d:m=128,n=576,k=512")
        self.assertNotIn("warning", said)
        self.assertEqual(judged, len(WIDTHS))

    def after_new_kernels(self, source_hashes):
        """How often the candidate that did not compile is compiled again, how many candidates are judged, and which M the
        table has, when another problem is added after `kernels` has changed."""
        does_not_compile = [{"op": "compile", "match": {"block_n": 96}, "do": "failure", "invalidity": "compile", "reason": "bad"}]
        self.script(rules=does_not_compile, environment={"kernels": "before", "source_hashes": {"dense_1d2d": "a"}})
        self.sweep()
        self.script(rules=does_not_compile, environment={"kernels": "now", "source_hashes": source_hashes})
        _, judged = self.resumed("--problem", "dense_1d2d:m=128,n=576,k=512")
        again = [entry for entry in self.requests("compile") if entry["request"]["config"]["block_n"] == 96]
        table = json.loads((self.out / "table.json").read_text())
        self.assertEqual(table["fingerprint"]["source_hashes"], source_hashes)
        return len(again), judged, sorted(entry["problem"]["m"] for entry in table["entries"])

    def test_a_kernel_that_was_added_leaves_the_others_rows_and_table_as_they_are(self):
        self.assertEqual(self.after_new_kernels({"dense_1d2d": "a", "grouped": "b"}), (0, len(WIDTHS) - 1, [64, 128]))

    def test_a_kernel_that_was_changed_is_compiled_again_and_has_none_of_its_old_times(self):
        again, _, tuned = self.after_new_kernels({"dense_1d2d": "changed"})
        self.assertEqual((again, tuned), (1, [128]))


class Interruption(CliTest):
    CANDIDATES = 24

    def setUp(self):
        super().setUp()
        self.space = self.write("wide.json", {
            "schema": "gemmtune.space/1", "kernel": "dense_1d2d",
            "parameters": {"block_m": 64, "block_n": WIDTHS, "k_groups": 1, "split_k": 1, "stages": [2, 3, 4, 5, 6, 7],
                           "cluster_m": 1, "cluster_n": 1, "num_sms": "all", "raster": 8, "evict_first": "once", "swap_ab": 0}})

    def start_slow_sweep(self):
        """A sweep that has written its first batch of rows and is judging the second."""
        self.script(rules=[{"op": "verify", "do": "slow", "ms": 40}])
        process = self.start_cli(*self.sweep_args())
        self.wait_for(lambda: (self.out / "journal.jsonl").exists() and len(self.rows()) >= 16, "rows")
        return process

    def check_resumed(self):
        def configs(contenders):
            return {json.dumps(c["config"], sort_keys=True) for c in contenders if c["provider"] == "gemmtune"}
        before = configs(self.rows())
        self.assertLess(len(before), self.CANDIDATES)
        self.log_path.unlink()
        self.assertNotIn("warning", self.sweep("--resume").stderr)
        self.assertEqual(len(self.rows()), self.CANDIDATES)
        verified = configs(entry["request"]["contender"] for entry in self.requests("verify"))
        self.assertEqual(verified, configs(self.rows()) - before)
        self.assertEqual(len(json.loads((self.out / "table.json").read_text())["entries"]), 1)

    def test_goes_on_after_kill_9_and_leaves_no_worker_behind(self):
        process = self.start_slow_sweep()
        process.kill()
        process.wait()
        self.assert_no_worker_left()
        self.check_resumed()

    def test_goes_on_after_a_torn_last_line(self):
        process = self.start_slow_sweep()
        process.kill()
        process.wait()
        journal = self.out / "journal.jsonl"
        os.truncate(journal, journal.stat().st_size - 7)
        whole = len(self.rows())
        result = self.sweep("--resume")
        self.assertIn("journal.jsonl:", result.stderr)
        complete = [json.loads(l) for l in journal.read_text().splitlines() if l.endswith("}")]
        ids = {r["id"] for r in complete if r["record"] == "row" and r["policy"].endswith("-n3")
               and r["provider"] == "gemmtune"}
        self.assertEqual(len(ids), self.CANDIDATES)
        self.assertLess(whole, self.CANDIDATES)

    def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(self):
        process = self.start_slow_sweep()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("--resume", errors)
        self.assertFalse((self.out / "table.json").exists())
        self.assert_no_worker_left()
        self.check_resumed()

    def test_sigterm_is_143(self):
        process = self.start_slow_sweep()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 143)

    def test_a_second_ctrl_c_ends_at_once(self):
        self.script(rules=[{"op": "verify", "do": "hang"}])
        process = self.start_cli(*self.sweep_args())
        self.wait_for(lambda: self.requests("verify"), "the hang")
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        self.assertIsNone(process.poll(), "the first one waits for the deadline")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 130)
        self.assert_no_worker_left()

    def test_a_second_writer_is_refused(self):
        self.start_slow_sweep()
        result = self.sweep("--resume", expect=2)
        self.assertIn(str(self.out), result.stderr)


class ProgressOnATerminal(CliTest):
    def shown(self, *args):
        """What a sweep, or another command, writes to a terminal of 80 columns behind stderr."""
        own, terminal = pty.openpty()
        self.addCleanup(os.close, own)
        process = subprocess.Popen([GEMMTUNE, *map(str, args or self.sweep_args())], stdout=subprocess.DEVNULL, stderr=terminal,
                                   env={**self.env, "TERM": "xterm"}, cwd=self.dir, stdin=subprocess.DEVNULL)
        os.close(terminal)
        shown = b""
        try:
            while chunk := os.read(own, 4096):
                shown += chunk
        except OSError:  # how a terminal ends whose last writer is gone
            pass
        self.assertEqual(process.wait(timeout=30), 0)
        return shown

    def test_moves_while_one_step_is_long(self):
        self.script(rules=[{"op": "verify", "do": "slow", "ms": 1700, "times": 1}])
        shown = self.shown()
        self.assertIn(b"\rmeasure  0/4  0%  0:00\033[K", shown)
        self.assertIn(b"\rmeasure  0/4  0%  0:01\033[K", shown)
        self.assertTrue(shown.endswith(b"\r\033[K"), shown[-200:])

    def test_compiling_is_a_phase_of_its_own_until_something_is_measured(self):
        self.script(rules=[{"op": "compile", "do": "slow", "ms": 900}])
        lines = [line.split(b"\033")[0] for line in self.shown().split(b"\r")]
        lines = [line for line in lines if line.startswith((b"compile", b"measure"))]
        self.assertEqual(lines[0], b"compile  0/4  0%  0:00")
        self.assertIn(b"compile  2/4  50%  0:01", lines)  # --jobs 2
        self.assertFalse([line for line in lines if line.startswith(b"measure  0/4  0%  0:00")], lines)

    def test_planning_is_one_too(self):
        shown = self.shown("plan", "--shapes", "unseen.json")
        self.assertGreater(len(set(re.findall(rb"\rplan  (\d+)/159  ", shown))), 1, shown[-300:])

    def test_shows_the_best_so_far_while_it_races(self):
        self.script(rules=[{"op": "measure", "do": "slow", "ms": 600}], timings=[{"match": {}, "time_us": 5.0}])
        self.assertIn("  best 5.00 µs  racing  dense_1d2d:m=64", self.shown().decode())


class Disk(CliTest):
    def test_a_full_disk_is_a_clear_error_and_loses_nothing(self):
        def almost_full():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))

        result = self.run_cli(*self.sweep_args(), preexec_fn=almost_full)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("journal.jsonl", result.stderr)
        kept = len(self.rows())
        self.assertGreater(kept, 0)
        self.sweep("--resume")
        self.assertEqual(sum(self.verified().values()), 2 * len(WIDTHS) - kept, "only what did not fit is made again")

    def test_a_folder_that_cannot_be_created_is_a_clear_error(self):
        # As root no permission forbids anything, but /proc has no room for folders.
        result = self.run_cli("sweep", "--problem", PROBLEM, "--space", self.space, "--out", "/proc/gemmtune")
        self.assertIn(result.returncode, (1, 2))
        self.assertIn("/proc/gemmtune", result.stderr)
        self.assertEqual(self.requests("verify"), [])

    def test_a_stdout_that_is_full_is_an_error_with_its_reason(self):
        table = SOURCE / "results/h100-sxm/dsv3/table.json"  # more than is held back, which is written at once
        for what in (["list"], ["--version"], ["completion", "bash"], ["export", table, "--format", "json"]):
            with open("/dev/full", "w") as full:
                result = subprocess.run([GEMMTUNE, *what], stdout=full, stderr=subprocess.PIPE, text=True, env=self.env)
            self.assertEqual(result.returncode, 1, what)
            self.assertEqual(result.stderr.splitlines()[-1],
                             "gemmtune: cannot write to standard output: No space left on device")


if __name__ == "__main__":
    unittest.main()
