"""Scripts about techniques and bundles: what a restriction costs, copies of the kernels, a bundle's times."""
import contextlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from harness import GEMMTUNE, SOURCE, ScriptTest, script


class Ablation(ScriptTest):
    def config(self, **changes):
        return dict(block_m=128, block_n=128, cluster_m=1, cluster_n=1, evict_first=0, k_groups=1, num_sms=132, raster=8,
                    split_k=1, stages=5, swap_ab=0) | changes

    def folder(self, m, *timed):
        """A sweep of one problem; `timed`: (config, microseconds)."""
        rows = [{"record": "row", "provider": "gemmtune", "stage": "screen", "problem_id": "p", "config_id": str(config),
                 "problem": {"m": m, "n": 1, "k": 1}, "config": config, "time_us": us} for config, us in timed]
        (self.dir / "journal.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return self.dir

    def cells(self, m, name, *timed):
        module = script("ablation")
        sweep = module.screened(self.folder(m, *timed))
        return [cell.strip() for cell in module.line(name, sweep, module.RESTRICTIONS[name]).strip("|").split("|")]

    def test_compares_the_fastest_that_remains_with_the_fastest(self):
        found = self.cells(512, "no multicast", (self.config(), 11), (self.config(block_n=64), 12), (self.config(cluster_m=2), 10))
        self.assertEqual(found, ["no multicast", "-", "10.0 %", "-", "10.0 % (512×1×1)", "1 of 1"])

    def test_takes_the_last_screening_of_a_candidate(self):
        found = self.cells(64, "no multicast", (self.config(), 9), (self.config(cluster_m=2), 10), (self.config(), 12))
        self.assertEqual(found[1], "20.0 %")

    def test_says_how_many_problems_a_mean_is_over(self):
        self.assertEqual(self.cells(64, "multicast always", (self.config(), 9), (self.config(block_n=64), 9))[1], "- (0)")

    def test_leaves_out_problems_on_which_nothing_can_be_told(self):
        self.assertEqual(self.cells(64, "no `evict_first`", (self.config(), 9), (self.config(evict_first=1), 8))[1], "- (0)")

    def test_knows_the_fewest_sms_and_the_numbers_of_a_space(self):
        module = script("ablation")
        marked = module.mark_minimal([(self.config(), 1), (self.config(num_sms=112), 1), (self.config(raster=16), 1)])
        self.assertEqual([config["minimal"] for config, _ in marked], [False, True, True])
        space = {"raster": 8, "num_sms": "minimal", "split_k": [1, 2], "stages": ["max", 12]}
        self.assertEqual([module.in_space(space, config) for config, _ in marked], [False, True, False])
        self.assertFalse(module.in_space(space, marked[1][0] | {"split_k": 3}))


class BundleCheck(ScriptTest):
    """Times held to what `gemmtune bench` measured."""

    def judged(self, us, here_us, exit_code=0, **others):
        problem = {"m": 1, "n": 2, "k": 3, "time_us": us}
        checks = {"exit_code": exit_code, "times": {"passed": exit_code == 0}, "passed": exit_code == 0, **others}
        script("bundle_check").hold_to(checks, here_us, [problem], "time_us")
        return checks["passed"]

    def test_pass_within_two_percent(self):
        self.assertTrue(self.judged(10.1, {(1, 2, 3): 10}))
        self.assertTrue(self.judged(10.1, {(1, 2, 3): 10}, exit_code=1), "the table's times had failed, and nothing else")
        self.assertFalse(self.judged(10.3, {(1, 2, 3): 10}))

    def test_fail_where_a_time_or_the_end_is_missing(self):
        self.assertFalse(self.judged(10, {(1, 2, 4): 10}))
        self.assertFalse(self.judged(10, {(1, 2, 3): 10}, exit_code=139))
        self.assertFalse(self.judged(10, {(1, 2, 3): 10}, exit_code=1, results={"passed": False}))

    def test_keeps_what_a_part_said_that_crashed(self):
        module = script("bundle_check")
        crash = "import os, sys; print({}, flush=True); print('in linear', file=sys.stderr, flush=True); os.kill(os.getpid(), 11)"
        for said, output in (("''", "\n"), ("""'{"passed": true}'""", None)):
            with contextlib.redirect_stderr(io.StringIO()) as shown:
                found = module.as_json(module.run(sys.executable, "-c", crash.format(said)))
            self.assertEqual((found["passed"], found["exit_code"], found["stderr"], found.get("output")), (False, -11, "in linear\n", output))
            self.assertIn("in linear", shown.getvalue())

    def test_waits_for_no_process_that_a_crash_left(self):
        child = "import subprocess, sys, os; subprocess.Popen(['sleep', '30']); os.kill(os.getpid(), 11)"
        with contextlib.redirect_stderr(io.StringIO()):
            found = script("bundle_check").run(sys.executable, "-c", child)
        self.assertEqual(found.code, -11)
        self.assertLess(found.seconds, 25)

    def test_is_not_told_two_parts(self):
        done = self.run_script("bundle_check", self.dir, "--without-torch", "--only", "torch")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--only: not allowed with argument --without-torch", done.stderr)


class KernelVariants(ScriptTest):
    PROBLEM, CONFIG = "dense_1d2d:m=512,n=4096,k=7168", "block_m=128,block_n=128,stages=5"

    def machine_code(self, kernels, problem=PROBLEM, config=CONFIG):
        """Its hash: two kernels may be as long as each other to the byte."""
        with tempfile.TemporaryDirectory(dir=self.dir) as cache:
            self.cubin_bytes(kernels | {"GEMMTUNE_CACHE_DIR": cache}, problem, config)
            (file,) = pathlib.Path(cache).rglob("*.cubin")
            content = file.read_bytes()
            return script("same_code").code_hash(content[content.index(b"\x7fELF"):])

    def cubin_bytes(self, kernels, problem=PROBLEM, config=CONFIG):
        """Compiled, without a spill."""
        environment = {name: value for name, value in self.env.items() if name != "GEMMTUNE_WORKER"}
        done = subprocess.run([GEMMTUNE, "compile", "--problem", problem, "--config", config, "--format", "json"],
                              env=environment | {"GEMMTUNE_CACHE_DIR": str(self.dir / "cache")} | kernels, capture_output=True,
                              text=True, check=True)
        (cubin,) = json.loads(done.stdout)
        self.assertEqual(cubin["spill_bytes"], 0)
        return cubin["cubin_bytes"]

    @unittest.skipUnless(os.environ.get("GEMMTUNE_FAKE_DRIVER"), "built without gemmtune-worker, which compiles kernels")
    def test_compile_and_are_other_kernels(self):
        done = self.run_script("kernel_variants", self.dir / "variants", "--specialize", "4096x7168")
        self.assertEqual(done.returncode, 0, done.stderr)
        plain = self.cubin_bytes({})
        sizes = {pathlib.Path(folder).name: self.cubin_bytes({"GEMMTUNE_KERNELS": folder}) for folder in done.stdout.split()}
        self.assertEqual(list(sizes), ["no_overlap", "no_warps", "rolled", "counted", "by_columns", "in_line", "rolled_1d1d",
                                       "made_once", "behind_all", "in_eighths", "after_issue", "columns_once", "one_scale", "wide_reads",
                                       "in_order", "sorted", "no_fetch", "spread", "staggered", "whole_tiles", "elected", "lag", "nk_4096_7168"])
        self.assertGreater(sizes["no_overlap"], plain)
        self.assertLess(sizes["rolled"], plain)
        self.assertGreater(sizes["no_warps"], sizes["rolled"])
        self.assertNotEqual(self.machine_code({"GEMMTUNE_KERNELS": str(self.dir / "variants/counted")}), self.machine_code({}))
        self.assertGreater(sizes["spread"], plain)
        self.assertLessEqual(sizes["nk_4096_7168"], plain)
        self.assertLess(sizes["elected"], plain)
        self.assertGreater(sizes["lag"], plain)
        decode = "dense_1d2d:m=1,n=2112,k=7168", "block_m=8,block_n=64,k_groups=2,split_k=2,stages=12,swap_ab=1"
        plain, elected, lag = (self.machine_code(kernels, *decode) for kernels in
                               ({}, *({"GEMMTUNE_KERNELS": str(self.dir / "variants" / name)} for name in ("elected", "lag"))))
        self.assertEqual(lag, plain, "it has one row warpgroup")
        self.assertNotEqual(elected, plain)
        gradient = "dense_1d1d:m=512,n=4096,k=4096,out=fp32,accumulate=true", "block_m=128,block_n=128,stages=4"
        one = {name: self.cubin_bytes({"GEMMTUNE_KERNELS": str(self.dir / "variants" / name)}, *gradient)
               for name in ("rolled", "by_columns", "in_line", "rolled_1d1d", "no_fetch")}
        for name in ("by_columns", "in_line", "rolled_1d1d", "no_fetch"):  # "rolled" is of dense_1d2d
            self.assertLess(one[name], one["rolled"])
        codes = {name: self.machine_code({"GEMMTUNE_KERNELS": str(self.dir / "variants" / name)}, *gradient)
                 for name in ("rolled", "made_once", "behind_all", "in_eighths", "after_issue", "columns_once", "one_scale", "wide_reads")}
        self.assertEqual(len(set(codes.values())), 8, "each is another kernel than the one as it is, which \"rolled\" leaves alone")
        experts = "k_grouped_1d1d:groups=4,k_per_group=1024,m=512,n=4096,out=fp32,accumulate=true", "block_m=128,block_n=128,stages=4"
        codes = {name: self.machine_code({"GEMMTUNE_KERNELS": str(self.dir / "variants" / name)}, *experts)
                 for name in ("rolled", "in_order", "sorted")}
        self.assertEqual(len(set(codes.values())), 3)
        groups = "grouped_masked_1d2d:n=4096,k=4096,groups=4,max_m=512,m_per_group=200", "block_m=256,block_n=128,stages=3"
        whole, fitted = (self.cubin_bytes({"GEMMTUNE_KERNELS": str(self.dir / "variants" / name)}, *groups)
                         for name in ("whole_tiles", "rolled_1d1d"))
        self.assertLess(whole, fitted)

    def test_say_where_the_kernel_has_changed(self):
        with self.assertRaisesRegex(SystemExit, "has changed: where is"):
            script("kernel_variants").write(self.dir / "x", [("gemm/dense_1d2d.cuh", "not there", "")])


class TimeVariants(ScriptTest):
    CASE = "dense_1d2d:m=64,n=2112,k=7168 block_m=64,block_n=32,stages=8"

    def setUp(self):
        super().setUp()
        (self.dir / "variants" / "spread").mkdir(parents=True)

    def time(self, *more):
        return self.run_script("time_variants", self.dir / "variants", "--device", "sim:h100-sxm", *more)

    def test_times_each_variant_and_case_beside_the_kernels_as_they_are(self):
        done = self.time("--variant", "spread", "--case", self.CASE, "--case", self.CASE.replace(":m=64,", ":m=4096,"), "--turns", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        heads, _, plain, spread = (line.strip("| ").split(" | ") for line in done.stdout.splitlines())
        self.assertEqual([head.split()[0] for head in heads], ["kernels", "dense_1d2d:m=64,n=2112,k=7168", "dense_1d2d:m=4096,n=2112,k=7168"])
        self.assertEqual((plain[0], spread[0]), ("as they are", "spread"))
        self.assertGreater(float(plain[2].split()[0]), float(plain[1].split()[0]))
        self.assertEqual([cell.split()[0] for cell in plain[1:]], [cell.split()[0] for cell in spread[1:]], "the device is simulated")
        self.assertRegex(spread[1], r"1\.000\)$")

    def test_says_which_variant_has_a_wrong_result(self):
        module = script("time_variants")
        self.assertEqual(module.cell([(10.0, 1500), "rms: 0.2 is above"], 10.0), "rms: 0.2 is above")
        self.assertEqual(module.cell([(9.0, 1500), (11.0, 1700)], 20.0), "10.00 (1600 MHz, 0.500)")

    def test_refuses_what_is_not_there(self):
        for more, word in ((("--variant", "nope", "--case", self.CASE), "there is no nope"),
                           (("--variant", "spread", "--case", "dense_1d2d:m=64"), "not a problem and a configuration"),
                           (("--variant", "spread", "--case", "dense_1d2d:m=64 block_m=64"), "time_variants: as they are, dense_1d2d")):
            done = self.time(*more)
            self.assertEqual(done.returncode, 1)
            self.assertIn(word, done.stderr)


@unittest.skipUnless(os.environ.get("GEMMTUNE_FAKE_DRIVER"), "built without gemmtune-worker, which compiles kernels")
class SameCode(ScriptTest):
    def setUp(self):
        super().setUp()
        del self.env["GEMMTUNE_WORKER"]
        self.env |= {"GEMMTUNE_CACHE_DIR": str(self.dir / "cache"), "GEMMTUNE_BINARY_PATH": GEMMTUNE}
        table = json.loads((SOURCE / "results" / "h100-sxm" / "dsv3" / "table.json").read_text())
        table["entries"] = [entry for entry in table["entries"] if entry["problem"]["m"] == 4096][:1]
        self.folder = self.dir / "one"
        self.folder.mkdir()
        self.keep(table)

    def keep(self, table):
        self.table = self.folder / "table.json"
        self.table.write_text(json.dumps(table, indent=2) + "\n")

    def kernels(self, name, old="", new=""):
        kernels = self.dir / name / "kernels"
        shutil.copytree(SOURCE / "kernels", kernels)
        changed = kernels / "gemm" / "multiply_1d2d.cuh"
        text = changed.read_text()
        self.assertIn(old, text)
        changed.write_text(text.replace(old, new, 1) if old else text)
        return kernels

    COMMENT = ("#pragma once", "#pragma once  // said")
    CODE = ("start_product(product, rows", "start_product(product, 1 + rows")

    def module(self):
        module = script("same_code")
        module.GEMMTUNE = GEMMTUNE
        return module

    def test_is_told_from_other_code_and_not_from_other_text(self):
        module, found = self.module(), {}
        with mock.patch.dict(os.environ, self.env, clear=True):
            for name, change in (("plain", ()), ("comment", self.COMMENT), ("code", self.CODE)):
                found[name], = module.winners(self.folder, self.kernels(name, *change), self.dir / f"{name}-bundle")
        self.assertNotEqual(found["comment"].kernel_hash, found["plain"].kernel_hash)
        self.assertEqual(found["comment"].code, found["plain"].code)
        self.assertNotEqual(found["code"].code, found["plain"].code)

    def test_is_written_where_kernels_and_cubins_are_those_that_were_timed_and_then_judges_exports(self):
        module = self.module()
        with mock.patch.dict(os.environ, self.env, clear=True):
            root = self.kernels("then").parent
            table = json.loads(self.table.read_text())
            with self.assertRaisesRegex(module.Refusal, "measured with kernels [0-9a-f]{12}, and this revision has"):
                module.write(self.folder, root, self.dir / "refused")
            table["fingerprint"] |= {"kernels": module.kernels_hash(root), "source_hashes": {}}
            table["entries"][0].pop("code_hash", None)  # as tables of before
            self.keep(table)
            with self.assertRaisesRegex(module.Refusal, "/entries/0 compiles to another cubin"):
                module.write(self.folder, root, self.dir / "another")
            winner, = module.winners(self.table, root / "kernels", self.dir / "then-bundle")
            table["entries"][0]["kernel_hash"] = winner.kernel_hash
            self.keep(table)
            before = self.table.read_text().splitlines()
            self.assertIn("code_hash of 1 winners written", module.write(self.folder, root, self.dir / "written"))
            added = set(self.table.read_text().splitlines()) - set(before)
            self.assertEqual(added, {f'      "code_hash": "{winner.code}",'})
            self.assertEqual(len(self.table.read_text().splitlines()), len(before) + 1)
            self.assertIn("as it has them", module.write(self.folder, root, self.dir / "again"))
            table["entries"][0]["code_hash"] = "0" * 16
            self.keep(table)
            with self.assertRaisesRegex(module.Refusal, "names other machine code"):
                module.write(self.folder, root, self.dir / "others")
            table["entries"][0]["code_hash"] = winner.code  # as src/cache/code_hash.cpp has it too: the exports below
            self.keep(table)
        for name, change, code in (("comment", self.COMMENT, 0), ("code", self.CODE, 2)):
            with self.subTest(name):
                self.env["GEMMTUNE_KERNELS"] = str(self.kernels(name, *change))
                done = self.run_cli("export", self.table, "--format", "bundle", "-o", self.dir / f"{name}-bundle")
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn("machine code of its winners has not" if code == 0 else f"measured with machine code {winner.code}", done.stderr)
        entry, = json.loads((self.dir / "comment-bundle" / "manifest.json").read_text())["entries"]
        self.assertEqual(entry["time_us"], table["entries"][0]["time_us"])


NEW = ("GemmDesc(gemm_type=0, kernel_type=1, m={m}, n={n}, k={k}, num_groups=1, major_a=0, major_b=0, mma_kind=1, a_dtype=Float8_e4m3fn, "
       "b_dtype=Float8_e4m3fn, cd_dtype={cd}, with_accumulation=0, num_sms=132, tc_util=100, compiled_dims=nk, ensure_zero_padding=0, "
       "expected_m=0, expected_n=0, expected_k=0, expected_num_groups=0): GemmConfig(layout=Layout(swap_ab=0, block_m={bm}, block_n={bn}, "
       "block_k=128, cluster_m={cm}, cluster_n={cn}), storage_config=StorageConfig(load_block_m={bm}, load_block_n={bn}, store_block_m={bm}, "
       "store_block_n={bn}, swizzle_a_mode=128, swizzle_b_mode=128, swizzle_cd_mode=64), pipeline_config=PipelineConfig(smem_size=9, "
       "num_stages={st}), launch_config=LaunchConfig(num_sms=132, num_sms_per_cluster=1, num_threads=384, num_tma_threads=128, "
       "num_math_threads=256, num_non_epilogue_threads=0, num_epilogue_threads=0)), LayoutInfo(num_waves=1, last_wave_util=3, num_cycles=9)")
OLD = ("GEMM type: 0, kernel type: 1, M: {m}, N: {n}, K: {k}, groups: 1, A major: 0, B major: 0, MMA kind: 0, A dtype: Float8_e4m3fn, "
       "B dtype: Float8_e4m3fn, CD dtype: {cd}, accumulation: 0, SM limit: 132 -> block M: {bm}, block N: {bn}, block K: 128, stages: {st}, "
       "last stages: 1, SMs: 66, multicast: {cast}, multicast on A: {on_a}, shared memory: 9 bytes, swizzle A: 128, swizzle B: 128, "
       "swizzle CD: 64, SMs: 66, threads: 384, TC util: 100%")


class DeepGemmChoices(ScriptTest):
    def new(self, **changes):
        return NEW.format(**dict(m=64, n=2112, k=7168, cd="BFloat16", bm=64, bn=32, cm=1, cn=1, st=8) | changes)

    def old(self, **changes):
        return OLD.format(**dict(m=64, n=2112, k=7168, cd="BFloat16", bm=64, bn=32, cast=1, on_a=0, st=8) | changes)

    def choices(self, *lines):
        return script("peers/deep_gemm_choices").choices_of(lines)

    def test_reads_what_it_prints_now_and_before(self):
        tile = {"block_m": 64, "block_n": 32, "cluster_m": 1, "cluster_n": 1, "num_stages": 8}
        for line in (self.new(), self.old(), "noise " + self.new()):
            self.assertEqual(self.choices("Testing GEMM:", line), ({(64, 2112, 7168): tile}, 0))
        for line, cluster in ((self.new(cm=2), (2, 1)), (self.new(cn=2), (1, 2)), (self.old(cast=2), (2, 1)), (self.old(cast=2, on_a=1), (1, 2))):
            (found,) = self.choices(line)[0].values()
            self.assertEqual((found["cluster_m"], found["cluster_n"]), cluster, "who shares A lies along N")
        self.assertEqual(next(iter(self.choices(self.new(bm=16))[0].values()))["block_m"], 64)

    def test_other_products_are_counted_and_left_out(self):
        other = [self.new(cd="Float"), self.new().replace("gemm_type=0", "gemm_type=1"), self.new().replace("kernel_type=1", "kernel_type=0"),
                 self.new().replace("a_dtype=Float8_e4m3fn", "a_dtype=BFloat16"), self.old().replace("accumulation: 0", "accumulation: 1")]
        self.assertEqual(self.choices(*other), ({}, len(other)))

    def journal(self, *timed):
        """`timed`: (config, microseconds, stage, samples)."""
        problem = {"kernel": "dense_1d2d", "m": 64, "n": 2112, "k": 7168, "out": "bf16", "accumulate": False}
        base = dict(block_m=64, block_n=32, cluster_m=1, cluster_n=1, evict_first=0, k_groups=1, num_sms=132, raster=8, split_k=1, stages=8, swap_ab=0)
        rows = [{"record": "row", "provider": "gemmtune", "problem": problem, "stage": stage, "policy": f"cold-n{samples}", "invalidity": "correct",
                 "config_id": str(sorted(config.items())), "config": base | config, "time_us": us} for config, us, stage, samples in timed]
        (self.dir / "journal.jsonl").write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
        return self.dir

    def judged(self, line, *timed):
        module = script("peers/deep_gemm_choices")
        lines = module.judged(module.choices_of([line])[0], module.timed(module.rows_of(self.journal(*timed)))[0])
        return [(round(100 * one["tile_loses"], 6), None if one["plain_loses"] is None else round(100 * one["plain_loses"], 6), one["in"]) for one in lines]

    def test_the_best_with_its_tile_and_the_plain_one_beside_the_winner(self):
        timed = [({"k_groups": 2, "block_n": 64}, 10, "final", 15), ({"k_groups": 2}, 11, "final", 15), ({}, 12, "screen", 3),
                 ({"stages": 5}, 10.5, "screen", 3), ({"swap_ab": 1}, 9, "screen", 3), ({"cluster_m": 2}, 9, "screen", 3)]
        self.assertEqual(self.judged(self.new(), *timed), [(5, 20, "screening")])
        self.assertEqual(self.judged(self.new(st=7), *timed), [(5, None, "screening")], "such a ring was not tried")
        self.assertEqual(self.judged(self.new(), ({"k_groups": 2}, 10, "screen", 3), ({"k_groups": 2}, 12, "screen", 15), ({}, 13, "screen", 3),
                                     ({"block_n": 64}, 10, "final", 15)), [(20, 30, "screening")], "the screening with most samples")

    def test_another_sweep_is_carried_by_the_library(self):
        module = script("peers/deep_gemm_choices")
        key = (64, 2112, 7168)
        first = ({key: [({"block_n": 64}, 10, "final")]}, {key: 20})
        other = ({key: [({"block_n": 32}, 11, "final")], (1, 1, 1): []}, {key: 10, (1, 1, 1): 5})
        self.assertEqual(module.together([first, other]), {key: [({"block_n": 64}, 10, "final"), ({"block_n": 32}, 22, "elsewhere")]})
        alone = ({key: [({"block_n": 64}, 10, "final")]}, {})
        self.assertEqual(len(module.together([alone, other])[key]), 1, "nothing that both raced")

    def test_as_a_command(self):
        log = self.dir / "log"
        log.write_text(self.new() + "\n" + self.new(m=128, bn=64) + "\n" + self.new(cd="Float") + "\n")
        folder = self.journal(({"block_n": 64}, 10, "final", 15), ({}, 11, "final", 15))
        space = self.dir / "space.json"
        done = subprocess.run([SOURCE / "scripts/peers/deep_gemm_choices", log, folder, "--space", space], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| 64 | 2112 | 7168 | 64x32 s8 | 10.00 | 10.0 | race | 10.0 |", done.stdout)
        self.assertIn("1 configurations of other products are left out", done.stderr)
        self.assertIn("1 problems of the log are not in the journal", done.stderr)
        plan = subprocess.run([GEMMTUNE, "plan", "--problem", "dense_1d2d:m=64,n=2112,k=7168", "--space", space, "--format", "json"],
                              capture_output=True, text=True)
        self.assertEqual(plan.returncode, 0, plan.stderr)
        self.assertGreaterEqual(json.loads(plan.stdout)[0]["cubins"], 2, "its tiles are legal here")
        log.write_text("nothing\n")
        done = subprocess.run([SOURCE / "scripts/peers/deep_gemm_choices", log, folder], capture_output=True, text=True)
        self.assertIn("was DG_PRINT_CONFIGS=1 set?", done.stderr)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
