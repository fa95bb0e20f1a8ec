"""Strategies: replayed on recorded sweeps, and in sweeps of the simulated device, undisturbed and resumed."""
import collections
import gzip
import json
import re
import unittest

from harness import SOURCE, CliTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

RECORDED = SOURCE / "results/h100-sxm/dsv3-bf16"
SIM = ["--device", "sim:h100-sxm"]
FEW = ["--problem", "dense_1d2d:m=64,n=2112,k=7168", "--problem", "dense_1d2d:m=4096,n=576,k=512",
       "--problem", "dense_1d2d:m=16,n=4096,k=2048"]


class Replay(CliTest):
    def replay(self, *args, journal=RECORDED):
        result = self.run_cli("replay", journal, *args, "--format", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_of_everything_has_no_regret_but_that_of_a_tie(self):
        replay = self.replay("--strategy", "exhaustive")
        self.assertEqual(replay["evaluated_fraction"], 1)
        self.assertEqual(replay["evaluated"], replay["candidates"])
        self.assertLess(replay["regret_max"], 0.0025)
        self.assertGreater(len(replay["problems"]), 30)
        self.assertGreaterEqual(min(problem["regret"] for problem in replay["problems"]), 0)

    def test_summary_is_that_of_its_problems(self):
        replay = self.replay("--strategy", "random", "--max-candidates", "10")
        product = 1
        for problem in replay["problems"]:
            product *= 1 + problem["regret"]
            self.assertEqual(problem["evaluated"], min(10, problem["candidates"]))
            self.assertAlmostEqual(problem["time_us"] / problem["best_us"] - 1, problem["regret"])
            self.assertAlmostEqual(problem["evaluated_fraction"], problem["evaluated"] / problem["candidates"])
        self.assertAlmostEqual(replay["regret_geomean"], product ** (1 / len(replay["problems"])) - 1)
        self.assertEqual(replay["regret_max"], max(problem["regret"] for problem in replay["problems"]))
        self.assertEqual(replay["evaluated"], sum(problem["evaluated"] for problem in replay["problems"]))
        self.assertIsNone(replay["rank_correlation"])

    def test_guided_is_near_the_best_where_chance_is_not(self):
        """The regret that guided is held to, on a sweep whose other layers its model was fitted on, or on nothing at all."""
        for learn_from in ("lessons", "others", "asked"):
            with self.subTest(learn_from=learn_from):
                guided = self.replay("--strategy", "guided", "--max-candidates", "48", "--learn-from", learn_from)
                self.assertLess(guided["regret_geomean"], 0.01)
                self.assertLess(guided["regret_max"], 0.03)
                self.assertGreater(guided["rank_correlation"], 0.6)
                self.assertLess(guided["winner_rank"], 40)
        chance = self.replay("--strategy", "random", "--max-candidates", "48")
        self.assertGreater(chance["regret_geomean"], 4 * guided["regret_geomean"])
        self.assertGreater(chance["regret_max"], 0.05)

    def test_what_is_left_out_of_the_fit_is_not_known_to_it(self):
        """With one layer alone there is nothing to learn from, and the model is the analytic one."""
        with gzip.open(RECORDED / "journal.jsonl.gz", "rt") as file:
            kept = [line for line in file if '"record":"row"' not in line or '"n":2112,' in line]
        path = self.dir / "one.jsonl"
        path.write_text("".join(kept))
        whole = self.replay("--max-candidates", "24", "--learn-from", "others")
        alone = self.replay("--max-candidates", "24", "--learn-from", "others", journal=path)
        by_id = {problem["problem_id"]: problem for problem in whole["problems"]}
        self.assertTrue(alone["problems"])
        self.assertTrue(any(problem["winner_rank"] != by_id[problem["problem_id"]]["winner_rank"] for problem in alone["problems"]))
        cold = self.replay("--max-candidates", "24", "--learn-from", "asked", journal=path)
        self.assertEqual(alone["problems"][0]["winner_rank"], cold["problems"][0]["winner_rank"])

    def test_a_quicker_policy_goes_by_a_name_and_is_held_to_the_same_regret(self):
        quick = self.replay("--policy", "quick", "--max-candidates", "48", "--learn-from", "asked")
        self.assertEqual((quick["policy"], quick["finalists"]), ("quick", 6))
        self.assertLess(quick["regret_geomean"], 0.01)
        self.assertLess(quick["regret_max"], 0.03)
        usual = self.replay("--max-candidates", "48")
        self.assertEqual((usual["policy"], usual["finalists"]), ("usual", 16))
        one = self.replay("--finalists", "1", "--policy", "quick", "--max-candidates", "48")
        self.assertEqual((one["policy"], one["finalists"]), ("quick", 1), "what is given stands")
        refused = self.run_cli("replay", RECORDED, "--policy", "slow")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("quick", refused.stderr)

    def test_seeds_are_of_the_order(self):
        of = [self.replay("--strategy", "random", "--max-candidates", "5", "--order-seed", seed)["problems"] for seed in (1, 1, 2)]
        self.assertEqual(of[0], of[1])
        self.assertNotEqual(of[0], of[2])

    def test_a_limit_for_all_problems_is_shared_out(self):
        replay = self.replay("--max-candidates-in-all", "720")
        self.assertEqual({problem["evaluated"] for problem in replay["problems"]}, {20})
        self.assertEqual(replay["evaluated"], 720)

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_agrees_with_its_schema(self):
        schema = json.loads((SOURCE / "configs/schema/replay.schema.json").read_text())
        for args in (("--strategy", "guided"), ("--strategy", "random", "--max-candidates", "3")):
            jsonschema.validate(self.replay(*args), schema, cls=jsonschema.Draft7Validator)

    def test_the_committed_evidence_is_of_this_program_and_these_journals(self):
        text = (SOURCE / "results/h100-sxm/search.md").read_text()
        section = text[text.index("## `dsv3-bf16`"):]
        for name, learn_from in (("", "lessons"), (", fitted on other N×K", "others"), (", without lessons", "asked")):
            cells = re.search(rf"\| guided{name} \|(.*)\|", section).group(1).split("|")
            now = self.replay("--max-candidates", "48", "--learn-from", learn_from)
            self.assertEqual(cells[1].strip(), f"{100 * now['regret_geomean']:.2f} / {100 * now['regret_max']:.1f}",
                             "scripts/search_evidence makes it again")

    def test_as_a_table_for_people(self):
        result = self.run_cli("replay", RECORDED, "--max-candidates", "24")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("regret %", result.stdout)
        self.assertRegex(result.stdout, r"36 problems: regret \d\.\d\d % on geometric mean")
        self.assertIn("rank correlation", result.stdout)

    def test_a_journal_of_races_cannot_be_replayed(self):
        result = self.run_cli("replay", SOURCE / "results/h100-sxm/dsv3-mid/races.jsonl.gz")
        self.assertEqual(result.returncode, 2)
        self.assertIn("nothing to replay", result.stderr)

    def test_a_sweep_that_left_candidates_out_is_named_as_such(self):
        self.assertEqual(self.run_cli("sweep", *FEW, *SIM, "--strategy", "guided", "--out", self.out).returncode, 0)
        result = self.run_cli("replay", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("of the sweep's", result.stderr)
        self.assertTrue(result.stdout.startswith("SIMULATED"))

    def test_words_and_numbers_that_are_none(self):
        for args, said in ((("--strategy", "best"), "exhaustive"), (("--max-candidates", "0"), "--max-candidates"),
                           (("--max-candidates", "1.5"), "whole number"), (("--learn-from", "me"), "others")):
            with self.subTest(args=args):
                result = self.run_cli("replay", RECORDED, *args)
                self.assertEqual(result.returncode, 2)
                self.assertIn(said, result.stderr)


class Sweep(CliTest):
    def sweep_sim(self, *more, out="out", expect=0):
        self.out = self.dir / out
        result = self.run_cli("sweep", *FEW, *SIM, "--out", self.out, *more)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def asked(self):
        return sorted((row["problem_id"], row["config_id"]) for row in self.rows())

    def entries(self):
        table = json.loads((self.out / "table.json").read_text())
        return {json.dumps(entry["problem"]): (entry["config_id"], entry["time_us"]) for entry in table["entries"]}

    def test_guided_times_few_and_finds_what_exhaustive_finds(self):
        self.sweep_sim("--strategy", "exhaustive", out="all")
        all_of_them, best = len(self.rows()), self.entries()
        result = self.sweep_sim("--strategy", "guided", "--max-candidates", "24", out="guided")
        self.assertEqual(len(self.rows()), 3 * 24)
        self.assertGreater(all_of_them, 3 * 100)
        for problem, (_, time_us) in self.entries().items():
            self.assertLess(time_us / best[problem][1] - 1, 0.03)
        self.assertIn("of which guided times at most 72", result.stderr)
        self.assertRegex(" ".join(result.stderr.split()), r"rank correlation 0\.\d\d .* \(medians of 3 problems; at worst \d+ of 24, dense_1d2d:m=")
        told = self.sweep_sim("--strategy", "guided", "--max-candidates", "24", "--verbose", out="verbose").stderr
        self.assertEqual(" ".join(told.split()).count("the model's rank of the fastest is"), 3, "of each")

    def test_kernels_are_compiled_as_they_are_asked_for(self):
        self.sweep_sim("--strategy", "guided", "--max-candidates", "8")
        hashes = {row["kernel_hash"] for row in self.rows()}
        compiled = [entry["request"]["config"] for entry in self.requests("compile")]
        self.assertTrue(hashes)
        self.assertEqual(len(compiled), len({json.dumps(config) for config in compiled}))
        self.assertEqual(len(compiled), len(hashes))

    def test_a_resumed_guided_sweep_asks_what_an_undisturbed_one_asks(self):
        guided = ["--strategy", "guided", "--max-candidates", "24"]
        self.sweep_sim(*guided, out="undisturbed")
        asked, entries = self.asked(), self.entries()
        lines = (self.out / "journal.jsonl").read_text().splitlines(keepends=True)
        for kept in (2, 10, 30, len(lines) // 2, len(lines) - 2):
            with self.subTest(kept=kept):
                out = self.dir / f"cut{kept}"
                out.mkdir()
                (out / "journal.jsonl").write_text("".join(lines[:kept]))
                result = self.sweep_sim(*guided, "--resume", out=out.name)
                self.assertEqual(self.asked(), asked)
                self.assertEqual(self.entries(), entries)
                self.assertNotIn("another space", result.stderr)
                rows = [row["id"] for row in self.records() if row["policy"].endswith("-n3")]
                self.assertEqual(len(rows), len(set(rows)), "no candidate has its first look twice")

    def test_the_quick_policy_is_in_every_row_of_its_races(self):
        self.sweep_sim("--policy", "quick", "--strategy", "guided", "--max-candidates", "24", out="quick")
        final = [row for row in self.records() if row["record"] == "row" and row["stage"] == "final"]
        self.assertEqual({row["policy"] for row in final}, {"cold_memset512x7-cupti-burst-w1t3-n15to60-p0.005"})
        ours = collections.Counter(row["problem_id"] for row in final if row["provider"] == "gemmtune")
        self.assertEqual(max(ours.values()), 6)
        again = collections.Counter(row["problem_id"] for row in self.records() if row["record"] == "row" and row["stage"] == "screen"
                                    and row["policy"].endswith("-n15") and row["provider"] == "gemmtune")
        self.assertEqual(max(again.values()), 16)
        self.sweep_sim("--samples", "20", "--policy", "quick", "--strategy", "guided", "--max-candidates", "8", out="samples")
        self.assertEqual({row["policy"][-3:] for row in self.records() if row["record"] == "row" and row["stage"] == "final"}, {"n20"})

    def test_what_ended_is_resumed_without_a_request(self):
        guided = ["--strategy", "guided", "--max-candidates", "24"]
        self.sweep_sim(*guided)
        rows = len(self.records())
        result = self.sweep_sim(*guided, "--resume")
        self.assertEqual(len(self.records()), rows)
        self.assertNotIn("another space", result.stderr)

    def test_a_model_that_learnt_from_an_earlier_sweep_begins_otherwise(self):
        guided = ["--strategy", "guided", "--max-candidates", "12"]
        self.sweep_sim(*guided, out="plain")
        plain = self.asked()
        self.sweep_sim(*guided, "--learn-from", str(SOURCE / "results/h100-sxm/dsv3-bf16"), out="taught")
        self.assertNotEqual(self.asked(), plain)
        self.assertEqual(len(self.rows()), 3 * 12)
        races = str(SOURCE / "results/h100-sxm/dsv3-mid/races.jsonl.gz")
        for args, said in (((*guided, "--learn-from", races), "nothing to learn from"),
                           (("--strategy", "random", "--learn-from", races), "no model")):
            self.assertIn(said, self.sweep_sim(*args, out="refused", expect=2).stderr)
            self.assertFalse((self.dir / "refused").exists(), "nothing was begun")

    def test_exhaustive_goes_on_where_guided_ended(self):
        self.sweep_sim("--strategy", "exhaustive", out="all")
        every = self.asked()
        self.sweep_sim("--strategy", "guided", "--max-candidates", "24", out="both")
        self.sweep_sim("--resume", "--strategy", "exhaustive", out="both")
        self.assertEqual(self.asked(), every)

    def test_the_seed_of_data_is_not_that_of_the_order(self):
        few = ["--strategy", "random", "--max-candidates", "6"]
        self.sweep_sim(*few, out="a")
        first = self.asked()
        self.sweep_sim(*few, "--seed", "7", out="b")
        self.assertEqual(self.asked(), first)
        self.assertEqual({row["seed"] for row in self.rows()}, {7})
        self.sweep_sim(*few, "--order-seed", "7", out="c")
        self.assertNotEqual(self.asked(), first)
        self.assertEqual({row["seed"] for row in self.rows()}, {1})

    def test_no_time_leaves_a_batch_of_each_problem_and_its_race(self):
        self.sweep_sim("--time-budget", "0.001")
        screened = len(self.rows())
        self.assertGreaterEqual(screened, 3 * 16)
        self.assertEqual(len(self.entries()), 3)
        self.sweep_sim("--time-budget-in-all", "0.001", out="in_all")
        self.assertEqual(len(self.entries()), 3)

    def test_help_says_what_the_default_is_and_why(self):
        result = self.run_cli("sweep", "--help")
        self.assertIn("(exhaustive, guided, random, local) [guided]", " ".join(result.stdout.split()))
        self.assertIn("1.9 % at worst (results/h100-sxm/dsv3-guided)", " ".join(result.stdout.split()))


if __name__ == "__main__":
    unittest.main()
