"""gemmtune ceilings: what is asked for, stored, reused and shown."""
import json
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

from harness import SOURCE, CliTest

PROBES = ["launch", "transfers", "cold", "l2", "memory", "fp8_wgmma", "fp8_wgmma_promoted", "bf16_wgmma", "fp32_fma"]


class Ceilings(CliTest):
    def ceilings(self, *more, expect=0):
        result = self.run_cli("ceilings", *more)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def stored(self, folder="results/h100-sxm"):
        return json.loads((self.dir / folder / "ceilings.json").read_text())

    def probes(self):
        return [entry["request"]["probe"] for entry in self.requests("ceilings")]

    def test_every_probe_is_asked_for_and_stored(self):
        result = self.ceilings()
        self.assertEqual(self.probes(), PROBES)
        stored = self.stored()
        self.assertEqual(stored["schema"], "gemmtune.ceilings/1")
        self.assertEqual((stored["simulated"], stored["timer"]), (False, "cupti"))
        self.assertEqual([c["name"] for c in stored["ceilings"]],
                         ["launch_us", "h2d", "cold_read", "cold_read", "l2_read", "hbm_read", *PROBES[5:]])
        for name in ("hbm_read", "fp8_wgmma", "cold_read"):
            self.assertRegex(result.stdout, rf"(?m)^{name} ")
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

    def test_fresh_ones_are_shown_again_and_others_measured_again(self):
        first = self.ceilings().stdout
        self.assertEqual(self.ceilings().stdout, first)
        self.assertEqual(len(self.probes()), len(PROBES))
        self.ceilings("--force")
        self.assertEqual(len(self.probes()), 2 * len(PROBES))
        self.script(environment={"driver": "600.1"})
        self.ceilings()
        self.assertEqual(len(self.probes()), 3 * len(PROBES))
        self.ceilings("--timer", "event")
        self.assertEqual(len(self.probes()), 4 * len(PROBES))
        self.assertEqual(self.stored()["timer"], "event")

    def test_an_incomplete_file_is_not_shown_as_if_it_were_whole(self):
        self.ceilings("--out", self.out)
        stored = self.stored("out")
        stored["ceilings"] = [c for c in stored["ceilings"] if c["name"] != "fp8_wgmma"]
        (self.out / "ceilings.json").write_text(json.dumps(stored))
        self.ceilings("--out", self.out)
        self.assertEqual(len(self.probes()), 2 * len(PROBES))

    def test_a_file_of_somebody_else_is_left_alone(self):
        self.out.mkdir()
        (self.out / "ceilings.json").write_text('{"height": 2.5}')
        self.assertIn("is left alone", self.ceilings("--out", self.out, expect=2).stderr)
        self.assertEqual((self.out / "ceilings.json").read_text(), '{"height": 2.5}')
        self.assertEqual(self.probes(), [])

    def test_a_damaged_file_is_written_anew(self):
        self.ceilings("--out", self.out)
        (self.out / "ceilings.json").write_text("{")
        self.assertIn("ceilings.json", self.ceilings("--out", self.out).stderr)
        self.assertTrue(self.stored("out")["ceilings"])

    def test_json_is_the_file(self):
        result = self.ceilings("--out", self.out, "--format", "json")
        self.assertEqual(json.loads(result.stdout), self.stored("out"))
        self.ceilings("--out", self.out, "--format", "json", "-o", self.dir / "copy.json")
        self.assertEqual(json.loads((self.dir / "copy.json").read_text()), self.stored("out"))

    def test_a_probe_that_fails_costs_its_own_figures_alone(self):
        self.script(rules=[{"op": "ceilings", "match": {"probe": "transfers"}, "do": "failure",
                            "reason": "no pinned memory"}])
        self.assertIn("transfers: no pinned memory", self.ceilings(expect=1).stderr)
        names = [c["name"] for c in self.stored()["ceilings"]]
        self.assertNotIn("transfers", names)
        self.assertIn("fp32_fma", names)

    def test_a_worker_that_dies_costs_its_own_figures_alone(self):
        self.script(rules=[{"op": "ceilings", "match": {"probe": "l2"}, "do": "segv"}])
        self.assertIn("SIGSEGV", self.ceilings(expect=1).stderr)
        self.assertIn("hbm_read", [c["name"] for c in self.stored()["ceilings"]])

    def test_a_kernel_that_skips_work_is_a_wrong_result(self):
        self.script(rules=[{"op": "ceilings", "match": {"probe": "memory"}, "do": "failure",
                            "invalidity": "correctness", "reason": "the words moved add up to 1, they should to 2"}])
        self.assertIn("add up", self.ceilings(expect=3).stderr)
        self.assertNotIn("hbm_read", [c["name"] for c in self.stored()["ceilings"]])

    def test_where_nothing_can_be_measured_nothing_is_written(self):
        self.script(rules=[{"op": "ceilings", "do": "failure", "reason": "no"}])
        self.ceilings(expect=1)
        self.assertFalse((self.dir / "results/h100-sxm/ceilings.json").exists())

    def test_no_gpu(self):
        self.script(environment={"sms": 0})
        self.assertIn("no usable GPU", self.ceilings(expect=5).stderr)

    def test_the_worker_sees_the_other_gpus_behind_its_own(self):
        """What CUDA_VISIBLE_DEVICES the worker gets: its parent's environment tells."""
        wrapper = self.dir / "worker"
        wrapper.write_text(f"#!/bin/sh\necho \"$CUDA_VISIBLE_DEVICES\" >> {self.dir}/visible\n"
                           f"exec {self.env['GEMMTUNE_WORKER']}\n")
        wrapper.chmod(0o755)
        self.env["GEMMTUNE_WORKER"] = str(wrapper)
        self.ceilings("--device", "2")
        self.env["CUDA_VISIBLE_DEVICES"] = "GPU-a,GPU-b,GPU-c"
        self.ceilings("--device", "1", "--force")
        seen = (self.dir / "visible").read_text().split()
        self.assertEqual(seen[0], "2," + ",".join(str(i) for i in range(16) if i != 2))
        self.assertEqual(seen[-1], "GPU-b,GPU-a,GPU-c")
        self.ceilings("--device", "3", expect=2)


