"""Kernels that fault on a real GPU, through the whole program: one of four configurations is planted to hang, to
trap, to write where it may not, or to wait for a barrier that never completes. It alone is blamed.

GEMMTUNE_KERNELS puts a changed copy of kernels/ in the place of the embedded one. Without a GPU: exit code 77.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
from harness import GEMMTUNE, WIDTHS, CliTest  # noqa: E402  (found by the line above)

BAD = 96  # block_n of the candidate that is planted
SKIPPED = 77
TOP = '#include "common/types.cuh"\n'
BODY = "  extern __shared__ __align__(1024) uint8 shared_memory[];\n"  # the entry's first line
HANGS = 'while (m != 0) asm volatile("nanosleep.u32 1000;");'
TRAPS = 'asm volatile("trap;");'
WRITES_ASTRAY = 'asm volatile("st.global.u32 [%0], %1;" ::"l"(0x10ull), "r"(1u) : "memory");'
BARRIER_NEVER_COMPLETES = "#define DEFECT 6\n"  # of kernels/common/defect.cuh


def processes_with(marker):
    """Commands of all living processes in whose environment `marker` stands."""
    found = []
    for process in pathlib.Path("/proc").iterdir():
        try:
            if process.name.isdigit() and marker.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue  # it ended, or is somebody else's
    return found


class GpuFault(CliTest):
    def setUp(self):
        super().setUp()
        del self.env["GEMMTUNE_WORKER"]  # the real one, beside the program
        self.env["GEMMTUNE_CACHE_DIR"] = str(self.dir / "cache")

    def plant(self, anchor, code, condition=f"BLOCK_N == {BAD}"):
        """Puts `code` before `anchor` in a copy of the kernels, for the bad width alone."""
        kernels = self.dir / "kernels"
        shutil.copytree(SOURCE / "kernels", kernels)
        path = kernels / "gemm" / "dense_1d2d.cuh"
        text = path.read_text()
        self.assertEqual(text.count(anchor), 1, f"{path.name} has changed: where is {anchor!r}?")
        path.write_text(text.replace(anchor, f"#if {condition}\n{code}\n#endif\n{anchor}"))
        self.env["GEMMTUNE_KERNELS"] = str(kernels)

    def check_blamed_alone(self, invalidity, words):
        start = time.monotonic()
        self.sweep()
        print(f"{self._testMethodName}: {time.monotonic() - start:.1f} s; {self.row_of(BAD)['reason']}", flush=True)
        bad = self.row_of(BAD)
        self.assertEqual(bad["invalidity"], invalidity, bad["reason"])
        self.assertTrue(bad["reason"].startswith("twice: "), bad["reason"])
        self.assertRegex(bad["reason"], words)
        self.assertIsNone(bad["time_us"])
        others = set(WIDTHS) - {BAD}
        for block_n in others:
            self.assertEqual(self.row_of(block_n)["invalidity"], "correct", self.row_of(block_n)["reason"])
        raced = {row["config"]["block_n"] for row in self.rows("final")}
        self.assertTrue(raced and raced <= others, raced)
        self.assertGreater(len(self.rows("screen", "cublaslt_block")), 0, "the libraries had their turn")
        rows = [row["id"] for row in self.records()]
        self.sweep("--resume")
        self.assertEqual([row["id"] for row in self.records()], rows, "nothing is measured again")
        self.wait_for(lambda: not processes_with(str(self.dir)), "the workers to die", 10)

    def test_a_hang_is_ended_at_its_deadline(self):
        self.env["GEMMTUNE_DEADLINE_SCALE"] = "0.2"  # 60 s for a verdict become 12
        self.plant(BODY, HANGS)
        self.check_blamed_alone("timeout", "no answer to verify")

    def test_a_trap(self):
        self.plant(BODY, TRAPS)
        self.check_blamed_alone("runtime", "launch failure|illegal instruction")

    def test_a_write_to_an_illegal_address(self):
        self.plant(BODY, WRITES_ASTRAY)
        self.check_blamed_alone("runtime", "illegal memory access")

    def test_a_barrier_that_never_completes_is_ended_by_its_bound(self):
        self.plant(TOP, BARRIER_NEVER_COMPLETES)
        self.check_blamed_alone("runtime", "misaligned address")

    def test_a_killed_parent_leaves_no_worker_not_even_in_a_hang(self):
        self.plant(BODY, HANGS, condition="1")
        process = self.start_cli(*self.sweep_args())
        self.wait_for(lambda: len(processes_with(str(self.dir))) > 1, "a worker")
        time.sleep(8)  # to be at the first launch, which does not end
        self.assertIsNone(process.poll(), "the first candidate hangs")
        self.assertEqual(self.rows(), [])
        process.kill()
        process.wait()
        self.wait_for(lambda: not processes_with(str(self.dir)), "the workers to die", 20)


if __name__ == "__main__":
    doctor = subprocess.run([GEMMTUNE, "doctor"], capture_output=True, text=True)
    if doctor.returncode != 0:
        print("skipped: " + doctor.stdout.strip().rpartition("\n")[2])
        sys.exit(SKIPPED)
    unittest.main()
