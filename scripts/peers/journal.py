"""Rows of gemmtune.journal/1 for programs that gemmtune does not run itself."""
import datetime
import hashlib
import json
import math
import statistics

SEED = 1
TIMER_STEP_US = 0.032  # of the GPU's global timer, as gemmtune counts it


def short_hash(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def problem_of(name, m, n, k):
    return {"kernel": "dense_1d2d", "m": m, "n": n, "k": k, "out": "bf16", "accumulate": False, "recipe": "fp32",
            "data": "normal", "a_pitch": k, "b_pitch": k, "d_pitch": n, "weight": 1.0, "name": name}


GROUP_FIELDS = {"groups": int, "m_per_group": float, "k_per_group": float, "spread": float, "empty": float, "routing": str, "group_seed": int,
                "alignment": int, "layout": str, "max_m": int,
                "group_sizes": lambda text: [int(size) for size in text.split("/")]}


def grouped_problem_of(planned):
    """Of a line of `gemmtune plan --format jsonl`."""
    kernel, _, text = planned["problem"].partition(":")
    said = dict(field.split("=") for field in text.split(","))
    fields = {key: GROUP_FIELDS[key](value) for key, value in said.items() if key in GROUP_FIELDS}
    if "contiguous" in kernel:
        fields.setdefault("alignment", 128)
        fields.setdefault("layout", "offsets" if fields["alignment"] == 1 else "indices")
    fields.setdefault("groups", len(fields.get("group_sizes", [])))
    problem = problem_of(planned["name"], planned["m"], planned["n"], planned["k"])
    problem |= {"out": said.get("out", "bf16"), "accumulate": said.get("accumulate") == "true"}
    problem = {key: value for key, value in problem.items() if key not in ("weight", "name")} | fields | {
        "weight": 1.0, "name": planned["name"], "kernel": kernel}
    if problem_id(problem) != planned["problem_id"]:
        raise ValueError(f"{planned['problem']}: not understood")
    return problem


def as_in_an_id(value):
    if isinstance(value, list):
        return "/".join(map(str, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def problem_id(problem):
    """Weight and name are not part of what a problem is, nor are rows that lie one behind the other."""
    others = ("weight", "name", "a_pitch", "b_pitch", "d_pitch")
    return short_hash(canonical({key: as_in_an_id(value) for key, value in problem.items() if key not in others}))


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def median_interval(samples):
    """Where the median lies with 95 % confidence, by the binomial law; smallest to largest of fewer than 6. Never
    narrower than the step of the clock."""
    ordered, count = sorted(samples), len(samples)
    rank, tail = 1, 0.0
    for k in range(1, count // 2 + 1):
        tail += math.comb(count, k - 1) / 2 ** count
        if 2 * tail > 0.05:
            break
        rank = k
    low, high = ordered[rank - 1], ordered[count - rank]
    missing = max(0.0, TIMER_STEP_US - (high - low))
    return low - missing / 2, high + missing / 2


def bytes_of(problem, provider):
    """Compulsory traffic as gemmtune counts it."""
    m, n, k = (problem[size] for size in "mnk")
    if provider.endswith("bf16"):
        return 2 * (m * k + n * k + m * n)
    scales = (-(-m // 4) * 4 + -(-n // 128)) * (k // 128)
    return m * k + n * k + 4 * scales + 2 * m * n


def row(run, problem, provider, samples_us, failure=None, config=None, draws_us=(), work=None):
    """One row; `failure` is (invalidity, reason) where there are no samples. Of groups `draws_us` are the medians of the draws
    of their sizes, about whose mean the samples lie, and `work` is (FLOPs of useful rows, compulsory bytes)."""
    invalidity, reason = failure or ("correct", "")
    policy, device = run["policy"], run["environment"]["device"]
    ids = {"problem_id": problem_id(problem), "config_id": short_hash(canonical(config or {}))}
    key = [ids["problem_id"], provider, ids["config_id"], "", "final", policy["name"], device, str(SEED)]
    flops, moved = work or (2 * problem["m"] * problem["n"] * problem["k"], bytes_of(problem, provider))
    time_us = statistics.median(samples_us) if samples_us else None
    low, high = median_interval(samples_us) if samples_us else (None, None)
    unknown = dict.fromkeys(["energy_j", "error_rms", "error_max", "registers", "spill_bytes",
                             "smem_bytes", "ctas_per_sm", "library_kernels", "compile_ms", "sm_clock_mhz", "power_w",
                             "temperature_c", "throttle", "counters"])
    return {"record": "row", "id": short_hash("".join(part + "\n" for part in key)), "run_id": run["run_id"], **ids,
            "problem": problem, "provider": provider, "config": config or {}, "kernel_hash": "", "code_hash": None,
            "invalidity": invalidity, "reason": reason, "stage": "final", "policy": policy["name"], "l2": policy["l2"],
            "timer": policy["timer"], "regime": policy["regime"], "time_us": time_us, "time_us_low": low,
            "time_us_high": high, "samples_us": samples_us or [], "draws_us": list(draws_us), "sm_cycles": None,
            "tflops": flops / time_us * 1e-6 if time_us else None,
            "gbps": moved / time_us * 1e-3 if time_us else None, "flops": flops, "bytes": moved, **unknown,
            "seed": SEED, "device": device, "board_uuid": run["environment"].get("uuid", ""), "simulated": False,
            "warnings": [], "timestamp": now()}


def run_header(environment, launches, copies, command):
    """`environment` as the journal has it; how the launches were timed is in the policy's name."""
    timestamp = now()
    policy = {"name": f"cold_memset512x{copies}-cupti-burst-pytorch-w1t3-n{launches}", "l2": "cold_memset512",
              "timer": "cupti", "regime": "burst", "copies": copies, "warmup": 1, "turn": 3, "samples": launches,
              "max_samples": 0, "precision": 0.0, "seed": SEED}
    return {"record": "run", "schema": "gemmtune.journal/1", "run_id": short_hash(timestamp + environment["host"]),
            "timestamp": timestamp, "command": command, "environment": environment, "policy": policy}
