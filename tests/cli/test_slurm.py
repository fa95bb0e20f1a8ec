"""A real Slurm runs the job array that gemmtune prints, on simulated boards. GEMMTUNE_SKIP_SLURM=1 skips it where none can start."""
import json
import os
import pathlib
import re
import signal
import time
import unittest
from collections import Counter

from harness import GEMMTUNE, CliTest
from slurm import CannotStart, Slurm

SHARDS = 4


@unittest.skipIf(os.environ.get("GEMMTUNE_SKIP_SLURM"), "GEMMTUNE_SKIP_SLURM is set")
class JobArray(CliTest):
    def setUp(self):
        super().setUp()
        # Not compiled, only modelled: the whole space of the built-in set is a second's work of a shard.
        self.env["GEMMTUNE_WORKER"] = "/none"
        self.options = ["--shapes", "dsv3.json", "--device", "sim:h100-sxm", "--strategy", "exhaustive", "--finalists", "64"]
        self.slurm = Slurm(self.dir / "slurm", self.env)
        try:
            self.slurm.start()
        except CannotStart as reason:
            self.fail(f"Slurm cannot start here: {reason}\nGEMMTUNE_SKIP_SLURM=1 skips this test")
        self.addCleanup(self.slurm.stop)

    def journal(self, shard):
        path = self.dir / f"out/shard-{shard}/journal.jsonl"
        return path.read_text().splitlines() if path.exists() else []

    def rows_of(self, folder):
        """How often there is a row: its problem, its policy, its id."""
        with open(self.dir / folder / "journal.jsonl") as lines:
            return Counter(tuple(re.search(f'"{key}":"([^"]+)"', line)[1] for key in ("problem_id", "policy", "id"))
                           for line in lines if line.startswith('{"record":"row"'))

    def states(self, job):
        """By shard; those that Slurm has forgotten have ended."""
        text = self.slurm.call("scontrol", "show", "job", "-o", job)
        found = {}
        for line in text.splitlines():
            task = re.search(r"ArrayTaskId=(\d+)(?:-(\d+))?", line)
            for shard in range(int(task[1]), int(task[2] or task[1]) + 1):
                found[shard] = re.search(r"JobState=(\w+)", line)[1]
        return found

    def pid_of(self, shard):
        """The sweep of this test's shard."""
        wanted = os.fsencode(f"{self.dir}/out/shard-{shard}")
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0] == os.fsencode(GEMMTUNE) and wanted in words:
                return int(path.parent.name)
        return None

    def wait_until(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited in vain for {what}\n{self.slurm.logs()}")
            time.sleep(0.01)

    def stop_amid(self, shard, stop):
        """Once it has measured something; it must be at work still, for some tenths of a second."""
        path = self.dir / f"out/shard-{shard}/journal.jsonl"
        self.wait_until(lambda: path.exists() and path.stat().st_size > 100_000, f"rows of shard {shard}")
        stop()
        self.wait_until(lambda: self.pid_of(shard) is None, f"the end of shard {shard}")
        self.assertNotIn('"record":"end"', self.journal(shard)[-1], "it was stopped in the middle")

    def test_killed_and_requeued_and_merged_makes_the_table_of_one_sweep(self):
        whole = self.run_cli("sweep", *self.options, "--out", self.dir / "whole")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        printed = self.run_cli("slurm-script", "--shards", SHARDS, "--out", self.dir / "out", "--", *self.options)
        self.assertEqual(printed.returncode, 0, printed.stderr)
        job = self.slurm.call("sbatch", "--parsable", "-D", str(self.dir), self.write("array.sbatch", printed.stdout)).strip()

        # As where a node is taken away: Slurm ends the task, and begins it again elsewhere.
        self.stop_amid(1, lambda: self.slurm.call("scontrol", "requeue", f"{job}_1"))
        # As where the machine kills it: the task has failed, and somebody asks for it again.
        self.stop_amid(2, lambda: os.kill(self.pid_of(2), signal.SIGKILL))
        self.wait_until(lambda: self.states(job)[2] == "FAILED", "the killed task to fail")
        self.slurm.call("scontrol", "requeue", f"{job}_2")
        self.wait_until(lambda: set(self.states(job).values()) == {"COMPLETED"}, "all tasks to end")

        for shard in (1, 2):
            self.assertGreaterEqual(sum('"record":"run"' in line for line in self.journal(shard)), 2, "it went on")
        merged = self.run_cli("merge", *[self.dir / f"out/shard-{i}" for i in range(1, SHARDS + 1)], "-o", self.dir / "merged")
        self.assertEqual(merged.returncode, 0, merged.stderr)
        tables = [json.loads((self.dir / name / "table.json").read_text()) for name in ("whole", "merged")]
        first, second = ({json.dumps(e["problem"]): e for e in table["entries"]} for table in tables)
        self.assertEqual(first, second)
        self.assertEqual(len(first), 36)
        once, merged_rows = self.rows_of("whole"), self.rows_of("merged")
        self.assertEqual(set(merged_rows), set(once), "nothing lost")
        self.assertEqual(set(once.values()), {1})
        # A race in turns that was stopped before its last row was on disk is held again, whole. A screened one is not measured twice.
        screening = Counter(policy for _, policy, _ in once).most_common(1)[0][0]
        held_again = {(problem, policy) for (problem, policy, _), count in merged_rows.items() if count > 1}
        self.assertNotIn(screening, {policy for _, policy in held_again})
        self.assertLessEqual(len(held_again), 2, "a race of each shard that was stopped")


if __name__ == "__main__":
    unittest.main()
