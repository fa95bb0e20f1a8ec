"""The kernels over groups through every command: what works for one product works for them, or refuses them by name."""
import json
import subprocess
import sys
import unittest

from harness import SOURCE, CliTest

SIM = ["--device", "sim:h100-sxm"]
PROBLEMS = ["grouped_contiguous_1d2d:groups=4,m_per_group=100,routing=zipf:1.2,alignment=1,n=1024,k=1024",
            "grouped_masked_1d2d:groups=4,m_per_group=64,spread=0.3,max_m=256,n=1024,k=1024"]
COMMITTED = SOURCE / "results/h100-sxm/grouped-peers"
REFUSED = {"cpp-header": "asks for no groups", "python": "asks for no groups", "cutlass-csv": "no place for groups"}


class Groups(CliTest):
    def setUp(self):
        super().setUp()
        self.set = [word for problem in PROBLEMS for word in ("--problem", problem)]
        self.swept = self.dir / "groups"
        self.env["GEMMTUNE_CACHE_DIR"] = str(self.dir / "cache")
        self.ok("sweep", *self.set, "--space", "quick", "--out", self.swept, *SIM)

    def ok(self, *args, expect=0):
        done = self.run_cli(*args)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout

    def entries(self, folder=None):
        return json.loads(((folder or self.swept) / "table.json").read_text())["entries"]

    def test_winners_have_the_time_of_each_draw_and_their_mean(self):
        entries = self.entries()
        self.assertEqual([entry["problem"]["kernel"] for entry in entries], [problem.partition(":")[0] for problem in PROBLEMS])
        self.assertEqual([len(entry["draws_us"]) for entry in entries], [5, 5])
        # Routed rows are as many in every draw; those of a spread are not.
        routed, spread = ({round(us, 6) for us in entry["draws_us"]} for entry in entries)
        self.assertEqual((len(routed), len(spread)), (1, 5))

    def test_a_resumed_sweep_measures_nothing_again(self):
        before = (self.swept / "journal.jsonl").read_text()
        self.ok("sweep", *self.set, "--space", "quick", "--out", self.swept, *SIM, "--resume")
        more = (self.swept / "journal.jsonl").read_text()[len(before):]
        self.assertNotIn('"record":"row"', more)

    def test_shards_make_the_table_of_the_whole(self):
        for shard in ("1/2", "2/2"):
            self.ok("sweep", *self.set, "--space", "quick", "--shard", shard, "--out", self.dir / shard[0], *SIM)
        self.ok("merge", self.dir / "1", self.dir / "2", "-o", self.dir / "merged")
        figures = [[{key: entry[key] for key in ("problem", "config", "time_us", "draws_us", "tie_set")} for entry in entries]
                   for entries in (self.entries(self.dir / "merged"), self.entries())]
        self.assertEqual(*figures)

    def test_compare_passes_the_same_and_names_what_is_slower(self):
        self.ok("compare", self.swept, self.swept)
        slower = self.dir / "slower"
        slower.mkdir()
        with open(slower / "journal.jsonl", "w", encoding="utf-8") as file:
            for line in (self.swept / "journal.jsonl").read_text().splitlines():
                record = json.loads(line)
                record.pop("checksum")
                if record.get("problem", {}).get("kernel") == "grouped_masked_1d2d" and record["time_us"]:
                    for key in ("time_us", "time_us_low", "time_us_high"):
                        record[key] *= 1.2
                    record["samples_us"] = [1.2 * sample for sample in record["samples_us"]]
                file.write(json.dumps(record) + "\n")
        said = self.ok("compare", self.swept, slower, "--format", "json", expect=4)
        verdicts = {problem["problem"]["kernel"]: problem["verdict"] for problem in json.loads(said)["problems"]}
        self.assertEqual(verdicts.pop("grouped_masked_1d2d"), "slower")
        self.assertIn(verdicts.pop("grouped_contiguous_1d2d"), ("same", "unsure"))

    def test_bench_against_a_table_judges_both(self):
        table = self.swept / "table.json"
        problems = json.loads(self.ok("bench", "--table", table, "--against", table, *SIM, "--format", "json"))["problems"]
        self.assertEqual([problem["verdict"] for problem in problems], ["same", "same"])
        judged = json.loads(self.run_cli("bench", "--problem", PROBLEMS[1], "--config", "block_m=64,block_n=16", "--against", table,
                                         *SIM, "--format", "json").stdout)["problems"]
        self.assertEqual([problem["verdict"] for problem in judged], ["slower"])

    def test_exports_hold_them_or_refuse_them_by_name(self):
        for format in ("json", "csv", "t4", "kernel-tuner", "nvbench", *REFUSED, "bundle"):
            with self.subTest(format):
                out = self.dir / f"export-{format}"
                results = self.one_committed_winner() if format == "bundle" else COMMITTED
                # The text of kernels/ may have changed since they were measured, as results/README.md says.
                more = ["--stale"] if format == "bundle" else []
                done = self.run_cli("export", results, "--format", format, "-o", out, *more)
                if format in REFUSED:
                    self.assertEqual(done.returncode, 2, done.stdout)
                    self.assertRegex(done.stderr, f"grouped_contiguous_1d2d:groups=4.*{REFUSED[format]}")
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                files = [out] if out.is_file() else [path for path in out.rglob("*") if path.suffix in (".json", ".csv", ".txt")]
                self.assertTrue(any("grouped_masked_1d2d" in file.read_text() for file in files), files)

    def one_committed_winner(self):
        del self.env["GEMMTUNE_WORKER"]  # the real one, beside the program, compiles it
        table = json.loads((COMMITTED / "table.json").read_text())
        table["entries"] = table["entries"][-1:]
        (self.dir / "one.json").write_text(json.dumps(table))
        return self.dir / "one.json"

    def test_every_view_of_a_report_can_be_made(self):
        for view in ("groups", "occupancy", "counters", "sources", "search"):
            done = self.run_cli("report", self.swept, "--view", view)
            self.assertIn(done.returncode, (0, 2))
            if done.returncode == 2:
                self.assertIn("--view", done.stderr)
        for format in ("table", "md", "csv", "json", "jsonl", "html"):
            done = self.run_cli("report", self.swept, "--format", format)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("grouped", done.stdout, format)

    def test_a_compile_budget_sees_their_registers(self):
        said = self.ok("compile", "--problem", PROBLEMS[0], "--config", "block_m=64,block_n=64", "--format", "json")
        (self.dir / "now.json").write_text(said)
        (self.dir / "less.json").write_text(json.dumps([cubin | {"registers": cubin["registers"] - 8} for cubin in json.loads(said)]))
        for base, expect in (("now", 0), ("less", 4)):
            done = subprocess.run([sys.executable, "-B", SOURCE / "scripts/ci/compile_budget", self.dir / f"{base}.json",
                                   self.dir / "now.json"], capture_output=True, text=True)
            self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        self.assertIn("grouped_contiguous_1d2d", done.stdout.replace("\\", ""))


if __name__ == "__main__":
    unittest.main()
