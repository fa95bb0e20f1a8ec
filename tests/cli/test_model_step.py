"""From a model to a tuned table and to the time of its steps: `sweep --model` on the simulated device, `report --model`."""
import csv
import io
import json
import shutil
import unittest

from harness import SOURCE, CliTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

# Two of the four layers have experts; of each product but lm_head there are several calls.
TINY = {"model_type": "qwen3_moe", "num_hidden_layers": 4, "hidden_size": 512, "intermediate_size": 1024, "num_attention_heads": 8,
        "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 1000, "num_experts": 8, "num_experts_per_tok": 2,
        "moe_intermediate_size": 256, "decoder_sparse_step": 1}
STEP = ["--phase", "decode", "--ep", "4", "--tokens", "16,64"]
DSV3 = SOURCE / "results/h100-sxm/dsv3"
RACED = "q_a+kv_a,q_b,kv_b,o_proj,shared gate_up,shared down"  # the layers of that folder


class ModelTest(CliTest):
    def setUp(self):
        super().setUp()
        self.model = self.write("tiny.json", TINY)

    def done(self, *args, code=0):
        result = self.run_cli(*args)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def sweep_model(self, *more, out="out"):
        self.out = self.dir / out
        return self.done("sweep", "--model", self.model, *STEP, "--device", "sim:h100-sxm", "--out", self.out, *more)

    def report(self, *more):
        return json.loads(self.done("report", self.out, "--model", self.model, *STEP[:4], "--format", "json", *more).stdout)


class SweepOfAModel(ModelTest):
    def planned(self, *args):
        return {row["problem_id"] for row in csv.DictReader(io.StringIO(self.done("plan", *args, "--format", "csv").stdout))}

    def test_has_the_problems_of_shapes_and_begins_with_the_heaviest(self):
        self.done("shapes", "--model", self.model, *STEP, "-o", "set.json")
        problems = self.planned("--shapes", "set.json")
        self.assertEqual(self.planned("--model", self.model, *STEP), problems)
        said = self.sweep_model("--strategy", "guided", "--max-candidates", "2")
        table = json.loads((self.out / "table.json").read_text())["entries"]
        self.assertEqual({row["problem_id"] for row in self.rows()}, problems)
        self.assertEqual(len(table), len(problems))
        self.assertIn("grouped_masked_1d2d", {entry["problem"]["kernel"] for entry in table})
        self.assertIn(f"gemmtune report {self.out} --model {self.model} --ep 4 --phase decode --tokens 16,64", said.stderr)
        order = [(row["problem"]["name"], row["problem"]["m"]) for row in self.rows()]
        self.assertEqual((order[0], order[-1]), (("experts gate_up EP4", 64), ("lm_head", 16)), "most time in a step, and least")

    def test_budgets_go_by_weight(self):
        self.sweep_model("--strategy", "random", "--max-candidates-in-all", "120")
        tried = {}
        for row in self.rows():
            tried[row["problem"]["name"]] = tried.get(row["problem"]["name"], 0) + 1
        self.assertGreater(tried["o_proj"], 2 * tried["lm_head"], tried)

    def test_options_of_a_model_need_one(self):
        result = self.run_cli("sweep", "--tp", "8", "--problem", "dense_1d2d:m=64,n=576,k=512", "--out", self.out)
        self.assertEqual(result.returncode, 2)
        self.assertIn("--model", result.stderr)


