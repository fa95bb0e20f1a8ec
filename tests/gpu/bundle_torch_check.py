#!/usr/bin/env python3
"""gemmtune_torch on a real GPU with an exported bundle: right against float64, the same in CUDA graphs and under torch.compile,
refusals, no memory asked for in a call, and times beside torch._scaled_mm and BF16. Prints one JSON object; exit code 1 when something
is not as it must be. Names each check on stderr as it begins, and where a signal ended it the stack of Python. scripts/bundle_check
runs it twice: with the operators in Python, and with those in C++ where `--operators native` must find them built."""
import argparse
import faulthandler
import importlib.machinery
import importlib.util
import json
import math
import pathlib
import statistics
import sys
import threading
import time

faulthandler.enable()  # before torch: a signal may end its import
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "python"))

import torch

import gemmtune_bundle
import gemmtune_torch as gt

TIMED_LAUNCHES = 48
COPIES = 7


def load_script(name):
    """A script of scripts/ as a module."""
    path = str(ROOT / "scripts" / name)
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def operands_of(m, n, k, seed=1):
    generator = torch.Generator("cuda").manual_seed(seed)
    x = torch.randn(m, k, device="cuda", generator=generator)
    weight = torch.randn(n, k, device="cuda", generator=generator)
    return (*gt.quantise_rows(x), *gt.quantise_blocks(weight))


def new_out(m, n):
    return torch.full((m, n), math.nan, device="cuda", dtype=torch.bfloat16)


def product(operands, out=None):
    a, a_scale, b, b_scale = operands
    return gt.fp8_gemm_nt(a, a_scale, b, b_scale, new_out(a.shape[0], b.shape[0]) if out is None else out)


def figures(operands, out):
    """error_rms and error_max of gemmtune's gates for BF16, against the dequantised operands in float64."""
    a, a_scale, b, b_scale = operands
    (m, k), n = a.shape, b.shape[0]
    a64 = a.float().double() * a_scale.t()[:m].double().repeat_interleave(gt.BLOCK, 1)
    b64 = b.float().double() * b_scale.double().repeat_interleave(gt.BLOCK, 0)[:n].repeat_interleave(gt.BLOCK, 1)
    reference, magnitude = a64 @ b64.t(), a64.abs() @ b64.abs().t()
    half_unit = torch.exp2(torch.floor(torch.log2(reference.abs().clamp(min=1e-300))) - 8)
    excess = ((out.double() - reference).abs() - half_unit).clamp(min=0)
    rms = (excess.square().sum() / reference.square().sum()).sqrt().item()
    return rms, (excess / magnitude).max().item()


def is_right(rms, largest, k):
    return rms <= 3.8e-5 and largest <= 0.03 / k ** 0.75  # NaN is not


def check_results(sizes):
    rows = []
    for n, k in sizes:
        for m in (1, 7, 64, 130, 1000):
            operands = operands_of(m, n, k)
            rms, largest = figures(operands, product(operands))
            rows.append({"m": m, "n": n, "k": k, "error_rms": rms, "error_max": largest, "right": is_right(rms, largest, k)})
    return {"passed": all(row["right"] for row in rows), "problems": rows}


