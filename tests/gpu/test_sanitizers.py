"""Every kernel on a small problem below compute-sanitizer, through `gemmtune profile --sanitize`, on a real GPU; and
defects that no gate sees, planted in a copy of kernels/, which it must find.

Without a GPU or without compute-sanitizer: exit code 77.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
from harness import GEMMTUNE, CliTest  # noqa: E402  (found by the line above)

SKIPPED = 77
LONGEST_S = 120  # of one launch below one tool, beside others
AT_A_TIME = 8
MOST_RUNS = 3
# kernel: small problems, each with a configuration that takes another path; where no warpgroups or CTAs share out K, on so few
# SMs that a CTA has several tiles and every place in shared memory is used again.
CASES = {
    "dense_1d2d": [("dense_1d2d:m=130,n=200,k=640", "block_m=64,block_n=64,cluster_m=2,stages=3,num_sms=2"),
                   ("dense_1d2d:m=130,n=200,k=640", "block_m=128,block_n=96,cluster_n=2,stages=3,num_sms=2"),
                   ("dense_1d2d:m=50,n=200,k=640", "block_m=64,block_n=64,k_groups=2,stages=4"),
                   ("dense_1d2d:m=50,n=200,k=640", "block_m=64,block_n=64,split_k=2,stages=3"),
                   ("dense_1d2d:m=50,n=200,k=640", "block_m=32,block_n=64,swap_ab=1,k_groups=2,split_k=2,stages=4"),
                   ("dense_1d2d:m=130,n=200,k=640,out=fp32", "block_m=128,block_n=96,cluster_m=2,stages=3,num_sms=2"),
                   ("dense_1d2d:m=130,n=200,k=640,out=fp32,accumulate=true", "block_m=64,block_n=64,split_k=2,stages=3"),
                   ("dense_1d2d:m=130,n=200,k=640,accumulate=true", "block_m=128,block_n=64,cluster_n=2,stages=3,num_sms=2")],
}
# Of the pipeline without scales and promotion, whose parts are those above. A CTA of the last has no more k-blocks than stages,
# so that its loader does not wait (LOADER_WAITS_TOO).
for kernel, few_k in (("dense_bf16", 328), ("dense_tensor", 656)):
    CASES[kernel] = [(f"{kernel}:m=130,n=200,k=656", "block_m=64,block_n=64,cluster_m=2,stages=3,num_sms=2"),
                     (f"{kernel}:m=130,n=200,k=656,accumulate=true", "block_m=192,block_n=96,cluster_n=2,stages=3,num_sms=2"),
                     (f"{kernel}:m=50,n=200,k={few_k}", "block_m=32,block_n=64,swap_ab=1,k_groups=2,split_k=2,stages=4"),
                     (f"{kernel}:m=130,n=200,k={few_k}", "block_m=64,block_n=64,ping_pong=1,stages=3,num_sms=2")]
# Scales of both operands in the stages: held of all elements, of columns, of rows alone (kernels/gemm/promote_1d1d.cuh).
GRADIENT = "dense_1d1d:m=130,n=200,k=640,out=fp32,accumulate=true"
CASES["dense_1d1d"] = [(GRADIENT, "block_m=64,block_n=64,cluster_m=2,stages=3,num_sms=2"),
                       (GRADIENT, "block_m=128,block_n=160,cluster_n=2,stages=2,num_sms=2"),
                       (GRADIENT, "block_m=192,block_n=128,store_buffers=2,stages=3,num_sms=1")]
# One CTA has tiles of several groups, boxes in which a group ends, and one that is stored whole.
for kernel, groups in (("grouped_contiguous_1d2d", "group_sizes=1/0/130/64,alignment=1,n=200,k=640"),
                       ("grouped_masked_1d2d", "group_sizes=1/0/130/64,max_m=130,n=200,k=640")):
    CASES[kernel] = [(f"{kernel}:{groups}", "block_m=64,block_n=64,cluster_m=2,stages=3,num_sms=2"),
                     (f"{kernel}:{groups}", "block_m=128,block_n=96,cluster_n=2,stages=3,num_sms=2"),
                     (f"{kernel}:{groups}", "block_m=32,block_n=64,swap_ab=1,stages=4,num_sms=2")]
# One CTA has tiles of several groups, one of them without K, whose boxes hang over their D.
K_GROUPS = "k_grouped_1d1d:group_sizes=256/0/128/640,m=130,n=200,out=fp32"
CASES["k_grouped_1d1d"] = [(f"{K_GROUPS},accumulate=true", "block_m=64,block_n=64,cluster_m=2,stages=3,num_sms=2"),
                           (f"{K_GROUPS},accumulate=true", "block_m=192,block_n=128,store_buffers=2,stages=3,num_sms=1"),
                           (K_GROUPS, "block_m=128,block_n=160,cluster_n=2,stages=2,num_sms=2")]
# The same where they do. racecheck can follow these in a copy alone (FOLLOWED).
SEVERAL_TILES = {
    "dense_1d2d": [("dense_1d2d:m=50,n=200,k=640", "block_m=64,block_n=64,k_groups=2,stages=4,num_sms=1"),
                   ("dense_1d2d:m=50,n=200,k=640", "block_m=64,block_n=64,split_k=2,stages=3,num_sms=2"),
                   ("dense_1d2d:m=50,n=200,k=640", "block_m=32,block_n=64,swap_ab=1,k_groups=2,split_k=2,stages=4,num_sms=2"),
                   ("dense_1d2d:m=130,n=200,k=640,out=fp32,accumulate=true",
                    "block_m=64,block_n=64,split_k=2,stages=3,num_sms=2")],
    # Five k-blocks: where groups wait for each other (TAKEN_TWICE) the loader must find room for all of one group's.
    "dense_bf16": [("dense_bf16:m=50,n=200,k=264", "block_m=64,block_n=64,k_groups=2,stages=4,num_sms=1")],
    "dense_tensor": [("dense_tensor:m=50,n=200,k=656", "block_m=64,block_n=64,split_k=2,stages=3,num_sms=2")],
    # Its loader waits for free stages at the end.
    "dense_1d1d": [("dense_1d1d:m=50,n=200,k=640,accumulate=true", "block_m=64,block_n=64,split_k=2,stages=3"),
                   ("dense_1d1d:m=50,n=200,k=640", "block_m=32,block_n=64,swap_ab=1,k_groups=2,split_k=2,stages=4")],
}
TOOLS = ["memcheck", "racecheck"]
# What racecheck of CUDA 13.0 reports of B's scales (pairs) and, over groups, of which tile comes (units). One warp or thread stores
# them and the math warps load; these give the place back by a __syncwarp and one lane's arrival at an mbarrier, and racecheck does
# not follow the other lanes through these: where all lanes arrive it reports neither.
KNOWN_RACE = re.compile(r"Error: Race reported between (Read access at load|Write access at store)_shared_(pair|unit)[^\n]*"
                        r"\n=+ +and (Read access at load|Write access at store)_shared_\2\b")
NAMELESS = re.compile(r"(Read|Write) access at *(\[|\n)")
# The two sides of any.
RACE = re.compile(r"Error: Race reported between (\w+ access at \w+)[^\n]*\n=+ +and (\w+ access at \w+)")
KERNEL, MULTIPLY = "gemm/dense_1d2d.cuh", "gemm/multiply_1d2d.cuh"
COMPUTE, START, LOAD_GROUPS = "pipeline/compute.cuh", "pipeline/start.cuh", "pipeline/load_groups.cuh"
# Behind this, the second line of the entry point, defects are planted.
ANCHOR = "  const Ring ring{shared_address(shared_memory)};\n"
READS_PAST_THE_SCALES = """  if (threadIdx.x == 0) {
    float past;
    asm volatile("ld.volatile.global.f32 %0, [%1];" : "=f"(past) : "l"(scales_b + ceil_div(n, 128) * (k / 128)));
  }
