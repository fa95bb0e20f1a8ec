"""scripts/peers without a GPU, and what gemmtune makes of the rows that they write."""
import contextlib
import importlib.util
import io
import json
import subprocess
import sys
import types
import unittest
from unittest import mock

from harness import SOURCE, CliTest, ScriptTest, script

SIM = ["--device", "sim:h100-sxm"]


def peers_module(name):
    path = SOURCE / f"scripts/peers/{name}.py"
    spec = importlib.util.spec_from_file_location(f"peers_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class PeersOfTraining(ScriptTest):
    """scripts/peers/train without a GPU: spans are what time_with_pytorch makes of events, (us, names of kernels)."""

    def samples(self, *names, ways=("deepgemm", "gemmtune")):
        class Timer:
            LaunchesLost = RuntimeError

            @staticmethod
            def timed_spans(torch, products, flush, launches):
                timed = script("time_with_pytorch")
                spans = []
                for i, _ in enumerate(products):
                    events = [("Memset (Device)", 0, 1)] + [(name, 2 + 2 * j, 3 + 2 * j) for j, name in enumerate(names)]
                    spans.append([(us + i, kernels) for us, kernels in timed.spans_of(events)] * launches)
                return spans
        return script("peers/train").samples_of(None, Timer, None, dict.fromkeys(ways), 2)

    def test_takes_a_launch_of_one_kernel_and_the_first_way_twice(self):
        self.assertEqual(self.samples("sm90_fp8_gemm"), {"deepgemm": [1, 1, 3, 3], "gemmtune": [2, 2]})

    def test_refuses_a_launch_of_two_kernels_by_their_names(self):
        with self.assertRaisesRegex(ValueError, "deepgemm: a launch is more than one kernel.* transpose.* sm90_fp8_gemm"):
            self.samples("transpose", "sm90_fp8_gemm")
        with self.assertRaisesRegex(ValueError, "deepgemm"):
            self.samples("transpose", "sm90_fp8_gemm", ways=(("deepgemm", 0), ("loop_of_dense", 1)))

    def test_a_loop_is_as_many_kernels_as_it_has_groups(self):
        found = self.samples("dense_1d1d", "dense_1d1d", ways=(("loop_of_dense", 1),))
        self.assertEqual(found, {("loop_of_dense", 1): [3, 3]})

    def run_main(self, *more, fails=()):
        """Of three problems; `fails`: numbers of those whose measurement ends with an error."""
        train = script("peers/train")
        torch = types.SimpleNamespace(cuda=types.SimpleNamespace(is_available=lambda: True, empty_cache=lambda: None), zeros=lambda *_, **__: None)
        timer = types.SimpleNamespace(Clearing=lambda *_: None, FLUSH_BYTES=1, LaunchesLost=type("LaunchesLost", (Exception,), {}))
        problems = [(train.journal.problem_of("", 64, 576, k), []) for k in (128, 256, 384)]

        def rows(torch, timer, flush, run, problem, bundle, options):
            if problem["k"] // 128 in fails:
                raise timer.LaunchesLost("3 of 4 launches")
            return [train.journal.row(run, problem, name, [us] * 9) for name, us in (("deepgemm", 12.0), ("gemmtune", 10.0))]
        patches = {"load_script": lambda _: timer, "problems_of": lambda *_: problems, "rows_of_dense": rows}
        said, errors, environment = io.StringIO(), io.StringIO(), {"host": "", "device": "NVIDIA H100", "uuid": ""}
        with mock.patch.multiple(train, **patches), mock.patch.object(train.machine, "environment_of", lambda _: environment), \
                mock.patch.dict(sys.modules, {"torch": torch, "gemmtune_bundle": types.SimpleNamespace(Bundle=str)}), \
                mock.patch.object(sys, "argv", ["train", "bundle", str(self.dir / "peers"), *more]), \
                contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
            code = train.main()
        journal = self.dir / "peers" / "journal.jsonl"
        rows = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
        return code, [row["problem"]["k"] for row in rows if row["record"] == "row"], said.getvalue(), errors.getvalue()

    def test_a_problem_that_cannot_be_timed_is_named_and_the_others_are(self):
        code, measured, said, errors = self.run_main(fails=[2])
        self.assertEqual((code, measured), (1, [128, 128, 384, 384]))
        self.assertIn("train: 64 x 576 x 256: LaunchesLost: 3 of 4 launches", errors)
        self.assertIn("geometric mean 1.200, least 1.200, of 2", said)
        self.assertEqual(self.run_main()[0], 0)

    def test_a_part_of_a_set_and_nothing_written_where_it_warms(self):
        self.assertEqual(self.run_main("--part", "2/3", "--warm")[:2], (0, []))
        self.assertEqual(self.run_main("--part", "2/2")[:2], (0, [256, 256]))

    def test_a_part_that_is_none_is_refused(self):
        for name in ("train", "measure", "grouped"):
            for part in ("0/3", "4/3", "2", "a/b"):
                done = subprocess.run([sys.executable, SOURCE / "scripts/peers" / name, "--part", part], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("expected I/N with I from 1 to N", done.stderr)


class PeersMeasured(ScriptTest):
    """scripts/peers/measure without a GPU."""

    def row(self, launches, error):
        measure, timed = script("peers/measure"), []
        environment = {"host": "", "device": "NVIDIA H100", "uuid": ""}
        run = measure.journal.run_header(environment, 30, measure.COPIES, "measure")
        products = types.SimpleNamespace(
            Operands=lambda torch, m, n, k, seed: types.SimpleNamespace(reference=lambda _: None), LIMITS={}, DEFAULT_LIMIT=5e-3,
            PROVIDERS={"deepgemm": lambda torch, o: timed.append(o) or (lambda: None)}, relative_error=lambda *_: error)
        with mock.patch.object(measure, "products", products):
            row = measure.measure(None, lambda product, launches: [10.0] * launches, run,
                                  measure.journal.problem_of("", 64, 576, 512), "deepgemm", launches)
        return row["invalidity"], row["time_us"], len(timed)

    def test_times_seven_copies_and_where_it_warms_compares_one(self):
        self.assertEqual(self.row(30, 1e-3), ("correct", 10.0, 7))
        self.assertEqual(self.row(0, 1e-3), ("correct", None, 1))
        self.assertEqual(self.row(0, 1e-2), ("correctness", None, 1))


class PeersRows(CliTest):
    """What scripts/peers/measure writes is a journal that gemmtune reads, with gemmtune's own ids."""

    def setUp(self):
        super().setUp()
        self.journal = peers_module("journal")
        self.sweep()
        header = self.records("run")[0]
        self.run_of_peers = self.journal.run_header(header["environment"], 30, 8, "measure")
        self.problem = self.journal.problem_of("", 64, 576, 512)

    def write_rows(self, **samples_us):
        folder = self.dir / "peers"
        folder.mkdir()
        rows = [self.journal.row(self.run_of_peers, self.problem, provider, samples)
                for provider, samples in samples_us.items()]
        rows.append(self.journal.row(self.run_of_peers, self.problem, "refusing", None,
                                     ("constraints", "RuntimeError: no")))
        (folder / "journal.jsonl").write_text(
            "".join(json.dumps(record) + "\n" for record in [self.run_of_peers, *rows]))
        return folder, rows

    def test_have_the_members_and_ids_of_gemmtunes_own(self):
        folder, rows = self.write_rows(deepgemm=[10.0] * 30)
        ours = self.records()[0]
        for row in rows:
            self.assertEqual(list(row), list(ours))
            self.assertEqual(row["problem_id"], ours["problem_id"])
            self.assertEqual(list(row["problem"]), list(ours["problem"]))
        self.assertEqual((rows[0]["flops"], rows[0]["bytes"]), (ours["flops"], ours["bytes"]))
        self.assertEqual(set(self.run_of_peers) | {"record", "strategy"}, set(self.records("run")[0]), "it searched nothing")
        self.assertEqual(set(self.run_of_peers["policy"]), set(self.records("run")[0]["policy"]))
        read = [json.loads(line) for line in self.run_cli("report", folder, "--format", "jsonl").stdout.splitlines()]
        self.assertEqual({row["provider"]: row["id"] for row in read}, {row["provider"]: row["id"] for row in rows})

    def test_are_beside_ours_in_the_report(self):
        folder, _ = self.write_rows(deepgemm=[10.0] * 30, torch_scaled_mm_tensor=[8.0] * 30, triton_block=[9.0] * 30)
        report = json.loads(self.run_cli("report", self.out, "--peers", folder, "--format", "json").stdout)
        winner = report["winners"][0]
        carried = winner["cublaslt_tensor_us"] / 8.0
        self.assertAlmostEqual(winner["deepgemm_carried_us"], 10 * carried)
        fastest = min(9 * carried, winner["cublaslt_block_us"])
        self.assertAlmostEqual(winner["vs_best_peer"], fastest / winner["time_us"])
        self.assertIn("H100", report["peers"])

    def test_without_deepgemm_are_beside_ours_too(self):
        folder, _ = self.write_rows(torch_scaled_mm_block=[12.0] * 30, torch_scaled_mm_tensor=[8.0] * 30,
                                    triton_block=[9.0] * 30)
        report = json.loads(self.run_cli("report", self.out, "--peers", folder, "--format", "json").stdout)
        winner, means = report["winners"][0], report["ratios"][0]
        carried = winner["cublaslt_tensor_us"] / 8.0
        for peer, there_us in (("torch", 12), ("triton", 9)):
            ratio = there_us * carried / winner["time_us"]
            self.assertAlmostEqual(winner[f"{peer}_carried_us"], there_us * carried)
            self.assertAlmostEqual(winner[f"vs_{peer}_carried"], ratio)
            self.assertAlmostEqual(means[f"vs_{peer}_carried"], ratio)
        for format in ("table", "md"):
            text = " ".join(self.run_cli("report", self.out, "--peers", folder, "--format", format).stdout.split())
            self.assertIn("torch, Triton: figures of a file", text)
            for absent in ("DeepGEMM", "best peer"):
                self.assertNotIn(absent, text)
        page = self.run_cli("report", self.out, "--peers", folder, "--format", "html").stdout
        self.assertTrue("torch (carried)" in page and "Triton (carried)" in page)

    def test_of_nothing_are_refused(self):
        folder, _ = self.write_rows()
        result = self.run_cli("report", self.out, "--peers", folder)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), result.stderr)

    def test_interval_is_that_of_gemmtune(self):
        ours = self.rows("final")[0]
        low, high = self.journal.median_interval(ours["samples_us"])
        self.assertAlmostEqual(low, ours["time_us_low"], places=6)
        self.assertAlmostEqual(high, ours["time_us_high"], places=6)


