"""`gemmtune export --format bundle` with the fake worker's cubins, and what lies in the bundle: the manifest by its schema,
the headers by compilers, the library by ctypes on a driver that only takes notes."""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

from harness import SOURCE, CliTest

TABLE = SOURCE / "results" / "h100-sxm" / "dsv3" / "table.json"
FAKE_DRIVER = os.environ.get("GEMMTUNE_FAKE_DRIVER")  # a folder with its libcuda.so.1
CUDA_INCLUDE = os.environ.get("GEMMTUNE_CUDA_INCLUDE")
COMPILER = os.environ.get("CXX", "c++")

# What a program does with a bundle through ctypes; prints JSON. In a process of its own, for the driver that it finds.
PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import gemmtune_bundle as g
result = {}
try:
    bundle = g.Bundle(sys.argv[2])
    result["note"] = bundle.note
    x = g.Operands(1 << 20, 2 << 20, 3 << 20, 4 << 20, 5 << 20)
    bundle.gemm("dense_1d2d", 64, 2112, 7168, x, 0)
    result["found"] = [[f.match_name, f.entry, f.tuned_m, f.grid] for f in
                       (bundle.find("dense_1d2d", m, 2112, 7168) for m in (1, 65, 5000))]
    x.d += 8
    for call in (lambda: bundle.gemm("dense_1d2d", 64, 2112, 7168, x, 0), lambda: bundle.find("dense_1d2d", 64, 8, 128)):
        try:
            call()
        except g.BundleError as error:
            result.setdefault("errors", []).append([error.code, str(error)])
    bundle.close()
    library, handle = bundle.library, g.ctypes.c_void_p()
    result["null"] = [library.gemmtune_open(None, g.ctypes.byref(handle)), library.gemmtune_open(sys.argv[2].encode(), None),
                      library.gemmtune_find(None, b"dense_1d2d", 1, 1, 1, None, g.ctypes.byref(g.Found())),
                      library.gemmtune_gemm(None, b"dense_1d2d", 1, 1, 1, g.ctypes.byref(x), None), library.gemmtune_close(None)]
    result["texts"] = [library.gemmtune_error_text(code).decode() for code in range(13)]
except g.BundleError as error:
    result["opening"] = [error.code, str(error)]
print(json.dumps(result))
"""

# What a bundle with a picker answers, and what it does not.
PICKS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import gemmtune_bundle as g
result = {"found": [], "errors": []}
bundle = g.Bundle(sys.argv[2])
for problem in (("dense_1d2d", 64, 2112, 7168), ("dense_1d2d", 65, 2112, 7168), ("dense_1d2d", 5000, 2112, 7168),
                ("dense_1d2d", 77, 3000, 1024), ("dense_1d2d", 1, 8, 128), ("dense_bf16", 64, 2112, 7168), ("dense_1d2d", 1, 8, 100)):
    try:
        f = bundle.find(*problem)
        result["found"].append([f.match_name, f.tuned_m, f.time_us, f.grid])
    except g.BundleError as error:
        result["errors"].append([error.code, str(error)])
print(json.dumps(result))
"""