"""
# Changes that make a copy of the kernel which racecheck of CUDA 13.0 can follow, and in which it must find nothing. In these
# three places the copy waits more than the kernel does.
ONE_LANE = "    if (threadIdx.x % 32 == 0) mbarrier_arrive(ring.scales_empty(chunk.stage));\n"
EVERY_LANE = ONE_LANE.replace("if (threadIdx.x % 32 == 0) ", "")
EVERY_LANE_ARRIVES = [  # where a tile is multiplied, and where it is passed
    *((MULTIPLY, ONE_LANE + after, EVERY_LANE + after) for after in ("    chunk.advance();\n", "  }\n")),
    (START, "mbarrier_init(ring.scales_empty(chunk), kMathThreads / 32);",
     "mbarrier_init(ring.scales_empty(chunk), kMathThreads);"),
]
# Where two sides both hand over by bar.arrive it reports every word: of the example in the PTX manual's chapter on bar, with
# 32 words a thread and four turns, all 32 (results/h100-sxm/trust/racecheck.txt). Of this kernel by bar.sync it still reports
# the first stores behind a barrier, fewer if they come a millisecond later; behind the same barrier twice, none. The example
# has no such reports, and what makes them is not known.
PARTIALS_BY_SYNC = (COMPUTE, "named_barrier_arrive(kBarrierPartials + row_warpgroup, kSharers);",
                    "named_barrier_sync(kBarrierPartials + row_warpgroup, kSharers);")
TAKEN = "named_barrier_sync(kBarrierTaken + row_warpgroup, kSharers);"
# Its three places: before sums are left again, at the end, when sums have been read.
AGAIN, END = f"      if (left) {TAKEN}\n      leave", f"  if (left) {TAKEN}\n  // Shared"
READ = TAKEN.replace("sync", "arrive")
TAKEN_TWICE = [(COMPUTE, AGAIN, AGAIN.replace(TAKEN, f"{{ {TAKEN} {TAKEN} }}")), (COMPUTE, END, END.replace(TAKEN, f"{{ {TAKEN} {TAKEN} }}")),
               (COMPUTE, READ, f"{TAKEN} {TAKEN}")]
# The warp that loads arrives at the cluster's first barrier and waits for it at the kernel's end. Below racecheck a loader
# that waits for free stages then waits for ever, it seems because no other warp passes the barrier before it does; in this
# copy it ends.
LOADER_WAITS_TOO = (START, "return kMulticast > 1 || warp != kLoadWarp;", "return true;")
FOLLOWED = [*EVERY_LANE_ARRIVES, PARTIALS_BY_SYNC, *TAKEN_TWICE, LOADER_WAITS_TOO]
# The same, but partial sums are overwritten whether or not they have been read.
NOT_TAKEN = [*EVERY_LANE_ARRIVES, PARTIALS_BY_SYNC, (COMPUTE, AGAIN, "      leave"), (COMPUTE, END, "  // Shared"),
             (COMPUTE, READ, ""), LOADER_WAITS_TOO]
# Which tile comes is told before its stage is free. The copy's stages are given back by all lanes, as racecheck can follow.
EVERY_LANE_RETURNS = [(COMPUTE, "if (threadIdx.x % 32 >= kMulticast) return;",
                       "if (kMulticast > 1 && threadIdx.x % 32 >= kMulticast) return;"),
                      (START, "kMulticast * kRowWarpgroups * 4);", "kMulticast * kRowWarpgroups * (kMulticast > 1 ? 4 : 128));")]
WAITS = "      wait_until_empty(task, ring, at);\n      if constexpr (DEFECT == kWrongParity)"
TOLD_TOO_EARLY = [*EVERY_LANE_ARRIVES, *EVERY_LANE_RETURNS, (LOAD_GROUPS, WAITS, """      if (TELLS_TILES && k_block == 0)
        store_shared_unit(ring.tile(at.stage), task.walk.place(tile.parts == 0 ? 0 : task.end_row(m) - tile.row));