class ReportOfAModel(ModelTest):
    def setUp(self):
        super().setUp()
        self.sweep_model("--strategy", "guided", "--max-candidates", "2")

    def test_sums_are_those_of_the_table(self):
        found = self.report()
        times = {entry["problem"]["name"]: entry["time_us"] for entry in json.loads((self.out / "table.json").read_text())["entries"]
                 if entry["problem"]["name"] != ""}
        self.assertTrue(times)
        for tokens in (16, 64):
            ours = next(s for s in found["steps"] if s["tokens"] == tokens and s["provider"] == "gemmtune")
            products = [p for p in found["products"] if p["tokens"] == tokens]
            self.assertAlmostEqual(ours["time_us"], sum(p["calls"] * p["time_us"] for p in products))
            self.assertEqual(ours["products"], len(products))
            self.assertAlmostEqual(ours["step_us_a_token"], ours["time_us"] / tokens)
            self.assertAlmostEqual(ours["tokens_per_s"] * ours["step_us_a_token"], 1e6)
            calls = {p["layer"]: p["calls"] for p in products}
            self.assertEqual((calls["qkv"], calls["lm_head"], calls["experts down EP4"]), (4, 1, 4))
        self.assertEqual(found["missing"], [])

    def test_a_library_is_compared_on_what_it_computes(self):
        found = self.report()
        block = next(s for s in found["steps"] if s["tokens"] == 64 and s["provider"] == "cublaslt_block")
        products = [p for p in found["products"] if p["tokens"] == 64]
        theirs = [p for p in products if p["cublaslt_block_us"]]
        self.assertLess(len(theirs), len(products), "no experts, nothing of BF16")
        self.assertEqual((block["products"], block["products_of_step"]), (len(theirs), len(products)))
        self.assertAlmostEqual(block["time_us"], sum(p["calls"] * p["cublaslt_block_us"] for p in theirs))
        self.assertAlmostEqual(block["ours_us"], sum(p["calls"] * p["time_us"] for p in theirs))
        self.assertAlmostEqual(block["step_us"], sum(p["calls"] * (p["cublaslt_block_us"] or p["time_us"]) for p in products))
        self.assertAlmostEqual(block["time_over_ours"], block["time_us"] / block["ours_us"])

    def with_energy(self):
        """The table with joules that are thousandths of the microseconds, of block's twice."""
        table = json.loads((self.out / "table.json").read_text())
        for entry in table["entries"]:
            entry["energy_j"], raced = entry["time_us"] / 1e3, entry["baselines"]
            for name, factor in (("cublaslt_block", 2), ("cublas_bf16", 1)):
                if raced[f"{name}_us"]:
                    raced[f"{name}_energy_j"] = factor * raced[f"{name}_us"] / 1e3
        for name in ("journal.jsonl", "report.md"):
            (self.out / name).unlink(missing_ok=True)
        (self.out / "table.json").write_text(json.dumps(table))

    def test_energy_is_added_up_as_time_is(self):
        self.with_energy()
        found = self.report()
        at = {s["provider"]: s for s in found["steps"] if s["tokens"] == 64}
        ours, block, bf16 = at["gemmtune"], at["cublaslt_block"], at["cublas_bf16"]
        self.assertAlmostEqual(ours["step_energy_j"], ours["step_us"] / 1e3)
        self.assertAlmostEqual(ours["energy_mj_a_token"], 1e3 * ours["step_energy_j"] / 64)
        self.assertAlmostEqual(block["energy_over_ours"], 2 * block["time_over_ours"])
        self.assertAlmostEqual(bf16["energy_over_ours"], bf16["time_over_ours"])
        self.assertAlmostEqual(block["step_energy_j"], (2 * block["time_us"] + ours["time_us"] - block["ours_us"]) / 1e3)
        self.assertIsNone(at["cublaslt_tensor"]["step_energy_j"], "which was not measured")
        self.assertIsNone(at["cublaslt_tensor"]["energy_over_ours"])
        products = [p for p in found["products"] if p["cublaslt_block_energy_j"]]
        self.assertTrue(products)
        self.assertAlmostEqual(products[0]["cublaslt_block_energy_j"], products[0]["cublaslt_block_us"] / 500)
        if jsonschema:
            schema = json.loads((SOURCE / "configs/schema/model.schema.json").read_text())
            jsonschema.validate(found, schema, cls=jsonschema.Draft7Validator)
        text = self.done("report", self.out, "--model", self.model, *STEP[:4], "--format", "md").stdout
        self.assertIn("## Energy by layer", text)
        self.assertRegex(text, r"J x \|")

    def test_says_nothing_of_energy_that_was_not_measured(self):
        text = self.done("report", self.out, "--model", self.model, *STEP[:4], "--format", "md").stdout
        self.assertNotIn("Energy", text)
        self.assertNotIn("J x", text)

    def test_gains_are_the_time_above_the_roof(self):
        found = self.report()
        self.assertEqual(len(found["gains"]), 3)
        sums = {s["tokens"]: s["time_us"] for s in found["steps"] if s["provider"] == "gemmtune"}
        above = lambda p: p["calls"] * p["time_us"] * (1 - p["roof_percent"] / 100) / sums[p["tokens"]]
        best = sorted(found["products"], key=above, reverse=True)
        self.assertEqual([g["problem_id"] for g in found["gains"]], [p["problem_id"] for p in best[:3]])
        self.assertAlmostEqual(found["gains"][0]["above_roof_percent_of_step"], 100 * above(best[0]))

    def test_what_the_results_lack_is_named_and_no_sum_hides_it(self):
        found = self.report("--tokens", "16,32")
        at = {(s["tokens"], s["provider"]): s for s in found["steps"]}
        self.assertIsNotNone(at[16, "gemmtune"]["step_us"])
        self.assertIsNone(at[32, "gemmtune"]["step_us"])
        self.assertIsNone(at[32, "gemmtune"]["tokens_per_s"])
        self.assertEqual(at[32, "gemmtune"]["products"], 0)
        self.assertIn("dense_1d2d:m=32,n=768,k=512", found["missing"])
        text = self.done("report", self.out, "--model", self.model, *STEP[:4], "--tokens", "16,32").stdout
        self.assertIn("PARTIAL", text)
        self.assertIn("qkv (32)", text)
        self.assertRegex(text, r"0 of \d, partial")

    def test_several_folders_are_one_step(self):
        dense, grouped = self.dir / "dense", self.dir / "grouped"
        dense.mkdir(), grouped.mkdir()
        table = json.loads((self.out / "table.json").read_text())
        for folder, is_grouped in ((dense, False), (grouped, True)):
            kept = [e for e in table["entries"] if e["problem"]["kernel"].startswith("grouped") == is_grouped]
            (folder / "table.json").write_text(json.dumps(table | {"entries": kept}))
        whole = self.done("report", self.out / "table.json", "--model", self.model, *STEP, "--format", "json").stdout
        both = self.done("report", dense, grouped, "--model", self.model, *STEP, "--format", "json").stdout
        self.assertEqual(json.loads(both)["products"], json.loads(whole)["products"])
        (grouped / "table.json").write_text(json.dumps(table | {"fingerprint": table["fingerprint"] | {"policy": "another"}}))
        refused = self.done("report", dense, grouped, "--model", self.model, *STEP, code=2)
        self.assertIn("one sum", refused.stderr)

    def test_for_people_and_for_files(self):
        args = ["report", self.out, "--model", self.model, *STEP[:4]]
        text = self.done(*args).stdout
        self.assertIn("SIMULATED", text)
        self.assertIn("attention itself, communication", text.replace("\n  ", " "))
        self.assertIn("rest ours", text)
        self.assertIn("## Most to gain", self.done(*args, "--format", "md").stdout)
        rows = list(csv.DictReader(io.StringIO(self.done(*args, "--format", "csv").stdout)))
        self.assertEqual({row["tokens"] for row in rows}, {"16", "64"})
        self.assertIn("experts gate_up EP4", {row["layer"] for row in rows})
        for format in ("html", "svg"):
            self.done(*args, "--format", format, code=2)
        self.done(*args, "--view", "occupancy", code=2)

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_agrees_with_its_schema(self):
        schema = json.loads((SOURCE / "configs/schema/model.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        for more in ((), ("--tokens", "16,32")):
            jsonschema.validate(self.report(*more), schema, cls=jsonschema.Draft7Validator)

    @unittest.skipIf(shutil.which("gnuplot") is None, "no gnuplot")
    def test_as_a_picture(self):
        args = ["report", self.out, "--model", self.model, *STEP[:4], "--format", "svg", "-o", "x.svg"]
        self.done(*args)
        self.assertIn("cuBLASLt, same block scales (rest ours)", (self.dir / "x.svg").read_text())
        self.assertIn("set xtics (16, 64)", (self.dir / "x.gnuplot").read_text())
        data = (self.dir / "x.dat").read_text()
        ours = next(s for s in self.report()["steps"] if s["tokens"] == 64 and s["provider"] == "gemmtune")
        self.assertIn(f"64 {ours['step_us_a_token']:.6g}\n", data)
        lacking = self.done(*args, "--tokens", "32", code=2)
        self.assertIn("nothing to draw", lacking.stderr)


class CommittedResults(ModelTest):
    def test_steps_are_those_of_the_folder(self):
        args = ("report", DSV3, "--model", "deepseek-v3", "--peers", SOURCE / "results/peers/h100-deepgemm.json", "--format", "json")
        part = json.loads(self.done(*args).stdout)
        self.assertEqual({s["tokens"] for s in part["steps"]}, {1, 16, 64, 128, 512, 4096})
        self.assertTrue(all(s["step_us"] is None for s in part["steps"]), "it has neither experts nor lm_head")
        whole = json.loads(self.done(*args, "--layers", RACED).stdout)
        at = {(s["tokens"], s["provider"]): s for s in whole["steps"]}
        self.assertNotIn((1, "cublaslt_block"), at, "which refuses M 1")
        self.assertEqual(at[16, "deepgemm"]["products"], 6)
        self.assertIsNotNone(at[4096, "gemmtune"]["energy_mj_a_token"])
        table = json.loads((DSV3 / "table.json").read_text())["entries"]
        ours = sum(e["time_us"] * e["problem"]["weight"] for e in table if e["problem"]["m"] == 64)
        self.assertAlmostEqual(at[64, "gemmtune"]["step_us"], ours)


if __name__ == "__main__":
    unittest.main()
