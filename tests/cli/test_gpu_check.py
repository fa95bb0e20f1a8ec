"""scripts/gpu_check without a GPU: how it counts, what it refuses, and what it runs again."""
import subprocess
import unittest

from harness import SOURCE, ScriptTest, script

SIM = ["--device", "sim:h100-sxm"]


class GpuCheck(ScriptTest):
    def test_refuses_programs_of_other_kernels(self):
        require = script("gpu_check").require_kernels
        doctor = self.run_cli("doctor").stdout
        whole = subprocess.run([SOURCE / "scripts" / "kernels_hash"], check=True, capture_output=True, text=True).stdout
        require(doctor, whole)
        with self.assertRaisesRegex(SystemExit, "other kernels than kernels/"):
            require(doctor, whole[::-1].strip())

    def test_kernels_are_made_of_what_the_worker_says(self):
        module = script("gpu_check")
        files = module.kernel_files(SOURCE)
        paths = module.closures(files)
        self.assertGreaterEqual(paths.keys(), {"dense_1d1d", "dense_1d2d", "dense_bf16", "dense_tensor", "support", "ceilings"})
        self.assertNotIn("dense_1d2d_promote", paths)
        self.assertIn("kernels/common/types.cuh", paths["dense_1d2d"])
        self.assertNotIn("kernels/support/judge.cuh", paths["dense_1d2d"])
        hashes = module.source_hashes(files)
        worker = self.sweep_with_compiler()
        self.assertLess({"dense_1d2d"}, worker.keys())
        self.assertEqual({kernel: hashes[kernel] for kernel in worker}, worker)

    def sweep_with_compiler(self):
        """What the real worker says of its kernels; it needs NVRTC, and no GPU."""
        del self.env["GEMMTUNE_WORKER"]
        self.env["GEMMTUNE_CACHE_DIR"] = str(self.dir / "cache")
        self.sweep(*SIM)
        environment = self.records("run")[0]["environment"]
        return environment["source_hashes"] if environment["nvrtc"] else self.skipTest("no NVRTC")

    def stale_after(self, path="", text=b"// changed\n", record_of=None):
        module, stale = script("gpu_check"), script("gpu_check_stale").stale
        files = module.kernel_files(SOURCE)
        record = {"source_hashes": module.source_hashes(files), "files": {p: module.sha256(t) for p, t in files.items()}}
        if path:
            files[path] = files.get(path, b"") + text
        for member in record_of or ():
            del record[member]
        return {line.split(":")[0]: line for line in stale(files, record)}

    def test_stale_are_the_kernels_that_include_what_changed(self):
        for without in ((), ("source_hashes",)):
            with self.subTest(without=without):
                self.assertEqual(self.stale_after(record_of=without), {})
                grouped = self.stale_after("kernels/gemm/grouped.cuh", b'#include "pipeline/load.cuh"\n', without)
                self.assertEqual(grouped, {"grouped": "grouped: kernels/gemm/grouped.cuh"})
                self.assertEqual(self.stale_after("kernels/support/judge.cuh", record_of=without),
                                 {"support": "support: kernels/support/judge.cuh"})
                self.assertEqual(self.stale_after("kernels/pipeline/load.cuh", record_of=without).keys(),
                                 {"dense_1d1d", "dense_1d2d", "dense_bf16", "dense_tensor", "grouped_contiguous_1d2d",
                                  "grouped_masked_1d2d", "k_grouped_1d1d"})
                self.assertEqual(self.stale_after("kernels/gemm/promote_1d1d.cuh", record_of=without).keys(),
                                 {"dense_1d1d", "k_grouped_1d1d"})
                self.assertEqual(self.stale_after("kernels/schedule/grouped_walk.cuh", record_of=without).keys(),
                                 {"grouped_contiguous_1d2d", "grouped_masked_1d2d"})

    def test_names_what_was_not_copied(self):
        module = script("gpu_check")
        module.ROOT, module.BUILD = self.dir, self.dir / "build"
        module.BUILD.mkdir()
        for name in module.TARGETS:
            (module.BUILD / name).touch()
        with self.assertRaisesRegex(SystemExit, "no libgemmtune.so in build; without --built they are built"):
            module.build(built=True)

    def count(self, gtest, status):
        ctest_xml = self.dir / "ctest.xml"
        ctest_xml.write_text(f'<testsuite><testcase name="gpu/cases_1" status="{status}"/><testcase name="gpu/cases_2" status="run"/>'
                             '<testcase name="gpu/test_gpu_faults" status="notrun"/></testsuite>')
        if gtest:
            (self.dir / "cases_1.xml").write_text(gtest)
        (self.dir / "cases_2.xml").write_text('<testsuites><testsuite name="B"><testcase name="x" classname="B" status="run"/>'
                                              '</testsuite></testsuites>')
        return script("gpu_check").all_cases(ctest_xml, self.dir)

    CASES = ('<testsuites><testsuite name="A"><testcase name="x" classname="A" status="run" result="completed"/>'
             '<testcase name="y" classname="A" status="run" result="skipped"><skipped/></testcase>{}</testsuite>'
             '</testsuites>')

    def test_counts_cases(self):
        rest = {"A.x": "run", "A.y": "notrun", "B.x": "run", "gpu/test_gpu_faults": "notrun"}
        failed = '<testcase name="z" classname="A" status="run"><failure message="1"/></testcase>'
        self.assertEqual(self.count(self.CASES.format(""), "run"), rest)
        self.assertEqual(self.count(self.CASES.format(failed), "fail"), {**rest, "A.z": "fail"})

    def test_counts_a_program_that_crashed(self):
        self.assertEqual(self.count("", "fail"), {"gpu/cases_1": "fail", "B.x": "run", "gpu/test_gpu_faults": "notrun"})

