"""Several boards of one host: --device 0,1 and all."""
import json
import signal
import time
import unittest

from harness import CliTest

SIZES = [(64, 576, 512), (128, 576, 512), (1, 2112, 7168), (64, 2112, 7168), (512, 1024, 1024), (4096, 1024, 1024), (16, 256, 4096)]
GONE = {"sms": 0, "device": ""}


class BoardsTest(CliTest):
    def setUp(self):
        super().setUp()
        self.shapes = self.write("shapes.json", {"schema": "gemmtune.shapes/1", "name": "seven", "problems": [
            {"kernel": "dense_1d2d", "m": m, "n": n, "k": k} for m, n, k in SIZES]})

    def boards(self, count, rules=(), **changed):
        """So many GPUs, each with a number of its own and nothing behind them; `changed` are members by GPU."""
        environments = {str(i): {"uuid": f"GPU-{i}", **changed.get(f"gpu{i}", {})} for i in range(count)}
        self.script(environments={**environments, **{str(i): GONE for i in range(count, 16)}}, rules=list(rules))

    def args(self, device, out, *more):
        return ["sweep", "--shapes", self.shapes, "--space", self.space, "--device", device, "--out", self.dir / out, "--jobs", "2", *more]

    def run_sweep(self, device, out, *more, expect=0):
        result = self.run_cli(*self.args(device, out, *more))
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def table(self, out):
        return json.loads((self.dir / out / "table.json").read_text())

    def entries(self, out):
        return {json.dumps(e["problem"]): {k: v for k, v in e.items() if k != "board_uuid"} for e in self.table(out)["entries"]}

    def boards_of(self, out):
        return {e["board_uuid"] for e in self.table(out)["entries"]}

    def boards_by_problem(self, out):
        """Whose times each problem has."""
        self.out = self.dir / out
        found = {}
        for row in self.records():
            if row["time_us"] is not None:
                found.setdefault(row["problem_id"], set()).add(row["board_uuid"])
        return found