class Floor(CliTest):
    """The fake's cold reads: 1 TB/s. A time below that of the operands' bytes is an accounting error."""
    def warned(self, folder):
        report = json.loads(self.run_cli("report", folder, "--format", "json").stdout)
        return {w["code"]: w["rows"] for w in report["warnings"]}.get("cold_beats_memory", 0)

    def test_a_sweep_warns_of_times_below_the_floor_of_its_device(self):
        self.script(timings=[{"match": {"block_n": 96}, "time_us": 0.25}, {"match": {}, "time_us": 20.0}])
        self.out = self.dir / "results/h100-sxm/one"
        self.assertEqual(self.run_cli("ceilings").returncode, 0)
        self.sweep()
        codes = {row["config"]["block_n"]: row["warnings"] for row in self.rows()}
        self.assertIn("cold_beats_memory", codes[96])
        self.assertNotIn("cold_beats_memory", codes[64])

    def test_a_report_warns_of_them_too_when_the_ceilings_came_later(self):
        self.script(timings=[{"match": {"block_n": 96}, "time_us": 0.25}, {"match": {}, "time_us": 20.0}])
        self.sweep()
        self.assertEqual(self.warned(self.out), 0)
        self.assertEqual(self.run_cli("ceilings", "--out", self.out).returncode, 0)
        self.assertGreater(self.warned(self.out), 0)
        self.assertEqual(self.warned(self.out), self.warned(self.out / "journal.jsonl"))


class Simulated(CliTest):
    SIM = ["ceilings", "--device", "sim:h100-sxm"]

    def test_says_so_everywhere(self):
        result = self.run_cli(*self.SIM)
        self.assertTrue(result.stdout.startswith("SIMULATED"), result.stdout)
        stored = json.loads((self.dir / "results/simulated-h100-sxm/ceilings.json").read_text())
        self.assertTrue(stored["simulated"])
        self.assertTrue(stored["device"].startswith("simulated "))

    def test_two_runs_agree_and_the_figures_are_those_of_an_h100(self):
        first, second = (json.loads(self.run_cli(*self.SIM, "--out", self.dir / name, "--format", "json").stdout)
                         for name in ("a", "b"))
        self.assertEqual(first["ceilings"], second["ceilings"])
        best = {c["name"]: c["value"] for c in first["ceilings"]}
        for name, value in {"fp8_wgmma": 1718, "fp8_wgmma_promoted": 1640, "hbm_copy": 3016,
                            "empty_kernel_us": 0.93}.items():
            self.assertAlmostEqual(best[name] / value, 1, delta=0.05, msg=name)

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_the_file_agrees_with_its_schema_and_nothing_is_left_undescribed(self):
        schema = json.loads((SOURCE / "configs/schema/ceilings.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        self.script(environment={"source_hashes": {"dense_1d2d": "1"}})
        stored = json.loads(self.run_cli(*self.SIM, "--format", "json").stdout)
        validator.validate(stored)
        ceiling = schema["definitions"]["ceiling"]["properties"]
        self.assertEqual(set(stored), set(schema["properties"]))
        self.assertEqual(set(stored["environment"]), set(schema["properties"]["environment"]["properties"]))
        for figure in stored["ceilings"]:
            self.assertLessEqual(set(figure), set(ceiling))
            self.assertRegex(ceiling["name"]["description"], rf"\b{figure['name']}: ")
        for change in ({"unit": "TB/s"}, {"value": 0}, {"regime": "fast"}):
            self.assertFalse(validator.is_valid({**stored, "ceilings": [{**stored["ceilings"][0], **change}]}))


if __name__ == "__main__":
    unittest.main()
