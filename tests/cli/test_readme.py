"""What the README shows is what happens: its outputs are printed, its lines of C++ and Python are understood."""
import ast
import os
import re
import subprocess
import unittest

from harness import SOURCE, CliTest

CUDA_INCLUDE = os.environ.get("GEMMTUNE_CUDA_INCLUDE")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", (SOURCE / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)

# Around the five lines of C++.
PROGRAM = """
#include "launch/bundle.h"
void run(const void* a, const void* b, const float* scales_a, const float* scales_b, void* d, long m, long n, long k,
         CUstream stream) {{
{}
}}
"""


def block(language, start):
    found, = (text for name, text in BLOCKS if name == language and start in text)
    return found


def words(text):
    """Lines without what aligns their columns, which depends on the lines around."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


class Readme(CliTest):
    def expect_printed(self, shown, *command):
        done = self.run_cli(*command)
        self.assertEqual(done.returncode, 0, done.stderr)
        missing = [line for line in words(shown) if line not in words(done.stdout)]
        self.assertEqual(missing, [], f"not printed by gemmtune {' '.join(map(str, command))}:\n{done.stdout}")

    def test_shows_what_the_quick_start_prints(self):
        self.expect_printed(block("", "SIMULATED"), "sweep", "--shapes", "smoke.json", "--space", "quick", "--device",
                            "sim:h100-sxm")

    def test_shows_what_the_report_of_a_sweep_prints(self):
        self.expect_printed(block("", "2112   7168"), "report", SOURCE / "results/h100-sxm/dsv3")

    @unittest.skipUnless(CUDA_INCLUDE, "no CUDA headers")
    def test_shows_cpp_that_compiles(self):
        lines = block("cpp", "Bundle").splitlines()
        self.assertEqual((lines[0], len(lines)), ('#include "gemmtune.hpp"', 5))  # launch/bundle.h, where it is made from
        done = subprocess.run([os.environ.get("CXX", "c++"), "-x", "c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                               "-I", SOURCE / "src", "-isystem", CUDA_INCLUDE, "-"],
                              input=PROGRAM.format("\n".join(lines[1:])), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_shows_python_that_calls_what_there_is(self):
        module = (SOURCE / "scripts/python/gemmtune_torch.py").read_text(encoding="utf-8")
        documented, called = ast.get_docstring(ast.parse(module)), ast.walk(ast.parse(block("python", "gemmtune_torch")))
        calls = {ast.unparse(node.func) for node in called if isinstance(node, ast.Call)}
        self.assertEqual(len(calls), 4)
        of_quantisers = (SOURCE / "scripts/python/gemmtune_torch_quantise.py").read_text(encoding="utf-8")
        imported = re.search(r"^from gemmtune_torch_quantise import (.*)$", module, re.MULTILINE)[1].split(", ")
        for call in calls:
            self.assertIn(f"{call}(", documented)
            where = of_quantisers if call[3:] in imported else module
            self.assertRegex(where, rf'def {call[3:]}\(|Kernel\("{call[3:]}"')


if __name__ == "__main__":
    unittest.main()
