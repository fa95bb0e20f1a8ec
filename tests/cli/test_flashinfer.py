"""Solutions for FlashInfer made of the committed bundle: what its readers ask of them, and that they launch. torch is a stand-in
with the few functions that run() uses, the driver one that only takes notes."""
import ast
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import types
import unittest
from unittest import mock

import jsonschema

from harness import SOURCE, CliTest

FAKE_DRIVER = os.environ.get("GEMMTUNE_FAKE_DRIVER")  # a folder with its libcuda.so.1
BUNDLE = SOURCE / "results/h100-sxm/dsv3-bundle"
SIZES = {(2112, 7168), (24576, 1536), (32768, 512), (7168, 16384), (4096, 7168), (7168, 2048)}

# What both readers ask of a solution.
SOLUTION = {
    "type": "object",
    "required": ["name", "definition", "author", "spec", "sources"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1}, "definition": {"type": "string", "minLength": 1},
        "author": {"type": "string", "minLength": 1}, "description": {"type": "string"},
        "spec": {
            "type": "object",
            "required": ["language", "target_hardware", "entry_point", "destination_passing_style"],
            "additionalProperties": False,
            "properties": {
                "language": {"enum": ["python", "triton", "cpp", "cuda", "tilelang"]},
                "target_hardware": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                "entry_point": {"type": "string", "pattern": r"^[^:]+::[^:]+$"},
                "dependencies": {"type": "array", "items": {"type": "string"}},
                "destination_passing_style": {"type": "boolean"}}},
        "sources": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["path", "content"], "additionalProperties": False,
            "properties": {"path": {"type": "string", "pattern": r"^(?!/)(?!.*\.\.)"}, "content": {"type": "string"}}}}}}

# Runs a solution's main.py (argv[1]) on tensors that have a shape, a type and an address.
PROGRAM = """
import contextlib, json, sys, types

class Tensor:
    def __init__(self, *shape, dtype=None, device=None):
        self.shape, self.dtype, self.device = shape, dtype, types.SimpleNamespace(index=0)
    contiguous = float = t = lambda self: self
    data_ptr = lambda self: 4096
    __setitem__ = lambda self, where, value: None

torch = types.ModuleType("torch")
torch.bfloat16, torch.float32, torch.float8_e4m3fn = "bf16", "fp32", "e4m3"
torch.empty = torch.zeros = Tensor
stream = types.SimpleNamespace(synchronize=lambda: None, cuda_stream=None)
torch.cuda = types.SimpleNamespace(current_stream=lambda device=None: stream, device=lambda device: contextlib.nullcontext())
sys.modules["torch"] = torch
main = {}
exec(open(sys.argv[1]).read(), main)
arguments = lambda m=64, k=7168, n=2112, a="e4m3": (
    Tensor(m, k, dtype=a), Tensor(n, k, dtype="e4m3"), Tensor(m, k // 128), Tensor(-(-n // 128), k // 128))
launched = []
gemm = main["Bundle"].gemm
def noted(self, *told):
    launched.append([*told[:4], told[4].d_stride, told[4].fp32_out, told[4].accumulate])
    gemm(self, *told)
main["Bundle"].gemm = noted
outs = [main["run"](*arguments(m)) for m in (64, 3, 0)]
refused = []
for wrong in (arguments(a="fp16"), arguments()[:3], arguments(k=256), (*arguments()[:2], *arguments(m=65)[2:])):
    try:
        main["run"](*wrong)
    except Exception as error:
        refused.append([type(error).__name__, str(error)])
print(json.dumps([[[*out.shape, out.dtype] for out in outs], launched, refused, len(main["_bundles"])]))
"""


