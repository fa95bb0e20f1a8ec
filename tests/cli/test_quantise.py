"""gemmtune quantise: what is asked for, shown and written."""
import hashlib
import json
import os
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

from harness import SOURCE, CliTest


class Quantise(CliTest):
    def quantise(self, *more, expect=0):
        result = self.run_cli("quantise", *more)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def asked(self):
        return [entry["request"] for entry in self.requests("quantise")]

    def test_every_form_of_bf16_is_judged_and_timed(self):
        shown = self.quantise().stdout
        self.assertEqual([(r["form"], r["rows"]) for r in self.asked()],
                         [(form, rows) for rows in (4096, 16384) for form in ("row", "block", "both")])
        for r in self.asked():
            self.assertEqual((r["input"], r["scale"], r["stochastic"], r["columns"], r["timed"], r["timer"]),
                             ("bf16", "fp32", False, 7168, True, "cupti"))
        self.assertRegex(shown, r"(?m)^row +bf16 +fp32 +nearest +4096 +7168 +12 .* 900 +1000 +90\.0 +correct")

    def test_all_kinds_and_sizes_that_are_asked_for(self):
        self.quantise("--size", "8x128", "--size", "1x256", "--form", "both", "--input", "all", "--scale", "all", "--rounding", "all",
                      "--seed", "5")
        self.assertEqual(len({json.dumps(r) for r in self.asked()}), 16)
        self.assertEqual({r["seed"] for r in self.asked()}, {5})

    def test_json_has_bytes_and_both_speeds(self):
        found = json.loads(self.quantise("--size", "256x256", "--form", "row", "--format", "json").stdout)
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["bytes"], 256 * 256 * 3 + 2 * 256 * 4)
        self.assertEqual((found[0]["gb_s"], found[0]["copy_gb_s"], found[0]["copy_how"]), (900, 1000, "fake"))
        self.assertAlmostEqual(found[0]["share_percent"], 90)
        self.assertEqual(found[0]["outcome"], "correct")
        self.assertIn("H100", found[0]["device"])

    def test_verify_times_nothing(self):
        found = json.loads(self.quantise("--size", "256x256", "--verify", "--format", "json").stdout)
        self.assertEqual([r["timed"] for r in self.asked()], [False] * 3)
        self.assertEqual([row["gb_s"] for row in found], [None] * 3)
        self.assertEqual([row["matrices"] for row in found], [12] * 3)

    def test_a_quantiser_that_is_wrong_is_a_wrong_result_and_the_others_are_shown(self):
        self.script(rules=[{"op": "quantise", "match": {"form": "block"}, "do": "failure", "invalidity": "correctness",
                            "reason": "block bf16 fp32 nearest, ties (133x256): 3 of 34048 values differ"}])
        result = self.quantise("--size", "256x256", "--format", "json", expect=3)
        self.assertEqual([row["outcome"] for row in json.loads(result.stdout)], ["correct", "correctness", "correct"])
        self.assertIn("ties", json.loads(result.stdout)[1]["reason"])

    def test_a_worker_that_dies_costs_its_own_row(self):
        self.script(rules=[{"op": "quantise", "match": {"form": "row"}, "do": "segv"}])
        rows = json.loads(self.quantise("--size", "256x256", "--format", "json", expect=1).stdout)
        self.assertIn("SIGSEGV", rows[0]["reason"])
        self.assertEqual([row["outcome"] for row in rows[1:]], ["correct"] * 2)

    def test_no_gpu(self):
        self.script(environment={"sms": 0})
        self.quantise(expect=5)
        self.assertIn("takes a GPU", self.quantise("--device", "sim:h100-sxm", expect=1).stdout)

    def test_sizes_that_are_none(self):
        for size in ("4096", "4096x100", "0x128", "4096x0", "2000000x128000", "4096x7168x1", "-1x128", "x"):
            self.assertIn("ROWSxCOLUMNS", self.quantise("--size", size, expect=2).stderr)
        self.assertEqual(self.asked(), [])

    def test_a_full_folder_is_left_alone(self):
        self.out.mkdir()
        (self.out / "mine").write_text("x")
        self.quantise("--export", self.out, expect=2)
        self.assertEqual([path.name for path in self.out.iterdir()], ["mine"])


class Export(CliTest):
    @unittest.skipUnless(os.environ.get("GEMMTUNE_FAKE_DRIVER"), "built without gemmtune-worker, which compiles kernels")
    def test_every_kind_is_written_with_its_hash(self):
        del self.env["GEMMTUNE_WORKER"]  # the real one compiles
        result = self.run_cli("quantise", "--export", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        index = json.loads((self.out / "index.json").read_text())
        self.assertEqual(index["schema"], "gemmtune.quantisers/1")
        if jsonschema:
            schema = json.loads((SOURCE / "configs/schema/quantisers.schema.json").read_text())
            jsonschema.Draft7Validator.check_schema(schema)
            jsonschema.Draft7Validator(schema).validate(index)
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate({**index, "threads": {"quantise_row": 256}}, schema)
        self.assertEqual({(c["input"], c["scale"], c["rounding"]) for c in index["cubins"]},
                         {(i, s, r) for i in ("bf16", "fp32") for s in ("fp32", "ue8m0") for r in ("nearest", "stochastic")})
        for cubin in index["cubins"]:
            data = (self.out / cubin["file"]).read_bytes()
            self.assertEqual(hashlib.sha256(data).hexdigest(), cubin["sha256"])
            for name in index["arguments"]:
                self.assertIn(name.encode(), data)


if __name__ == "__main__":
    unittest.main()
