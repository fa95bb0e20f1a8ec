"""`gemmtune shapes`: from a model's config.json to its GEMMs, and problems of kernels that this build lacks."""
import csv
import io
import json
import subprocess
import unittest

from harness import GEMMTUNE, PROBLEM, SOURCE, CliTest

SOURCED = json.loads((SOURCE / "tests/fixtures/layers_of_models.json").read_text(encoding="utf-8"))
MODELS = sorted(path.stem for path in (SOURCE / "configs/models").glob("*.json"))
# Sets that results refer to by the ids of their problems: written by hand, before there was a command for them.
BY_HAND = ("dsv3", "dsv3-mid", "glm-4.7", "kimi-k2", "outputs", "qwen3-235b", "smoke", "unseen")
# Small products that tables of layers leave out.
UNLISTED = {"router", "lm_head", "indexer q_b", "indexer k", "indexer weights", "linear ba"}
TINY = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 512, "intermediate_size": 1024, "num_attention_heads": 8,
        "num_key_value_heads": 2, "vocab_size": 1000}
GROUPED = "grouped_masked_1d2d:groups=4,m_per_group=20,max_m=64,n=512,k=512"


class ShapesTest(CliTest):
    def shapes(self, *args):
        """The problems of the set that is written."""
        done = self.run_cli("shapes", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.stderr = done.stderr
        return json.loads(done.stdout)["problems"]

    def layers(self, *args):
        """N and K by layer; merged layers under each of their names."""
        problems = self.shapes("--tokens", "64", *args)
        return {name: problem for problem in problems for name in problem["name"].split(", ")}

    def config(self, **changes):
        config = {**TINY, **changes}
        return self.write("config.json", {key: value for key, value in config.items() if value != "gone"})

    def refused(self, *args):
        done = self.run_cli("shapes", *args)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr


class Models(ShapesTest):
    def test_have_the_layers_that_their_sources_have(self):
        for model, sourced in SOURCED.items():
            for tp in (1, 2, 4, 8, 16):
                with self.subTest(model=model, tp=tp):
                    layers = self.layers("--model", model, "--tp", str(tp))
                    ours = {name: [problem["n"], problem["k"]] for name, problem in layers.items()}
                    rows = {name: row[str(tp)] for name, row in sourced["layers"].items()}
                    self.assertEqual(rows, {name: size for name, size in ours.items() if name in rows or name not in UNLISTED})
                    for name, row in sourced["layers"].items():
                        if "experts" in row:
                            experts, per_token = row["experts"]
                            self.assertEqual((layers[name]["groups"], layers[name]["m_per_group"]),
                                             (experts, 64 * per_token / experts))
        # What the issue of this command asks for by name.
        self.assertLessEqual({"deepseek-v3", "qwen3-235b-a22b", "llama-3.1-70b"}, SOURCED.keys())

    def test_are_all_read_and_understood(self):
        self.assertGreaterEqual(len(MODELS), 20)
        for model in MODELS:
            for phase in ("prefill", "decode", "train"):
                with self.subTest(model=model, phase=phase):
                    self.assertGreaterEqual(len(self.shapes("--model", model, "--phase", phase)), 5)
                    self.assertNotIn("not understood", self.stderr)
                    self.assertNotIn("not known", self.stderr)
            config = json.loads((SOURCE / f"configs/models/{model}.json").read_text(encoding="utf-8"))
            self.assertIn(".", config["_source"])
        listed = json.loads(self.run_cli("list", "models", "--format", "json").stdout)
        self.assertEqual(sorted(row["name"] for row in listed), MODELS)

    def test_weigh_a_layer_by_how_often_a_step_runs_it(self):
        weights = {name: problem["weight"] for name, problem in self.layers("--model", "deepseek-v3").items()}
        self.assertEqual((weights["q_b"], weights["dense down"], weights["router"], weights["experts down"], weights["lm_head"]),
                         (61, 3, 58, 58, 1))
        weights = {name: problem["weight"] for name, problem in self.layers("--model", "qwen3-next-80b-a3b").items()}
        self.assertEqual((weights["qkv"], weights["linear qkvz"], weights["o_proj"]), (12, 36, 48))

    def test_have_the_kernels_of_the_phase(self):
        kernels = lambda *args: {name: problem["kernel"] for name, problem in self.layers("--model", "deepseek-v3", *args).items()}
        prefill, decode = kernels(), kernels("--phase", "decode")
        self.assertEqual(prefill["experts down"], "grouped_contiguous_1d2d")
        self.assertEqual(decode["experts down"], "grouped_masked_1d2d")
        self.assertEqual((prefill["q_b"], prefill["router"], prefill["lm_head"]), ("dense_1d2d", "dense_bf16", "dense_bf16"))
        self.assertEqual(set(prefill) - set(decode), {"kv_b"})
        self.assertIn("left out: kv_b, which decoding absorbs", self.stderr)
        train = kernels("--phase", "train")
        self.assertEqual([train["experts down" + step] for step in ("", " dgrad", " wgrad")],
                         ["grouped_contiguous_1d2d", "grouped_contiguous_1d2d", "k_grouped_1d1d"])
        self.assertEqual([train["q_b" + step] for step in ("", " dgrad", " wgrad")], ["dense_1d2d", "dense_1d2d", "dense_1d1d"])

    def test_backward_sizes_are_those_of_the_gradients(self):
        train = self.layers("--model", "deepseek-v3", "--phase", "train", "--ep", "64", "--tokens", "4096")
        sizes = lambda name: [train[name].get(size) for size in ("m", "n", "k", "k_per_group", "out", "accumulate")]
        self.assertEqual(sizes("o_proj dgrad"), [4096, 16384, 7168, None, None, None])
        self.assertEqual(sizes("o_proj wgrad"), [7168, 16384, 4096, None, "fp32", True])
        self.assertEqual(sizes("experts down wgrad EP64"), [7168, 2048, None, 8192, "fp32", True])

    def test_experts_go_to_gpus_whole_or_in_slices(self):
        def expert(*args):
            problem = next(each for name, each in self.layers("--model", "qwen3-235b-a22b", "--phase", "decode", *args).items()
                           if name.startswith("experts down"))
            return [problem[key] for key in ("groups", "k", "m_per_group", "max_m")]

        self.assertEqual(expert(), [128, 1536, 4, 64])
        self.assertEqual(expert("--tp", "8"), [128, 192, 4, 64])
        self.assertEqual(expert("--tp", "8", "--ep", "2"), [64, 384, 4, 64])
        self.assertEqual(expert("--tp", "8", "--ep", "8"), [16, 1536, 4, 64])
        self.assertEqual(expert("--tp", "8", "--ep", "32"), [4, 1536, 16, 256])  # four times eight GPUs send rows
        routed = self.layers("--model", "qwen3-235b-a22b", "--routing", "zipf:1.2", "--seed", "7")["experts down"]
        self.assertEqual((routed["routing"], routed["seed"]), ("zipf:1.2", 7))

    def test_a_histogram_weighs_the_sizes(self):
        problems = self.shapes("--model", self.config(), "--tokens", "1:10,16:70,64:20", "--layers", "down,lm_head")
        self.assertEqual([(p["m"], round(p["weight"], 9)) for p in problems], [(1, 0.2), (16, 1.4), (64, 0.4), (1, 1)])
        self.assertEqual([p["m"] for p in self.shapes("--model", self.config(), "--tokens", "1,16,64", "--layers", "down")],
                         [[1, 16, 64]])


class Blocks(ShapesTest):
    def test_that_do_not_fit_are_listed_with_the_smallest_changes(self):
        self.layers("--model", "qwen3-235b-a22b", "--tp", "8")
        warnings = [line for line in self.stderr.splitlines() if "blocks of 128" in line]
        self.assertEqual(warnings, [
            "warning: experts gate_up: blocks of 128 do not fit: a part of N, 192 is no multiple of 128; --tp 4 or --ep 2 or "
            "moe_intermediate_size padded from 1536 to 2048 would do",
            "warning: experts down: blocks of 128 do not fit: K 192 is no multiple of 128; --tp 4 or --ep 2 or "
            "moe_intermediate_size padded from 1536 to 2048 would do"])
        for fits in (["--tp", "4"], ["--tp", "8", "--ep", "2"]):
            self.layers("--model", "qwen3-235b-a22b", *fits)
            self.assertNotIn("blocks of 128", self.stderr)

    def test_of_a_padded_config_fit(self):
        padded = self.config(model_type="mixtral", num_local_experts=4, num_experts_per_tok=2, intermediate_size=2048)
        self.layers("--model", padded, "--tp", "8", "--layers", "experts gate_up,experts down")
        self.assertNotIn("blocks of 128", self.stderr)
        self.layers("--model", self.config(model_type="mixtral", num_local_experts=4, num_experts_per_tok=2, intermediate_size=1536),
                    "--tp", "8")
        self.assertIn("intermediate_size padded from 1536 to 2048", self.stderr)

    def test_where_nothing_but_padding_helps(self):
        self.layers("--model", "gpt-oss-120b")
        self.assertIn("qkv: blocks of 128 do not fit: K 2880 is no multiple of 128; hidden_size padded from 2880 to 2944", self.stderr)
        self.assertIn("experts gate_up: blocks of 128 do not fit: a part of N, 2880 and K 2880 are no multiples of 128; "
                      "intermediate_size padded from 2880 to 2944 with hidden_size padded from 2880 to 2944", self.stderr)
        self.assertIn("the published weights are mxfp4", self.stderr)

    def test_that_end_with_the_layer_fit(self):
        self.layers("--model", "deepseek-v3", "--tp", "8")  # q_a+kv_a has N 2112, and no GPU the rest of a block
        self.assertNotIn("blocks of 128", self.stderr)

    def test_that_two_gpus_would_share_do_not(self):
        self.layers("--model", "deepseek-v3", "--tp", "128", "--layers", "q_b,o_proj")
        warnings = [line for line in self.stderr.splitlines() if "blocks of 128" in line]
        self.assertEqual(warnings, ["warning: q_b: blocks of 128 do not fit: N 192 is no multiple of 128; --tp 64 or "
                                    "num_attention_heads padded from 128 to 256 would do"])

    def test_of_gradients_have_n_and_tokens_as_inner_sizes(self):
        self.layers("--model", "deepseek-v3", "--phase", "train", "--tokens", "100")
        self.assertIn("q_a+kv_a dgrad: blocks of 128 do not fit: K 2112", self.stderr)
        self.assertIn("every wgrad: blocks of 128 do not fit: K 100 is no multiple of 128; --tokens 128 would do", self.stderr)


class OtherConfigs(ShapesTest):
    def test_unknown_architectures_are_read_by_the_common_fields(self):
        layers = self.layers("--model", self.config(model_type="newest", num_mamba_layers=7, rope_theta=1e4, new_size=None))
        self.assertEqual({name: [p["n"], p["k"]] for name, p in layers.items()},
                         {"qkv": [768, 512], "o_proj": [512, 512], "gate_up": [2048, 512], "down": [512, 1024], "lm_head": [1000, 512]})
        self.assertIn('architecture "newest" is not known', self.stderr)
        self.assertIn('not understood, what follows from them may be missing or wrong: "num_mamba_layers"\n', self.stderr)
        self.layers("--model", self.config(num_mamba_layers=7))
        self.assertNotIn("not known", self.stderr)
        self.assertIn('"num_mamba_layers"', self.stderr)

    def test_the_language_model_of_one_that_sees(self):
        nested = self.write("config.json", {"model_type": "sees", "text_config": TINY, "vision_config": {"hidden_size": 7}})
        self.assertEqual(self.layers("--model", nested)["qkv"]["n"], 768)
        self.assertIn('left out: the layers of "vision_config"', self.stderr)
        broken = self.write("config.json", {"text_config": {**TINY, "hidden_size": 0}})
        self.assertIn("/text_config/hidden_size: expected an integer from 1 to 1048576, got 0", self.refused("--model", broken))

    def test_a_field_that_is_missing_is_named_with_its_legal_values(self):
        for field in ("num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads", "vocab_size"):
            self.assertRegex(self.refused("--model", self.config(**{field: "gone"})),
                             rf'config.json: "{field}" is missing: an integer from 1 to \d+\n')
        self.assertIn('"qk_nope_head_dim" is missing: an integer from 1 to 4096', self.refused("--model", self.config(kv_lora_rank=64)))
        self.assertIn('"num_experts_per_tok" is missing: an integer from 1 to 8', self.refused("--model", self.config(num_experts=8)))

    def test_an_absurd_size_is_named_with_its_legal_values(self):
        for field, value in (("hidden_size", 0), ("hidden_size", -1), ("hidden_size", 1e30), ("hidden_size", 2**62), ("vocab_size", "x"),
                             ("num_hidden_layers", 5000), ("intermediate_size", 1.5), ("num_attention_heads", True), ("head_dim", 10**5)):
            self.assertRegex(self.refused("--model", self.config(**{field: value})),
                             rf"config.json: /{field}: expected an integer from 1 to \d+, got ")
        self.assertIn("/num_key_value_heads: expected an integer from 1 to 8, got 9",
                      self.refused("--model", self.config(num_key_value_heads=9)))
        self.assertIn("/num_key_value_heads: 3 does not divide num_attention_heads 8",
                      self.refused("--model", self.config(num_key_value_heads=3)))
        self.assertIn('"head_dim" is missing, and num_attention_heads 7 does not divide hidden_size 512',
                      self.refused("--model", self.config(num_attention_heads=7, num_key_value_heads=7)))
        self.assertIn("/num_experts_per_tok: expected an integer from 1 to 8, got 9",
                      self.refused("--model", self.config(num_experts=8, num_experts_per_tok=9)))

    def test_a_division_that_leaves_a_rest_names_the_field_and_what_is_legal(self):
        self.assertIn("config.json: /num_attention_heads: 8 cannot be shared out by --tp 3 --ep 1; legal: --tp 1, 2, 4, 8\n",
                      self.refused("--model", self.config(), "--tp", "3"))
        self.assertIn("/intermediate_size: 1022 cannot be shared out by --tp 4 --ep 1; legal: --tp 1, 2\n",
                      self.refused("--model", self.config(intermediate_size=1022), "--tp", "4"))
        self.assertIn("/num_experts: 6 cannot be shared out by --tp 1 --ep 4; legal: --ep 1, 2, 3, 6\n",
                      self.refused("--model", self.config(num_experts=6, num_experts_per_tok=2), "--ep", "4"))
        self.assertIn("neither divides the other", self.refused("--model", "qwen3-30b-a3b", "--tp", "4", "--ep", "6"))
        self.assertIn("has no experts; legal: --ep 1", self.refused("--model", "llama-3.1-8b", "--ep", "8"))

    def test_slips_are_one_line(self):
        for args, message in (
            ([], "which model?"),
            (["--model", "deepseek-v4"], 'no built-in model "deepseek-v4" (did you mean "deepseek-v3"?)'),
            (["--model", "deepseek-v3", "--layers", "q_b,o_prj"], 'no layer "o_prj" (did you mean "o_proj"?)'),
            (["--model", "deepseek-v3", "--tokens", "1,x"], '--tokens: expected sizes'),
            (["--model", "deepseek-v3", "--tokens", "1,0"], '--tokens: expected sizes'),
            (["--model", "deepseek-v3", "--tokens", "1,1"], "1 is there twice"),
            (["--model", "deepseek-v3", "--tokens", "1:2,3"], "to each size, or to none"),
            (["--model", "deepseek-v3", "--routing", "zipf:0"], "--routing: expected uniform, one_hot or zipf:S"),
            (["--model", "deepseek-v3", "--tp", "0"], "--tp"),
            (["--with", "smoke", "--name", "../x"], "the name becomes a folder's name"),
            (["--model", self.write("config.json", "[1]")], "config.json: expected an object"),
            (["--model", self.write("not.json", "{")], "not.json"),
            (["--problem", PROBLEM, "--problem", PROBLEM], "is there already"),
            (["--model", "deepseek-v3", "--ep", "256", "--tokens", "2147483647"], "all of 256 GPUs together"),
        ):
            with self.subTest(args=args):
                self.assertIn(message, self.refused(*args))


class Sets(ShapesTest):
    def test_built_in_ones_are_what_the_command_writes(self):
        made = self.dir / "made"
        self.env["GEMMTUNE_BINARY_PATH"] = GEMMTUNE
        subprocess.run([SOURCE / "scripts/shape_sets", made], env=self.env, check=True, capture_output=True)
        names = {path.stem for path in made.glob("*.json")}
        self.assertEqual({path.stem for path in (SOURCE / "configs/shapes").glob("*.json")} - names, {"outputs", "unseen"})
        for name in sorted(names):
            with self.subTest(name):
                self.assertEqual((made / f"{name}.json").read_text(encoding="utf-8"),
                                 (SOURCE / f"configs/shapes/{name}.json").read_text(encoding="utf-8"))

    def test_results_refer_to_those_written_by_hand(self):
        """Their problems are the ones of committed tables; none has changed or gone."""
        for path in (SOURCE / "results/h100-sxm").glob("*/table.json"):
            if path.parent.name not in BY_HAND:
                continue
            measured = [entry["problem"] for entry in json.loads(path.read_text(encoding="utf-8"))["entries"]]
            rows = csv.DictReader(io.StringIO(self.run_cli("shapes", "--with", path.parent.name, "--format", "csv").stdout))
            there = [(row["name"], row["kernel"], int(row["m"]), int(row["n"]), int(row["k"]), float(row["weight"])) for row in rows]
            self.assertEqual(sorted(there), sorted((p["name"], p["kernel"], p["m"], p["n"], p["k"], p["weight"]) for p in measured), path)

    def test_what_is_written_is_read_again(self):
        for path in sorted((SOURCE / "configs/shapes").glob("*.json")):
            with self.subTest(path.stem):
                once = self.run_cli("shapes", "--with", path.stem)
                self.assertEqual(once.returncode, 0, once.stderr)
                self.assertEqual(self.run_cli("shapes", "--with", self.write("again.json", once.stdout)).stdout, once.stdout)

    def test_sets_and_further_problems_come_together(self):
        problems = self.shapes("--with", "smoke", "--model", self.config(), "--tokens", "1", "--layers", "down",
                               "--problem", "dense_1d2d:m=1/2,n=8,k=128,name=last", "--problem", GROUPED)
        self.assertEqual([p.get("name") for p in problems], ["one row", "odd rows", "square", "long k", "down", "last", None])
        self.assertEqual((problems[-2]["m"], problems[-1]["groups"]), ([1, 2], 4))

    def test_every_format_has_every_problem(self):
        listed = json.loads(self.run_cli("shapes", "--model", "mixtral-8x7b", "--tokens", "1,64", "--format", "json").stdout)
        rows = list(csv.DictReader(io.StringIO(self.run_cli("shapes", "--model", "mixtral-8x7b", "--tokens", "1,64",
                                                            "--format", "csv").stdout)))
        self.assertEqual(len(rows), len(listed))
        self.assertEqual((listed[-2]["kernel"], listed[-2]["groups"], listed[-2]["mean"]), ("grouped_contiguous_1d2d", 8, 16))

    def test_the_name_says_how_the_model_is_shared_out(self):
        name = lambda *args: json.loads(self.run_cli("shapes", *args).stdout)["name"]
        self.assertEqual(name("--model", "deepseek-v3", "--tp", "8", "--ep", "16", "--phase", "decode"), "deepseek-v3-tp8-ep16-decode")
        folder = self.dir / "Some Model"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(TINY))
        self.assertEqual(name("--model", folder / "config.json"), "some-model")
        self.assertEqual(name("--model", "deepseek-v3", "--name", "mine"), "mine")


class OneProblem(ShapesTest):
    def test_is_what_profile_takes(self):
        done = self.run_cli("profile", "--problem", "dense_1d2d:m=1/2,n=512,k=512")
        self.assertEqual(done.returncode, 2)
        self.assertIn("expected one problem, not a list of them", done.stderr)


if __name__ == "__main__":
    unittest.main()
