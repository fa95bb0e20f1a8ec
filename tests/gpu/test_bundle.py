"""A bundle of the committed table of DeepSeek-V3's layers on a real GPU: scripts/bundle_check, without torch. Times are shown
and not judged here: another board than the table's may be slower.

Without a GPU or without nvcc: exit code 77.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
from harness import CliTest  # noqa: E402  (found by the line above)

SKIPPED = 77
CHECKS = ["opening", "graph", "threads", "host_time", "errors", "untuned_m", "results"]


class BundleOnGpu(CliTest):
    def setUp(self):
        super().setUp()
        del self.env["GEMMTUNE_WORKER"]  # the real one, beside the program
        self.env |= {"GEMMTUNE_CACHE_DIR": str(self.dir / "cache"), "OUT": str(self.dir)}

    def test_does_all_that_it_promises(self):
        bundle = self.dir / "bundle"
        done = self.run_cli("export", SOURCE / "results/h100-sxm/dsv3/table.json", "--format", "bundle", "--stale", "-o", bundle)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run([SOURCE / "scripts" / "bundle_check", bundle, "--without-torch"], env=self.env, text=True,
                              capture_output=True, timeout=250)
        report = json.loads((self.dir / "bundle_check.json").read_text())
        print(done.stdout)
        self.assertTrue(report["example"]["passed"], report["example"])
        for check in CHECKS:
            self.assertTrue(report["cpp"].get(check, {}).get("passed"), report["cpp"].get(check, report["cpp"]))


if __name__ == "__main__":
    if not os.path.exists("/dev/nvidiactl") or not (shutil.which("nvcc") or os.path.exists("/usr/local/cuda/bin/nvcc")):
        print("skipped: no GPU, or no nvcc")
        sys.exit(SKIPPED)
    unittest.main()
