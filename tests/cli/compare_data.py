"""Journals for tests of `gemmtune compare` and `gemmtune history`."""
import json

POLICY = {"name": "cold_memset512-cupti-burst-w1t3-n15", "l2": "cold_memset512", "timer": "cupti", "regime": "burst",
          "warmup": 1, "samples": 15, "seed": 1}
ENVIRONMENT = {"device": "Test GPU", "uuid": "", "sms": 132, "cc": "9.0", "smem_bytes": 232448, "l2_bytes": 0,
               "memory_bytes": 0, "power_limit_w": 700, "max_sm_clock_mhz": 0, "mig": False, "cupti": True,
               "simulated": False, "driver": "580.1", "nvrtc": "13.0", "cublaslt": "130100", "tool": "0.1.0",
               "revision": "abc", "kernels": "k", "host": "h"}


def header(run_id="r", timestamp="2026-11-21T10:00:00.000Z", **environment):
    return {"record": "run", "schema": "gemmtune.journal/1", "run_id": run_id, "timestamp": timestamp,
            "command": "gemmtune sweep", "environment": {**ENVIRONMENT, **environment}, "policy": POLICY}


def row(time_us, m=64, block_n=64, provider="gemmtune", name="", run_id="r", **members):
    """A winner of 31 samples within +-0.2 % of its time."""
    config = {"block_m": 64, "block_n": block_n} if provider == "gemmtune" else {"answer": 0}
    samples = [time_us * (1 + 0.002 * i / 15) for i in range(-15, 16)] if time_us else []
    return {"record": "row", "id": f"{provider}-{m}-{block_n}", "run_id": run_id,
            "problem": {"kernel": "dense_1d2d", "m": m, "n": 2112, "k": 7168, "out": "bf16", "accumulate": False,
                        "recipe": "fp32", "data": "normal", "weight": 1, "name": name},
            "provider": provider, "config": config, "kernel_hash": "c", "invalidity": "correct", "reason": "",
            "stage": "final", "policy": POLICY["name"], "l2": "cold_memset512", "timer": "cupti", "regime": "burst",
            "time_us": time_us, "time_us_low": time_us and min(samples), "time_us_high": time_us and max(samples),
            "samples_us": samples, "sm_clock_mhz": 1800, "error_rms": 2e-5, "flops": 1, "bytes": 1, "seed": 1,
            "device": "Test GPU", "simulated": False, "warnings": [], "timestamp": "2026-11-21T10:00:01.000Z", **members}


def wrong(m=64, block_n=64):
    return row(None, m, block_n, invalidity="correctness", reason="error_rms 1 is above 2", stage="screen",
               sm_clock_mhz=None)


def write(folder, *records):
    """A folder with a journal; its path as text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "journal.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(folder)
