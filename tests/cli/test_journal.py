"""What sweep writes it reads, and what it cannot read it names."""
import json
import unittest

from harness import WIDTHS, CliTest


class Journal(CliTest):
    def test_races_of_very_many_samples_are_in_the_table_and_not_raced_again(self):
        self.script(timings=[{"match": {}, "time_us": 5.000000123456789}])
        self.sweep("--samples", "60000")
        self.assertGreater(max(map(len, (self.out / "journal.jsonl").read_text().splitlines())), 2**20)
        self.assertIn('"stage": "final"', (self.out / "table.json").read_text())
        before = len(self.requests("measure"))
        result = self.sweep("--samples", "60000", "--resume")
        self.assertEqual(len(self.requests("measure")), before, "raced again")
        self.assertNotIn("skipped", result.stderr)

    def test_a_reason_of_megabytes_is_cut_and_not_tried_again(self):
        self.script(rules=[{"op": "compile", "match": {"block_n": 96}, "do": "failure", "invalidity": "compile",
                            "reason": "no " * 500_000}])
        self.sweep()
        row = self.row_of(96)
        self.assertTrue(row["reason"].endswith(" ... (1500000 bytes in all)"), row["reason"][-80:])
        self.assertIn("did not compile before", self.sweep("--resume").stderr)

    def test_another_board_is_refused_and_by_force_told_apart(self):
        self.script(environment={"uuid": "GPU-1"})
        self.sweep()
        self.assertEqual({row["board_uuid"] for row in self.records()}, {"GPU-1"})
        ids = {row["id"] for row in self.records()}
        self.log_path.unlink()
        self.script(environment={"uuid": "GPU-2"})
        before = (self.out / "journal.jsonl").read_text()
        refused = self.sweep("--resume", expect=2)
        self.assertIn("board GPU-1, now GPU-2", refused.stderr)
        self.assertIn("--force", refused.stderr)
        self.assertEqual((self.out / "journal.jsonl").read_text(), before)
        self.sweep("--resume", "--force")
        self.assertEqual(self.verified().keys(), set(WIDTHS), "measured here again")
        self.assertEqual({row["id"] for row in self.records()}, ids, "the key of a row stays")
        table = json.loads((self.out / "table.json").read_text())
        self.assertEqual({entry["board_uuid"] for entry in table["entries"]}, {"GPU-2"})
        self.assertEqual(table["fingerprint"]["uuid"], "GPU-2")

    def test_a_line_that_becomes_unreadable_is_named_at_the_end(self):
        self.script(rules=[{"op": "verify", "do": "slow", "ms": 300}])
        process = self.start_cli(*self.sweep_args())
        self.wait_for(lambda: (self.out / "journal.jsonl").exists() and self.requests("verify"), "a first launch")
        with open(self.out / "journal.jsonl", "a") as journal:
            journal.write('{"record":"row","run_id":"0"\n')
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("journal.jsonl:2: not JSON: this line is in no table", errors)


if __name__ == "__main__":
    unittest.main()