class PeersRowsOfGroups(CliTest):
    """What scripts/peers/grouped writes stands beside ours in the view of groups, carried by our kernel there."""

    PROBLEMS = ["grouped_contiguous_1d2d:groups=4,m_per_group=100.5,spread=0.3,n=1024,k=1024",
                "grouped_contiguous_1d2d:groups=4,m_per_group=64,routing=zipf:1.2,alignment=1,n=1024,k=1024",
                "grouped_masked_1d2d:groups=4,m_per_group=64,empty=0.25,max_m=256,n=1024,k=1024",
                "grouped_masked_1d2d:group_sizes=5/0/70,max_m=128,n=1024,k=1024",
                "k_grouped_1d1d:groups=4,k_per_group=512,spread=0.3,m=256,n=384,out=fp32,accumulate=true"]

    def setUp(self):
        super().setUp()
        self.journal = peers_module("journal")
        self.problems = [word for problem in self.PROBLEMS for word in ("--problem", problem)]
        self.planned = [json.loads(line) for line in
                        self.run_cli("plan", *self.problems, "--format", "jsonl").stdout.splitlines()]

    def test_problems_are_those_that_gemmtune_means(self):
        draws = [planned["group_sizes_of_draws"].split() for planned in self.planned]
        self.assertEqual([len(of_problem) for of_problem in draws], [5, 5, 5, 1, 5])
        self.assertEqual(draws[3], ["5/0/70"])
        for draw in draws[1]:
            self.assertEqual(sum(map(int, draw.split("/"))), 256)
        for planned in self.planned:
            problem = self.journal.grouped_problem_of(planned)  # raises where the ids differ
            self.assertEqual(self.journal.problem_id(problem), planned["problem_id"])
        with self.assertRaisesRegex(ValueError, "not understood"):
            self.journal.grouped_problem_of(self.planned[0] | {"n": 2048})

    def test_along_k_are_understood_too(self):
        listed = self.run_cli("plan", "--shapes", "k-grouped-peers", "--space", "quick", "--format", "jsonl").stdout.splitlines()
        sys.path.insert(0, str(SOURCE / "scripts" / "peers"))
        k_groups = peers_module("k_groups")
        for planned in map(json.loads, listed):
            problem = self.journal.grouped_problem_of(planned)
            self.assertEqual(self.journal.problem_id(problem), planned["problem_id"])
        draws = [[int(size) for size in draw.split("/")] for draw in planned["group_sizes_of_draws"].split()]
        self.assertTrue(any(size == 0 for draw in draws for size in draw))
        self.assertTrue(all(size % 128 == 0 for draw in draws for size in draw))
        # FLOPs and bytes are what gemmtune counts.
        out = self.dir / "along-k"
        swept = self.run_cli("sweep", "--problem", planned["problem"], "--space", "quick", "--out", out, *SIM)
        self.assertEqual(swept.returncode, 0, swept.stderr)
        rows = [row for row in map(json.loads, (out / "journal.jsonl").read_text().splitlines()) if row["record"] == "row"]
        self.assertEqual((rows[0]["flops"], rows[0]["bytes"]), k_groups.work_of(problem, draws))

    def test_are_carried_by_our_kernel(self):
        out = self.dir / "groups"
        swept = self.run_cli("sweep", *self.problems, "--space", "quick", "--out", out, *SIM)
        self.assertEqual(swept.returncode, 0, swept.stderr)
        header = next(json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines())
        run = self.journal.run_header(header["environment"], 27, 1, "grouped")
        folder = self.dir / "peers"
        folder.mkdir()
        with open(folder / "journal.jsonl", "w", encoding="utf-8") as file:
            file.write(json.dumps(run) + "\n")
            for planned in self.planned:
                problem = self.journal.grouped_problem_of(planned)
                for provider, us, config in (("gemmtune", 10, {}), ("deepgemm", 11, {}), ("padded_batch", 20, {}),
                                             ("loop_of_dense", 40, {"streams": 1}), ("loop_of_dense", 30, {"streams": 4})):
                    file.write(json.dumps(self.journal.row(run, problem, provider, [float(us)] * 9, config=config,
                                                           draws_us=[us - 1.0, us + 1.0], work=(1, 1))) + "\n")
        rows = json.loads(self.run_cli("report", out, "--view", "groups", "--peers", folder, "--format", "json").stdout)
        self.assertEqual(len(rows), len(self.PROBLEMS))
        for row in rows:
            self.assertAlmostEqual(row["speedup_over_deepgemm"], 1.1)
            self.assertAlmostEqual(row["speedup_over_padded_batch"], 2)
            self.assertAlmostEqual(row["speedup_over_loop_of_dense"], 3)
            self.assertAlmostEqual(row["loop_of_dense_us"], 3 * row["time_us"])
            drawn = "group_sizes" not in row["problem"]
            self.assertEqual(row["time_us_of_least_draw"] is not None, drawn)
            if drawn:
                self.assertLessEqual(row["time_us_of_least_draw"], row["time_us_of_most_draw"])
        winners = json.loads(self.run_cli("report", out, "--peers", folder, "--format", "json").stdout)["winners"]
        for winner in winners:
            self.assertAlmostEqual(winner["vs_best_peer"], 1.1)
        text = " ".join(self.run_cli("report", out, "--peers", folder).stdout.split())
        self.assertIn("of groups by our own kernel, which ran beside them", text)


if __name__ == "__main__":
    unittest.main()