class Solutions(CliTest):
    def setUp(self):
        super().setUp()
        self.run_script("flashinfer_solutions", BUNDLE, self.dir)
        self.solutions = [json.loads(path.read_text()) for path in (self.dir / "solutions").rglob("*.json")]

    def run_script(self, name, *arguments):
        return subprocess.run([sys.executable, "-B", SOURCE / "scripts" / name, *arguments], capture_output=True, text=True,
                              check=True)

    def test_are_what_the_readers_ask_for(self):
        for solution in self.solutions:
            jsonschema.validate(solution, SOLUTION)
            self.assertIn(solution["spec"]["entry_point"].split("::")[0], {s["path"] for s in solution["sources"]})
            self.assertIs(solution["spec"]["destination_passing_style"], False)
        self.assertEqual(sorted(s["definition"] for s in self.solutions),
                         sorted(f"fp8_blockscale_gemm_sm90_n{n}_k{k}" for n, k in SIZES))

    def test_hold_the_whole_bundle(self):
        main = {}
        with mock.patch.dict(sys.modules, {"torch": types.ModuleType("torch")}):
            exec(self.solutions[0]["sources"][0]["content"], main)
        main["unpack"](self.dir / "unpacked")
        for name in ["index.txt", "libgemmtune.so", *(f"cubins/{path.name}" for path in (BUNDLE / "cubins").iterdir())]:
            self.assertEqual((self.dir / "unpacked" / name).read_bytes(), (BUNDLE / name).read_bytes(), name)

    def test_have_definitions_and_workloads_that_flashinfer_bench_finds(self):
        """Benchmark.run_all goes over definitions that have solutions, and over their workloads: without these it runs
        nothing. Paths, axes and inputs by flashinfer_bench/data/validate.py, which passes them."""
        workloads = 0
        for solution in self.solutions:
            name, author = solution["definition"], solution["author"]
            definition = json.loads((self.dir / f"definitions/gemm_fp8/{name}.json").read_text())
            self.assertTrue((self.dir / f"solutions/{author}/gemm_fp8/{name}/{solution['name']}.json").exists())
            self.assertEqual((definition["name"], definition["op_type"]), (name, "gemm_fp8"))
            self.assertEqual([a for a, axis in definition["axes"].items() if axis["type"] == "var"],
                             ["M", "K_div_128", "N_div_128"])
            self.assertEqual({d["dtype"] for d in definition["outputs"].values()}, {"bfloat16"})
            # By these two flashinfer/trace_apply/config.py finds the function and tells its calls apart.
            self.assertIn("fi_api:flashinfer.gemm.gemm_base.fp8_blockscale_gemm_sm90", definition["tags"])
            self.assertEqual({kind: i["dtype"] for kind, i in definition["inputs"].items() if not i.get("optional")},
                             dict.fromkeys(("input", "weight"), "float8_e4m3fn"))
            arguments = [f for f in ast.parse(definition["reference"]).body if isinstance(f, ast.FunctionDef)][0].args.args
            self.assertEqual([a.arg for a in arguments], list(definition["inputs"]), "as run() of the solution takes them")
            sizes = {a: axis["value"] for a, axis in definition["axes"].items() if axis["type"] == "const"}
            lines = (self.dir / f"workloads/gemm_fp8/{name}.jsonl").read_text().splitlines()
            self.assertEqual([json.loads(line)["workload"]["axes"]["M"] for line in lines], [1, 16, 64, 128, 512, 4096])
            for line in map(json.loads, lines):
                self.assertEqual((line["definition"], line["solution"], line["evaluation"]), (name, None, None))
                axes, inputs = line["workload"]["axes"], line["workload"]["inputs"]
                self.assertEqual(axes, {"M": axes["M"], "K_div_128": sizes["K"] // 128, "N_div_128": -(-sizes["N"] // 128)})
                self.assertEqual(list(inputs), list(definition["inputs"]))
                self.assertEqual({i["type"] for i in list(inputs.values())[:2]}, {"random"})
                for kind, given in list(inputs.items())[2:]:
                    self.check_blob(given, [axes[axis] for axis in definition["inputs"][kind]["shape"]])
                workloads += 1
        self.assertEqual(workloads, 36)
        uuids = [json.loads(line)["workload"]["uuid"] for path in self.dir.rglob("*.jsonl")
                 for line in path.read_text().splitlines()]
        self.assertEqual(len(set(uuids)), 36)

    def check_blob(self, given, shape):
        """One tensor of a safetensors file: FP32 of this shape, positive, as its header says."""
        self.assertEqual(given["type"], "safetensors")
        data = (self.dir / given["path"]).read_bytes()
        length, = struct.unpack_from("<Q", data)
        tensor = json.loads(data[8:8 + length])[given["tensor_key"]]
        begin, end = tensor["data_offsets"]
        self.assertEqual((tensor["dtype"], tensor["shape"], end - begin), ("F32", shape, 4 * shape[0] * shape[1]))
        values = struct.unpack_from(f"<{shape[0] * shape[1]}f", data, 8 + length + begin)
        self.assertTrue(all(0 < value < 2 for value in values))

    def test_are_all_there_when_nobody_reads_their_names(self):
        folder = self.dir / "piped"
        done = subprocess.run(["bash", "-c", 'set -o pipefail; "$@" | head -1', "-", sys.executable, "-B",
                               SOURCE / "scripts/flashinfer_solutions", BUNDLE, folder], capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        self.assertIn("/solutions/", done.stdout)
        closed = subprocess.run(["bash", "-c", '"$@" | true; exit "${PIPESTATUS[0]}"', "-", sys.executable, "-B",
                                 SOURCE / "scripts/flashinfer_solutions", BUNDLE, folder], capture_output=True, text=True)
        self.assertEqual((closed.stderr, closed.returncode), ("", 128 + signal.SIGPIPE))
        self.assertEqual(len(list(folder.rglob("*.json*"))), 3 * 6)

    @unittest.skipIf(FAKE_DRIVER is None, "built without gemmtune-worker, and so without its driver")
    def test_launch_what_fits_and_refuse_the_rest(self):
        path = pathlib.Path(self.dir) / "main.py"
        path.write_text(self.solutions[0]["sources"][0]["content"])
        done = subprocess.run([sys.executable, "-B", "-c", PROGRAM, path], capture_output=True, text=True, check=False,
                              env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": FAKE_DRIVER, "FAKE_CUDA_WITHOUT_TAILS": "1"})
        self.assertEqual(done.returncode, 0, done.stderr)
        outs, launched, refused, opened = json.loads(done.stdout)
        self.assertEqual(outs, [[64, 2112, "bf16"], [3, 2112, "bf16"], [0, 2112, "bf16"]])
        self.assertEqual(launched[:2], [["dense_1d2d", m, 2112, 7168, 0, 0, 0] for m in (64, 3)])
        self.assertEqual(opened, 1, "a bundle is opened once")
        self.assertEqual([kind for kind, _ in refused], ["ValueError", "ValueError", "BundleError", "ValueError"])
        self.assertIn("are not E4M3 with scales", refused[0][1])
        self.assertIn("no entry for dense_1d2d:n=2112,k=256", refused[2][1])

    def test_say_when_there_is_no_bundle(self):
        with self.assertRaises(subprocess.CalledProcessError) as failed:
            self.run_script("flashinfer_solutions", self.dir, self.dir / "out")
        self.assertIn("there is no manifest.json", failed.exception.stderr)


if __name__ == "__main__":
    unittest.main()
