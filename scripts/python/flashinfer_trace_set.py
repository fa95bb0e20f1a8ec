"""What flashinfer-bench needs beside a solution to run it: a definition, and workloads with their scales on disk.

Axes and inputs are those of FlashInfer's own fp8_blockscale_gemm_sm90 (flashinfer/trace/templates/gemm.py), the files those
that TraceSet.from_path of flashinfer-bench reads. FlashInfer's Trace Apply reads the definitions too, and refuses a solution
without one (flashinfer/trace_apply/config.py). Operands are drawn there, at random in E4M3 up to 2. The scales are ours:
drawn at random too they would make D so large that its rounding alone is above the absolute tolerance."""
import array
import json
import math
import random
import struct
import sys
import uuid

OP_TYPE = "gemm_fp8"
API = "flashinfer.gemm.gemm_base.fp8_blockscale_gemm_sm90"  # by which Trace Apply finds what a solution is for
BLOCK = 128

REFERENCE = '''import torch


def run(input, weight, input_scale, weight_scale):
    """Operands times the scales of their blocks, multiplied in FP32."""
    (m, k), n = input.shape, weight.shape[0]
    a = input.float().reshape(m, k // 128, 128) * input_scale.unsqueeze(-1)
    rows = weight_scale.repeat_interleave(128, dim=0)[:n]
    b = weight.float().reshape(n, k // 128, 128) * rows.unsqueeze(-1)
    return (a.reshape(m, k) @ b.reshape(n, k).t()).to(torch.bfloat16)
'''


def definition_name(n, k):
    return f"fp8_blockscale_gemm_sm90_n{n}_k{k}"


def definition(n, k):
    def var(text):
        return {"type": "var", "description": text}

    def const(value, text):
        return {"type": "const", "value": value, "description": text}

    def tensor(shape, dtype, text, **more):
        return {"shape": shape, "dtype": dtype, "description": text, **more}

    return {
        "name": definition_name(n, k),
        "description": "out = input x weight^T, both in E4M3 with FP32 scales: of a row's 128 and of 128 x 128.",
        "op_type": OP_TYPE,
        "tags": [f"fi_api:{API}", "quantization:float8_e4m3fn"],
        "axes": {
            "M": var("rows of input"), "N": const(n, "rows of weight"), "K": const(k, "columns of both"),
            "K_div_128": var("K / 128"), "N_div_128": var("N / 128, rounded up")},
        "constraints": ["K_div_128 * 128 == K", "(N + 127) // 128 == N_div_128"],
        "inputs": {
            "input": tensor(["M", "K"], "float8_e4m3fn", "activations"),
            "weight": tensor(["N", "K"], "float8_e4m3fn", "weights"),
            "input_scale": tensor(["M", "K_div_128"], "float32", "of each row's 128", optional=True),
            "weight_scale": tensor(["N_div_128", "K_div_128"], "float32", "of each 128 x 128", optional=True)},
        "outputs": {"out": tensor(["M", "N"], "bfloat16", "their product")},
        "reference": REFERENCE,
    }


def safetensors(tensors):
    """The file's bytes of {name: (shape, floats)}: length of the header, header, FP32 in little-endian order."""
    header, data = {}, b""
    for name, (shape, floats) in tensors.items():
        values = array.array("f", floats)
        if sys.byteorder == "big":
            values.byteswap()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + 4 * len(values)]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def scales(m, n, k):
    """Positive, a third around their mean, and such that elements of D are about 1."""
    draw = random.Random(f"{m} {n} {k}")
    blocks, columns = k // BLOCK, -(-n // BLOCK)
    around = [draw.uniform(2 / 3, 4 / 3) for _ in range(blocks * (m + columns))]
    return {"input_scale": ((m, blocks), [x / math.sqrt(k) for x in around[:blocks * m]]),
            "weight_scale": ((columns, blocks), around[blocks * m:])}


def workload(m, n, k, blob):
    kinds = {name: {"type": "random"} for name in ("input", "weight")}
    kinds |= {name: {"type": "safetensors", "path": blob, "tensor_key": name} for name in ("input_scale", "weight_scale")}
    return {
        "definition": definition_name(n, k),
        "workload": {
            "axes": {"M": m, "K_div_128": k // BLOCK, "N_div_128": -(-n // BLOCK)},
            "inputs": kinds,
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{definition_name(n, k)} M={m}"))},
        "solution": None,
        "evaluation": None,
    }


def write(folder, n, k, rows):
    """A definition and its workloads, one for each number of rows. Returns the files that stand for them."""
    name = definition_name(n, k)
    paths = [folder / "definitions" / OP_TYPE / f"{name}.json", folder / "workloads" / OP_TYPE / f"{name}.jsonl"]
    lines = []
    for m in rows:
        blob = f"blob/workloads/{OP_TYPE}/{name}/m{m}.safetensors"
        (folder / blob).parent.mkdir(parents=True, exist_ok=True)
        (folder / blob).write_bytes(safetensors(scales(m, n, k)))
        lines.append(json.dumps(workload(m, n, k, blob)))
    for path, text in zip(paths, (json.dumps(definition(n, k), indent=1), "\n".join(lines))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return paths
