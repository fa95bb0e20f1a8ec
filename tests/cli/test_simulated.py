"""--device sim:h100-sxm and --device auto: a sweep without a GPU, and that nothing of it looks measured."""
import json
import unittest

from harness import PROBLEM, CliTest

SIM = ["--device", "sim:h100-sxm"]
NOTICE = "SIMULATED"
CONFIG = ["--config", "block_m=64,block_n=96"]


class SimulatedSweep(CliTest):
    def test_of_the_smoke_set_end_to_end(self):
        result = self.run_cli("sweep", "--shapes", "smoke.json", "--space", "quick", *SIM)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(result.stdout.startswith(NOTICE), result.stdout)
        folder = self.dir / "results/simulated-h100-sxm/smoke"
        self.assertIn(NOTICE, (folder / "report.md").read_text())
        table = json.loads((folder / "table.json").read_text())
        self.assertTrue(table["simulated"])
        self.assertTrue(table["device"]["name"].startswith("simulated "))
        self.assertEqual(len(table["entries"]), 4)
        for entry in table["entries"]:
            self.assertGreater(entry["time_us"], 0.93)
            self.assertGreater(entry["candidates"], 10)
            self.assertGreater(entry["baselines"]["cublaslt_tensor_us"], 0)
        self.out = folder
        self.assertTrue(all(row["simulated"] for row in self.records()))
        self.assertEqual({row["invalidity"] for row in self.rows()}, {"correct"})
        self.assertTrue(all(row["registers"] and row["kernel_hash"] for row in self.rows()), "really compiled")
        self.assertEqual(self.requests("verify") + self.requests("measure"), [], "a process that only compiles")

    def test_two_runs_of_a_seed_agree_and_another_seed_measures_otherwise(self):
        def times(out, seed):
            self.out = self.dir / out
            self.sweep(*SIM, "--seed", seed)
            return {(r["provider"], json.dumps(r["config"])): r["samples_us"] for r in self.records()
                    if r["stage"] == "final"}

        def winner():
            return json.loads((self.out / "table.json").read_text())["entries"][0]["config_id"]

        first, first_winner = times("first", 7), winner()
        self.assertTrue(first)
        self.assertEqual((times("second", 7), winner()), (first, first_winner))
        self.assertNotEqual(times("third", 8), first)

    def test_is_resumed_like_any_other(self):
        self.sweep(*SIM)
        rows = len(self.records())
        self.sweep(*SIM, "--resume")
        self.assertEqual(len(self.records()), rows)

    def test_faults_on_request_are_rows_and_the_rest_goes_on(self):
        self.env["GEMMTUNE_SIM_FAULTS"] = "hang:0.2,wrong:0.2,runtime:0.2"
        result = self.run_cli("sweep", "--problem", PROBLEM, "--out", self.out, *SIM, "--strict")
        self.assertEqual(result.returncode, 6, result.stderr)
        outcomes = {row["invalidity"] for row in self.rows()}
        self.assertEqual(outcomes, {"correct", "timeout", "correctness", "runtime"})
        for row in self.rows():
            self.assertEqual(row["time_us"] is None, row["invalidity"] != "correct", row)
            self.assertTrue(row["reason"] == "" or "simulated" in row["reason"], row)

    def test_bad_faults_are_a_slip(self):
        self.env["GEMMTUNE_SIM_FAULTS"] = "hang:2"
        result = self.sweep(*SIM, expect=2)
        self.assertIn('GEMMTUNE_SIM_FAULTS: "hang:2"', result.stderr)

    def test_without_a_worker_says_so_once_and_claims_no_compilation(self):
        self.env["GEMMTUNE_WORKER"] = str(self.dir / "none")
        result = self.sweep(*SIM)
        self.assertEqual(result.stderr.count("not compiled, only modelled"), 1, result.stderr)
        self.assertEqual(len(self.rows()), 4)
        for row in self.rows():
            self.assertEqual((row["kernel_hash"], row["registers"], row["spill_bytes"], row["compile_ms"]),
                             ("", None, None, None))


class Auto(CliTest):
    def test_takes_a_gpu_where_there_is_one(self):
        result = self.sweep("--device", "auto")
        self.assertNotIn(NOTICE, result.stdout + result.stderr)
        self.assertFalse(any(row["simulated"] for row in self.records()))

    def test_simulates_loudly_where_there_is_none(self):
        self.script(environment={"sms": 0, "device": ""})
        result = self.sweep("--device", "auto", "--quiet", "--format", "json")
        self.assertIn("NO GPU HERE", result.stderr)
        self.assertIn(NOTICE, result.stderr)
        self.assertTrue(json.loads(result.stdout)["simulated"])

    def test_simulates_beside_a_gpu_of_another_kind(self):
        self.script(environment={"cc": "8.0"})
        self.assertIn("NO GPU HERE", self.sweep("--device", "auto").stderr)


class OtherCommands(CliTest):
    def test_verify_and_bench_say_it_above_their_tables(self):
        for command in ("verify", "bench"):
            with self.subTest(command):
                result = self.run_cli(command, "--problem", PROBLEM, *CONFIG, *SIM)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertTrue(result.stdout.startswith(NOTICE), result.stdout)
                rows = self.run_cli(command, "--problem", PROBLEM, *CONFIG, *SIM, "--format", "jsonl").stdout
                self.assertTrue(all(json.loads(line)["simulated"] for line in rows.splitlines()))
                real = self.run_cli(command, "--problem", PROBLEM, *CONFIG)
                self.assertNotIn(NOTICE, real.stdout)

    def test_compile_takes_the_limits_of_the_device(self):
        args = ["compile", "--problem", PROBLEM, "--space", self.space, "--format", "json"]
        simulated = self.run_cli(*args, *SIM)
        self.assertEqual(simulated.returncode, 0, simulated.stderr)
        self.assertEqual(len(json.loads(simulated.stdout)), 4)
        self.script(environment={"smem_bytes": 99000})
        self.assertEqual(len(json.loads(self.run_cli(*args, "--device", "0").stdout)), 2)

    def test_doctor_does_not_take_the_model_for_a_gpu(self):
        self.script(environment={"sms": 0, "device": ""})
        result = self.run_cli("doctor", *SIM)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("nothing it says was measured", result.stdout)
        self.assertIn("A simulated sweep can run here.", result.stdout)
        self.env["GEMMTUNE_WORKER"] = str(self.dir / "none")
        self.assertIn("only modelled", self.run_cli("doctor", *SIM).stdout)

    def test_the_readme_takes_no_simulated_figures(self):
        self.sweep(*SIM)
        readme = self.write("README.md", "<!-- results:out -->\nold\n<!-- /results -->\n")
        result = self.run_cli("report", self.out, "--readme", readme)
        self.assertEqual(result.returncode, 2)
        self.assertIn("simulated", result.stderr)
        self.assertIn("old", (self.dir / "README.md").read_text())
        for form in ("table", "md"):
            self.assertIn(NOTICE, self.run_cli("report", self.out, "--format", form).stdout[:60])

    def test_unknown_devices_are_slips(self):
        for device in ("sim:h900", "sim:", "-1", "x", "autom", ""):
            with self.subTest(device):
                result = self.run_cli("sweep", "--problem", PROBLEM, "--device", device)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn("--device", result.stderr)
                self.assertIn("sim:h100-sxm", result.stderr)

    def test_no_gpu_names_the_simulated_one(self):
        self.script(environment={"sms": 0, "device": ""})
        self.assertIn("--device sim:h100-sxm", self.sweep(expect=5).stderr)


if __name__ == "__main__":
    unittest.main()
