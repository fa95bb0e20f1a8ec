"""`gemmtune accuracy`: the real program; its figures against numpy's, its formats against each other and their schema, and files that
lie."""
import csv
import importlib.util
import io
import json
import os
import resource
import struct
import subprocess
import unittest
from unittest import mock

from harness import GEMMTUNE, SOURCE, CliTest, script

try:
    import jsonschema
except ImportError:
    jsonschema = None

WITH_NUMPY = SOURCE / ".kernel_tuner/bin/python"
SIZE = ["--size", "96x160x384"]
FEW = ["--recipe", "bf16", "--recipe", "e4m3:1d2d", "--recipe", "e4m3:tensor", "--recipe", "e5m2:1x64"]


def npy(rows, columns, values):
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}"
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head.encode() + struct.pack(f"<{len(values)}f", *values)


def safetensors(tensors, data):
    head = json.dumps(tensors).encode()
    return struct.pack("<Q", len(head)) + head + data


class Accuracy(CliTest):
    def accuracy(self, *args):
        done = self.run_cli("-q", "accuracy", *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def rows(self, *args):
        return json.loads(self.accuracy(*args, "--format", "json"))["products"][0]["rows"]

    def write_bytes(self, name, data):
        path = self.dir / name
        path.write_bytes(data)
        return str(path)


class Figures(Accuracy):
    @unittest.skipUnless(WITH_NUMPY.exists(), "no numpy: scripts/setup --tests fetches it with Kernel Tuner into .kernel_tuner/")
    def test_are_numpys_within_a_per_cent(self):
        for size, data, recipes in (("96x160x320", "normal", "all"), ("160x70x200", "outliers:factor=200", "usual"),
                                    ("64x64x256", "gradient", "usual"), ("40x48x256", "layer", "usual")):
            done = subprocess.run([WITH_NUMPY, SOURCE / "scripts/accuracy_check", "--size", size, "--data", data, "--recipes", recipes,
                                   "--sample", "32"], capture_output=True, text=True, env={**self.env, "GEMMTUNE_BINARY_PATH": GEMMTUNE})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout, r"\d{3} figures, 0 more than 1 % apart")

    @unittest.skipIf(importlib.util.find_spec("torch") is None, "python3 has no torch")
    def test_are_torchs_within_a_per_cent_and_one_that_is_not_is_seen(self):
        check = script("accuracy_check_torch")
        with mock.patch.dict(os.environ, {"GEMMTUNE_BINARY_PATH": GEMMTUNE}):
            for size, data, recipes in (("96x160x320", "normal", "all"), ("160x70x200", "outliers:factor=200", "usual"),
                                        ("64x64x256", "gradient", "usual")):
                told = check.run_gemmtune(size, data, recipes, 32)
                apart = [distance for _, its in check.check_product(told, "cpu", 32) for distance in its.values()]
                self.assertGreater(len(apart), 100)
                self.assertLess(max(apart), 0.01)
            told[0][1]["accumulation"]["mean_absolute"] *= 1.02
            apart = [distance for _, its in check.check_product(told, "cpu", 32) for distance in its.values()]
            self.assertEqual(sum(distance > 0.01 for distance in apart), 1)

    def test_do_not_depend_on_threads_and_do_on_the_seed(self):
        one, two, other = (self.rows(*SIZE, *FEW, *more) for more in (("--threads", 1), ("--threads", 3), ("--seed", 2)))
        self.assertEqual(one, two)
        self.assertNotEqual(one, other)

    def test_split_the_error_into_its_parts(self):
        for row in self.rows("--size", "128x128x512", *FEW):
            parts = [row[part]["relative_rms"] for part in ("quantisation", "accumulation", "output")]
            self.assertAlmostEqual(row["total"]["relative_rms"] / sum(x * x for x in parts) ** 0.5, 1, delta=0.03)
        fp32, = self.rows("--size", "64x64x512", "--recipe", "e4m3:1d2d,out=fp32")
        self.assertEqual(fp32["output"]["relative_rms"], 0)
        self.assertIsNone(fp32["output"]["snr_db"])

    def test_of_fp8_are_not_below_those_of_bf16(self):
        bf16, fp8, *_ = self.rows("--size", "128x128x1024", *FEW)
        self.assertAlmostEqual(fp8["total"]["relative_rms"], 3.7e-2, delta=0.2e-2)
        self.assertAlmostEqual(bf16["total"]["relative_rms"], 2.9e-3, delta=0.2e-3)

    def test_of_files_are_those_of_the_data_in_them(self):
        made = self.rows(*SIZE, *FEW, "--data", "layer", "--write-data", "kept")
        self.assertEqual(self.rows("--a", "kept/a.npy", "--b", "kept/b.npy", *FEW), made)
        data = (self.dir / "kept/a.npy").read_bytes()[128:], (self.dir / "kept/b.npy").read_bytes()[128:]
        both = self.write_bytes("x.safetensors", safetensors(
            {"a": {"dtype": "F32", "shape": [96, 384], "data_offsets": [0, len(data[0])]},
             "b": {"dtype": "F32", "shape": [160, 384], "data_offsets": [len(data[0]), len(data[0]) + len(data[1])]}}, b"".join(data)))
        self.assertEqual(self.rows("--a", f"{both}:a", "--b", f"{both}:b", *FEW), made)


