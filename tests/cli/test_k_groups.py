"""Gradients of experts' weights through every command: what works for other groups works for them, or refuses them by name."""
import json
import os
import unittest

from harness import CliTest, without_checksum

SIM = ["--device", "sim:h100-sxm"]
PROBLEMS = ["k_grouped_1d1d:groups=4,k_per_group=1000,spread=0.3,m=768,n=1536,out=fp32,accumulate=true",
            "k_grouped_1d1d:group_sizes=256/0/1024,m=512,n=576,out=fp32"]
HOLD = ("json", "csv", "t4", "kernel-tuner", "nvbench")
REFUSED = {"cpp-header": "asks for no groups", "python": "asks for no groups", "cutlass-csv": "no place for groups"}


class GroupsAlongK(CliTest):
    def setUp(self):
        super().setUp()
        self.env["GEMMTUNE_CACHE_DIR"] = str(self.dir / "cache")
        self.swept = self.dir / "swept"
        self.set = [word for problem in PROBLEMS for word in ("--problem", problem)]
        self.ok("sweep", *self.set, "--space", "quick", "--out", self.swept, *SIM)

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

    def test_sizes_are_drawn_in_whole_scales(self):
        planned = [json.loads(line) for line in self.ok("plan", *self.set, "--space", "quick", "--format", "jsonl").splitlines()]
        draws = [[int(size) for size in draw.split("/")] for draw in planned[0]["group_sizes_of_draws"].split()]
        self.assertEqual([len(draw) for draw in draws], [4] * 5)
        for size in sum(draws, []):
            self.assertEqual(size % 128, 0)
            self.assertTrue(700 <= size <= 1300 + 127, size)
        self.assertEqual(planned[0]["k"], 1024)
        self.assertEqual(planned[1]["group_sizes_of_draws"], "256/0/1024")

    def test_winners_have_the_time_of_each_draw(self):
        entries = json.loads((self.swept / "table.json").read_text())["entries"]
        self.assertEqual([entry["problem"]["kernel"] for entry in entries], ["k_grouped_1d1d"] * 2)
        self.assertEqual([len(entry.get("draws_us", [])) for entry in entries], [5, 0])
        self.assertTrue(all(entry["config"]["k_groups"] == entry["config"]["split_k"] == 1 for entry in entries))

    def test_what_cannot_be_is_said(self):
        refused = self.run_cli("compile", "--problem", PROBLEMS[0], "--config", "block_m=64,block_n=64,split_k=2")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("groups along K k_groups and split_k are 1, not 1 and 2", refused.stderr)
        self.assertIn("k_multiple_128", self.ok("plan", "--problem", "k_grouped_1d1d:group_sizes=100/128,m=64,n=64", "--explain"))

    def test_compare_bench_resume_and_explain_know_them(self):
        self.ok("compare", self.swept, self.swept)
        table = self.swept / "table.json"
        judged = json.loads(self.ok("bench", "--table", table, "--against", table, *SIM, "--format", "json"))["problems"]
        self.assertEqual([problem["verdict"] for problem in judged], ["same", "same"])
        before = (self.swept / "journal.jsonl").read_text()
        self.ok("sweep", *self.set, "--space", "quick", "--out", self.swept, *SIM, "--resume")
        self.assertNotIn('"record":"row"', (self.swept / "journal.jsonl").read_text()[len(before):])
        self.assertIn("stages", self.ok("explain", self.swept, "--problem", PROBLEMS[1]))

    def test_every_view_of_a_report_can_be_made(self):
        rows = json.loads(self.ok("report", self.swept, "--view", "groups", "--format", "json"))
        self.assertEqual([(row["m"], row["rows_a_group"], row["n"]) for row in rows], [(768, None, 1536), (512, None, 576)])
        self.assertAlmostEqual(rows[1]["k"], 1280 / 3)
        for view in ("fp8-bf16", "occupancy", "counters", "groups", "libraries"):
            self.ok("report", self.swept, "--view", view)
        for format in ("table", "md", "csv", "json", "jsonl", "html"):
            self.assertIn("1536", self.ok("report", self.swept, "--format", format), format)

    def test_exports_hold_them_or_refuse_them_by_name(self):
        measured = self.as_if_measured()
        for format in (*HOLD, *REFUSED):
            with self.subTest(format):
                out = self.dir / f"export-{format}"
                done = self.run_cli("export", measured, "--format", format, "-o", out)
                if format in REFUSED:
                    self.assertEqual(done.returncode, 2, done.stdout)
                    self.assertRegex(done.stderr, f"k_grouped_1d1d:groups=.*{REFUSED[format]}")
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                files = [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]
                self.assertTrue(any("k_grouped_1d1d" in file.read_text() for file in files), files)

    @unittest.skipUnless(os.environ.get("GEMMTUNE_FAKE_DRIVER"), "built without gemmtune-worker, which compiles kernels")
    def test_a_bundle_says_how_they_are_launched(self):
        measured = self.as_if_measured()
        del self.env["GEMMTUNE_WORKER"]  # the real one, beside the program, compiles them
        self.ok("export", measured, "--format", "bundle", "--stale", "-o", self.dir / "bundle")
        manifest = json.loads((self.dir / "bundle/manifest.json").read_text())
        kernel = manifest["kernels"]["k_grouped_1d1d"]
        self.assertIn("[groups][m][n]", kernel["operands"]["d"]["layout"])
        self.assertEqual([argument["name"] for argument in kernel["arguments"]][11], "groups")
        for entry, groups in zip(manifest["entries"], (4, 3)):
            self.assertEqual(entry["groups"], {"layout": "ends of k", "count": groups, "step": 128})
            self.assertEqual(entry["tensor_maps"]["d"]["dimensions"], ["n", "m", groups])


if __name__ == "__main__":
    unittest.main()