""" + WAITS)]
# Tiles of one k-block: a stage belongs to another tile each time.
TILES_OF_ONE_BLOCK = ("grouped_contiguous_1d2d:group_sizes=1/0/130/64,alignment=1,n=200,k=128", "block_m=64,block_n=64,stages=2,num_sms=1")
TWO_WARPS_WRITE_ONE_WORD = """  __shared__ uint32 word;
  if (threadIdx.x < 64) *const_cast<volatile uint32*>(&word) = threadIdx.x;
"""


class Sanitizers(CliTest):
    def setUp(self):
        super().setUp()
        del self.env["GEMMTUNE_WORKER"]  # the real one, beside the program
        self.env["GEMMTUNE_CACHE_DIR"] = str(self.dir / "cache")

    def profile(self, problem, config, *more):
        command = [GEMMTUNE, "profile", "--problem", problem, "--config", config, *more]
        # A session of its own: what takes too long ends with all its children, or they would go on beside the next case.
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env, cwd=self.dir,
                              start_new_session=True) as running:
            try:
                out, err = running.communicate(timeout=LONGEST_S)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(command, running.returncode, out, err)

    def finding(self, problem, config, tool):
        """(what profile says of it, what the sanitizer wrote). Of many at a time one comes now and then with a report that names no
        function: nobody can judge it, and it is run again."""
        for _ in range(MOST_RUNS - 1):
            row, said = self.one_finding(problem, config, tool)
            if not NAMELESS.search(said):
                return row, said
        return self.one_finding(problem, config, tool)

    def one_finding(self, problem, config, tool):
        try:
            done = self.profile(problem, config, "--sanitize", tool, "--format", "json")
        except subprocess.TimeoutExpired:
            row, said = {"tool": tool, "outcome": f"not ended after {LONGEST_S} s", "errors": 0, "example": ""}, ""
        else:
            self.assertIn(done.returncode, (0, 3), done.stderr)
            (row,), said = json.loads(done.stdout), done.stderr
        races = sorted({" / ".join(sorted(sides)) for sides in RACE.findall(said)})
        print(f"{tool:10} {problem} {config}: {row['outcome']}, {row['errors']} errors {'; '.join(races) or row['example']}",
              flush=True)
        return row, said

    def findings_of_all(self, tools_of):
        """[(kernel, case, row, said)] of every kernel's cases; a sanitizer spends its time on the host, on one core."""
        runs = [(kernel, case, tool) for kernel, cases in CASES.items() for case in cases + SEVERAL_TILES.get(kernel, [])
                for tool in tools_of(kernel, case)]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            found = pool.map(lambda run: self.finding(*run[1], run[2]), runs)
            return [(kernel, case, row, said) for (kernel, case, _), (row, said) in zip(runs, found)]

    def test_every_kernel(self):
        for kernel, case, row, said in self.findings_of_all(lambda kernel, case: TOOLS if case in CASES[kernel] else ["memcheck"]):
            with self.subTest(kernel, tool=row["tool"], config=case[1]):
                if kernel.endswith("1d2d") and row["tool"] == "racecheck" and row["outcome"] == "errors":
                    known = KNOWN_RACE.findall(said)
                    self.assertTrue(known)
                    self.assertEqual(len(known), said.count("Error: "), said)
                    for one, word, other in known:
                        self.assertNotEqual(one, other, said)
                        self.assertIn(word, ("pair", "unit") if kernel.startswith("grouped") else ("pair",), said)
                else:
                    self.assertIn(row["outcome"], ("clean", "unsupported"), said)

    def use_changed_kernel(self, changes):
        """A copy of kernels/ with (file, what stands there once, what stands there instead)."""
        kernels = self.dir / "kernels"
        shutil.rmtree(kernels, ignore_errors=True)  # of an earlier change
        shutil.copytree(SOURCE / "kernels", kernels)
        for name, before, after in changes:
            text = (kernels / name).read_text()
            self.assertEqual(text.count(before), 1, f"{name} has changed: where is {before!r}?")
            (kernels / name).write_text(text.replace(before, after))
        self.env["GEMMTUNE_KERNELS"] = str(kernels)

    def test_no_race_but_the_known_one(self):
        self.use_changed_kernel(FOLLOWED)
        for kernel, (problem, config), row, said in self.findings_of_all(lambda kernel, case: ["racecheck"]):
            with self.subTest(kernel, problem=problem, config=config):
                self.assertIn(row["outcome"], ("clean", "unsupported"), said)

    def check_caught(self, code, tool, words):
        self.use_changed_kernel([(KERNEL, ANCHOR, ANCHOR + code)])
        problem, config = CASES["dense_1d2d"][2]
        plain = self.profile(problem, config)
        self.assertEqual(plain.returncode, 0, "the gates do not see it: " + plain.stderr)
        row, said = self.finding(problem, config, tool)
        self.assertEqual(row["outcome"], "errors", said)
        self.assertRegex(row["example"], words)
        self.assertIn("dense_1d2d.cuh", said, "errors name the line")

    def test_racecheck_finds_partial_sums_that_are_overwritten(self):
        self.use_changed_kernel(NOT_TAKEN)
        row, said = self.finding(*SEVERAL_TILES["dense_1d2d"][0], "racecheck")
        # Each word: of a right kernel whose barrier is not doubled there were 2 (64 in the run of results/h100-sxm/trust).
        self.assertGreaterEqual(row["errors"], 32, said)
        self.assertRegex(said, r"Race reported between .* access at (load|store)_shared\b")

    def test_racecheck_finds_a_tile_that_is_told_too_early(self):
        self.use_changed_kernel([*EVERY_LANE_ARRIVES, *EVERY_LANE_RETURNS])
        row, said = self.finding(*TILES_OF_ONE_BLOCK, "racecheck")
        self.assertEqual(row["outcome"], "clean", said)
        self.use_changed_kernel(TOLD_TOO_EARLY)
        row, said = self.finding(*TILES_OF_ONE_BLOCK, "racecheck")
        self.assertEqual(row["outcome"], "errors", said)
        self.assertRegex(said, r"Race reported between .* access at (load|store)_shared_unit\b")

    def test_memcheck_finds_a_read_past_the_end(self):
        self.check_caught(READS_PAST_THE_SCALES, "memcheck", "Invalid __global__ read")

    def test_racecheck_finds_two_warps_that_write_one_word(self):
        self.check_caught(TWO_WARPS_WRITE_ONE_WORD, "racecheck", "Race|hazard")


def missing():
    """Why nothing can run here; empty when all is there."""
    doctor = subprocess.run([GEMMTUNE, "doctor"], capture_output=True, text=True)
    if doctor.returncode != 0:
        return doctor.stdout.strip().rpartition("\n")[2]
    if not shutil.which("compute-sanitizer", path=os.environ["PATH"] + ":/usr/local/cuda/bin"):
        return "there is no compute-sanitizer"
    return ""


if __name__ == "__main__":
    if why := missing():
        print("skipped: " + why)
        sys.exit(SKIPPED)
    unittest.main()
