"""Few cubins for many problems, out of committed journals."""
import csv
import gzip
import io
import json
import math
import subprocess
import unittest

from harness import GEMMTUNE, SOURCE, CliTest, ScriptTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

RECORDED = SOURCE / "results/h100-sxm/dsv3-bf16"


class Portfolio(CliTest):
    def portfolio(self, *args, journal=RECORDED):
        result = self.run_cli("portfolio", journal, *args, "--format", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_more_cubins_lose_less_and_enough_lose_nothing(self):
        few = self.portfolio("--cubins", "8")
        self.assertEqual(len(few["cubins"]), 8)
        regrets = [point["fitted"]["regret_geomean"] for point in few["curve"]]
        self.assertEqual(regrets, sorted(regrets, reverse=True))
        self.assertEqual([point["cubins"] for point in few["curve"]], [1, 2, 3, 4, 6, 8])
        every = self.portfolio("--cubins", "200")
        self.assertLess(every["curve"][-1]["fitted"]["regret_max"], 1e-9)
        self.assertLess(len(every["cubins"]), 36)
        chosen = [[(cubin["kernel"], cubin["compiled"]) for cubin in found["cubins"]] for found in (every, few)]
        self.assertEqual(chosen[0][:8], chosen[1], "what is chosen first does not depend on how many are asked for")
        for point in every["curve"]:
            self.assertGreaterEqual(point["other_layers"]["regret_geomean"], point["fitted"]["regret_geomean"] - 1e-9)

    def test_picks_of_the_loader_lose_no_less_than_a_perfect_picker(self):
        found = self.portfolio("--cubins", "16")
        picker, last = found["picker"], found["curve"][-1]
        self.assertEqual([(model["kernel"], model["out"], len(model["billionths"])) for model in picker["models"]],
                         [("dense_bf16", "bf16", 54)])
        for of, perfect in ((picker["fitted"], last["fitted"]), (picker["other_layers"], last["other_layers"])):
            self.assertEqual(of["problems"] + of["not_measured"], 36)
            self.assertLess(of["not_measured"], 18)
            self.assertGreater(of["regret_geomean"], 0)
            self.assertLess(of["regret_geomean"], 0.12)
        self.assertGreaterEqual(picker["fitted"]["regret_geomean"], last["fitted"]["regret_geomean"])
        if jsonschema:
            jsonschema.Draft7Validator(json.loads((SOURCE / "configs/schema/portfolio.schema.json").read_text())).validate(found)

    def halves(self):
        """Journals of two layers of the sweep, and of the four others."""
        paths = [self.dir / "two.jsonl", self.dir / "four.jsonl"]
        with gzip.open(RECORDED / "journal.jsonl.gz", "rt") as file:
            lines = list(file)
        for path, mine in zip(paths, (True, False)):
            path.write_text("".join(line for line in lines if '"record":"row"' not in line
                                    or (json.loads(line)["problem"]["n"] in (2112, 4096)) == mine))
        return paths

    def test_what_is_only_tried_is_not_chosen_for_or_fitted_on(self):
        two, four = self.halves()
        plain = self.portfolio("--cubins", "12", journal=four)
        self.assertIsNone(plain["tried"])
        found = self.portfolio("--cubins", "12", "--try", two, journal=four)
        for key in ("cubins", "curve", "problems", "layers"):
            self.assertEqual(found[key], plain[key], key)
        self.assertEqual(found["picker"], plain["picker"])
        tried = found["tried"]
        self.assertEqual(tried["perfect"]["problems"] + tried["perfect"]["not_covered"], 12)
        self.assertEqual(tried["picked"]["problems"] + tried["picked"]["not_measured"], 12)
        self.assertGreaterEqual(tried["picked"]["regret_geomean"], tried["perfect"]["regret_geomean"])
        if jsonschema:
            jsonschema.Draft7Validator(json.loads((SOURCE / "configs/schema/portfolio.schema.json").read_text())).validate(found)

    def test_each_cubin_has_a_correction_of_its_own(self):
        corrections = [cubin["correction_billionths"] for cubin in self.portfolio("--cubins", "12")["cubins"]]
        self.assertEqual(len(set(corrections)), 12)
        self.assertLess(max(map(abs, corrections)), 300_000_000, "30 % would be another model")
        self.assertLess(min(corrections), 0)
        self.assertGreater(max(corrections), 0)

    def test_a_space_of_the_chosen_cubins_has_these_and_every_launch(self):
        space = self.dir / "near.json"
        result = self.run_cli("portfolio", RECORDED, "--cubins", "4", "--space", space, "--format", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        cubins = json.loads(result.stdout)["cubins"]
        self.assertEqual(len(json.loads(space.read_text())["spaces"]), 4)
        plan = self.run_cli("plan", "--problem", "dense_bf16:m=300,n=2048,k=4096", "--space", space, "--format", "json")
        self.assertEqual(plan.returncode, 0, plan.stderr)
        (problem,) = json.loads(plan.stdout)
        self.assertLessEqual(problem["cubins"], len(cubins))
        self.assertGreater(problem["candidates"], problem["cubins"])

    def test_its_problems_are_what_the_curve_says(self):
        found = self.portfolio("--cubins", "6")
        product = 1
        with gzip.open(RECORDED / "journal.jsonl.gz", "rt") as file:
            rows = [json.loads(line) for line in file if '"record":"row"' in line]
        best, times = {}, {}
        rank = {"final": 2, "screen": 0}
        for row in rows:
            if row["provider"] != "gemmtune" or row["time_us"] is None:
                continue
            key = json.dumps(row["problem"])
            if row["stage"] == "final":
                best[key] = min(best.get(key, math.inf), row["time_us"])
            worth = rank[row["stage"]] + row["policy"].endswith("-n15")
            times.setdefault((key, row["config_id"]), {})[worth] = (row["time_us"], row["config"])
        for problem in found["problems"]:
            self.assertIsNotNone(problem["cubin"])
            key = json.dumps(problem["problem"])
            compiled = found["cubins"][problem["cubin"]]["compiled"]
            config = problem["config"]
            self.assertEqual({name: config.get(name) for name in compiled if name in config},
                             {name: value for name, value in compiled.items() if name in config})
            known = [stages for (of, _), stages in times.items() if of == key]
            own = next(stages for stages in known if next(iter(stages.values()))[1] == config)
            self.assertAlmostEqual(own[max(own)][0] / best[key] - 1, problem["regret"])
            product *= 1 + problem["regret"]
        self.assertAlmostEqual(found["curve"][-1]["fitted"]["regret_geomean"], product ** (1 / len(found["problems"])) - 1)

    def test_what_was_never_measured_is_named_as_not_covered(self):
        """Of a journal that lacks a cubin at one layer."""
        found = self.portfolio("--cubins", "1")
        compiled = found["cubins"][0]["compiled"]
        with gzip.open(RECORDED / "journal.jsonl.gz", "rt") as file:
            lines = file.readlines()

        def is_of_it(line):
            if '"record":"row"' not in line or '"n":2112,' not in line:
                return False
            config = json.loads(line)["config"]
            return all(config.get(name) == value for name, value in compiled.items() if name in config) and "block_m" in config

        path = self.dir / "less.jsonl"
        path.write_text("".join(line for line in lines if not is_of_it(line)))
        less = self.portfolio("--cubins", "1", journal=path)
        self.assertNotEqual(less["cubins"][0]["compiled"], compiled, "where it was not measured it covers nothing")
        self.assertEqual(less["curve"][0]["fitted"]["not_covered"], 0)

    def test_the_curve_for_a_picture(self):
        result = self.run_cli("portfolio", RECORDED, "--cubins", "4", "--format", "csv")
        lines = list(csv.DictReader(io.StringIO(result.stdout)))
        curve = self.portfolio("--cubins", "4")["curve"]
        self.assertEqual([int(line["cubins"]) for line in lines], [point["cubins"] for point in curve])
        for line, point in zip(lines, curve):
            self.assertAlmostEqual(float(line["regret_percent"]), 100 * point["fitted"]["regret_geomean"])
            self.assertAlmostEqual(float(line["other_worst_percent"]), 100 * point["other_layers"]["regret_max"])

    def test_the_curve_as_a_picture(self):
        picture = self.dir / "curve.svg"
        result = self.run_cli("portfolio", RECORDED, "--cubins", "8", "--format", "svg", "-o", picture)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("</svg>", picture.read_text())
        self.assertTrue((self.dir / "curve.gnuplot").exists())
        blocks = [[tuple(map(float, line.split())) for line in block.splitlines() if line and not line.startswith("#")]
                  for block in (self.dir / "curve.dat").read_text().split("\n\n\n") if block.strip()]
        curve = self.portfolio("--cubins", "8")["curve"]
        for block, (of, key) in zip(blocks, [(of, key) for of in ("fitted", "other_layers") for key in ("regret_geomean", "regret_max")], strict=True):
            for (cubins, percent), point in zip(block, curve, strict=True):
                self.assertEqual(cubins, point["cubins"])
                self.assertAlmostEqual(percent, max(0.01, 100 * point[of][key]), delta=1e-4 * percent)
        nowhere = self.run_cli("portfolio", RECORDED, "--format", "svg")
        self.assertEqual(nowhere.returncode, 2)
        self.assertIn("needs -o FILE.svg", nowhere.stderr)

    def test_a_table_of_few_cubins_is_exported_like_any_other(self):
        path = self.dir / "few.json"
        found = self.portfolio("--cubins", "6", "--table", path)
        table = json.loads(path.read_text())
        of = {json.dumps(problem["problem"]): problem for problem in found["problems"]}
        self.assertEqual(len(table["entries"]), 36)
        self.assertEqual(len({entry["kernel_hash"] for entry in table["entries"]}), 6)
        best = {json.dumps(entry["problem"]): entry["time_us"] for entry in json.loads((RECORDED / "table.json").read_text())["entries"]}
        for entry in table["entries"]:
            problem = of[json.dumps(entry["problem"])]
            self.assertEqual(entry["config"], problem["config"])
            self.assertAlmostEqual(entry["time_us"] / best[json.dumps(entry["problem"])] - 1, problem["regret"], delta=0.003)
            if entry["stage"] != "final":
                self.assertIsNone(entry["baselines"]["cublas_bf16_us"], "times of another race")
        exported = self.run_cli("export", path, "--format", "csv")
        self.assertEqual(exported.returncode, 0, exported.stderr)
        self.assertEqual(len(list(csv.DictReader(io.StringIO(exported.stdout)))), 36)
        two = self.run_cli("portfolio", RECORDED, SOURCE / "results/h100-sxm/dsv3", "--table", path)
        self.assertEqual(two.returncode, 2)
        self.assertIn("one folder", two.stderr)

    def test_for_people(self):
        result = self.run_cli("portfolio", RECORDED, "--cubins", "4")
        self.assertIn("36 problems of 6 layers", " ".join(result.stdout.split()))
        self.assertIn("other N×K %", result.stdout)

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_agrees_with_its_schema(self):
        schema = json.loads((SOURCE / "configs/schema/portfolio.schema.json").read_text())
        jsonschema.validate(self.portfolio("--cubins", "5"), schema, cls=jsonschema.Draft7Validator)

    def test_the_committed_evidence_is_of_this_program_and_these_journals(self):
        text = (SOURCE / "results/h100-sxm/portfolio.md").read_text()
        section = text[text.index("## `dsv3-bf16`"):]
        for point in self.portfolio("--cubins", "48")["curve"]:
            fitted, others = point["fitted"], point["other_layers"]
            cells = [f"{100 * regret[key]:.2f}" if key == "regret_geomean" else f"{100 * regret[key]:.1f}"
                     for regret in (fitted, others) for key in ("regret_geomean", "regret_p95", "regret_max")]
            self.assertIn(f"| {point['cubins']} | " + " | ".join(cells) + " |", section, "scripts/portfolio_evidence makes it again")

    def sim_sweep(self, name, problems, widths, weight=1):
        shapes = self.write(f"{name}.shapes.json", {"schema": "gemmtune.shapes/1", "problems": [
            {"kernel": "dense_bf16", "m": m, "n": n, "k": k, "weight": weight} for m, n, k in problems]})
        space = self.write(f"{name}.space.json", {"schema": "gemmtune.space/1", "kernel": "dense_bf16", "parameters": {
            "block_m": [64, 128], "block_n": widths, "k_groups": 1, "split_k": [1, 2], "stages": 4, "cluster_m": 1, "cluster_n": 1,
            "num_sms": ["all", "minimal"], "raster": 8, "evict_first": "band", "swap_ab": 0}})
        out = self.dir / name
        done = self.run_cli("sweep", "--shapes", shapes, "--space", space, "--device", "sim:h100-sxm", "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def rows_in(self, folder):
        with open(folder / "journal.jsonl") as file:
            return [json.loads(line) for line in file if '"record":"row"' in line]

    SMALL, LARGE = [(64, 576, 2048), (256, 576, 2048)], [(512, 4096, 1024), (200, 4096, 1024)]

    def test_weights_of_one_sweep_say_nothing_of_another(self):
        large = self.sim_sweep("large", self.LARGE, [64, 96, 128, 192])
        for weight in (1, 60):
            self.sim_sweep(f"small{weight}", self.SMALL, [64, 96, 128, 192], weight)
        chosen = [[cubin["compiled"] for cubin in self.portfolio(large, "--cubins", "4", journal=self.dir / folder)["cubins"]]
                  for folder in ("small1", "small60")]
        self.assertEqual(chosen[0], chosen[1])

    def test_cells_that_were_never_measured_are_filled(self):
        small, large = self.sim_sweep("small", self.SMALL, [16, 32]), self.sim_sweep("large", self.LARGE, [96, 128])
        cells = self.dir / "cells"
        more = ("--near", "60", "--measure", cells, "--device", "sim:h100-sxm")  # so far behind that cubins of both sweeps count
        found = self.portfolio(large, "--cubins", "4", *more, journal=small)
        if jsonschema:
            jsonschema.Draft7Validator(json.loads((SOURCE / "configs/schema/portfolio.schema.json").read_text())).validate(found)
        measured = found["measured"]
        self.assertGreater(measured["cells"], measured["cells_before"])
        self.assertEqual(measured["other_layers"]["before"]["not_covered"], 4, "no cubin of one sweep was tried in the other")
        self.assertEqual([measured[key]["now"]["not_covered"] for key in ("fitted", "other_layers", "picked", "picked_other_layers")], [0] * 4)
        rows = self.rows_in(cells)
        self.assertEqual({row["stage"] for row in rows}, {"screen", "final"})
        for folder, foreign in ((small, {96, 128}), (large, {16, 32})):
            for entry in json.loads((folder / "table.json").read_text())["entries"]:
                def of_it(rows, stage):
                    return [row for row in rows if row["problem"] == entry["problem"] and row["stage"] == stage and row["provider"] == "gemmtune"]

                def cubins(rows):
                    return {tuple(row["config"][name] for name in ("block_m", "block_n", "split_k")) for row in rows}

                fastest = min(of_it(self.rows_in(folder), "final"), key=lambda row: row["time_us"])["config_id"]
                here = of_it(rows, "screen")
                self.assertIn(fastest, {row["config_id"] for row in here}, "it is timed beside the cells")
                others = cubins(row for row in here if row["config_id"] != fastest)
                self.assertFalse(others & cubins(of_it(self.rows_in(folder), "screen")), "what was tried is no cell")
                self.assertLessEqual(foreign, {block_n for _, block_n, _ in others})

        # As if both had been swept over both spaces: the simulated device gives the same times again.
        whole = self.sim_sweep("whole", self.SMALL + self.LARGE, [16, 32, 96, 128])
        truth = {json.dumps(p["problem"]): p for p in self.portfolio("--cubins", "4", journal=whole)["problems"]}
        for problem in found["problems"]:
            self.assertAlmostEqual(problem["regret"], truth[json.dumps(problem["problem"])]["regret"], delta=0.02)

        before = (cells / "journal.jsonl").read_text()
        again = self.portfolio(large, "--cubins", "4", *more, journal=small)
        self.assertEqual(len(self.rows_in(cells)), len(rows), "nothing is timed twice")
        self.assertEqual((again["cubins"], again["measured"]), (found["cubins"], measured))
        (cells / "journal.jsonl").write_text(before[:before.index("\n", len(before) // 2) + 1])
        self.assertLess(len(self.rows_in(cells)), len(rows))
        resumed = self.portfolio(large, "--cubins", "4", *more, journal=small)
        self.assertEqual(len(self.rows_in(cells)), len(rows), "what was cut off is timed again, and no more")
        self.assertEqual(resumed["cubins"], found["cubins"])

        named = self.portfolio(large, cells, "--cubins", "4", journal=small)
        self.assertEqual((named["cubins"], named["problems"]), (found["cubins"], found["problems"]))
        self.assertEqual(named["cubins_in_all"], found["cubins_in_all"])
        people = self.run_cli("portfolio", small, large, *more).stdout
        self.assertIn(f"{measured['cells']} of a cubin on a problem are known, {measured['cells_before']} were before",
                      " ".join(people.split()))
        nothing = self.run_cli("portfolio", small, large, cells, *more, "--format", "json")
        self.assertIn("nothing to measure", nothing.stderr)

    def test_entries_of_filled_cells_have_figures_of_one_time(self):
        small, large = self.sim_sweep("small", self.SMALL, [16, 32]), self.sim_sweep("large", self.LARGE, [96, 128])
        both, cells, path = self.dir / "both", self.dir / "cells", self.dir / "few.json"
        merged = self.run_cli("merge", small, large, "-o", both)
        self.assertEqual(merged.returncode, 0, merged.stderr)
        more = ("--cubins", "1", "--near", "60", "--measure", cells, "--device", "sim:h100-sxm", "--table", path)
        self.portfolio(*more, journal=both)
        lines = []
        for line in (cells / "journal.jsonl").read_text().splitlines():
            record = json.loads(line)
            record.pop("checksum", None)
            if record["record"] == "row" and record["time_us"]:  # as of a board that is a quarter slower
                for name, factor in (("time_us", 1.25), ("time_us_low", 1.25), ("time_us_high", 1.25), ("tflops", 0.8), ("gbps", 0.8)):
                    record[name] *= factor
            lines.append(json.dumps(record) + "\n")
        (cells / "journal.jsonl").write_text("".join(lines))
        self.portfolio(*more, journal=both)
        table = json.loads(path.read_text())
        own = {(json.dumps(row["problem"]), row["config_id"]) for row in self.rows_in(both)}
        raced_elsewhere = 0
        for entry in table["entries"]:
            problem = entry["problem"]
            flops = 2 * problem["m"] * problem["n"] * problem["k"]
            self.assertAlmostEqual(entry["tflops"] * entry["time_us"] * 1e6 / flops, 1, places=9)
            if (json.dumps(problem), entry["config_id"]) in own:
                continue
            raced_elsewhere += entry["stage"] == "final"
            self.assertEqual([value for value in entry["baselines"].values() if value is not None], [], "times of another race")
        self.assertGreater(raced_elsewhere, 0)

    def test_cells_of_wrong_kernels_or_of_another_device_are_none(self):
        small, large = self.sim_sweep("small", self.SMALL, [16, 32]), self.sim_sweep("large", self.LARGE, [96, 128])
        self.env["GEMMTUNE_SIM_FAULTS"] = "wrong:1"
        result = self.run_cli("portfolio", small, large, "--measure", self.dir / "cells", "--near", "60", "--device", "sim:h100-sxm")
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertIn("nothing to choose from", result.stderr)
        other = self.run_cli("portfolio", RECORDED, "--measure", self.dir / "other", "--device", "sim:h100-sxm")
        self.assertEqual(other.returncode, 2)
        self.assertIn("says nothing of the other", other.stderr)
        self.assertFalse((self.dir / "other").exists())
        for name, value in (("--near", "3"), ("--device", "sim:h100-sxm"), ("--jobs", "2")):
            alone = self.run_cli("portfolio", RECORDED, name, value)
            self.assertEqual(alone.returncode, 2, name)
            self.assertIn("--measure", alone.stderr)

    def test_what_cannot_be_chosen_from(self):
        races = self.run_cli("portfolio", SOURCE / "results/h100-sxm/dsv3-mid/races.jsonl.gz")
        self.assertEqual(races.returncode, 2)
        self.assertIn("nothing to choose from", races.stderr)
        twice = self.run_cli("portfolio", RECORDED, RECORDED, "--cubins", "2", "--format", "json")
        self.assertEqual(json.loads(twice.stdout)["problems"], self.portfolio("--cubins", "2")["problems"])
        self.assertIn("36 problems are in a folder before it", twice.stderr)
        sim = self.run_cli("sweep", "--problem", "dense_1d2d:m=64,n=576,k=512", "--space", self.space, "--device", "sim:h100-sxm",
                           "--out", self.out)
        self.assertEqual(sim.returncode, 0, sim.stderr)
        unlike = self.run_cli("portfolio", RECORDED, self.out)
        self.assertEqual(unlike.returncode, 2)
        self.assertIn("says nothing of the other", unlike.stderr)


class Evidence(ScriptTest):
    def test_the_committed_file_is_what_the_script_writes(self):
        if subprocess.run(["git", "cat-file", "-e", "f08e848:results/h100-sxm/unseen/journal.jsonl.gz"], cwd=SOURCE, stderr=subprocess.DEVNULL).returncode:
            self.skipTest("this copy has no history")
        done = self.run_script("portfolio_evidence", GEMMTUNE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, (SOURCE / "results/h100-sxm/portfolio.md").read_text())


class Trial(ScriptTest):
    """scripts/portfolio_trial on the simulated device, with three sets of its own."""
    SETS = {"tuned": [(64, 576, 2048), (512, 4096, 1024), (16, 2048, 4096)], "unseen": [(100, 1280, 2048), (300, 1536, 1024)],
            "elsewhere": [(48, 768, 2048), (333, 3072, 1024), (5, 1024, 4096)]}

    def setUp(self):
        super().setUp()
        for name, problems in self.SETS.items():
            self.write(f"{name}.json", {"schema": "gemmtune.shapes/1", "name": name, "description": "small", "problems": [
                {"kernel": "dense_1d2d", "m": m, "n": n, "k": k} for m, n, k in problems]})
        swept = self.run_cli("sweep", "--shapes", self.dir / "tuned.json", "--space", "balanced", "--strategy", "exhaustive",
                             "--device", "sim:h100-sxm", "--out", self.dir / "tuned")
        self.assertEqual(swept.returncode, 0, swept.stderr)
        self.env |= {"TRIAL_DEVICE": "sim:h100-sxm", "TRIAL_TUNED": str(self.dir / "tuned"), "TRIAL_SETS": str(self.dir)}
        self.trial = self.dir / "trial"

    def run_trial(self):
        done = self.run_script("portfolio_trial", self.trial)
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.trial / "trial.md").read_text()

    def test_every_pick_is_measured_and_raced(self):
        text = self.run_trial()
        tried = json.loads((self.trial / "portfolio.json").read_text())["tried"]
        self.assertEqual([[pick["problem"][key] for key in "mnk"] for pick in tried["picks"]], [list(p) for p in self.SETS["elsewhere"]])
        raced = json.loads((self.trial / "race.json").read_text())["problems"]
        self.assertEqual(len(raced), 3)
        if jsonschema:
            schema = jsonschema.Draft7Validator(json.loads((SOURCE / "configs/schema/portfolio.schema.json").read_text()))
            found = json.loads((self.trial / "portfolio.json").read_text())
            schema.validate(found)
            del found["tried"]["picks"]  # as before they were named
            schema.validate(found)
        for pick in tried["picks"]:
            there = next(problem for problem in raced if problem["problem"]["m"] == pick["problem"]["m"])
            self.assertEqual(there["new"]["config"], pick["config"])
            self.assertEqual(there["base"]["config"], pick["fastest"])
            if pick["regret"] is not None:
                self.assertAlmostEqual(max(0, there["new"]["time_us"] / there["base"]["time_us"] - 1), pick["regret"], delta=0.02)
        self.assertIn(None, [pick["regret"] for pick in tried["picks"]], "one is a waste by the rules of spaces: the race alone has it")
        self.assertIn("each timed now: 3 problems, 0 without a pick", text)
        self.assertEqual(self.run_trial(), text, "a folder that is there goes on")

    def test_a_pick_that_cannot_be_timed_is_no_figure(self):
        self.run_trial()
        path = self.trial / "portfolio.json"
        found = json.loads(path.read_text())
        found["tried"]["picks"][0]["problem"]["m"] += 1
        path.write_text(json.dumps(found))
        refused = self.run_script("picks_race", self.env.get("GEMMTUNE_BINARY_PATH", GEMMTUNE), path, self.trial / "elsewhere", "--out",
                                  self.dir / "race.json", "--device", "sim:h100-sxm")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("1 problems have no winner in the folder", refused.stderr)
        self.assertEqual(refused.stdout, "")

    def test_a_file_without_picks_is_refused_with_what_to_do(self):
        for tried in ({"perfect": {}, "picked": {}}, None):
            with self.subTest(tried=tried):
                path = self.write("portfolio.json", {"tried": tried})
                refused = self.run_script("picks_race", GEMMTUNE, path, self.dir, "--out", self.dir / "race.json")
                self.assertEqual((refused.returncode, refused.stdout), (1, ""))
                self.assertRegex(refused.stderr, "^picks_race: .*portfolio.json does not say what the loader launches: .*--try FOLDER.*\n$")


if __name__ == "__main__":
    unittest.main()