class Again(ScriptTest):
    """After a run with failures: A.x and A.y of test_gpu and a program of its own failed, or did not run; 5 passed."""

    EARLIER = {"passed": 5, "failed": 2, "failures": ["A.x", "gpu/test_bundle"], "not_run": ["A.y"], "seconds": 9.0}

    def again(self, cases, program_code=0):
        """With a ctest that runs the program and a test_gpu whose XML says `cases`; what they were asked for is in self.asked."""
        module = script("gpu_check")
        module.BUILD = self.dir
        self.asked = []

        def timed(*command):
            self.asked.append(command)
            if command[0] == "ctest":
                status = "fail" if program_code else "run"
                (self.dir / "gpu_tests.xml").write_text(f'<testsuite><testcase name="gpu/test_bundle" status="{status}"/></testsuite>')
                return program_code, "", 1.0
            (self.dir / "gpu_again.xml").write_text(f'<testsuites><testsuite name="A">{cases}</testsuite></testsuites>')
            return 0, "", 2.0

        module.timed = timed
        return module.run_again(self.EARLIER)

    @staticmethod
    def case(name, failure=""):
        return f'<testcase name="{name}" classname="A" status="run">{failure}</testcase>'

    def test_runs_what_failed_and_no_more(self):
        found, ok = self.again(self.case("x") + self.case("y"))
        self.assertTrue(ok)
        self.assertEqual(found, {"passed": 8, "failed": 0, "failures": [], "not_run": [], "seconds": 3.0})
        ctest, cases = self.asked
        self.assertEqual(ctest[ctest.index("-R") + 1], r"^(gpu/test_bundle)$")
        self.assertIn("--gtest_filter=A.x:A.y", cases)

    def test_what_fails_again_fails(self):
        found, ok = self.again(self.case("x", '<failure message="1"/>') + self.case("y"), program_code=1)
        self.assertFalse(ok)
        self.assertEqual((found["passed"], found["failed"], sorted(found["failures"])), (6, 2, ["A.x", "gpu/test_bundle"]))

    def test_a_case_that_is_not_there_any_more_fails(self):
        found, ok = self.again(self.case("x"))
        self.assertFalse(ok)
        self.assertEqual(found["failures"], ["A.y"])

    def test_refuses_other_kernels(self):
        module = script("gpu_check")
        files = module.kernel_files(SOURCE)
        record = {"files": {path: module.sha256(text) for path, text in files.items()}}
        module.require_same_kernels(record, files)
        files["kernels/pipeline/load.cuh"] += b"// changed"
        with self.assertRaisesRegex(SystemExit, "kernels/pipeline/load.cuh changed since that run"):
            module.require_same_kernels(record, files)


if __name__ == "__main__":
    unittest.main()
