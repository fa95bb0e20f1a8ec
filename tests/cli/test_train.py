"""Gradients of weights through every command: what works for other dense products works for them, or refuses them by name."""
import json
import os
import unittest

from harness import CliTest, without_checksum

SIM = ["--device", "sim:h100-sxm"]
PROBLEM = "dense_1d1d:m=1024,n=2048,k=1024,out=fp32,accumulate=true"
PLAIN = "dense_1d1d:m=256,n=1024,k=1024"
FORMATS = ("json", "csv", "cpp-header", "python", "t4", "kernel-tuner", "nvbench", "cutlass-csv")


class Gradients(CliTest):
    def setUp(self):
        super().setUp()
        self.env["GEMMTUNE_CACHE_DIR"] = str(self.dir / "cache")
        self.swept = self.dir / "swept"
        self.ok("sweep", "--problem", PROBLEM, "--problem", PLAIN, "--space", "quick", "--out", self.swept, *SIM)

    def ok(self, *args, expect=0):
        done = self.run_cli(*args)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout

    def as_if_measured(self):
        """The same sweep, which does not say that its times come from a model: such times are not exported."""
        folder, merged = self.dir / "claimed", self.dir / "measured"
        folder.mkdir()
        lines = (without_checksum(line) for line in (self.swept / "journal.jsonl").read_text().splitlines())
        (folder / "journal.jsonl").write_text("".join(line.replace('"simulated":true', '"simulated":false') + "\n" for line in lines))
        self.ok("merge", folder, "-o", merged)
        return merged

    def test_winners_stand_beside_the_library_with_the_same_scales(self):
        entries = json.loads((self.swept / "table.json").read_text())["entries"]
        self.assertEqual([entry["problem"]["kernel"] for entry in entries], ["dense_1d1d"] * 2)
        for entry in entries:
            self.assertTrue(all(entry["baselines"][f"{name}_us"] for name in ("cublaslt_block", "cublaslt_tensor", "cublas_bf16")))
        rows = json.loads(self.ok("report", self.swept, "--format", "json"))["winners"]
        self.assertEqual([row["vs_cublaslt_block"] is None for row in rows], [False, False])
        self.assertIn("with the same\n  block scales", self.ok("report", self.swept))

    def test_plan_says_why_a_tile_is_left_out(self):
        refused = self.run_cli("compile", "--problem", PROBLEM, "--config", "block_m=192,block_n=136")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("the widest is 120", refused.stderr)
        self.assertIn("k_multiple_128", self.ok("plan", "--problem", "dense_1d1d:m=64,n=64,k=192", "--explain"))

    def test_compare_bench_and_explain_know_them(self):
        self.ok("compare", self.swept, self.swept)
        table = self.swept / "table.json"
        judged = json.loads(self.ok("bench", "--table", table, "--against", table, *SIM, "--format", "json"))["problems"]
        self.assertEqual([problem["verdict"] for problem in judged], ["same", "same"])
        self.assertIn("stages", self.ok("explain", self.swept, "--problem", PROBLEM))

    def test_every_view_of_a_report_can_be_made(self):
        self.assertEqual(len(json.loads(self.ok("report", self.swept, "--view", "occupancy", "--format", "json"))), 2)
        for view in ("fp8-bf16", "groups", "counters"):  # of which they have nothing
            done = self.run_cli("report", self.swept, "--view", view)
            self.assertIn(done.returncode, (0, 2), f"{view}: {done.stderr}")
        for format in ("table", "md", "csv", "json", "jsonl", "html"):
            self.assertIn("1024", self.ok("report", self.swept, "--format", format), format)

    def test_every_format_holds_them(self):
        measured = self.as_if_measured()
        for format in FORMATS:
            with self.subTest(format):
                out = self.dir / f"export-{format}"
                self.ok("export", measured, "--format", format, "-o", out)
                files = [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]
                self.assertTrue(any("dense_1d1d" in file.read_text() for file in files), files)
        lines = (self.dir / "export-cutlass-csv").read_text().splitlines()
        names = lines[0].split(",")
        scales = {tuple(line.split(",")[names.index(f"scale_vec_size_{size}")] for size in "mnk")
                  for line in lines[1:] if ",gemmtune," in line}
        self.assertEqual(scales, {("1", "1", "128")})

    @unittest.skipUnless(os.environ.get("GEMMTUNE_FAKE_DRIVER"), "built without gemmtune-worker, which compiles kernels")
    def test_a_bundle_says_how_their_scales_lie(self):
        measured = self.as_if_measured()
        del self.env["GEMMTUNE_WORKER"]  # the real one, beside the program, compiles them
        self.ok("export", measured, "--format", "bundle", "--stale", "-o", self.dir / "bundle")
        manifest = json.loads((self.dir / "bundle/manifest.json").read_text())
        kernel = manifest["kernels"]["dense_1d1d"]
        self.assertEqual(kernel["operands"]["scales_b"], {"type": "fp32", "layout": "[k / 128][n], n contiguous", "alignment": 16})
        for entry in manifest["entries"]:
            n = entry["problem"]["n"]
            self.assertEqual(entry["tensor_maps"]["scales_b"]["dimensions"], ["n", "k / 128"])
            self.assertEqual(entry["tensor_maps"]["scales_b"]["row_bytes"], 4 * n)


if __name__ == "__main__":
    unittest.main()
