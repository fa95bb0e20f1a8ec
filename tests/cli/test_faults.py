"""The faults that are not a candidate's own: the worker, the machine, the disk, the clock.

Together with the unit tests this is the catalogue of tests/README.md.
"""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
import unittest

from harness import ALIKE, GEMMTUNE, WIDTHS, CliTest, without_checksum

BAD = 96  # block_n of the candidate that misbehaves
NOBODY = 65534


class Blame(CliTest):
    """A candidate in whose hands the worker was lost is asked once more before it is blamed."""

    def setUp(self):
        super().setUp()
        self.env["GEMMTUNE_DEADLINE_SCALE"] = "0.02"  # 60 s become 1.2 s

    def check_blamed_twice(self, **rule):
        self.script(rules=[{"op": "verify", "match": {"block_n": BAD}, **rule}])
        self.sweep()
        row = self.row_of(BAD)
        self.assertTrue(row["reason"].startswith("twice: "), row["reason"])
        self.assertEqual(self.verified(), {w: 2 if w == BAD else 1 for w in WIDTHS})
        # Its second attempt was the first and only launch of a fresh process.
        pid = [e["pid"] for e in self.requests("verify")
               if e["request"]["contender"]["config"].get("block_n") == BAD][1]
        alone = [e for op in ("prepare", "verify", "measure") for e in self.requests(op) if e["pid"] == pid]
        self.assertEqual([e["op"] for e in alone], ["prepare", "verify"])
        self.log_path.unlink()
        self.sweep("--resume")
        self.assertEqual(self.verified(), {}, "a candidate that was blamed is not tried again")

    def test_a_crash_is_tried_twice_and_never_again(self):
        self.check_blamed_twice(do="segv")

    def test_a_hang_is_tried_twice_and_never_again(self):
        self.check_blamed_twice(do="hang")

    def test_a_broken_context_is_tried_twice_and_never_again(self):
        self.check_blamed_twice(do="fatal", reason="illegal address")

    def test_one_crash_while_it_is_judged_is_nobodys_fault(self):
        self.script(rules=[{"op": "verify", "match": {"block_n": BAD}, "do": "segv", "times": 1}],
                    timings=ALIKE)
        self.sweep()
        self.assertEqual({r["invalidity"] for r in self.rows()}, {"correct"})
        self.assertEqual({r["config"]["block_n"] for r in self.rows("final")}, set(WIDTHS))

    def test_a_worker_that_is_killed_from_outside_costs_no_row(self):
        # As the kernel does it when memory runs out: at any time, mostly between two requests.
        self.script(rules=[{"op": "verify", "do": "slow", "ms": 60}])
        process = self.start_cli(*self.sweep_args())
        for done in range(3):
            # One kill a candidate: its second attempt is left alone.
            self.wait_for(lambda: len(self.verified()) > done, "its launch")
            os.kill(self.requests("verify")[-1]["pid"], signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual({r["invalidity"] for r in self.rows()}, {"correct"})

    def test_an_endless_compilation_ends_at_its_deadline(self):
        self.script(rules=[{"op": "compile", "match": {"block_n": BAD}, "do": "hang"}], timings=ALIKE)
        start = time.monotonic()
        self.sweep()
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(self.row_of(BAD)["invalidity"], "timeout")
        asked = [e for e in self.requests("compile") if e["request"]["config"]["block_n"] == BAD]
        self.assertEqual(len(asked), 2, "tried once more before it is blamed")
        self.assertEqual(len(self.rows("final")), len(WIDTHS) - 1)
        self.check_resumed_without_compiling()

    def test_a_compiler_that_is_killed_from_outside_costs_no_row(self):
        self.script(rules=[{"op": "compile", "match": {"block_n": BAD}, "do": "slow", "ms": 500}])
        process = self.start_cli(*self.sweep_args())
        compiled = lambda: [e for e in self.requests("compile") if e["request"]["config"]["block_n"] == BAD]
        self.wait_for(compiled, "its compilation")
        os.kill(compiled()[0]["pid"], signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual({r["invalidity"] for r in self.rows()}, {"correct"})

    def stop_during(self, op, *whom):
        """Everybody of `whom` ("worker", "parent") is stopped during a request for longer than its deadline; how often the
        request was made."""
        shutil.rmtree(self.out, ignore_errors=True)
        for left in (self.log_path, self.dir / "script.json.count"):
            left.unlink(missing_ok=True)
        self.script(rules=[{"op": op, "match": {"block_n": BAD}, "do": "slow", "ms": 300, "times": 1}])
        process = self.start_cli(*self.sweep_args())
        asked = lambda: [e for e in self.requests(op) if f'"block_n": {BAD}' in json.dumps(e["request"])]
        self.wait_for(asked, "its request")
        stopped = {"worker": asked()[0]["pid"], "parent": process.pid}
        for name in whom:
            os.kill(stopped[name], signal.SIGSTOP)
        time.sleep(2.5)
        for name in whom[::-1]:  # the parent first, and the worker does not answer at once
            try:
                os.kill(stopped[name], signal.SIGCONT)
            except ProcessLookupError:
                pass
            time.sleep(0.3)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual({r["invalidity"] for r in self.rows()}, {"correct"})
        return len(asked())

    def test_a_job_that_is_suspended_costs_nothing(self):
        for op in ("compile", "verify"):
            self.assertEqual(self.stop_during(op, "worker", "parent"), 1, op)

    def test_a_worker_that_is_stopped_costs_no_row(self):
        for op in ("compile", "verify"):
            self.assertEqual(self.stop_during(op, "worker"), 2, op)

    def resumed(self, *args):
        """Which of BAD's cubins the compilers are asked for by a resume, and the rows that it writes."""
        before = len(self.records())
        self.log_path.unlink()
        self.said = self.sweep("--resume", *args).stderr
        asked = [e["request"]["config"] for e in self.requests("compile")]
        return [config for config in asked if config["block_n"] == BAD], self.records()[before:]

    def check_resumed_without_compiling(self):
        self.assertEqual(self.resumed(), ([], []))
        self.assertEqual(self.requests("verify") + self.requests("measure"), [])
        self.assertIn("1 kernels did not compile before and are not tried again", self.said)

    CRASH = {"op": "compile", "match": {"block_n": BAD}, "do": "segv"}

    def test_a_kernel_that_crashes_its_compiler_is_one_row_and_not_compiled_again_on_resume(self):
        self.script(rules=[self.CRASH])
        self.sweep()
        self.assertEqual(self.row_of(BAD)["invalidity"], "compile")
        self.check_resumed_without_compiling()
        self.check_resumed_without_compiling()

    def test_nor_is_it_for_another_problem(self):
        self.script(rules=[self.CRASH])
        self.sweep()
        first = self.row_of(BAD)
        compiled, rows = self.resumed("--problem", "dense_1d2d:m=68,n=576,k=512")
        self.assertEqual(compiled, [])
        failed, = [row for row in rows if row["invalidity"] != "correct"]
        self.assertEqual((failed["problem"]["m"], failed["reason"]), (68, first["reason"]))

    def test_other_kernels_or_another_compiler_are_tried_again(self):
        self.script(rules=[self.CRASH])
        self.sweep()
        for news in ({"kernels": "other"}, {"kernels": "other", "nvrtc": "13.9"}):
            self.script(rules=[self.CRASH], environment=news)
            compiled, rows = self.resumed()
            self.assertEqual((len(compiled), [row["id"] for row in rows]), (2, [self.row_of(BAD)["id"]]), news)
            self.check_resumed_without_compiling()
        self.script(environment={"kernels": "mended"})
        self.resumed()
        self.assertEqual(self.verified(), {BAD: 1})

    def test_out_of_memory_is_a_row_of_that_candidate_or_problem(self):
        self.script(rules=[{"op": "verify", "match": {"block_n": BAD}, "do": "failure", "reason": "out of memory"}])
        self.sweep()
        self.assertEqual(self.row_of(BAD)["reason"], "out of memory")
        self.assertEqual(self.verified()[BAD], 1, "the worker lives: there is no doubt")


class LostMachine(CliTest):
    """A GPU that goes away ends the sweep; the candidates to come are not blamed for it."""

    def check_stops_and_goes_on(self, words, *rules):
        self.script(rules=list(rules))
        result = self.sweep(expect=1)
        self.assertIn(words, result.stderr)
        self.assertIn(f"--out {self.out} --resume", result.stderr)
        self.assertEqual([r["reason"] for r in self.rows() if r["invalidity"] != "correct"], [], "nobody is blamed")
        done = len(self.rows())
        self.assertLess(done, len(WIDTHS))
        self.script(rules=[], timings=ALIKE)
        self.log_path.unlink()
        self.sweep("--resume")
        self.assertEqual(sum(self.verified().values()), len(WIDTHS) - done)
        self.assertEqual({r["invalidity"] for r in self.rows("final")}, {"correct"})
        self.assertEqual(len(self.rows("final")), len(WIDTHS))

    LATER = {"op": "verify", "match": {"provider": "gemmtune"}, "skip": 1}  # not the first candidate

    def test_the_gpu_disappears(self):
        self.script()
        gone = {"device": "", "sms": 0, "cc": "0.0", "smem_bytes": 0, "l2_bytes": 0, "memory_bytes": 0,
                "power_limit_w": 0, "max_sm_clock_mhz": 0, "mig": False, "simulated": False, "driver": "",
                "nvrtc": "13.0", "cublaslt": "", "tool": "fake", "revision": "fake", "kernels": "fake",
                "host": "fake-host"}
        self.check_stops_and_goes_on("the GPU is gone", {**self.LATER, "do": "fatal", "reason": "device lost"},
                                     {"op": "describe", "skip": 1, "do": "malformed", "result": gone})

    def test_the_way_to_go_on_is_a_line_for_a_shell(self):
        self.out = self.dir / "it's $(touch pwned)"
        self.script(rules=[{**self.LATER, "do": "segv"}, {"op": "hello", "skip": 3, "do": "exit", "code": 1}])
        said = self.sweep(expect=1).stderr
        line = said.partition("Go on with: ")[2].partition(" (and the other")[0]
        self.assertEqual(shlex.split(line), ["gemmtune", "sweep", "--out", str(self.out), "--resume"])
        subprocess.run(["sh", "-c", line], cwd=self.dir, capture_output=True)
        self.assertFalse((self.dir / "pwned").exists())

    def test_the_worker_no_longer_starts(self):
        # Starts so far: the compilers (--jobs 1) and the one on the GPU.
        self.check_stops_and_goes_on("does not start", {**self.LATER, "do": "segv"},
                                     {"op": "hello", "skip": 3, "do": "exit", "code": 1, "stderr": "no driver"})

    def test_the_problem_can_no_longer_be_prepared(self):
        self.check_stops_and_goes_on("cannot do what it did before", {**self.LATER, "do": "segv"},
                                     {"op": "prepare", "skip": 1, "do": "failure", "reason": "out of memory"})

    def widen(self):
        """The space, to twelve cubins."""
        self.space = self.write("wide.json", {
            "schema": "gemmtune.space/1", "kernel": "dense_1d2d",
            "parameters": {"block_m": 64, "block_n": WIDTHS, "k_groups": 1, "split_k": 1, "stages": [2, 3, 4], "cluster_m": 1,
                           "cluster_n": 1, "num_sms": "all", "raster": 8, "evict_first": "once", "swap_ab": 0}})

    def test_compiler_after_compiler_is_killed(self):
        """As by a machine without memory: each was blamed for ever, and the sweep ended well with nothing to show."""
        self.widen()
        self.script(rules=[{"op": "compile", "do": "exit", "code": 137}])
        result = self.sweep(expect=1)
        self.assertIn("configurations each lost their compiler, twice: this looks like the machine", result.stderr)
        self.assertIn("--resume", result.stderr)
        blamed = len(self.rows())
        self.assertLessEqual(blamed, 7)
        self.assertEqual([r["reason"] for r in self.rows() if not r["reason"].startswith("twice: ")], [])
        self.script(rules=[])
        self.sweep("--resume")
        self.assertEqual(sum(r["invalidity"] == "correct" for r in self.rows()), 12 - blamed)

    def test_candidate_after_candidate_is_lost(self):
        self.widen()
        self.script(rules=[{"op": "verify", "do": "segv"}])
        result = self.sweep(expect=1)
        self.assertIn("this looks like the machine", result.stderr)
        self.assertIn("--resume", result.stderr)
        self.assertEqual(len(self.rows()), 7)
        self.assertEqual([r["reason"] for r in self.rows() if not r["reason"].startswith("twice: ")], [])
        self.assertEqual(max(self.verified().values()), 6, "two for each of three depths")


class Disk(CliTest):
    def test_a_result_that_does_not_fit_its_file_is_an_error_and_the_folder_is_whole(self):
        result = self.sweep("-o", "/dev/full", expect=1)
        self.assertIn("/dev/full", result.stderr)
        self.assertTrue((self.out / "table.json").exists())
        self.assertEqual(len(self.records("end")), 1)

    def run_as_somebody(self, *args):
        """As a user whom permissions bind; skips where that cannot be had."""
        def drop():
            if os.geteuid() == 0:
                os.setgroups([])
                os.setuid(NOBODY)
        self.dir.chmod(0o755)
        try:
            probe = subprocess.run([GEMMTUNE, "--version"], capture_output=True, preexec_fn=drop)
            if probe.returncode != 0:
                raise PermissionError
        except (PermissionError, subprocess.SubprocessError):
            self.skipTest("the built program cannot be run by another user here")
        return subprocess.run([GEMMTUNE, *map(str, args)], capture_output=True, text=True, env=self.env,
                              cwd=self.dir, stdin=subprocess.DEVNULL, timeout=60, preexec_fn=drop)

    def test_a_folder_that_is_read_only_is_a_clear_error(self):
        self.log_path.touch(mode=0o666)
        self.log_path.chmod(0o666)
        self.out.mkdir()
        self.out.chmod(0o555)
        result = self.run_as_somebody(*self.sweep_args("--resume"))
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("journal.jsonl", result.stderr)
        self.assertIn("choose a folder that you may write to", result.stderr)
        self.assertEqual(self.requests("verify"), [])


class ClosedStreams(CliTest):
    """What is closed when the program starts does not become one of its files."""

    def sweep_with(self, closed):
        self.script(cache_trouble="a full disk")  # something to warn of
        line = " ".join(shlex.quote(str(word)) for word in (GEMMTUNE, *self.sweep_args()))
        return subprocess.run(["sh", "-c", f"{line} {closed}"], stdout=subprocess.PIPE, text=True, env=self.env, cwd=self.dir,
                              timeout=60)

    def test_no_warning_goes_into_the_journal(self):
        for closed in ("2>&-", "<&- 2>&-"):
            self.out = self.dir / f"out{len(closed)}"
            result = self.sweep_with(closed)
            self.assertEqual(result.returncode, 0, closed)
            self.assertIn("64x", result.stdout)
            for line in (self.out / "journal.jsonl").read_text().splitlines():
                self.assertIn("record", json.loads(line))
            self.assertEqual(len(self.rows()), len(WIDTHS))

    def test_a_result_for_a_closed_stdout_is_an_error(self):
        self.assertEqual(self.sweep_with("<&- >&- 2>&-").returncode, 1)
        for line in (self.out / "journal.jsonl").read_text().splitlines():
            self.assertIn("record", json.loads(line))


class Clock(CliTest):
    """Timestamps decide between two rows of one key and which race is the latest, and nothing else; deadlines do not look
    at them."""

    def shift(self, years):
        """Every other row moves by so many years, as if the clock had jumped between them."""
        journal = self.out / "journal.jsonl"
        lines = journal.read_text().splitlines()
        moved = [re.sub(r'"timestamp":"(\d{4})', lambda m: f'"timestamp":"{int(m[1]) + years * (i % 2)}',
                        without_checksum(line))
                 for i, line in enumerate(lines)]
        journal.write_text("\n".join(moved) + "\n")

    def check_jump(self, years):
        self.sweep()
        entries = json.loads((self.out / "table.json").read_text())["entries"]
        self.shift(years)
        self.log_path.unlink()
        self.sweep("--resume")
        self.assertEqual(self.requests("verify") + self.requests("measure"), [])
        self.assertEqual(json.loads((self.out / "table.json").read_text())["entries"], entries)

    def test_jumps_forwards(self):
        self.check_jump(70)

    def test_jumps_backwards(self):
        self.check_jump(-30)

    def test_was_in_the_future_when_a_race_was_cut(self):
        # Of that race the row of the one that would have lost is left, later than all that is to come.
        self.script(timings=[{"match": {"block_n": BAD}, "time_us": 5.1}, *ALIKE])
        self.sweep()
        entries = json.loads((self.out / "table.json").read_text())["entries"]
        self.assertNotEqual(entries[0]["config"]["block_n"], BAD)
        journal = self.out / "journal.jsonl"
        kept = [without_checksum(line).replace('"timestamp":"2', '"timestamp":"3')
                for line in journal.read_text().splitlines()
                if '"record":"end"' not in line and ('"stage":"final"' not in line or f'"block_n":{BAD}' in line)]
        journal.write_text("\n".join(kept) + "\n")
        self.sweep("--resume")
        again = json.loads((self.out / "table.json").read_text())["entries"]
        self.assertEqual([e["config"] for e in again], [e["config"] for e in entries])

    def test_was_in_the_future_when_the_sweep_was_cut(self):
        # A table shows the latest race: the one from the future, which the candidate to come would have to lose.
        self.script(timings=[{"match": {"block_n": BAD}, "time_us": 1000}])
        self.sweep()
        entries = json.loads((self.out / "table.json").read_text())["entries"]
        self.shift(0)
        journal = self.out / "journal.jsonl"
        kept = [line.replace('"timestamp":"2', '"timestamp":"3') for line in journal.read_text().splitlines()
                if f'"block_n":{BAD}' not in line and '"record":"end"' not in line]
        journal.write_text("\n".join(kept) + "\n")
        self.log_path.unlink()
        self.sweep("--resume")
        self.assertEqual(self.verified(), {BAD: 1})
        self.assertEqual([e["config"] for e in json.loads((self.out / "table.json").read_text())["entries"]],
                         [e["config"] for e in entries])


class CtrlC(CliTest):
    def test_ends_what_is_in_flight_and_nothing_more(self):
        self.script(rules=[{"op": "verify", "do": "slow", "ms": 700}])
        process = self.start_cli(*self.sweep_args())
        self.wait_for(lambda: self.requests("verify"), "a launch")
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, errors)
        self.assertLess(time.monotonic() - start, 2.7, "the launch in flight, and 2 s")
        self.assertEqual(sum(self.verified().values()), 1)
        self.assertEqual(len(self.rows()), 1, "what was in flight is recorded")

    def test_waits_for_no_compiler(self):
        self.script(rules=[{"op": "compile", "match": {"block_n": BAD}, "do": "hang"}])
        process = self.start_cli(*self.sweep_args())
        self.wait_for(lambda: len(self.requests("compile")) == len(WIDTHS), "the hang")
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, errors)
        self.assertLess(time.monotonic() - start, 3)
        self.assertEqual([r for r in self.rows() if r["invalidity"] != "correct"], [])
        self.assert_no_worker_left()
        self.script(rules=[])
        self.sweep("--resume")
        self.assertEqual({r["config"]["block_n"] for r in self.rows()}, set(WIDTHS))

    def test_a_terminal_that_is_closed_is_one_too_unless_it_is_to_be_ignored(self):
        self.script(rules=[{"op": "verify", "do": "slow", "ms": 300}])
        for start, expected in (([], 129), (["nohup"], 0)):
            process = subprocess.Popen([*start, GEMMTUNE, *map(str, self.sweep_args("--resume"))], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True, env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL)
            before = len(self.requests("verify"))
            self.wait_for(lambda: len(self.requests("verify")) > before, "a launch")
            process.send_signal(signal.SIGHUP)
            _, errors = process.communicate(timeout=30)
            self.assertEqual(process.returncode, expected, errors)
        self.assertEqual({r["config"]["block_n"] for r in self.rows()}, set(WIDTHS))
        self.assert_no_worker_left()

    def test_a_second_one_ends_at_once(self):
        self.script(rules=[{"op": "verify", "do": "hang"}])
        process = self.start_cli(*self.sweep_args())
        self.wait_for(lambda: self.requests("verify"), "the hang")
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertLess(time.monotonic() - start, 1)
        self.assert_no_worker_left()


if __name__ == "__main__":
    unittest.main()