@unittest.skipIf(FAKE_DRIVER is None, "built without gemmtune-worker, and so without libgemmtune")
class ExportBundle(CliTest):
    def setUp(self):
        super().setUp()
        (self.dir / "cache").mkdir()
        self.script(cubins=str(self.dir / "cache"))
        self.bundle = self.dir / "bundle"

    def export(self, *more, table=TABLE, expect=0):
        result = self.run_cli("export", table, "--format", "bundle", "-o", self.bundle, "--jobs", "2", *more)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def table_of_fake_cubins(self, **changes):
        """The committed table as if the fake worker had compiled its kernels."""
        self.export("--stale")
        hashes = [entry["kernel_hash"] for entry in self.manifest()["entries"]]
        subprocess.run(["rm", "-r", self.bundle], check=True)
        table = json.loads(TABLE.read_text()) | changes
        for entry, kernel_hash in zip(table["entries"], hashes):
            entry["kernel_hash"] = kernel_hash
        return self.write("table.json", table)

    def manifest(self):
        return json.loads((self.bundle / "manifest.json").read_text())

    def test_of_the_committed_table(self):
        table = self.table_of_fake_cubins()
        done = self.export(table=table)
        self.assertEqual(len(done.stdout.splitlines()), 6)
        self.assertIn("dense_1d2d n=2112 k=7168: m 1, 2-16, 17-64, 65-128, 129-512, 513-4096, more as 4096\n", done.stdout)
        self.assertIn("36 problems", done.stderr)
        manifest = self.manifest()
        wanted = json.loads(pathlib.Path(table).read_text())["entries"]
        self.assertEqual([e["time_us"] for e in manifest["entries"]], [e["time_us"] for e in wanted])
        self.assertEqual([e["config"] for e in manifest["entries"]], [e["config"] for e in wanted])
        named = {entry["cubin"] for entry in manifest["entries"]}
        self.assertEqual(named, {path.relative_to(self.bundle).as_posix() for path in self.bundle.glob("cubins/*")})
        self.assertLess(len(named), len(wanted))
        for cubin in manifest["cubins"]:
            self.assertTrue((self.bundle / cubin["file"]).read_text().startswith("cubin of "))

    def assert_nothing_written(self):
        self.assertEqual([], [p.name for p in self.dir.glob("bundle*")])

    def test_kernels_that_changed_since_are_refused_and_stale_leaves_the_times_out(self):
        done = self.export(expect=2)
        first = json.loads(TABLE.read_text())["entries"][0]["kernel_hash"]
        self.assertIn(f"was measured with cubin {first}", done.stderr)
        self.assertIn("STALE", done.stderr)
        self.assertIn("--stale", done.stderr)
        self.assert_nothing_written()
        self.export("--stale")
        self.assertEqual({entry["time_us"] for entry in self.manifest()["entries"]}, {None})

    def test_simulated_table_is_refused_before_anything_is_compiled(self):
        table = self.write("table.json", json.loads(TABLE.read_text()) | {"simulated": True})
        self.assertIn("simulated", self.export(table=table, expect=2).stderr)
        self.assertEqual([], self.requests("compile"))
        self.assert_nothing_written()

    def test_empty_table_is_refused(self):
        table = self.write("table.json", json.loads(TABLE.read_text()) | {"entries": []})
        self.assertIn("no winners", self.export(table=table, expect=2).stderr)

    def test_folder_that_holds_something_is_refused_before_anything_is_compiled(self):
        self.bundle.mkdir()
        (self.bundle / "mine").touch()
        self.assertIn("exists", self.export("--stale", expect=2).stderr)
        self.assertEqual([], self.requests("compile"))

    def test_kernel_that_does_not_compile_is_an_error(self):
        self.script(rules=[{"op": "compile", "do": "failure", "invalidity": "compile", "reason": "spills"}])
        self.assertIn("does not compile: spills", self.export("--stale", expect=2).stderr)
        self.assert_nothing_written()

    def test_worker_that_names_no_cubin_of_ours_is_an_error(self):
        pipe = self.dir / "pipe"
        os.mkfifo(pipe)
        for path in (pipe, "/dev/zero", self.write("foreign", "x"), self.dir):
            self.script(rules=[{"op": "compile", "do": "malformed", "result": {
                "kernel_hash": "x", "cubin_path": str(path), "registers": 64, "spill_bytes": 0, "cubin_bytes": 1, "compile_ms": 1,
                "cached": False, "warning": ""}}])
            self.assertIn(str(path), self.export("--stale", expect=2).stderr)
            self.assert_nothing_written()

    def test_cache_that_cannot_be_written_is_an_error(self):
        self.script(cache_trouble="no space")
        done = self.export("--stale", expect=2)
        self.assertIn("no space", done.stderr)
        self.assertIn("GEMMTUNE_CACHE_DIR", done.stderr)

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_manifest_agrees_with_its_schema(self):
        self.export("--stale")
        validator = jsonschema.Draft7Validator(json.loads((SOURCE / "configs/schema/bundle.schema.json").read_text()))
        manifest = self.manifest()
        validator.validate(manifest)
        for path, value in ((("schema",), "gemmtune.bundle/5"), (("cubins", 0, "sha256"), "0"), (("entries", 0, "time_us"), 0),
                            (("entries", 0, "launch", "cluster"), 0), (("entries", 0, "tensor_maps", "a", "box"), [128]),
                            (("entries", 0, "launch", "more"), 1)):
            with self.subTest(path=path):
                bad = json.loads(json.dumps(manifest))
                place = bad
                for key in path[:-1]:
                    place = place[key]
                place[path[-1]] = value
                self.assertFalse(validator.is_valid(bad))

    def picker_of(self, **changes):
        """What `gemmtune portfolio` writes of a committed sweep of the same kernels and board."""
        path = self.dir / "portfolio.json"
        self.run_cli("portfolio", SOURCE / "results/h100-sxm/dsv3", "--cubins", "4", "--format", "json", "-o", path)
        found = json.loads(path.read_text()) | changes
        return self.write("portfolio.json", found)

    def test_with_a_picker_it_answers_what_nobody_tuned(self):
        self.export("--stale")
        self.assertEqual([7, 7, 7, 7], [error[0] for error in self.use(program=PICKS)["errors"]], "no pick without a picker")
        subprocess.run(["rm", "-r", self.bundle], check=True)
        done = self.export("--stale", "--picker", self.picker_of())
        self.assertIn("any other n and k, and m above: picked among 28 cubins", done.stdout)
        manifest = self.manifest()
        self.assertEqual(manifest["schema"], "gemmtune.bundle/3")
        self.assertEqual({choice["entry"] for choice in manifest["picker"]["choices"]} - set(range(36)), set())
        self.assertEqual(len(manifest["picker"]["choices"]), len(manifest["cubins"]), "every cubin may be picked")
        if jsonschema:
            jsonschema.Draft7Validator(json.loads((SOURCE / "configs/schema/bundle.schema.json").read_text())).validate(manifest)
        used = self.use(program=PICKS)
        self.assertEqual([name for name, *_ in used["found"]], ["exact", "bucket", "picked", "picked", "picked"])
        for name, tuned_m, time_us, grid in used["found"][2:]:
            self.assertEqual([tuned_m, time_us], [0, 0])
            self.assertTrue(0 < grid <= 132)
        self.assertEqual([error[0] for error in used["errors"]], [7, 7], "another kernel, and K that is no multiple of 128")

    def test_picker_of_another_device_or_of_simulated_times_or_of_another_kind_is_refused(self):
        for changes, said in (({"device": "NVIDIA H200"}, "is of NVIDIA H200"), ({"simulated": True}, "simulated"),
                              ({"schema": "gemmtune.table/1"}, "--picker takes"), ({"picker": {}}, "machine")):
            with self.subTest(said):
                self.assertIn(said, self.export("--stale", "--picker", self.picker_of(**changes), expect=2).stderr)
                self.assert_nothing_written()
        self.assertIn("--picker", self.run_cli("export", TABLE, "--format", "csv", "--picker", self.picker_of()).stderr)

    def compile(self, language, standard, text):
        return subprocess.run([COMPILER, "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
                               "-Werror", "-fsyntax-only", "-I", self.bundle, "-isystem", CUDA_INCLUDE, "-"],
                              input=text, capture_output=True, text=True)

    def test_headers_compile_alone_as_c_and_as_cpp_17_without_a_warning(self):
        self.export("--stale")
        for language, standard, header in (("c", "c11", "gemmtune.h"), ("c++", "c++17", "gemmtune.h"),
                                           ("c++", "c++17", "gemmtune.hpp")):
            with self.subTest(header=header, standard=standard):
                done = self.compile(language, standard, f'#include "{header}"\n#include "{header}"\n')
                self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotEqual(self.compile("c++", "c++11", '#include "gemmtune.hpp"\n').returncode, 0)

    def test_library_needs_the_c_library_alone_and_shows_its_functions_alone(self):
        self.export("--stale")
        library = self.bundle / "libgemmtune.so"
        needed = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout
        names = {line.split("[")[1].rstrip("]") for line in needed.splitlines() if "(NEEDED)" in line}
        self.assertLessEqual(names, {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "ld-linux-x86-64.so.2"})
        shown = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
        self.assertEqual({line.split()[-1] for line in shown.splitlines()},
                         {"gemmtune_" + name for name in ("open", "open_for", "close", "gemm", "find", "note", "abi", "error_text", "last_error")})

    def use(self, driver=FAKE_DRIVER, program=PROGRAM):
        environment = {"PATH": os.environ["PATH"]} | ({"LD_LIBRARY_PATH": driver} if driver else {})
        done = subprocess.run([sys.executable, "-B", "-c", program, SOURCE / "scripts/python", self.bundle], env=environment,
                              capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_library_launches_finds_and_refuses_through_ctypes(self):
        self.export("--stale")
        used = self.use()
        self.assertEqual(used["note"], "")
        self.assertEqual([f[:3] for f in used["found"]], [["exact", 0, 1], ["bucket", 3, 128], ["largest", 5, 4096]])
        self.assertEqual(used["found"][0][3], 66)
        self.assertEqual([code for code, _ in used["errors"]], [8, 7])
        self.assertIn("d is not aligned to 16 bytes", used["errors"][0][1])
        self.assertIn("no entry for dense_1d2d:n=8,k=128", used["errors"][1][1])

    def test_library_takes_null_for_an_error_and_has_a_text_for_every_code(self):
        self.export("--stale")
        used = self.use()
        self.assertEqual(used["null"], [9, 9, 9, 9, None])
        self.assertEqual(len(set(used["texts"])), 13)
        header = (self.bundle / "gemmtune.h").read_text()
        codes = re.findall(r"^  GEMMTUNE_\w+ = (\d+),?  +///<", header.partition("enum gemmtune_groups")[0], re.MULTILINE)
        self.assertEqual([int(code) for code in codes], list(range(1, 12)))
        self.assertEqual(used["texts"][12], "no code of gemmtune")

    def test_damaged_bundles_are_refused_without_a_driver(self):
        self.export("--stale")
        cubin = next(iter(sorted(self.bundle.glob("cubins/*"))))
        good = cubin.read_bytes()
        cubin.write_bytes(good[:-1])
        self.assertEqual(self.use(driver=None)["opening"][0], 4)
        cubin.unlink()
        code, text = self.use(driver=None)["opening"]
        self.assertEqual(code, 5)
        self.assertIn(cubin.name, text)

    @unittest.skipIf(os.path.exists("/dev/nvidiactl"), "there is a driver here")
    def test_without_a_driver_it_says_so(self):
        self.export("--stale")
        code, text = self.use(driver=None)["opening"]
        self.assertEqual(code, 1)
        self.assertIn("libcuda.so.1", text)

    def test_check_on_a_gpu_wants_a_bundle(self):
        done = subprocess.run([SOURCE / "scripts" / "bundle_check", self.dir], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no bundle in", done.stderr)


if __name__ == "__main__":
    unittest.main()
