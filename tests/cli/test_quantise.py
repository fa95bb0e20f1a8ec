"""gemmtune quantise: what is asked for, shown and written."""
import hashlib
import json
import os
import signal
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

    def found(self, *more, **kwargs):
        """The JSON, as its schema says."""
        found = json.loads(self.quantise(*more, "--format", "json", **kwargs).stdout)
        if jsonschema:
            schema = json.loads((SOURCE / "configs/schema/quantise.schema.json").read_text())
            jsonschema.Draft7Validator.check_schema(schema)
            jsonschema.Draft7Validator(schema).validate(found)
        return found

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
        whole = self.found("--size", "256x256", "--form", "row", "--seed", "7")
        self.assertEqual((whole["schema"], whole["timer"], whole["seed"]), ("gemmtune.quantise/1", "cupti", 7))
        self.assertIn(whole["tool"]["version"], self.run_cli("--version").stdout)
        self.assertEqual(whole["device"], whole["environment"]["device"])
        found = whole["rows"]
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["bytes"], 256 * 256 * 3 + 2 * 256 * 4)
        self.assertEqual((found[0]["gb_s"], found[0]["copy_gb_s"], found[0]["copy_how"]), (900, 1000, "fake"))
        self.assertAlmostEqual(found[0]["share_percent"], 90)
        self.assertEqual(found[0]["outcome"], "correct")
        self.assertIn("H100", found[0]["device"])
        self.assertEqual(found[0]["revision"], whole["tool"]["revision"])
        lines = self.quantise("--size", "256x256", "--form", "row", "--seed", "7", "--format", "jsonl").stdout.splitlines()
        self.assertEqual([json.loads(line) for line in lines], found)

    def test_verify_times_nothing(self):
        whole = self.found("--size", "256x256", "--verify")
        self.assertIsNone(whole["timer"])
        found = whole["rows"]
        self.assertEqual([r["timed"] for r in self.asked()], [False] * 3)
        self.assertEqual([row["gb_s"] for row in found], [None] * 3)
        self.assertEqual([row["matrices"] for row in found], [12] * 3)

    def test_a_quantiser_that_is_wrong_is_a_wrong_result_and_the_others_are_shown(self):
        self.script(rules=[{"op": "quantise", "match": {"form": "block"}, "do": "failure", "invalidity": "correctness",
                            "reason": "block bf16 fp32 nearest, ties (133x256): 3 of 34048 values differ"}])
        rows = self.found("--size", "256x256", expect=3)["rows"]
        self.assertEqual([row["outcome"] for row in rows], ["correct", "correctness", "correct"])
        self.assertIn("ties", rows[1]["reason"])

    def test_a_worker_that_dies_costs_its_own_row(self):
        self.script(rules=[{"op": "quantise", "match": {"form": "row"}, "do": "segv"}])
        rows = self.found("--size", "256x256", expect=1)["rows"]
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

    def test_more_rows_than_one_launch_takes(self):
        tall = ("--size", "8388608x128", "--verify")
        for form in ("block", "both", "all"):
            said = self.quantise(*tall, "--form", form, expect=2).stderr
            self.assertRegex(said, "8388608x128 has more rows than one launch of --form b(lock|oth) takes, 8388480; --form row")
        self.assertEqual(self.asked(), [])
        self.quantise(*tall, "--form", "row")
        self.quantise("--size", "8388480x128", "--verify")
        self.assertEqual([r["rows"] for r in self.asked()], [8388608] + 3 * [8388480])

    def test_ctrl_c_shows_nothing(self):
        self.script(rules=[{"op": "quantise", "do": "slow", "ms": 500, "skip": 1, "times": 1}])
        process = self.start_cli("quantise")
        self.wait_for(lambda: len(self.asked()) == 2, "the second quantiser")
        process.send_signal(signal.SIGINT)
        shown, errors = process.communicate(timeout=30)
        self.assertEqual((process.returncode, shown), (130, ""), errors)

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
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate({**index, "grids": {**index["grids"], "quantise_column": "1"}}, schema)
        self.assertEqual({(c["input"], c["scale"], c["rounding"]) for c in index["cubins"]},
                         {(i, s, r) for i in ("bf16", "fp32") for s in ("fp32", "ue8m0") for r in ("nearest", "stochastic")})
        for cubin in index["cubins"]:
            data = (self.out / cubin["file"]).read_bytes()
            self.assertEqual(hashlib.sha256(data).hexdigest(), cubin["sha256"])
            for name in index["arguments"]:
                self.assertIn(name.encode(), data)


if __name__ == "__main__":
    unittest.main()
