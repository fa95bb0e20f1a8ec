"""The real gemmtune against the scripted fake worker, in a folder of its own."""
import collections
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

GEMMTUNE = os.environ["GEMMTUNE_BINARY_PATH"]
FAKE_WORKER = os.environ["GEMMTUNE_FAKE_WORKER_PATH"]
SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
PROBLEM = "dense_1d2d:m=64,n=576,k=512"
WIDTHS = [64, 96, 112, 128]  # block_n of the four candidates of the tiny space
# What test_every_kernel.py asks for: a kernel of the build that is not here fails there.
OF_EACH_KERNEL = {
    "dense_1d1d": "dense_1d1d:m=512,n=1024,k=1024,out=fp32,accumulate=true",
    "dense_1d2d": "dense_1d2d:m=64,n=576,k=512",
    "dense_bf16": "dense_bf16:m=256,n=512,k=512",
    "dense_tensor": "dense_tensor:m=256,n=512,k=512",
    "grouped_contiguous_1d2d": "grouped_contiguous_1d2d:groups=4,m_per_group=100,routing=zipf:1.2,alignment=1,n=1024,k=1024",
    "grouped_masked_1d2d": "grouped_masked_1d2d:groups=4,m_per_group=64,spread=0.3,max_m=256,n=1024,k=1024",
    "k_grouped_1d1d": "k_grouped_1d1d:groups=4,k_per_group=1000,spread=0.3,m=768,n=1536,out=fp32,accumulate=true",
}
ALIKE = [{"match": {}, "time_us": 5.0}]  # timings of a script: everyone takes the same time, so all are raced


class CliTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="gemmtune-cli-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.out = self.dir / "out"
        self.log_path = self.dir / "worker.log"
        self.space = self.write("space.json", {
            "schema": "gemmtune.space/1", "kernel": "dense_1d2d",
            "parameters": {"block_m": 64, "block_n": WIDTHS, "k_groups": 1, "split_k": 1, "stages": 4, "cluster_m": 1, "cluster_n": 1,
                           "num_sms": "all", "raster": 8, "evict_first": "once", "swap_ab": 0}})
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("GEMMTUNE_", "CUDA_", "NO_COLOR"))}
        self.env |= {"GEMMTUNE_WORKER": FAKE_WORKER, "GEMMTUNE_FAKE_LOG": str(self.log_path)}

    def write(self, name, value):
        path = self.dir / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    def script(self, **members):
        """What the fake worker does: rules, environment, timings (see fake_worker.cpp)."""
        self.env["GEMMTUNE_FAKE_SCRIPT"] = self.write("script.json", members)

    def run_cli(self, *args, **kwargs):
        return subprocess.run([GEMMTUNE, *map(str, args)], capture_output=True, text=True, env=self.env,
                              cwd=self.dir, stdin=subprocess.DEVNULL, timeout=120, **kwargs)

    def start_cli(self, *args):
        process = subprocess.Popen([GEMMTUNE, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def sweep_args(self, *more):
        return ["sweep", "--problem", PROBLEM, "--space", self.space, "--out", self.out, "--jobs", "2", *more]

    def sweep(self, *more, expect=0):
        result = self.run_cli(*self.sweep_args(*more))
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def records(self, kind="row"):
        with open(self.out / "journal.jsonl") as file:
            records = [json.loads(without_checksum(line)) for line in file if line.endswith("\n")]
        return [record for record in records if record["record"] == kind]

    def rows(self, stage="screen", provider="gemmtune"):
        """One for each candidate: of those that were screened twice, the first."""
        found = {}
        for row in self.records():
            if row["stage"] == stage and row["provider"] == provider:
                found.setdefault((row["problem_id"], row["config_id"], row["kernel_hash"]), row)
        return list(found.values())

    def row_of(self, block_n):
        found = [r for r in self.rows() if r["config"].get("block_n") == block_n]
        self.assertEqual(len(found), 1, f"rows of block_n {block_n}: {found}")
        return found[0]

    def requests(self, op):
        """What the worker was asked; empty before it was asked anything."""
        if not self.log_path.exists():
            return []
        lines = self.log_path.read_text().splitlines(keepends=True)
        entries = [json.loads(line) for line in lines if line.endswith("\n")]  # the last one may be half written
        return [entry for entry in entries if entry["op"] == op]

    def verified(self):
        """How often each of our configurations was launched for judging, by block_n."""
        contenders = [entry["request"]["contender"] for entry in self.requests("verify")]
        return collections.Counter(c["config"]["block_n"] for c in contenders if c["provider"] == "gemmtune")

    def wait_for(self, condition, what, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited in vain for {what}")
            time.sleep(0.01)

    def assert_no_worker_left(self):
        pids = {entry["pid"] for op in ("compile", "describe", "prepare") for entry in self.requests(op)}
        self.assertTrue(pids)
        self.wait_for(lambda: not any(is_alive(pid) for pid in pids), "the workers to die", 10)


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def without_checksum(line):
    """A journal's line that a test may change."""
    return re.sub(r',"checksum":"[0-9a-f]{8}"}(?=\n?$)', "}", line)


def script(name):
    """A script as a module; it does nothing until its main() is called."""
    loader = importlib.machinery.SourceFileLoader(name, str(SOURCE / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class ScriptTest(CliTest):
    def run_script(self, name, *args):
        return subprocess.run([SOURCE / "scripts" / name, *map(str, args)], capture_output=True, text=True,
                              env=self.env, cwd=self.dir, timeout=120)