class Boards(BoardsTest):
    def test_share_a_sweep_by_whole_problems_and_make_the_table_of_one(self):
        self.boards(3, rules=[{"op": "verify", "do": "slow", "ms": 5}])
        self.run_sweep("0", "one")
        self.run_sweep("all", "all")
        self.assertEqual(self.entries("all"), self.entries("one"))
        self.assertEqual(self.boards_of("all"), {"GPU-0", "GPU-1", "GPU-2"})
        self.assertEqual(self.table("all")["fingerprint"]["uuid"], "", "it is of none of them alone")
        self.assertEqual({len(boards) for boards in self.boards_by_problem("all").values()}, {1})
        self.run_sweep("0,2", "two")
        self.assertEqual(self.boards_of("two"), {"GPU-0", "GPU-2"})

    def test_do_side_by_side_what_one_does_alone(self):
        self.boards(3, rules=[{"op": "measure", "do": "slow", "ms": 60}])
        spans = {}
        for device in ("0", "all"):
            start = time.monotonic()
            self.run_sweep(device, device)
            spans[device] = time.monotonic() - start
        self.assertLess(spans["all"], spans["0"] * 0.6)

    def test_that_are_simulated_do_the_same(self):
        self.run_sweep("sim:h100-sxm", "one")
        self.run_sweep("sim:h100-sxm*2", "two")
        self.assertEqual(self.entries("two"), self.entries("one"))

    def test_begin_with_the_longest_problem(self):
        self.boards(2)
        self.run_sweep("0,1", "out")
        prepared = [e["request"]["problem"]["m"] for e in self.requests("prepare")]
        self.assertIn(4096, prepared[:2])

    def test_of_unlike_kinds_get_tables_of_their_own(self):
        self.boards(3, gpu1={"power_limit_w": 500})
        result = self.run_sweep("all", "out")
        self.assertIn("boards of 2 kinds", result.stderr)
        folders = sorted(p.name for p in (self.dir / "out").iterdir())
        self.assertEqual(folders, ["h100-sxm-1", "h100-sxm-2"])
        self.assertEqual(self.boards_of("out/h100-sxm-1") | {"GPU-1"}, {"GPU-0", "GPU-1", "GPU-2"})
        self.assertEqual(self.boards_of("out/h100-sxm-2"), {"GPU-1"})
        self.assertEqual(self.entries("out/h100-sxm-1"), self.entries("out/h100-sxm-2"))
        self.assertIn("leave it out", self.run_sweep("all", "x", "-o", self.dir / "f", expect=2).stderr)

    def test_that_cannot_run_the_kernels_are_left_out_of_all(self):
        self.boards(3, gpu1={"cc": "8.0", "device": "NVIDIA A100"})
        self.assertIn("GPU 1 (NVIDIA A100) is left out", self.run_sweep("all", "out").stderr)
        self.assertNotIn("GPU-1", self.boards_of("out"))

    def test_lose_nothing_to_a_worker_that_is_killed(self):
        self.boards(2, rules=[{"op": "verify", "match": {"visible": "1"}, "do": "segv", "skip": 5, "times": 1}])
        self.run_sweep("0,1", "out")
        self.boards(2)
        self.run_sweep("0", "one")
        self.assertEqual(self.entries("out"), self.entries("one"))

    def test_go_on_when_one_of_them_dies(self):
        self.boards(3, rules=[{"op": "verify", "do": "slow", "ms": 5, "match": {"visible": "0"}},
                              {"op": "verify", "match": {"visible": "1"}, "do": "fatal", "skip": 5, "times": 9},
                              {"op": "describe", "match": {"visible": "1"}, "do": "malformed", "skip": 1,
                               "result": {**self.environment(), "sms": 0}}])
        result = self.run_sweep("all", "out")
        self.assertIn("GPU 1 is lost", result.stderr)
        self.assertIn("the others go on", result.stderr)
        self.assertEqual(len(self.entries("out")), len(SIZES))
        self.boards(3)
        self.run_sweep("0", "one")
        self.assertEqual(self.entries("out"), self.entries("one"))
        self.out = self.dir / "out"
        self.assertTrue(all(r["invalidity"] == "correct" for r in self.records() if r["provider"] == "gemmtune"), "nobody is blamed")

    def environment(self):
        self.run_sweep("0", "described")
        self.out = self.dir / "described"
        return self.records("run")[0]["environment"]

    def test_that_are_another_after_a_fault_are_gone(self):
        """Numbers of GPUs move up where one is gone."""
        self.boards(2, rules=[{"op": "verify", "match": {"visible": "1"}, "do": "fatal", "times": 1},
                              {"op": "describe", "match": {"visible": "1"}, "do": "malformed", "skip": 1,
                               "result": {**self.environment(), "uuid": "GPU-7"}}])
        self.assertIn("in its place is GPU-7", self.run_sweep("0,1", "out").stderr)
        self.assertEqual(self.boards_of("out"), {"GPU-0"})

    def test_end_with_the_way_to_go_on_when_all_are_gone_and_go_on(self):
        gone = {"op": "describe", "do": "malformed", "skip": 2, "result": {**self.environment(), "sms": 0}}
        self.boards(2, rules=[{"op": "verify", "do": "fatal", "skip": 9}, gone])
        result = self.run_sweep("0,1", "out", expect=1)
        self.assertIn("--resume", result.stderr)
        self.assertIn("GPU 0: ", result.stderr)
        self.boards(2)
        self.run_sweep("0,1", "out", "--resume")
        self.run_sweep("0", "one")
        self.assertEqual(self.entries("out"), self.entries("one"))

    def test_are_interrupted_and_resumed_and_measure_nothing_twice(self):
        slow = [{"op": "verify", "do": "slow", "ms": 15}, {"op": "measure", "do": "slow", "ms": 5}]
        self.boards(3, rules=slow)
        process = self.start_cli(*self.args("all", "out"))
        self.wait_for(lambda: len(self.requests("verify")) > 7, "some candidates")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, errors)
        self.run_sweep("2,1,0", "out", "--resume")  # who comes first now began another problem
        asked = [json.dumps([e["problem"], e["request"]["contender"]]) for e in self.requests("verify")
                 if e["request"]["contender"]["provider"] == "gemmtune"]
        self.assertEqual(len(asked), len(set(asked)), "a problem goes on where it was begun")
        self.assertEqual({len(boards) for boards in self.boards_by_problem("out").values()}, {1})
        self.assertEqual(len(self.entries("out")), len(SIZES))
        self.out = self.dir / "out"
        self.assert_no_worker_left()

    def test_do_not_go_on_in_the_folder_of_one_that_knows_nothing_of_them(self):
        self.boards(2)
        self.run_sweep("0", "out")
        self.assertIn("was measured on another machine", self.run_sweep("0,1", "out", "--resume", expect=2).stderr)

    def test_that_are_named_wrongly_are_refused(self):
        self.boards(1)
        for device, word in [("0,0", "named twice"), ("sim:h100-sxm*0", "how often"), ("0*2", "how often"), ("0,x", "expected a GPU's number")]:
            self.assertIn(word, self.run_sweep(device, "out", expect=2).stderr)
        self.assertIn("no usable GPU", self.run_sweep("0,1", "out", expect=5).stderr)


