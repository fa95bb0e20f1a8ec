"""`gemmtune explain`: what came close and what parameters are worth, by the rows of a committed sweep and of a made one."""
import gzip
import json
import unittest

from harness import SOURCE, CliTest

RECORDED = SOURCE / "results/h100-sxm/dsv3-bf16"
PROBLEM = "dense_bf16:m=64,n=2112,k=7168"
FOLLOW = {"stages", "num_sms"}


class Explain(CliTest):
    def explain(self, problem, *more, results=RECORDED, expect=0):
        done = self.run_cli("explain", results, "--problem", problem, *more)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def told(self, problem, *more, results=RECORDED):
        return json.loads(self.explain(problem, *more, "--format", "json", results=results).stdout)

    def rows(self):
        """The rows of ours for the problem: of each configuration that of a race, else its last screening."""
        best = {}
        with gzip.open(RECORDED / "journal.jsonl.gz", "rt") as file:
            for row in map(json.loads, file):
                if row["record"] != "row" or row["provider"] != "gemmtune" or not row["time_us"] or row["invalidity"] != "correct":
                    continue
                if [row["problem"][key] for key in "mnk"] != [64, 2112, 7168]:
                    continue
                known = best.get(row["config_id"])
                if known is None or known["stage"] != "final" or row["stage"] == "final":
                    best[row["config_id"]] = row
        return list(best.values())

    def test_parameters_are_worth_what_the_rows_say(self):
        told, rows = self.told(PROBLEM), self.rows()
        winner, time_us = told["entry"]["config"], told["entry"]["time_us"]
        self.assertEqual(told["match"], "exact")
        self.assertGreater(len(told["parameters"]), 10)
        for line in told["parameters"]:
            name = line["parameter"]
            with self.subTest(line):
                self.assertEqual(line["winner"], winner[name])
                having = [row for row in rows if row["config"][name] == line["value"]]
                self.assertAlmostEqual(line["best_percent"], 100 * (min(row["time_us"] for row in having) / time_us - 1))
                free = {name} | (set() if name in FOLLOW else FOLLOW)
                alone = [row["time_us"] for row in having
                         if all(row["config"][other] == value for other, value in winner.items() if other not in free)]
                if alone:
                    self.assertAlmostEqual(line["alone_percent"], 100 * (min(alone) / time_us - 1))
                else:
                    self.assertIsNone(line["alone_percent"])
        seen = {line["parameter"] for line in told["parameters"] if line["parameter"] not in FOLLOW}
        self.assertEqual(seen, {name for name in winner if name not in FOLLOW and len({row["config"][name] for row in rows}) > 1})

    def test_runners_up_are_the_winner_the_raced_and_then_the_screened(self):
        told = self.told(PROBLEM, "--runners-up", "30")
        lines = told["runners_up"]
        self.assertEqual(len(lines), 30)
        self.assertEqual((lines[0]["config"], lines[0]["behind_percent"], lines[0]["tied"]), (told["entry"]["config"], 0, "yes"))
        stages = [line["stage"] for line in lines]
        self.assertEqual(stages, sorted(stages))
        self.assertEqual(set(stages), {"race", "screening"})
        for stage in set(stages):
            times = [line["time_us"] for line in lines[1:] if line["stage"] == stage]
            self.assertEqual(times, sorted(times))
        for line in lines[1:]:
            changed = dict(word.split("=") for word in line["differs"].split())
            self.assertEqual({name: int(value) for name, value in changed.items()},
                             {name: value for name, value in line["config"].items() if told["entry"]["config"][name] != value})

    def test_facts_add_up(self):
        facts = {line["fact"]: line["value"] for line in self.told(PROBLEM)["launch"]}
        self.assertAlmostEqual(facts["useful work"], 2 * 64 * 2112 * 7168 / 1e9)
        self.assertAlmostEqual(facts["rate"], facts["useful work"] / facts["time"] * 1e3)
        self.assertAlmostEqual(facts["of the waves' places used"], 100 * facts["tiles"] / facts["waves"] / facts["CTAs"])
        self.assertAlmostEqual(facts["measured over that"], facts["time"] / facts["the model expects"])

    def test_an_m_that_was_not_tuned_says_what_it_gets(self):
        told = self.told("dense_bf16:m=200,n=2112,k=7168")
        self.assertEqual((told["match"], told["entry"]["problem"]), ("bucket", "dense_bf16:m=512,n=2112,k=7168"))
        self.assertNotIn("time", {line["fact"] for line in told["launch"]})
        for m, words in ((200, "won at M 512, the smallest that was tuned and is not below"),
                         (9000, "won at M 4096, the largest that was tuned")):
            text = " ".join(self.explain(f"dense_bf16:m={m},n=2112,k=7168").stdout.split())
            self.assertIn(f"The table has no M {m}. It gives what {words}", text)

    def test_a_table_alone_has_the_winner_and_a_hint(self):
        done = self.explain(PROBLEM, "--format", "json", results=RECORDED / "table.json")
        self.assertIn("what came close is in the sweep's folder", done.stderr)
        self.assertEqual([len(json.loads(done.stdout)[key]) for key in ("runners_up", "parameters")], [1, 0])

    def test_refuses_what_it_has_no_answer_for(self):
        done = self.explain("dense_bf16:m=64,n=8,k=64", expect=2)
        self.assertIn("no entry for dense_bf16:m=64,n=8,k=64", done.stderr)
        done = self.explain(PROBLEM, "--format", "csv", expect=2)
        self.assertIn("--format table, md or json", done.stderr)

    def test_of_groups_waves_are_of_the_first_draw(self):
        told = self.told("grouped_masked_1d2d:groups=4,m_per_group=286,spread=0.3,max_m=4096,n=4096,k=7168",
                         results=SOURCE / "results/h100-sxm/grouped-peers")
        facts = {line["fact"]: line["value"] for line in told["launch"]}
        self.assertIn("tiles of the first draw", facts)
        self.assertGreater(facts["of the tiles' elements useful"], 50)


if __name__ == "__main__":
    unittest.main()
