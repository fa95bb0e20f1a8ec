"""`gemmtune sweep --revalidate`: does a table still hold here? And its word where tables are read."""
import csv
import io
import json
import unittest

from harness import PROBLEM, SOURCE, CliTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

SIM = ("--device", "sim:h100-sxm")
# What the four of the space take when the table is made: 64 wins, 96 is tied with it, 112 is near, 128 far.
TIMES = {64: 10.0, 96: 10.04, 112: 10.4, 128: 12.0}


class Revalidate(CliTest):
    def setUp(self):
        super().setUp()
        self.times()
        self.sweep()
        self.table = self.out / "table.json"
        self.log_path.unlink()

    def times(self, changed={}, **script):
        self.script(timings=[{"match": {"block_n": width}, "time_us": us} for width, us in {**TIMES, **changed}.items()], **script)

    def look(self, *more, table=None, expect=0):
        result = self.run_cli("sweep", "--revalidate", table or self.table, *more)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def found(self, *more, **kwargs):
        found = json.loads(self.look(*more, "--format", "json", **kwargs).stdout)
        if jsonschema:
            schema = json.loads((SOURCE / "configs/schema/revalidation.schema.json").read_text())
            jsonschema.validate(found, schema, cls=jsonschema.Draft7Validator)
        return found

    def edited(self, change):
        table = json.loads(self.table.read_text())
        change(table)
        path = self.dir / "edited.json"
        path.write_text(json.dumps(table))
        return path

    def test_the_table_keeps_who_came_close(self):
        entry, = json.loads(self.table.read_text())["entries"]
        self.assertEqual(entry["config"]["block_n"], 64)
        self.assertEqual([one["config"]["block_n"] for one in entry["runners_up"]], [96])  # 3 % behind none is raced
        told = json.loads(self.run_cli("explain", self.table, "--problem", PROBLEM, "--format", "json").stdout)
        self.assertEqual([line["config"]["block_n"] for line in told["runners_up"]], [64, 96])

    def test_one_that_holds(self):
        found = self.found()
        self.assertEqual((found["standing"], found["reasons"], found["holds"]), ("FRESH", [], True))
        problem, = found["problems"]
        self.assertEqual((problem["verdict"], problem["fastest"]["block_n"]), ("first", 64))
        measured, = self.requests("measure")
        contenders = measured["request"]["contenders"]
        self.assertEqual([(c["provider"], c["config"]["block_n"]) for c in contenders], [("gemmtune", 64), ("gemmtune", 96)])
        table = json.loads(self.table.read_text())
        self.assertEqual(found["policy"], table["fingerprint"]["policy"])
        policy = measured["request"]["policy"]
        self.assertEqual((policy["samples"], policy["max_samples"], policy["copies"]), (15, 200, 7), "the table's own")
        text = self.look().stdout
        self.assertIn("FRESH\nOf 1 entries 1 were raced: 1 first. The table holds here.", text)

    def test_one_that_has_lost_is_4_and_says_by_how_much(self):
        self.times({96: 9.5})
        found = self.found(expect=4)
        problem, = found["problems"]
        self.assertEqual((problem["verdict"], problem["fastest"]["block_n"], found["holds"]), ("lost", 96, False))
        self.assertAlmostEqual(problem["behind"]["percent"], 100 * (10 / 9.5 - 1), places=1)
        self.assertLess(problem["behind"]["percent_low"], problem["behind"]["percent"])
        self.assertGreater(problem["behind"]["percent_high"], problem["behind"]["percent"])
        self.assertAlmostEqual(problem["table_us"], 10, places=1)
        text = self.look(expect=4).stdout
        self.assertIn("1 lost. The table does not hold here", text)
        row, = csv.DictReader(io.StringIO(self.look("--format", "csv", expect=4).stdout))
        self.assertEqual((row["verdict"], row["n"]), ("lost", "576"))

    def test_by_less_than_counts_it_is_a_tie(self):
        self.times({96: 9.94})
        found = self.found()
        problem, = found["problems"]
        self.assertEqual((problem["verdict"], problem["fastest"]["block_n"], found["counts"]["lost"]), ("tie", 96, 0))
        self.assertAlmostEqual(problem["behind"]["percent"], 0.6, places=1)

    def test_what_is_unsure_is_timed_again(self):
        self.times({96: 9.91})
        found = self.found()
        problem, = found["problems"]
        self.assertEqual((problem["verdict"], problem["fastest"]["block_n"]), ("unsure", 96), "no tie: nobody knows")
        self.assertEqual((found["counts"]["unsure"], found["counts"]["tie"], found["holds"]), (1, 0, True))
        self.assertLess(problem["behind"]["percent_low"], 1)
        self.assertGreater(problem["behind"]["percent_high"], 1)
        self.assertEqual(len(self.requests("measure")), 3)
        self.assertIn("1 unsure. The table holds here. 1 unsure: not decided.", self.look().stdout)
        row, = csv.DictReader(io.StringIO(self.look("--format", "csv").stdout))
        self.assertEqual(row["verdict"], "unsure")
        self.assertTrue(row["fastest_us"], "who would be named is shown")

    def test_a_wrong_one_is_3(self):
        self.times(rules=[{"op": "verify", "match": {"block_n": 64}, "do": "wrong_result"}])
        problem, = self.found(expect=3)["problems"]
        self.assertEqual((problem["verdict"], problem["time_us"], problem["fastest"]), ("wrong", None, None))
        self.assertIn("correctness", problem["reason"])

    def test_one_that_does_not_run_is_4(self):
        self.times(rules=[{"op": "verify", "match": {"block_n": 64}, "do": "segv"}])
        problem, = self.found(expect=4)["problems"]
        self.assertEqual(problem["verdict"], "failed")
        self.assertIn("SIGSEGV", problem["reason"])

    def test_a_slower_rival_or_a_wrong_one_changes_nothing(self):
        self.times({96: 20})
        self.assertEqual(self.found()["problems"][0]["verdict"], "first")
        self.times(rules=[{"op": "verify", "match": {"block_n": 96}, "do": "wrong_result"}])
        self.assertEqual(self.found()["problems"][0]["verdict"], "first")

    def test_says_what_differs_and_races_all_the_same(self):
        def with_print(**members):
            return self.edited(lambda table: table["fingerprint"].update(members))

        for members, word, reason in (
                ({"driver": "570.1"}, "RE-VALIDATE", "driver 570.1, now 580.0"),
                ({"nvrtc": "12.9"}, "RE-VALIDATE", "NVRTC 12.9, now 13.0"),
                ({"power_limit_w": 500}, "RE-VALIDATE", "power limit 500 W, now 700 W"),
                ({"kernels": "others"}, "STALE", "kernels/ has changed, and the table does not say which of it dense_1d2d is made of"),
                ({"device": "NVIDIA H200"}, "STALE", "device NVIDIA H200, now NVIDIA H100 80GB HBM3"),
                ({"host": "another", "revision": "another"}, "FRESH", None)):
            with self.subTest(members):
                path = with_print(**members)
                found = self.found(table=path)
                self.assertEqual((found["standing"], found["reasons"]), (word, [reason] if reason else []))
                self.assertEqual((found["holds"], len(found["problems"])), (True, 1))
                doctor = self.run_cli("doctor", path)
                self.assertEqual(doctor.returncode, 0, "a sweep can run all the same")
                line, = (line for line in doctor.stdout.splitlines() if line.startswith("table"))
                self.assertTrue(line.endswith(f": {word}" + (f": {reason}" if reason else "")), line)
                bench = self.run_cli("bench", "--table", path, "--baselines", "none")
                self.assertEqual(f"{word}: " in bench.stderr, word != "FRESH", bench.stderr)

    def test_without_a_machine_the_word_is_of_kernels_alone(self):
        """Of this build's kernels, which the fake's table does not know."""
        for command in (["report"], ["explain", "--problem", PROBLEM]):
            stale = self.run_cli(command[0], self.table, *command[1:])
            self.assertIn("STALE: kernels/ has changed", stale.stderr)

    def test_a_simulated_board_is_another_device(self):
        """Whether kernels/ has changed since is said before it, and no matter here."""
        doctor = self.run_cli("doctor", SOURCE / "results/h100-sxm/dsv3", *SIM)
        self.assertRegex(doctor.stdout, r"(?m)^table .*: STALE: (.*; )?device NVIDIA H100 80GB HBM3, now simulated H100 SXM$")
        self.assertIn("gemmtune sweep --revalidate", doctor.stdout)

    def test_a_sample_is_spread_over_the_table(self):
        problems = [{"kernel": "dense_1d2d", "m": 64, "n": 64 * n, "k": 512} for n in range(4, 14)]
        # In an order of times that is not the table's: an even step of it would see less of them.
        place = {n: (n * 7) % 10 for n in range(4, 14)}
        self.script(timings=[{"match": {"n": 64 * n, "block_n": width}, "time_us": (5 + place[n]) * us} for n in place for width, us in TIMES.items()])
        shapes = self.write("ten.json", {"schema": "gemmtune.shapes/1", "problems": problems})
        ten = self.dir / "ten"
        done = self.run_cli("sweep", "--shapes", shapes, "--space", self.space, "--out", ten)
        self.assertEqual(done.returncode, 0, done.stderr)
        third = sorted(n for n in place if place[n] in (1, 5, 8))
        for sample, expected in ((3, third), (10, range(4, 14)), (0, range(4, 14)), (100, range(4, 14))):
            found = self.found("--sample", sample, table=ten)
            self.assertEqual([p["problem"]["n"] // 64 for p in found["problems"]], list(expected))
            self.assertEqual(found["entries"], 10)
        self.assertEqual(len(self.found(table=ten)["problems"]), 10)

    def test_of_a_folder_the_journal_says_who_came_close(self):
        old = self.edited(lambda table: [entry.pop("runners_up") for entry in table["entries"]])
        result = self.look(table=old, expect=2)
        self.assertIn("no entry says who came close to it", result.stderr)
        self.table.write_text(old.read_text())
        self.assertEqual(self.found(table=self.out)["problems"][0]["verdict"], "first")

    def test_refuses_what_belongs_to_a_sweep(self):
        for more, word in ((["--problem", PROBLEM], "excludes"), (["--out", self.dir / "x"], "excludes"),
                           (["--l2", "warm"], "excludes"), (["--device", "sim:h100-sxm*2"], "one board")):
            self.assertIn(word, self.look(*more, expect=2).stderr)
        alone = self.run_cli("sweep", "--problem", PROBLEM, "--sample", "3")
        self.assertEqual(alone.returncode, 2)
        self.assertIn("--revalidate", alone.stderr)
        policy = self.edited(lambda table: table["fingerprint"].update(policy="by hand"))
        self.assertIn("by hand", self.look(table=policy, expect=2).stderr)

    def test_no_folder_is_written(self):
        before = sorted(self.dir.rglob("*"))
        self.look("-o", self.dir / "found.md", "--format", "md")
        after = set(self.dir.rglob("*")) - set(before)
        self.assertEqual({path.name for path in after} - {"worker.log"}, {"found.md"})

    def test_on_the_simulated_device(self):
        sim = self.dir / "sim"
        done = self.run_cli("sweep", "--shapes", "smoke.json", "--space", "quick", *SIM, "--out", sim)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = self.found(*SIM, table=sim / "table.json")
        self.assertTrue(found["simulated"])
        self.assertEqual((found["standing"], found["counts"]["first"]), ("FRESH", len(found["problems"])))
        self.assertGreaterEqual(len(found["problems"]), 3)
        # The worst that was raced in the entry's place.
        table = json.loads((sim / "table.json").read_text())
        entry = max(table["entries"], key=lambda e: e["runners_up"][-1]["time_us"] / e["time_us"] if "runners_up" in e else 0)
        last, winner = entry["runners_up"][-1], {key: entry[key] for key in ("config", "config_id", "time_us")}
        expected = 100 * (last["time_us"] / entry["time_us"] - 1)
        self.assertGreater(expected, 1.2)
        entry["runners_up"][-1] = winner
        entry.update(config=last["config"], config_id=last["config_id"])
        path = self.dir / "planted.json"
        path.write_text(json.dumps(table))
        found = self.found(*SIM, table=path, expect=4)
        lost, = (p for p in found["problems"] if p["verdict"] == "lost")
        self.assertEqual(lost["fastest"], winner["config"])
        self.assertAlmostEqual(lost["behind"]["percent"], expected, delta=0.3)
        self.env["GEMMTUNE_SIM_FAULTS"] = "wrong:1"
        self.assertEqual(self.found(*SIM, table=sim, expect=3)["counts"]["wrong"], found["counts"]["first"] + 1)


if __name__ == "__main__":
    unittest.main()
