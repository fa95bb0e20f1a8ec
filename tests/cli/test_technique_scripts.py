"""Scripts about techniques and bundles: what a restriction costs, copies of the kernels, a bundle's times."""
import json
import os
import pathlib
import shutil
import subprocess
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


class KernelVariants(ScriptTest):
    PROBLEM, CONFIG = "dense_1d2d:m=512,n=4096,k=7168", "block_m=128,block_n=128,stages=5"

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
        self.assertEqual(list(sizes), ["no_overlap", "no_warps", "rolled", "counted", "by_columns", "in_line", "rolled_1d1d", "no_fetch",
                                       "spread", "staggered", "whole_tiles", "nk_4096_7168"])
        self.assertGreater(sizes["no_overlap"], plain)
        self.assertLess(sizes["rolled"], plain)
        self.assertGreater(sizes["no_warps"], sizes["rolled"])
        self.assertNotEqual(sizes["counted"], plain)
        self.assertGreater(sizes["spread"], plain)
        self.assertLessEqual(sizes["nk_4096_7168"], plain)
        gradient = "dense_1d1d:m=512,n=4096,k=4096,out=fp32,accumulate=true", "block_m=128,block_n=128,stages=4"
        one = {name: self.cubin_bytes({"GEMMTUNE_KERNELS": str(self.dir / "variants" / name)}, *gradient)
               for name in ("rolled", "by_columns", "in_line", "rolled_1d1d", "no_fetch")}
        for name in ("by_columns", "in_line", "rolled_1d1d", "no_fetch"):  # "rolled" is of dense_1d2d
            self.assertLess(one[name], one["rolled"])
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


class SameCode(ScriptTest):
    @unittest.skipUnless(os.environ.get("GEMMTUNE_FAKE_DRIVER"), "built without gemmtune-worker, which compiles kernels")
    def test_is_told_from_other_code_and_not_from_other_text(self):
        module = script("same_code")
        module.GEMMTUNE = GEMMTUNE
        del self.env["GEMMTUNE_WORKER"]
        table = json.loads((SOURCE / "results" / "h100-sxm" / "dsv3" / "table.json").read_text())
        table["entries"] = [entry for entry in table["entries"] if entry["problem"]["m"] == 4096][:1]
        folder = self.dir / "one"
        folder.mkdir()
        (folder / "table.json").write_text(json.dumps(table))
        with mock.patch.dict(os.environ, {"GEMMTUNE_CACHE_DIR": str(self.dir / "cache")}):
            os.environ.pop("GEMMTUNE_WORKER", None)
            found = {}
            for name, old, new in (("plain", "", ""), ("comment", "#pragma once", "#pragma once  // said"),
                                   ("code", "start_product(product, rows", "start_product(product, 1 + rows")):
                kernels = self.dir / name
                shutil.copytree(SOURCE / "kernels", kernels)
                changed = kernels / "gemm" / "multiply_1d2d.cuh"
                text = changed.read_text()
                self.assertIn(old, text)
                changed.write_text(text.replace(old, new, 1) if old else text)
                (_, _, found[name]), = module.winners(folder, kernels, self.dir / f"{name}-bundle")
        self.assertIn(".text.dense_1d2d", found["plain"])
        self.assertEqual(found["comment"], found["plain"])
        self.assertNotEqual(found["code"], found["plain"])


if __name__ == "__main__":
    unittest.main()