class Trace(BoardsTest):
    def spans(self, path):
        """By lane: name, start and end in nanoseconds, sorted so that what encloses comes first."""
        events = json.loads(path.read_text())
        lanes = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
        found = {}
        for e in events:
            if e["ph"] == "X":
                start = round(e["ts"] * 1e3)
                found.setdefault(e["tid"], []).append((e["name"], start, start + round(e["dur"] * 1e3)))
        return {(lanes[tid], tid): sorted(spans, key=lambda s: (s[1], -s[2])) for tid, spans in found.items()}

    def check_nesting(self, spans):
        open_spans = []
        for name, start, end in spans:
            while open_spans and open_spans[-1][2] <= start:
                open_spans.pop()
            if open_spans:
                self.assertLessEqual(end, open_spans[-1][2], f"{name} reaches over the end of {open_spans[-1][0]}")
            open_spans.append((name, start, end))

    def test_has_a_lane_a_worker_whose_spans_nest_and_cover_the_time(self):
        self.boards(2, rules=[{"op": op, "do": "slow", "ms": 8} for op in ("prepare", "verify", "measure", "compile")])
        start = time.monotonic()
        self.run_sweep("0,1", "out", "--trace", self.dir / "trace.json")
        wall_ns = (time.monotonic() - start) * 1e9
        lanes = self.spans(self.dir / "trace.json")
        self.assertEqual(sorted(name for name, _ in lanes), ["GPU 0", "GPU 1", "compiler", "compiler"])
        names = {}
        for (lane, _), spans in lanes.items():
            self.check_nesting(spans)
            names.setdefault(lane, set()).update(name for name, _, _ in spans)
            if lane == "compiler":
                continue
            whole = [s for s in spans if s[0] == "sweep"]
            self.assertEqual(len(whole), 1)
            inner = sum(end - begin for name, begin, end in spans if name in ("problem", "wait", "describe") and begin >= whole[0][1])
            waits_inside = sum(e - b for n, b, e in spans if n == "wait" and any(p[0] == "problem" and p[1] <= b and e <= p[2] for p in spans))
            length = whole[0][2] - whole[0][1]
            self.assertGreater((inner - waits_inside) / length, 0.95, "problems and waits cover the sweep")
            self.assertLess(length, wall_ns)
            problems = sum(e - b for n, b, e in spans if n == "problem")
            requests = sum(e - b for n, b, e in spans if n in ("prepare", "verify", "measure", "baselines")) + waits_inside
            self.assertGreater(requests / problems, 0.8, "requests and waits cover the problems")
        self.assertEqual(names["compiler"], {"compile"})
        self.assertLessEqual({"sweep", "problem", "prepare", "baselines", "verify", "measure", "wait"}, names["GPU 0"] & names["GPU 1"])
        problems = sum(s[0] == "problem" for spans in lanes.values() for s in spans)
        self.assertEqual(problems, len(SIZES))

    def test_shows_rests_within_the_measurement(self):
        self.boards(1)
        self.env["GEMMTUNE_FAKE_SCRIPT"] = self.write("script.json", {
            "environments": {"0": {"uuid": "GPU-0"}}, "resting_s": 0.004, "rules": [{"op": "measure", "do": "slow", "ms": 8}]})
        self.run_sweep("0", "out", "--trace", self.dir / "trace.json")
        spans = next(spans for (lane, _), spans in self.spans(self.dir / "trace.json").items() if lane == "GPU 0")
        self.check_nesting(spans)
        rests = [end - start for name, start, end in spans if name == "rest"]
        self.assertEqual(len(rests), sum(name == "measure" for name, _, _ in spans))
        self.assertEqual(set(rests), {4_000_000})

    def test_of_a_sweep_that_is_interrupted_is_whole(self):
        self.boards(2, rules=[{"op": "verify", "do": "slow", "ms": 15}])
        process = self.start_cli(*self.args("0,1", "out", "--trace", self.dir / "trace.json"))
        self.wait_for(lambda: len(self.requests("verify")) > 7, "some candidates")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        for spans in self.spans(self.dir / "trace.json").values():
            self.check_nesting(spans)

    def test_that_cannot_be_written_is_said_at_once(self):
        self.boards(1)
        result = self.run_sweep("0", "out", "--trace", self.dir / "no/trace.json", expect=2)
        self.assertIn("--trace", result.stderr)
        self.assertFalse((self.dir / "out").exists())


if __name__ == "__main__":
    unittest.main()
