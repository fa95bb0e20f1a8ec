"""What starts shards on clusters, without one: the script for Slurm, scripts/cluster/, and the check for a host with several GPUs."""
import json
import os
import signal
import subprocess
import unittest

from harness import GEMMTUNE, PROBLEM, SOURCE, CliTest, ScriptTest

ARRAY = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_JOB_ID": "8", "SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "2",
         "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "2"}


class SlurmScript(CliTest):
    def print_script(self, *more):
        result = self.run_cli("slurm-script", "--shards", "2", "--out", self.dir / "it's out", *more, "--",
                              "--problem", PROBLEM, "--problem", "dense_1d2d:m=128,n=576,k=512", "--space", self.space)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def start(self, text):
        bin_folder = self.dir / "bin"
        bin_folder.mkdir()
        (bin_folder / "scontrol").write_text(f"#!/bin/sh\necho \"$@\" >> {self.dir}/scontrol.log\n")
        (bin_folder / "scontrol").chmod(0o755)
        process = subprocess.Popen(["bash", self.write("array.sbatch", text)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**self.env, **ARRAY, "PATH": f"{bin_folder}:{os.environ['PATH']}"}, cwd=self.dir)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def requeued(self):
        log = self.dir / "scontrol.log"
        return log.read_text().splitlines() if log.exists() else []

    def end_with(self, number, rules):
        self.script(rules=rules)
        process = self.start(self.print_script())
        self.wait_for(lambda: self.requests("verify"), "the first candidate")
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        return process.returncode, errors

    def test_sweeps_the_shard_of_its_task_and_goes_on_in_its_folder(self):
        text = self.print_script("--sbatch", "--partition=main --account=ours", "--at-once", "1", "--time", "1:00:00", "--gres", "gpu:h100:1")
        for line in ("--array=1-2%1", "--time=1:00:00", "--gres=gpu:h100:1", "--partition=main --account=ours", "--requeue"):
            self.assertIn(f"#SBATCH {line}\n", text)
        for i in (1, 2):
            process = self.start(text) if i == 1 else subprocess.Popen(
                ["bash", self.dir / "array.sbatch"], env={**self.env, **ARRAY}, cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
        self.out = self.dir / "it's out/shard-2"
        self.assertEqual([r["part"]["shard"] for r in self.records("run")], [2, 2])
        self.assertEqual(self.requeued(), [])

    def test_asks_to_be_run_again_when_its_time_is_over(self):
        code, errors = self.end_with(signal.SIGUSR1, [{"op": "verify", "do": "slow", "ms": 200}])
        self.assertEqual(code, 143, errors)
        self.assertEqual(self.requeued(), ["requeue 7_2"])

    def test_ends_and_is_not_run_again_when_it_is_cancelled(self):
        code, errors = self.end_with(signal.SIGTERM, [{"op": "verify", "do": "slow", "ms": 200}])
        self.assertEqual(code, 143, errors)
        self.assertEqual(self.requeued(), [])

    def test_slips_are_told_before_anything_waits_in_a_queue(self):
        for options, word in [(["--shaps", "x"], "--shapes"), (["--shapes", "x", "--out", "y"], "--out is given"), (["--samples", "x"], "--samples"),
                              (["--help"], "without --help")]:
            result = self.run_cli("slurm-script", "--shards", "2", "--out", "x", "--", *options)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn(word, result.stderr)
        result = self.run_cli("slurm-script", "--shards", "2", "--out", "x", "--sbatch", "a\nrm -rf", "--", "--shapes", "dsv3.json")
        self.assertIn("line break", result.stderr)


class Shard(ScriptTest):
    def shard(self, environment, *more):
        """The command line that the script runs."""
        self.write("echo", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        (self.dir / "echo").chmod(0o755)
        result = subprocess.run([SOURCE / "scripts/cluster/shard", self.dir / "out", *(more or ("--shapes", "a b.json"))], capture_output=True, text=True,
                                env={"PATH": os.environ["PATH"], "GEMMTUNE": str(self.dir / "echo"), **environment})
        return result

    def test_is_known_from_whoever_started_it(self):
        for environment, shard, device in [
                ({"GEMMTUNE_SHARD": "3/5"}, "3/5", None),
                ({**ARRAY}, "2/2", None),
                ({"OMPI_COMM_WORLD_RANK": "5", "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_LOCAL_RANK": "1"}, "6/8", "1"),
                ({"OMPI_COMM_WORLD_RANK": "5", "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_LOCAL_RANK": "1", "CUDA_VISIBLE_DEVICES": "3"}, "6/8", None),
                ({"PMI_RANK": "0", "PMI_SIZE": "2", "MPI_LOCALRANKID": "0"}, "1/2", "0"),
                ({"SLURM_PROCID": "1", "SLURM_NTASKS": "4", "SLURM_LOCALID": "1"}, "2/4", "1"),
                ({"JOB_COMPLETION_INDEX": "7", "GEMMTUNE_SHARDS": "8"}, "8/8", None)]:
            result = self.shard(environment)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stdout.splitlines(),
                             ["sweep", *(["--device", device] if device else []), "--shapes", "a b.json", "--shard", shard, "--out",
                              f"{self.dir}/out/shard-{shard.split('/')[0]}", "--resume"])

    def test_that_nobody_names_is_told(self):
        for environment, word in [({}, "nothing says which shard"), ({"JOB_COMPLETION_INDEX": "1"}, "GEMMTUNE_SHARDS"),
                                  ({"PMI_RANK": "x", "PMI_SIZE": "2"}, "no numbers")]:
            result = self.shard(environment)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(word, result.stderr)

    def test_of_many_at_once_are_merged(self):
        """As GNU parallel starts them."""
        problems = [word for m in (16, 32, 64, 128) for word in ("--problem", f"dense_1d2d:m={m},n=576,k=512")]
        running = [subprocess.Popen([SOURCE / "scripts/cluster/shard", self.dir / "out", *problems, "--space", self.space],
                                    env={**self.env, "GEMMTUNE": GEMMTUNE, "GEMMTUNE_SHARD": f"{i}/3"}, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL) for i in (1, 2, 3)]
        self.assertEqual([p.wait(60) for p in running], [0, 0, 0])
        result = self.run_cli("merge", *[self.dir / f"out/shard-{i}" for i in (1, 2, 3)], "-o", self.dir / "merged", "--json")
        self.assertEqual(json.loads(result.stdout)["problems"], 4, result.stderr)

    def test_kubernetes_names_as_many_shards_as_there_are_pods(self):
        import yaml
        job = yaml.safe_load((SOURCE / "scripts/cluster/kubernetes.yaml").read_text())["spec"]
        container = job["template"]["spec"]["containers"][0]
        environment = {e["name"]: e["value"] for e in container["env"]}
        self.assertEqual((job["completionMode"], job["completions"]), ("Indexed", int(environment["GEMMTUNE_SHARDS"])))
        self.assertTrue(container["command"][0].endswith("scripts/cluster/shard"))


class ManyGpus(ScriptTest):
    def check(self, rules, environments, expect):
        self.script(environments=environments, rules=rules)
        shapes = self.write("shapes.json", {"schema": "gemmtune.shapes/1", "name": "x", "problems": [
            {"kernel": "dense_1d2d", "m": 16 * i, "n": 576, "k": 512} for i in range(1, 9)]})
        command = ("many_gpus_check", "--out", self.dir / "out", "--devices", "0,1", "--shapes", shapes, "--gemmtune", GEMMTUNE)
        first = self.run_script(*command, "--until", "one", "--", "--space", self.space)
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        result = self.run_script(*command, "--", "--space", self.space)
        self.assertEqual((first.stdout.count(" sweep "), result.stdout.count(" sweep ")), (1, 2), "what has been swept is not swept again")
        self.assertIn(result.returncode, expect, result.stdout + result.stderr)
        return json.loads((self.dir / "out/many_gpus.json").read_text())

    TWO = {"0": {"uuid": "GPU-0"}, "1": {"uuid": "GPU-1"}}

    def test_finds_two_boards_twice_as_fast_and_kills_a_worker(self):
        found = self.check([{"op": op, "do": "slow", "ms": 25} for op in ("verify", "measure")], self.TWO, expect=(0, 1))
        self.assertEqual({name for name, holds in found["checks"].items() if not holds} - {"fast"}, set())
        self.assertEqual(found["checks"]["fast"], found["speed"] >= 1.9)
        self.assertGreater(found["speed"], 1.4, "a machine that does other things too is slower at starting processes")
        self.assertEqual(set(found["problems_by_board"]), {"GPU-0", "GPU-1"})
        self.assertIn("measure", found["span_s"]["GPU 1"])

    def test_finds_a_board_that_does_nothing(self):
        found = self.check([{"op": op, "do": "slow", "ms": 10} for op in ("verify", "measure")] +
                           [{"op": "prepare", "match": {"visible": "1"}, "do": "slow", "ms": 1500}], self.TWO, expect=(1,))
        self.assertFalse(found["checks"]["fast"])


if __name__ == "__main__":
    unittest.main()
