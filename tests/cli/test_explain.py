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

    def test_a_table_alone_has_the_winner_who_came_close_and_a_hint(self):
        done = self.explain(PROBLEM, "--format", "json", results=RECORDED / "table.json")
        self.assertIn("what else was tried is in the sweep's folder", done.stderr)
        told = json.loads(done.stdout)
        entry, = (e for e in json.loads((RECORDED / "table.json").read_text())["entries"]
                  if [e["problem"][key] for key in "mnk"] == [64, 2112, 7168])
        self.assertEqual([line["config"] for line in told["runners_up"]], [entry["config"]] + [one["config"] for one in entry["runners_up"]])
        self.assertEqual([line["time_us"] for line in told["runners_up"][1:]], [one["time_us"] for one in entry["runners_up"]])
        self.assertEqual(told["parameters"], [])

    def few(self):
        """A table of few cubins with its picker."""
        table, picker = self.dir / "few.json", self.dir / "picker.json"
        made = self.run_cli("portfolio", RECORDED, "--cubins", "6", "--table", table, "--format", "json", "-o", picker)
        self.assertEqual(made.returncode, 0, made.stderr)
        return table, picker

    def test_an_n_and_k_that_nobody_tuned_says_what_a_bundle_picks_and_why(self):
        table, picker = self.few()
        asked = "dense_bf16:m=200,n=5120,k=2048"
        told = self.told(asked, "--picker", picker, "--runners-up", "20", results=table)
        self.assertEqual(told["match"], "picked")
        choices = told["choices"]
        cubins = {json.dumps(cubin["compiled"], sort_keys=True): cubin for cubin in json.loads(picker.read_text())["cubins"]}
        self.assertEqual(len(choices), len(cubins), "each of them can")
        self.assertEqual(told["pick"]["config"], choices[0]["config"])
        self.assertEqual([line["behind_percent"] for line in choices], sorted(line["behind_percent"] for line in choices))
        self.assertEqual(choices[0]["behind_percent"], 0)
        facts = {line["fact"]: line["value"] for line in told["launch"]}
        self.assertEqual(facts["CTAs"], told["pick"]["config"]["num_sms"])
        self.assertAlmostEqual(facts["useful work"], 2 * 200 * 5120 * 2048 / 1e9)
        self.assertNotIn("time", facts)
        entries = {f"dense_bf16:m={e['problem']['m']},n={e['problem']['n']},k={e['problem']['k']}": e for e in json.loads(table.read_text())["entries"]}
        self.assertEqual(len(told["model"]), 20)
        for line in told["model"]:
            self.assertEqual(line["config"], entries[line["problem"]]["config"])
            same = all(line["picked"][name] == value for name, value in line["config"].items() if name not in ("num_sms", "raster", "evict_first"))
            self.assertEqual(line["expected_behind_percent"] == 0, same)
            self.assertEqual(line["measured_behind_percent"], 0 if same else None, "a table alone knows of no others")
        self.assertIn(0, [line["measured_behind_percent"] for line in told["model"]])
        # The sweep itself has rows of the others, and cubins enough.
        whole = self.told(asked, "--picker", picker)
        losses = [line["measured_behind_percent"] for line in whole["model"]]
        self.assertGreater(len([loss for loss in losses if loss is not None]), len(losses) // 2)
        self.assertLess(max(loss for loss in losses if loss is not None), 100)
        # Another is picked where the model is told that this one is slower.
        data = json.loads(picker.read_text())
        for cubin in data["cubins"]:
            if all(told["pick"]["config"].get(name) == value for name, value in cubin["compiled"].items() if name in told["pick"]["config"]):
                cubin["correction_billionths"] += 500_000_000
        picker.write_text(json.dumps(data))
        self.assertEqual(self.told(asked, "--picker", picker, results=table)["pick"]["config"], choices[1]["config"])
        text = " ".join(self.explain(asked, "--picker", picker, results=table).stdout.split())
        self.assertIn("The table has no entry for it. A bundle of it with this picker gives", text)

    def test_the_picker_answers_where_the_loader_asks_it(self):
        table, picker = self.few()
        for problem, match in ((PROBLEM, "exact"), ("dense_bf16:m=200,n=2112,k=7168", "bucket"), ("dense_bf16:m=9000,n=2112,k=7168", "picked")):
            self.assertEqual(self.told(problem, "--picker", picker, results=table)["match"], match)
        none = self.explain("dense_1d2d:m=64,n=2112,k=7168", "--picker", picker, results=table, expect=2)
        self.assertIn("nothing to pick for dense_1d2d", none.stderr)
        without = self.explain("dense_bf16:m=200,n=5120,k=2048", results=table, expect=2)
        self.assertIn("--picker", without.stderr)

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