def check_graph(sizes):
    """60 products in one graph; the replays give the bits of the eager calls."""
    work = [operands_of(64, n, k, seed) for seed in range(60 // len(sizes)) for n, k in sizes]
    wanted = [product(operands) for operands in work]
    outs = [new_out(64, operands[2].shape[0]) for operands in work]
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for operands, out in zip(work, outs):
            product(operands, out)
    equal = True
    for _ in range(3):
        for out in outs:
            out.fill_(math.nan)
        graph.replay()
        torch.cuda.synchronize()
        equal = equal and all(torch.equal(out, want) for out, want in zip(outs, wanted))
    return {"passed": equal, "products": len(work)}


def check_linear(n, k):
    """Beside the product in float; eager, in a graph through torch.compile, and with another number of tokens."""
    weight = torch.randn(n, k, device="cuda") / math.sqrt(k)
    layer = gt.Linear.from_weight(weight, bias=torch.randn(n, device="cuda"))
    compiled = torch.compile(layer, fullgraph=True)
    reduced = torch.compile(layer, fullgraph=True, mode="reduce-overhead")  # in CUDA graphs
    errors, differences = [], []
    for tokens in (3, 64, 200):
        x = torch.randn(tokens, k, device="cuda", dtype=torch.bfloat16)
        eager = layer(x)
        wanted = x.double() @ weight.double().t() + layer.bias.double()
        errors.append(((eager.double() - wanted).norm() / wanted.norm()).item())
        for function in (compiled, reduced, reduced, reduced):
            found = function(x).clone()
            differences.append(((found.double() - eager.double()).norm() / eager.double().norm()).item())
    # FP8 itself costs 4 %; compiled quantisation may round a value or two the other way.
    return {"passed": max(errors) < 0.06 and max(differences) < 5e-3, "error": max(errors), "compiled_differs": max(differences)}


def check_threads(n, k):
    """A thread that has never used CUDA, on a stream of its own."""
    operands = operands_of(64, n, k)
    wanted, found = product(operands), []
    torch.cuda.synchronize()

    def work():
        try:
            with torch.cuda.stream(torch.cuda.Stream()):
                for _ in range(50):
                    out = product(operands)
                torch.cuda.current_stream().synchronize()
            found.append(torch.equal(out, wanted))
        except Exception as error:  # the thread's end, to be shown
            found.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"passed": found == [True] * 4, "found": found}


def check_refusals(n, k):
    a, a_scale, b, b_scale = operands_of(64, n, k)
    out = new_out(64, n)
    cases = {"another K": lambda: product(operands_of(64, n, 128)),
             "scales not packed": lambda: gt.fp8_gemm_nt(a, a_scale.t().contiguous(), b, b_scale, out),
             "a pitch that was not tuned": lambda: gt.fp8_gemm_nt(a, a_scale, b, b_scale, torch.empty(
                 64, n + 64, device="cuda", dtype=torch.bfloat16)[:, :n]),
             "a pointer between 16 bytes": lambda: gt.fp8_gemm_nt(a, a_scale, b, b_scale, torch.empty(
                 64 * n + 1, device="cuda", dtype=torch.bfloat16)[1:].view(64, n)),
             "not FP8": lambda: gt.fp8_gemm_nt(a.to(torch.bfloat16), a_scale, b, b_scale, out)}
    said = {}
    for name, call in cases.items():
        try:
            call()
            said[name] = None
        except (gemmtune_bundle.BundleError, ValueError) as error:
            said[name] = str(error)
        except RuntimeError as error:  # of the operator in C++
            said[name] = str(error) if gt.code_of(error) is not None else None
    return {"passed": all(said.values()), "said": said}


def check_allocations(n, k):
    """A call asks torch for no memory of the GPU."""
    operands, out = operands_of(64, n, k), new_out(64, n)
    product(operands, out)
    found = []
    for call in (lambda: product(operands, out), lambda: torch.ops.gemmtune.fp8_gemm_nt(*operands, out), lambda: gt.fp8_gemm_nt(*operands)):
        before = torch.cuda.memory_stats()["allocation.all.allocated"]
        for _ in range(100):
            call()
        found.append((torch.cuda.memory_stats()["allocation.all.allocated"] - before) / 100)
    return {"passed": found == [0, 0, 1], "a_call": found[0], "without_out": found[2]}


def host_us(call):
    """Of one call: median of batches so small that no queue fills up."""
    batches = []
    for _ in range(30):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(100):
            call()
        batches.append((time.perf_counter() - start) * 1e4)
    return statistics.median(batches)


def over_copies(call, *tensors):
    """Each call on tensors in other places than those of the one before, as the sweep's policy says."""
    copies = [[tensor.clone() for tensor in tensors] for _ in range(COPIES)]
    turn = [0]

    def launch():
        turn[0] += 1
        call(*copies[turn[0] % COPIES])
    return launch


def products_of(m, n, k):
    """{name: a function that queues one launch}; what torch cannot do is left out."""
    operands = operands_of(m, n, k)
    out = new_out(m, n)
    a16, b16 = torch.randn(m, k, device="cuda", dtype=torch.bfloat16), torch.randn(n, k, device="cuda", dtype=torch.bfloat16)
    one = torch.ones((), device="cuda")
    found = {"gemmtune": over_copies(lambda a, sa, b, sb, d: gt.fp8_gemm_nt(a, sa, b, sb, d), *operands, out),
             "scaled_mm_tensor": over_copies(lambda a, b, d: torch._scaled_mm(a, b.t(), scale_a=one, scale_b=one,
                                                                              out_dtype=torch.bfloat16, out=d),
                                             operands[0], operands[2], out),
             "bf16": over_copies(lambda a, b, d: torch.matmul(a, b.t(), out=d), a16, b16, out)}
    for name in list(found):
        try:
            found[name]()
        except RuntimeError as error:
            print(f"{name} {m}x{n}x{k}: {error}", file=sys.stderr)
            del found[name]
    return found


def times(bundle, shapes):
    timing = load_script("time_with_pytorch")
    flush = timing.Clearing(torch, timing.FLUSH_BYTES)
    rows = []
    for m, n, k in shapes:
        products = products_of(m, n, k)
        row = {"m": m, "n": n, "k": k, "table_us": bundle.find("dense_1d2d", m, n, k).time_us or None}
        try:
            timed = timing.timed_spans(torch, list(products.values()), flush, TIMED_LAUNCHES)
        except RuntimeError as error:
            row["reason"] = str(error)
        else:
            for name, spans in zip(products, timed):
                row[f"{name}_us"] = statistics.median(us for us, _ in spans)
            if row["table_us"]:
                row["percent"] = (row["gemmtune_us"] / row["table_us"] - 1) * 100
        rows.append(row)
    level = [abs(row.get("percent", math.inf)) <= 2 for row in rows]
    return {"passed": all(level), "allowed_percent": 2, "worst_percent": max((abs(r.get("percent", 0)) for r in rows), default=0),
            "problems": rows}


def host_time(n, k):
    operands, out = operands_of(1, n, k), new_out(1, n)
    return host_us(lambda: gt.fp8_gemm_nt(*operands, out))


def say(what, started):
    """Where it is, for when it dies."""
    print(f"bundle_torch_check: {time.monotonic() - started:.1f} s: {what}", file=sys.stderr, flush=True)


def run_checks(checks, report, started):
    for name, check in checks.items():
        say(name, started)
        try:
            report[name] = check()
        except Exception as error:  # one check that breaks must not hide the others
            report[name] = {"passed": False, "exception": repr(error)}
        torch.cuda.empty_cache()


def chosen(checks, names):
    """Those of the names, all if there are none."""
    unknown = [name for name in names if name not in checks]
    if unknown:
        sys.exit(f"bundle_torch_check: there is no check {', '.join(unknown)}; there are {', '.join(checks)}")
    return {name: check for name, check in checks.items() if not names or name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--operators", choices=("python", "native"), help="which it must find; the times of kernels are of Python's run")
    parser.add_argument("--checks", default="", metavar="NAME[,NAME]", help="these alone")
    options = parser.parse_args()
    started = time.monotonic()
    operators = "python" if gt._native is None else "native"
    if options.operators not in (None, operators):
        sys.exit(f"bundle_torch_check: the operators are {operators}")
    bundle = gt.load(options.bundle)
    problems = [entry["problem"] for entry in bundle.manifest["entries"] if "regime" not in entry]  # it is opened for bursts
    plain = [p for p in problems if p["out"] == "bf16" and not p["accumulate"] and p["d_pitch"] == p["n"] and p["a_pitch"] == p["k"]]
    sizes = sorted({(p["n"], p["k"]) for p in plain})
    report = {"torch": torch.__version__, "device": torch.cuda.get_device_name(), "note": bundle.note, "operators": operators}
    checks = {"results": lambda: check_results(sizes), "graph": lambda: check_graph(sizes), "linear": lambda: check_linear(*sizes[0]),
              "threads": lambda: check_threads(*sizes[0]), "refusals": lambda: check_refusals(*sizes[0]),
              "allocations": lambda: check_allocations(*sizes[0])}
    if options.operators != "native":
        checks["times"] = lambda: times(bundle, [(p["m"], p["n"], p["k"]) for p in plain])
    checks = chosen(checks, [name for name in options.checks.split(",") if name])
    run_checks(checks, report, started)
    say("the host's time", started)
    report["operator_host_us"] = host_time(*sizes[0])
    report["passed"] = all(report[name]["passed"] for name in checks)
    report["seconds"] = time.monotonic() - started
    print(json.dumps(report, indent=1), flush=True)  # before the end of the process, which may crash too
    say("the end", started)
    return 0 if report["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
