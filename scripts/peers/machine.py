"""What the peers run on, as journals have it."""
import platform
import subprocess


def smi(query):
    try:
        return subprocess.run(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", "-i", "0"],
                              stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def number(text):
    try:
        return float(text)
    except ValueError:
        return 0.0


def version_of(name):
    try:
        return getattr(__import__(name), "__version__", "unknown")
    except ImportError:
        return "none"


def environment_of(torch):
    device = torch.cuda.get_device_properties(0)
    versions = ", ".join(f"{name} {version_of(name)}" for name in ("torch", "deep_gemm", "triton"))
    uuid = str(getattr(device, "uuid", ""))
    return {"device": device.name, "uuid": uuid if uuid.startswith("GPU-") or not uuid else f"GPU-{uuid}",
            "sms": device.multi_processor_count, "cc": f"{device.major}.{device.minor}", "smem_bytes": 232448,
            "l2_bytes": getattr(device, "L2_cache_size", 0), "memory_bytes": device.total_memory,
            "power_limit_w": number(smi("power.limit")), "max_sm_clock_mhz": number(smi("clocks.max.sm")),
            "mig": False, "cupti": True, "simulated": False, "driver": smi("driver_version"), "nvrtc": "",
            "cublaslt": "", "tool": versions, "revision": "", "kernels": "", "host": platform.node()}
