"""`sweep --m`: a table over all M, found by steps, on the simulated device."""
import csv
import io
import json
import math
import unittest

from harness import GEMMTUNE, SOURCE, ScriptTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

LAYER = "dense_1d2d:m=1,n=2112,k=7168"
SIM = ["--device", "sim:h100-sxm"]
OVER_M = ["--policy", "quick"]


class OverM(ScriptTest):
    def sweep_over_m(self, *more, out="out", m="auto", expect=0):
        self.out = self.dir / out
        result = self.run_cli("sweep", "--problem", LAYER, "--m", m, *OVER_M, *SIM, "--out", self.out, *more)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def table(self):
        return json.loads((self.out / "table.json").read_text())

    def answer(self, table, m):
        """By the rule that the table states: the smallest M not below, else the largest."""
        entries = sorted(table["entries"], key=lambda entry: entry["problem"]["m"])
        return next((entry for entry in entries if entry["problem"]["m"] >= m), entries[-1])

    def test_the_table_answers_for_every_m_and_loses_little_where_nobody_tuned(self):
        result = self.sweep_over_m()
        table = self.table()
        at = 0
        for entry in table["entries"]:
            self.assertEqual(entry["from_m"], at + 1, "no M is left out, none is there twice")
            at = entry["problem"]["m"]
        self.assertEqual(at, 8192)
        checks = table["steps"]["checks"]
        tuned = {entry["problem"]["m"] for entry in table["entries"]}
        self.assertGreaterEqual(len(checks), 15)
        self.assertFalse(tuned & {check["problem"]["m"] for check in checks})
        regrets = [check["regret"] for check in checks]
        mean = math.exp(sum(math.log1p(regret) for regret in regrets) / len(regrets)) - 1
        self.assertAlmostEqual(table["steps"]["regret_geomean"], mean)
        self.assertEqual(table["steps"]["regret_max"], max(regrets))
        self.assertIn("A step function over M", result.stdout)
        self.assertIn(f"{100 * mean:.1f} % on geometric mean", " ".join(result.stdout.split()))

        # The truth: every candidate, at M that are neither tuned nor checked.
        asked = [6, 21, 90, 130, 197, 333, 700, 1025, 1500, 2100, 3333, 5000]
        known = {row["problem"]["m"] for row in self.rows()}
        self.assertFalse(known & set(asked))
        truth = self.dir / "truth"
        problems = [arg for m in asked for arg in ("--problem", LAYER.replace("m=1,", f"m={m},"))]
        configs = [entry["config"] for entry in table["entries"]]
        best = self.run_cli("sweep", *problems, *SIM, "--strategy", "exhaustive", "--out", truth)
        self.assertEqual(best.returncode, 0, best.stderr)
        fastest = {entry["problem"]["m"]: entry["time_us"] for entry in json.loads((truth / "table.json").read_text())["entries"]}
        lost = []
        for m in asked:
            config = self.answer(table, m)["config"]
            self.assertIn(config, configs)
            lost.append(self.time_of(config, m) / fastest[m] - 1)
        mean = math.exp(sum(math.log1p(max(regret, 0)) for regret in lost) / len(lost)) - 1
        self.assertLess(mean, 0.015, list(zip(asked, lost)))
        self.assertLess(max(lost), 0.08, list(zip(asked, lost)))
        self.assertGreater(min(lost), -0.01, "every candidate was timed: none is faster but by noise")

    def time_of(self, config, m):
        text = ",".join(f"{key}={value}" for key, value in config.items())
        result = self.run_cli("bench", "--problem", LAYER.replace("m=1,", f"m={m},"), "--config", text, *SIM, "--baselines", "none",
                              "--format", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [row for row in json.loads(result.stdout) if row["provider"] == "gemmtune"]
        self.assertEqual(len(rows), 1)
        return rows[0]["time_us"]

    def test_a_resumed_sweep_has_the_same_table(self):
        self.sweep_over_m(m="1:512", out="undisturbed")
        table, rows = self.table(), len(self.records())
        lines = (self.out / "journal.jsonl").read_text().splitlines(keepends=True)
        for kept in (3, len(lines) // 4, len(lines) // 2, 3 * len(lines) // 4, len(lines) - 2):
            with self.subTest(kept=kept):
                out = self.dir / f"cut{kept}"
                out.mkdir()
                (out / "journal.jsonl").write_text("".join(lines[:kept]))
                self.sweep_over_m("--resume", m="1:512", out=out.name)
                self.assertEqual(self.table()["entries"], table["entries"])
                self.assertEqual(self.table()["steps"], table["steps"])
                screened = [row["id"] for row in self.records() if row["policy"].endswith("-n3")]
                self.assertEqual(len(screened), len(set(screened)), "no candidate has its first look twice")
        self.sweep_over_m("--resume", m="1:512", out="undisturbed")
        self.assertEqual(len(self.records()), rows, "what ended is not measured again")

    def test_several_m_of_a_layer_are_one_and_layers_stay_apart(self):
        other = "dense_1d2d:m=64,n=576,k=512"
        self.sweep_over_m("--problem", LAYER.replace("m=1,", "m=4096,"), "--problem", other, m="1:128")
        layers = {}
        for entry in self.table()["entries"]:
            layers.setdefault(entry["problem"]["n"], []).append((entry["from_m"], entry["problem"]["m"]))
        self.assertEqual(set(layers), {2112, 576})
        for steps in layers.values():
            self.assertEqual(steps[0][0], 1)
            self.assertEqual(steps[-1][1], 128)

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_agrees_with_its_schemas(self):
        self.sweep_over_m(m="1:64")
        for name, documents in (("table", [self.table()]), ("journal", self.records() + self.records("run"))):
            schema = json.loads((SOURCE / f"configs/schema/{name}.schema.json").read_text())
            for document in documents[:20] + documents[-1:]:
                jsonschema.validate(document, schema, cls=jsonschema.Draft7Validator)
        self.assertEqual(self.records("run")[0]["m_steps"]["anchors"], [1, 16, 64])

    def test_report_and_merge_say_what_they_do_with_it(self):
        self.sweep_over_m(m="1:64")
        report = self.run_cli("report", self.out, "--format", "md")
        self.assertIn("A step function over M", report.stdout)
        self.assertIn("| from M |", report.stdout)
        steps = json.loads(self.run_cli("report", self.out, "--format", "json").stdout)["steps"]
        self.assertEqual(steps["regret_max"], self.table()["steps"]["regret_max"])
        merged = self.run_cli("merge", self.out, "-o", self.dir / "merged")
        self.assertEqual(merged.returncode, 2)
        self.assertIn("sweep --m", merged.stderr)
        few = self.run_cli("portfolio", self.out, "--cubins", "2", "--table", self.dir / "few.json")
        self.assertEqual(few.returncode, 2)
        self.assertIn("its steps would be others", few.stderr)

    def test_what_is_exported_answers_by_the_same_steps(self):
        self.out = self.dir / "gpu"  # of the scripted worker: simulated times are not exported
        result = self.run_cli("sweep", "--problem", LAYER, "--m", "1:600", *OVER_M, "--out", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        table = self.table()
        self.assertGreater(len(table["entries"]), 1)
        exported = {}
        for form in ("json", "csv", "python"):
            exported[form] = self.run_cli("export", self.out, "--format", form)
            self.assertEqual(exported[form].returncode, 0, exported[form].stderr)
        self.assertEqual(json.loads(exported["json"].stdout), table)
        self.assertEqual([(int(line["from_m"]), int(line["m"])) for line in csv.DictReader(io.StringIO(exported["csv"].stdout))],
                         [(entry["from_m"], entry["problem"]["m"]) for entry in table["entries"]])
        module = {"__name__": "exported"}
        exec(exported["python"].stdout, module)
        for m in (1, 2, 17, 63, 64, 65, 200, 257, 599, 600, 601, 5000):
            match, found = module["find"]("dense_1d2d", m, 2112, 7168)
            answer = self.answer(table, m)
            self.assertEqual(found["config_id"], answer["config_id"])
            self.assertEqual(match, "exact" if m == answer["problem"]["m"] else "bucket" if m < 600 else "largest")

    def test_a_table_answers_with_what_a_space_would_leave_out(self):
        """At M 75 a tile of 96 leaves more rows empty than a space allows; of a table it is the answer all the same."""
        config = {"block_m": 96, "block_n": 192, "cluster_m": 1, "cluster_n": 1, "evict_first": 1, "k_groups": 1, "num_sms": 44,
                  "raster": 8, "split_k": 4, "stages": 4, "swap_ab": 1}
        self.sweep_over_m(m="1:16")
        table = self.table()
        del table["steps"]
        table["entries"] = [dict(table["entries"][0], config=config)]
        table["entries"][0]["problem"]["m"] = 96
        path = self.write("one.json", table)
        result = self.run_cli("bench", "--problem", LAYER.replace("m=1,", "m=75,"), "--table", path, *SIM, "--baselines", "none",
                              "--format", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([row["config"] for row in json.loads(result.stdout)], [config])

    def test_its_regret_is_measured_apart_from_it(self):
        self.sweep_over_m(m="1:64")
        result = self.run_script("m_regret", GEMMTUNE, self.out, "--out", self.dir / "truth", "--whole", "5", "--device", "sim:h100-sxm")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("5 problems of 1 layers at M that were in no tuning", result.stdout)
        known = {row["problem"]["m"] for row in self.rows()}
        tried = json.loads((self.dir / "truth/whole.json").read_text())["problems"][0]["m"]
        self.assertEqual(len(tried), 5)
        self.assertFalse(known & set(tried))
        self.assertLess(float(result.stdout.split("regret ")[1].split(" %")[0]), 3)

    def test_its_regret_is_measured_of_its_table_alone_and_goes_on(self):
        self.sweep_over_m(m="1:64")
        known = {row["problem"]["m"] for row in self.rows()}
        (self.out / "journal.jsonl").unlink()
        truth = self.dir / "truth"
        args = ("m_regret", GEMMTUNE, self.out, "--out", truth, "--whole", "5", "--device", "sim:h100-sxm*2")
        first = self.run_script(*args)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertFalse(known & set(json.loads((truth / "whole.json").read_text())["problems"][0]["m"]))
        self.out = truth / "whole"
        self.assertEqual({run["strategy"] for run in self.records("run")}, {"exhaustive"})
        self.assertEqual(len(self.records("run")), 2, "on both boards")
        rows = self.records()
        (truth / "whole-race.json").unlink()
        again = self.run_script(*args)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(again.stdout, first.stdout)
        self.assertEqual(self.records(), rows, "nothing is measured twice")

    def test_its_regret_is_of_what_is_asked_for_whatever_was_raced_before(self):
        self.sweep_over_m(m="1:64")
        truth = self.dir / "truth"
        race = truth / "whole-race.json"

        def regret(whole):
            done = self.run_script("m_regret", GEMMTUNE, self.out, "--out", truth, "--whole", whole, "--device", "sim:h100-sxm")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"{whole} problems of 1 layers", done.stdout)
            return "raced again" in done.stderr

        self.assertFalse(regret(5))
        before = race.stat().st_mtime_ns
        self.assertFalse(regret(5))
        self.assertEqual(race.stat().st_mtime_ns, before, "the race stands")
        self.assertTrue(regret(4), "other M")
        table = self.table()
        self.assertGreater(len({entry["config_id"] for entry in table["entries"]}), 1)
        config = table["entries"][0]["config"]
        for entry in table["entries"]:  # as another sweep may have it
            entry["config"] = config
        self.write("out/table.json", table)
        self.assertTrue(regret(4), "other answers")
        raced = json.loads(race.read_text())["problems"]
        self.assertEqual([one["new"]["config"] for one in raced], [config] * 4)

    def test_its_regret_is_no_figure_where_an_answer_cannot_be_raced(self):
        self.sweep_over_m(m="1:64")
        table = self.table()
        for entry in table["entries"]:
            entry["config"]["num_sms"] = 1000  # which no device has
        self.write("out/table.json", table)
        done = self.run_script("m_regret", GEMMTUNE, self.out, "--out", self.dir / "truth", "--whole", 3, "--device", "sim:h100-sxm")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr.splitlines()[-1], "^m_regret: .*whole-race.json: M [0-9]+ has no race")

    def test_what_it_cannot_go_with_is_refused_before_anything_is_begun(self):
        grouped = "grouped_masked_1d2d:n=512,k=512,groups=4,m_per_group=8,max_m=64"
        for args, said in ((["--m", "all"], "auto"), (["--m", "64:1"], "A:B"), (["--m", "0:4"], "A:B"),
                           (["--m", "1:64", "--strategy", "exhaustive"], "--strategy guided"),
                           (["--m", "1:64", "--shard", "1/2"], "--shard"), (["--m", "1:64", "--problem", grouped], "groups")):
            with self.subTest(args=args):
                result = self.run_cli("sweep", "--problem", LAYER, *OVER_M, *SIM, *args, "--out", self.dir / "refused")
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(said, result.stderr)
                self.assertFalse((self.dir / "refused").exists())


if __name__ == "__main__":
    unittest.main()
