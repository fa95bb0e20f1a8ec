"""The same fault in every phase of a sweep: a worker that is killed, Ctrl-C, a clock that jumps, a journal that ends early."""
import json
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest

from harness import ALIKE, GEMMTUNE, WIDTHS, CliTest
from rounds import check_repeats

PHASES = ("describe", "compile", "prepare", "baselines", "verify", "measure", "count")
PROBLEMS = ("dense_1d2d:m=64,n=576,k=512", "dense_1d2d:m=128,n=576,k=1024")
TORN_RESUMED = 40


class Phases(CliTest):
    def sweep_args(self, *more):
        args = ["sweep", "--space", self.space, "--out", self.out, "--jobs", "2", "--counters", *more]
        for problem in PROBLEMS:
            args += ["--problem", problem]
        return args

    def entries(self):
        """Of the table, without what differs from run to run."""
        return json.loads((self.out / "table.json").read_text())["entries"]

    def start_again(self, name):
        self.out = self.dir / name
        for left in (self.log_path, self.dir / "script.json.count"):
            left.unlink(missing_ok=True)

    def begun(self, op, skip):
        self.wait_for(lambda: len(self.requests(op)) > skip, f"{op} {skip}")
        return self.requests(op)[skip]["pid"]


class KilledWorker(Phases):
    """SIGKILL, as the kernel does it when memory runs out: at the first requests of each phase, in the middle and at the last,
    which for "measure" are looks at one candidate, rounds of several, and races."""

    def test_costs_no_candidate(self):
        self.script(timings=ALIKE)
        self.sweep()
        expected, asked = self.entries(), {op: len(self.requests(op)) for op in PHASES}
        self.assertEqual(asked["describe"], 1, "it is asked once unless a worker is lost")
        for op in PHASES:
            for skip in sorted({0, 1, asked[op] // 2, asked[op] - 1} & set(range(asked[op]))):
                with self.subTest(op=op, skip=skip):
                    self.start_again(f"{op}{skip}")
                    # Two compilers count and log in another order now and then: each of their requests is slow.
                    which = {} if op == "compile" else {"skip": skip, "times": 1}
                    self.script(rules=[{"op": op, "do": "slow", "ms": 400, **which}], timings=ALIKE)
                    process = self.start_cli(*self.sweep_args())
                    os.kill(self.begun(op, skip), signal.SIGKILL)
                    _, errors = process.communicate(timeout=60)
                    if op == "describe" and process.returncode == 5:  # nothing has begun: the machine is asked again by hand
                        self.assertFalse((self.out / "journal.jsonl").exists())
                        continue
                    self.assertEqual(process.returncode, 0, errors)
                    self.assertEqual({r["invalidity"] for r in self.records()}, {"correct"})
                    self.assertEqual(self.entries(), expected)


class CtrlC(Phases):
    def test_ends_every_phase_and_is_resumed(self):
        self.script(timings=ALIKE)
        self.sweep()
        expected, asked = self.entries(), {op: len(self.requests(op)) for op in PHASES}
        for op, skip in [(op, skip) for op in PHASES for skip in sorted({0, asked[op] - 1})]:
            with self.subTest(op=op, skip=skip):
                self.start_again(f"{op}{skip}")
                self.script(rules=[{"op": op, "do": "slow", "ms": 300, "skip": skip, "times": 1}], timings=ALIKE)
                process = self.start_cli(*self.sweep_args())
                self.begun(op, skip)
                start = time.monotonic()
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=30)
                self.assertLess(time.monotonic() - start, 3)
                self.assertEqual(process.returncode, 130, errors)
                if (self.out / "journal.jsonl").exists():
                    self.assertLessEqual({r["invalidity"] for r in self.records()}, {"correct"}, "nobody is blamed")
                self.assert_no_worker_left()
                self.script(timings=ALIKE)
                self.sweep("--resume")
                self.assertEqual(self.entries(), expected)


# The time of day jumps by up to a day either way, whenever it is asked for; what it is wanted for besides stays.
CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static unsigned asked;
static long jump(void) {
  unsigned x = __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED) * 2654435761u;
  return (long)(x >> 8) % 86400 * (x & 1 ? 1 : -1);
}
int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*real)(clockid_t, struct timespec*);
  if (!real) real = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, now);
  if (clock == CLOCK_REALTIME && result == 0) now->tv_sec += jump();
  return result;
}
time_t time(time_t* into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(struct timeval* into, void* unused) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec / 1000;
  return 0;
}
"""


class MovingClock(Phases):
    def setUp(self):
        super().setUp()
        library = self.dir / "clock.so"
        made = subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library, "-ldl"], input=CLOCK, text=True,
                              capture_output=True)
        if made.returncode != 0:
            self.skipTest("no C compiler: " + made.stderr)
        self.library = str(library)

    def test_changes_no_result_while_a_sweep_runs(self):
        self.env["GEMMTUNE_DEADLINE_SCALE"] = "0.05"  # a deadline that looked at this clock would be over at once
        self.script(timings=ALIKE)
        self.sweep()
        expected, rows = self.entries(), len(self.records())
        self.start_again("moving")
        self.env["LD_PRELOAD"] = self.library
        self.sweep()
        stamps = [r["timestamp"] for r in self.records()]
        self.assertEqual(stamps, sorted(stamps), "what comes later is later")
        span = subprocess.run(["date", "+%s"], capture_output=True, text=True, env=self.env).stdout
        self.assertGreater(abs(int(span) - time.time()), 1, "the clock is none that this library moves")
        self.assertEqual(self.entries(), expected)
        self.log_path.unlink()
        self.sweep("--resume")
        self.assertEqual(self.requests("verify") + self.requests("measure"), [])
        self.assertEqual((self.entries(), len(self.records())), (expected, rows))


class TornJournal(Phases):
    def test_is_resumed_from_any_byte(self):
        self.script(timings=ALIKE)
        self.sweep()
        expected, whole = self.entries(), (self.out / "journal.jsonl").read_bytes()
        kinds = [json.loads(line)["record"] for line in whole.splitlines()]
        dice = random.Random(20261122)
        cuts = sorted(dice.randrange(len(whole)) for _ in range(TORN_RESUMED))
        for cut in cuts:
            with self.subTest(cut=cut):
                self.start_again("torn")
                self.out.mkdir(exist_ok=True)
                for left in self.out.iterdir():
                    left.unlink()
                (self.out / "journal.jsonl").write_bytes(whole[:cut])
                self.sweep("--resume")
                after = (self.out / "journal.jsonl").read_bytes()
                self.assertTrue(after.startswith(whole[:cut]))
                self.assertEqual(self.entries(), expected)
                # A line that lacks its newline alone is whole: its checksum fits.
                kept = whole[:cut].count(b"\n") + (whole[cut:cut + 1] == b"\n")
                known = sum(kind == "row" for kind in kinds[:kept])
                again = [json.loads(line) for line in whole.splitlines()[:kept]]
                judged = {json.dumps([r["problem_id"], r["config"]]) for r in again
                          if r["record"] == "row" and r["stage"] == "screen" and r["provider"] == "gemmtune"}
                self.assertEqual(sum(self.verified().values()), len(PROBLEMS) * len(WIDTHS) - len(judged), known)
                check_repeats(self, self.whole_rows(after), 1, f"cut at byte {cut}")

    @staticmethod
    def whole_rows(journal):
        """Its rows, without the line that was torn."""
        rows = []
        for line in journal.decode().splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
        return [row for row in rows if row["record"] == "row"]


if __name__ == "__main__":
    unittest.main()