class Output(Accuracy):
    def test_formats_agree(self):
        whole = json.loads(self.accuracy(*SIZE, *FEW, "--data", "normal", "--data", "swiglu", "--format", "json"))
        rows = list(csv.DictReader(io.StringIO(self.accuracy(*SIZE, *FEW, "--data", "normal", "--data", "swiglu", "--format", "csv"))))
        self.assertEqual([product["data"] for product in whole["products"]], ["normal", "swiglu"])
        self.assertEqual([row["recipe"] for product in whole["products"] for row in product["rows"]], [row["recipe"] for row in rows])
        for mine, row in zip((row for product in whole["products"] for row in product["rows"]), rows):
            self.assertEqual(mine["total"]["relative_rms"], float(row["relative_rms"]))
            self.assertEqual(mine["accumulation"]["max_over_sum"], float(row["accumulation_max_over_sum"]))
        lines = self.accuracy(*SIZE, *FEW).splitlines()
        self.assertTrue(all(len(line) <= 80 for line in lines), lines)
        self.assertIn("are a model", " ".join(lines))
        markdown, page = (self.accuracy(*SIZE, *FEW, "--format", form) for form in ("md", "html"))
        error = f"{whole['products'][0]['rows'][1]['total']['relative_rms']:.2e}"
        for text in (markdown, page, "\n".join(lines)):
            self.assertIn(error, text)
            self.assertIn("no GPU was asked", " ".join(text.split()))
        self.assertEqual(page.count("<tr>"), 1 + len(FEW) / 2)
        self.assertNotIn("http", page)

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_json_agrees_with_its_schema(self):
        schema = json.loads((SOURCE / "configs/schema/accuracy.schema.json").read_text())
        validator = jsonschema.Draft7Validator(schema)
        table = ["--table", SOURCE / "results/h100-sxm/dsv3"]
        for args in ([*SIZE, "--recipes", "all"], ["--size", "128x2112x7168", *FEW, "--sample", "32", *table]):
            document = json.loads(self.accuracy(*args, "--format", "json"))
            validator.validate(document)
        self.assertFalse(validator.is_valid({**document, "accumulation": "measured"}))

    def test_says_how_much_of_d_was_computed(self):
        self.assertIn("96x160x384, normal\n", self.accuracy("--sample", "160", *SIZE, *FEW))
        self.assertIn("96x160x384, normal: 64x64 elements of D, of all of K", self.accuracy("--sample", "64", *SIZE, *FEW))

    def test_has_the_speed_of_the_kernel_that_computes_a_recipe(self):
        table = SOURCE / "results/h100-sxm/dsv3/table.json"
        bf16, block, tensor, none = self.rows("--size", "128x2112x7168", *FEW, "--sample", "32", "--table", table)
        entry, = (e for e in json.loads(table.read_text())["entries"] if [e["problem"][size] for size in "mnk"] == [128, 2112, 7168])
        self.assertEqual((block["kernel"], block["time_us"], block["tuned_m"]), ("dense_1d2d", entry["time_us"], 128))
        self.assertEqual((bf16["kernel"], tensor["kernel"], none["kernel"]), ("dense_bf16", "dense_tensor", None))
        self.assertEqual([row["time_us"] for row in (bf16, tensor, none)], [None] * 3, "not in this table")
        _, block, *_ = self.rows("--size", "200x2112x7168", *FEW, "--sample", "32", "--table", table)
        self.assertEqual(block["tuned_m"], 512)
        _, block, *_ = self.rows("--size", "8192x2112x7168", *FEW, "--sample", "32", "--table", table)
        self.assertIsNone(block["time_us"], "nothing so large was tuned")
        _, block, *_ = self.rows("--size", "8x2112x200", *FEW)
        self.assertIsNone(block["kernel"], "K is no multiple of 128")

    def test_takes_sizes_of_problems_each_once(self):
        problems = ["--problem", "dense_1d2d:m=32,n=64/32,k=256", "--problem", "dense_bf16:m=32,n=64,k=256"]
        products = json.loads(self.accuracy(*problems, *FEW, "--format", "json"))["products"]
        self.assertEqual([(p["m"], p["n"], p["k"]) for p in products], [(32, 64, 256), (32, 32, 256)])
        fp32 = self.rows("--problem", "dense_1d2d:m=32,n=64,k=256,out=fp32", *FEW)
        self.assertEqual({row["out"] for row in fp32}, {"fp32"})

    def test_draws_the_error_over_outliers(self):
        self.accuracy("--size", "32x32x256", *FEW, "--format", "svg", "-o", "x.svg")
        self.assertIn("e4m3:1d2d", (self.dir / "x.svg").read_text())
        blocks = [block.split("\n") for block in (self.dir / "x.dat").read_text().split("\n\n\n") if block]
        self.assertEqual(len(blocks), len(FEW) / 2)
        self.assertIn("gnuplot", (self.dir / "x.gnuplot").read_text())


