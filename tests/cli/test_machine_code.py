"""`code_hash`: sweeps note the machine code of what they time, and who compiles a table's winners judges them by it, not by the
text of their kernels. The fake worker says which code a kernel compiles to (`code_hash` of its script)."""
import json
import os
import subprocess
import unittest

from harness import CliTest, without_checksum

with_library = unittest.skipUnless(os.environ.get("GEMMTUNE_FAKE_DRIVER"), "built without gemmtune-worker, and so without libgemmtune")
THEN, NOW = "0123456789abcdef", "fedcba9876543210"


class MachineCode(CliTest):
    def setUp(self):
        super().setUp()
        (self.dir / "cache").mkdir()
        self.compile_to(THEN)
        self.sweep()
        self.table = self.out / "table.json"

    def compile_to(self, code_hash):
        self.script(cubins=str(self.dir / "cache"), code_hash=code_hash)

    def with_other_text(self):
        """The table as if each of its cubins had been made of other sources."""
        table = json.loads(self.table.read_text())
        table["fingerprint"]["kernels"] = "others"
        for entry in table["entries"]:
            entry["kernel_hash"] = "0" * 16
        return self.write("edited.json", table)

    def entry(self, path=None):
        entry, = json.loads((path or self.table).read_text())["entries"]
        return entry

    def test_is_in_rows_of_our_own_and_in_the_table(self):
        for row in self.records():
            self.assertEqual(row["code_hash"], THEN if row["provider"] == "gemmtune" else None)
        self.assertEqual(self.entry()["code_hash"], THEN)

    def test_survives_merge_and_resume(self):
        merged = self.dir / "merged"
        self.assertEqual(self.run_cli("merge", self.out, "--out", merged).returncode, 0)
        self.assertEqual(self.entry(merged / "table.json")["code_hash"], THEN)
        self.sweep("--resume")
        self.assertEqual(self.entry()["code_hash"], THEN)

    def test_a_worker_that_does_not_know_it_leaves_it_out(self):
        self.compile_to("")
        self.sweep("--resume", "--problem", "dense_1d2d:m=96,n=576,k=512")
        known, unknown = json.loads(self.table.read_text())["entries"]
        self.assertEqual(known["code_hash"], THEN)
        self.assertNotIn("code_hash", unknown)

    def export(self, table, *more, expect=0):
        subprocess.run(["rm", "-rf", self.dir / "bundle"], check=True)
        done = self.run_cli("export", table, "--format", "bundle", "-o", self.dir / "bundle", *more)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def exported_time(self):
        entry, = json.loads((self.dir / "bundle" / "manifest.json").read_text())["entries"]
        return entry["time_us"]

    @with_library
    def test_the_same_of_another_text_is_exported_with_its_times(self):
        table = self.with_other_text()
        done = self.export(table)
        self.assertIn(f"{table}: the text of dense_1d2d has changed since, the machine code of its winners has not", done.stderr)
        self.assertNotIn("STALE", done.stderr)
        self.assertEqual(self.exported_time(), self.entry()["time_us"])

    @with_library
    def test_another_is_refused_also_of_the_same_text(self):
        self.compile_to(NOW)
        for table in (self.table, self.with_other_text()):
            done = self.export(table, expect=2)
            self.assertIn(f"dense_1d2d:m=64,n=576,k=512: the table was measured with machine code {THEN}, and these kernels and this NVRTC "
                          f"make {NOW} (STALE: dense_1d2d compiles to other machine code now for 1 of 1 winners)", done.stderr)
            self.export(table, "--stale")
            self.assertIsNone(self.exported_time())

    @with_library
    def test_a_table_that_does_not_know_it_is_judged_by_its_text(self):
        table = json.loads(self.table.read_text())
        table["entries"][0].pop("code_hash")
        self.export(self.write("older.json", table))
        table["entries"][0]["kernel_hash"] = "0" * 16
        self.assertIn("was measured with cubin " + "0" * 16, self.export(self.write("older.json", table), expect=2).stderr)

    def forget_in_journal(self):
        journal = self.out / "journal.jsonl"
        lines = [json.loads(without_checksum(line)) for line in journal.read_text().splitlines()]
        for line in lines:
            line.pop("code_hash", None)
        journal.write_text("".join(json.dumps(line) + "\n" for line in lines))

    @with_library
    def test_a_journal_that_does_not_know_it_has_it_from_the_table_beside_it_of_the_same_cubins(self):
        self.forget_in_journal()
        self.compile_to(NOW)
        for results in (self.out, self.out / "journal.jsonl"):
            self.assertIn(f"was measured with machine code {THEN}", self.export(results, expect=2).stderr)
        table = json.loads(self.table.read_text())
        table["entries"][0]["kernel_hash"] = "0" * 16
        for other in (json.dumps(table), "damaged"):
            self.table.write_text(other)
            self.export(self.out)
            self.assertIsNotNone(self.exported_time())

    def bench(self, table):
        done = self.run_cli("bench", "--table", table, "--baselines", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def look(self, table):
        done = self.run_cli("sweep", "--revalidate", table, "--format", "json")
        found = json.loads(done.stdout)
        return found["standing"], found["reasons"], done.stderr

    def test_bench_and_revalidate_judge_by_what_they_compile(self):
        table = self.with_other_text()
        said = "the machine code of its winners has not: its times stand"
        self.assertIn(said, self.bench(table))
        self.assertNotIn("STALE", self.bench(table))
        word, reasons, told = self.look(table)
        self.assertEqual((word, reasons), ("FRESH", []))
        self.assertIn(said, told)
        self.compile_to(NOW)
        other = "dense_1d2d compiles to other machine code now for 1 of 1 winners"
        for path in (table, self.table):
            self.assertIn(f"STALE: {other}", self.bench(path))
            self.assertEqual(self.look(path)[:2], ("STALE", [other]))

    def test_who_compiles_nothing_says_who_does(self):
        for command in (["report"], ["explain", "--problem", "dense_1d2d:m=64,n=576,k=512"]):
            done = self.run_cli(command[0], self.with_other_text(), *command[1:])
            self.assertIn("STALE: kernels/ has changed", done.stderr)
            self.assertIn("(export --format bundle compares its machine code)", done.stderr)
        self.assertIn("compares its machine code", self.run_cli("doctor", self.with_other_text()).stdout)


if __name__ == "__main__":
    unittest.main()