class Slips(Accuracy):
    def refused(self, *args, says):
        done = self.run_cli("accuracy", *args)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, done.stderr)

    def test_are_one_message(self):
        self.refused(says=["of what?", "--size", "--shapes", "--a FILE"])
        self.refused("--size", "1x2", says=["--size", "1024x2112x7168", '"1x2"'])
        self.refused("--size", "0x2x3", says="--size")
        self.refused("--size", "8x8x99999999", says="K is at most 1048576")
        self.refused("--size", "4096x8x1048576", "--sample", "1024", says="smaller --sample")
        self.refused(*SIZE, "--recipe", "e4m3:1d2d,promote=never", says="every 128 of K")
        self.refused(*SIZE, "--recipe", "bf16", "--recipes", "all", says="--recipes")
        self.refused(*SIZE, "--data", "norml", says='did you mean "normal"')
        self.refused(*SIZE, "--format", "svg", says="-o FILE.svg")
        self.refused(*SIZE, "--data", "normal", "--format", "svg", "-o", "x.svg", says="outliers")
        self.refused(*SIZE, "--data", "all", "--write-data", "x", says="one pair")
        self.refused(*SIZE, "--write-data", self.dir, says=str(self.dir))
        self.refused("--a", "x.npy", says="--b")

    def test_matrices_that_do_not_fit_say_their_shapes(self):
        a = self.write_bytes("a.npy", npy(2, 3, [1] * 6))
        b = self.write_bytes("b.npy", npy(3, 4, [1] * 12))
        self.refused("--a", a, "--b", b, says=["A is M x K and B is N x K", "a.npy is 2x3", "b.npy is 3x4", "B transposed would fit"])
        self.refused("--a", a, "--b", a, "--recipe", "e4m3:tensor,history", says="no earlier steps")
        self.refused("--a", a, "--b", a, *SIZE, says="--size")

    def test_hostile_files_are_exit_2_and_little_memory(self):
        good = npy(2, 3, [1] * 6)
        b = self.write_bytes("b.npy", good)
        huge = self.dir / "huge.npy"  # a sparse file of 16 TiB with a head that agrees
        huge.write_bytes(npy(2**21, 2**21, []))
        os.truncate(huge, huge.stat().st_size + 2**44) if self.takes(2**45) else None
        entry = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
        hostile = {"short": good[:-1], "long": good + b"x", "head": good[:20], "nan": npy(2, 3, [1, 2, float("nan")] * 2),
                   "sizes": npy(2**31 - 1, 2**31 - 1, []), "length": struct.pack("<Q", 2**63) + b"{}", "empty": b"",
                   "deep": struct.pack("<Q", 2 << 20) + b"[" * (1 << 20) + b"]" * (1 << 20),
                   "overlap": safetensors({"a": entry, "b": entry}, b"\0" * 24),
                   "outside": safetensors({"a": {**entry, "shape": [4, 3], "data_offsets": [0, 48]}}, b"\0" * 24),
                   "lists": safetensors({"a": [[]] * 100000}, b"")}
        def limited():
            resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        for name, data in hostile.items():
            path = self.write_bytes(name, data)
            for named in (path, path + ".safetensors:a"):
                if named != path:
                    os.rename(path, path + ".safetensors")
                done = subprocess.run([GEMMTUNE, "accuracy", "--a", named, "--b", b], capture_output=True, text=True, env=self.env,
                                      cwd=self.dir, preexec_fn=limited, timeout=60)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), (name, done.stderr[:500]))
                self.assertIn(name, done.stderr)
                self.assertLess(len(done.stderr), 1000)
        if huge.stat().st_size > 2**44:
            self.refused("--a", huge, "--b", huge, says="K is at most 1048576")

    def takes(self, size):
        """Whether this file system knows files of that size."""
        path = self.dir / "size"
        path.touch()
        try:
            os.truncate(path, size)
        except OSError:
            return False
        finally:
            path.unlink()
        return True

    def test_names_from_files_do_not_drive_the_terminal(self):
        a = self.write_bytes("a\x1b[31m.npy", npy(2, 3, [1] * 6))
        self.assertNotIn("\x1b", self.accuracy("--a", a, "--b", a, *FEW))
        os.rename(a, a + ".safetensors")
        done = self.run_cli("accuracy", "--a", a + ".safetensors:\x1b[31m", "--b", a)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("\x1b", done.stderr)
        table = json.loads((SOURCE / "results/h100-sxm/dsv3/table.json").read_text())
        table["fingerprint"]["device"] = "H100\x1b[31m"
        shown = self.accuracy("--size", "8x8x128", *FEW, "--table", self.write("table.json", table))
        self.assertIn("H100", shown)
        self.assertNotIn("\x1b", shown)

    def test_sizes_take_no_more_memory_than_a_sample_of_them(self):
        def limited():
            resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        done = subprocess.run([GEMMTUNE, "-q", "accuracy", "--size", "2147483647x8x128", "--sample", "32", "--recipe", "e4m3:1d2d"],
                              capture_output=True, text=True, env=self.env, cwd=self.dir, preexec_fn=limited, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
