"""Shards of one plan, on as many hosts, and the one folder that becomes of them."""
import gzip
import json
import os
import random
import re
import subprocess
import time
import unittest
import zlib

from harness import GEMMTUNE, CliTest, without_checksum

SIZES = [(64, 576, 512), (128, 576, 512), (1, 2112, 7168), (64, 2112, 7168), (512, 1024, 1024), (4096, 1024, 1024), (16, 256, 4096),
         (16384, 16384, 8192), (32, 576, 512)]


class ShardTest(CliTest):
    def setUp(self):
        super().setUp()
        self.shapes = self.write("shapes.json", {"schema": "gemmtune.shapes/1", "name": "nine", "problems": [
            {"kernel": "dense_1d2d", "m": m, "n": n, "k": k} for m, n, k in SIZES]})

    def args(self, out, *more):
        return ["sweep", "--shapes", self.shapes, "--space", self.space, "--out", self.dir / out, "--jobs", "2", *more]

    def run_ok(self, *args):
        result = self.run_cli(*args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def sweep_to(self, out, *more):
        return self.run_ok(*self.args(out, *more))

    def shards(self, count, *more):
        names = [f"shard-{i}" for i in range(1, count + 1)]
        for i, name in enumerate(names, 1):
            self.sweep_to(name, "--shard", f"{i}/{count}", *more)
        return names

    def merge(self, *folders, out="merged", more=(), expect=0):
        result = self.run_cli("merge", *[self.dir / f for f in folders], "-o", self.dir / out, *more)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result

    def entries(self, out):
        """By problem. Which board it was, and the width of an interval that noise decides, is another matter."""
        table = json.loads((self.dir / out / "table.json").read_text())
        return {json.dumps(e["problem"]): {k: v for k, v in e.items() if k != "board_uuid"} for e in table["entries"]}

    def lines(self, out):
        path = self.dir / out / "journal.jsonl"
        opened = gzip.open(str(path) + ".gz", "rt") if not path.exists() else open(path)
        with opened as file:
            return file.read().splitlines()

    def records_of(self, out, kind="row"):
        found = [json.loads(without_checksum(line)) for line in self.lines(out)]
        return [record for record in found if record["record"] == kind]


class Shards(ShardTest):
    def test_are_whole_problems_each_in_one_of_them(self):
        self.sweep_to("whole")
        parts = [self.entries(name) for name in self.shards(4)]
        self.assertEqual(sorted(p for part in parts for p in part), sorted(self.entries("whole")))
        self.assertEqual(sum(map(len, parts)), len(SIZES))
        self.assertTrue(all(parts), "each has something to do")

    def test_longest_problem_stands_alone_where_the_others_cost_less(self):
        for shard, count in (("1/10", 1), ("1/4", 9)):
            out = f"of-{shard[2:]}"
            self.run_ok("sweep", "--shapes", "dsv3.json", "--device", "sim:h100-sxm", "--out", self.dir / out, "--shard", shard)
            found = [json.loads(problem) for problem in self.entries(out)]
            self.assertIn((4096, 7168, 16384), [(p["m"], p["n"], p["k"]) for p in found])
            self.assertLessEqual(len(found), count, "it has a sixth of all candidates' cost")

    def test_more_than_there_are_problems_are_no_error(self):
        names = self.shards(len(SIZES) + 1)
        self.assertEqual(sum(not self.entries(name) for name in names), 1)
        self.merge(*names)
        self.assertEqual(len(self.entries("merged")), len(SIZES))

    def test_of_a_job_array_are_those_of_its_tasks(self):
        for task in (3, 5, 7):
            self.env |= {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "3",
                         "SLURM_ARRAY_TASK_MAX": "7"}
            self.sweep_to(f"task-{task}", "--shard", "slurm")
        self.shards(3)
        for i, task in enumerate((3, 5, 7), 1):
            self.assertEqual(self.entries(f"task-{task}"), self.entries(f"shard-{i}"))

    def test_that_cannot_be_are_refused(self):
        for text, word in [("0/2", "from 1"), ("3/2", "from 1"), ("2", "2/8"), ("a/b", "2/8"), ("slurm", "not set")]:
            result = self.run_cli(*self.args("out", "--shard", text))
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(word, result.stderr)
        self.env |= {"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "9"}
        self.assertIn("do not follow each other evenly", self.run_cli(*self.args("out", "--shard", "slurm")).stderr)


class Merge(ShardTest):
    def test_makes_the_unsharded_table_in_whatever_order(self):
        self.sweep_to("whole")
        names = self.shards(3)
        self.merge(*names)
        self.assertEqual(self.entries("merged"), self.entries("whole"))
        self.merge(*reversed(names), out="other")
        self.merge("merged", names[1], out="again", more=["--partial"])
        self.merge(*names)  # into itself
        for name in ("other", "again", "merged"):
            self.assertEqual(self.lines(name), self.lines("other"))
        self.assertEqual(sorted(self.lines("merged")), sorted(l for n in names for l in self.lines(n)), "nothing lost, nothing twice")

    def test_folder_is_reported_compared_and_resumed(self):
        names = self.shards(3)
        self.merge(*names)
        table, rows = self.entries("merged"), len(self.records_of("merged"))
        self.run_ok("report", self.dir / "merged", "--format", "md")
        self.assertEqual(self.run_cli("compare", self.dir / "merged", self.dir / "merged").returncode, 0)
        self.run_ok("export", self.dir / "merged", "--format", "json", "-o", self.dir / "x.json")
        self.sweep_to("merged", "--resume")
        self.assertEqual(len(self.records_of("merged")), rows, "nothing was measured again")
        self.assertEqual(self.entries("merged"), table, "made of some rows, as of all")

    def test_finds_missing_and_unfinished_shards(self):
        names = self.shards(4)
        result = self.merge(names[0], names[3], expect=2)
        self.assertIn("no journal of shard 2, 3 of 4", result.stderr)
        self.assertFalse((self.dir / "merged/journal.jsonl").exists())
        with open(self.dir / names[1] / "journal.jsonl", "r+") as file:  # as it was left by a host that died
            file.truncate(len("\n".join(self.lines(names[1])[:-1])) - 20)
        self.assertIn("shard 2 of 4 was ended before its time", self.merge(*names, expect=2).stderr)
        summary = json.loads(self.merge(*names[:3], more=["--partial", "--json"]).stdout)
        self.assertEqual((summary["missing"], summary["unfinished"], summary["shards"]), ([4], [2], 4))
        self.assertIn("cut short", self.merge(*names, out="x", more=["--partial"]).stderr)
        self.sweep_to(names[1], "--shard", "2/4", "--resume")
        self.merge(*names, out="whole")
        self.sweep_to("merged", "--resume")
        self.assertEqual(self.entries("merged"), self.entries("whole"), "the rest was swept without shards")
        self.merge(*names)
        self.assertFalse((self.dir / "merged/report.md").exists(), "it is of what was there before")

    def test_table_of_unraced_problems_is_that_of_all_rows(self):
        names = self.shards(2)
        last = names[1]
        kept = self.lines(last)
        cut = next(i for i, line in enumerate(kept) if i > len(kept) // 2 and '"stage":"final"' in line) - 3
        (self.dir / last / "journal.jsonl").write_text("\n".join(kept[:cut]) + "\n")
        self.merge(*names, more=["--partial"])
        self.run_ok("report", self.dir / "merged/journal.jsonl", "--format", "json", "-o", self.dir / "full.json")
        full = json.loads((self.dir / "full.json").read_text())
        made = json.loads((self.dir / "merged/table.json").read_text())["entries"]
        self.assertEqual([(e["config_id"], e["stage"], e["candidates"], len(e["tie_set"])) for e in made],
                         [(w["config_id"], w["stage"], w["candidates"], w["ties"]) for w in full["winners"]])
        self.assertIn("screen", {e["stage"] for e in made}, "one was never raced")

    def test_refuses_what_is_unlike_and_says_what(self):
        self.sweep_to("a", "--shard", "1/2")
        for name, more, script, word in [
                ("seed", ["--seed", "2"], {}, "seed 1, here 2"),
                ("policy", ["--samples", "20"], {}, "policy "),
                ("power", [], {"power_limit_w": 500}, "power limit 700 W, now 500 W"),
                ("model", [], {"device": "NVIDIA H200"}, "now NVIDIA H200"),
                ("kernels", [], {"kernels": "others"}, "kernels is made of other sources"),
                ("space", ["--problem", "dense_1d2d:m=8,n=576,k=512"], {}, "parts of different plans")]:
            self.script(environment=script)
            self.sweep_to(name, "--shard", "2/2", *more)
            result = self.merge("a", name, expect=2)
            self.assertIn(word, result.stderr)
            self.assertIn(f"{name}/journal.jsonl", result.stderr)

    def test_takes_boards_of_one_kind_for_parts_of_one_plan_alone(self):
        for i in (1, 2):
            self.script(environment={"uuid": f"GPU-{i}"})
            self.sweep_to(f"shard-{i}", "--shard", f"{i}/2")
            self.sweep_to(f"whole-{i}")
        self.merge("shard-1", "shard-2")
        self.assertEqual(self.entries("merged"), self.entries("whole-1"))
        table = json.loads((self.dir / "merged/table.json").read_text())
        self.assertEqual({e["board_uuid"] for e in table["entries"]}, {"GPU-1", "GPU-2"})
        self.assertEqual(table["fingerprint"]["uuid"], "")
        self.assertIn("are given --shard", self.merge("whole-1", "whole-2", out="x", expect=2).stderr)

    def test_goes_on_with_a_half_swept_problem_on_another_board_without_its_screening(self):
        self.script(environment={"uuid": "GPU-1"})
        self.sweep_to("out", "--shard", "1/2")
        rows = self.records_of("out")
        last = [r for r in rows if r["problem_id"] == rows[-1]["problem_id"]]
        cut = next(i for i, l in enumerate(self.lines("out")) if f'"id":"{last[2]["id"]}"' in l)  # two of four were screened
        (self.dir / "out/journal.jsonl").write_text("\n".join(self.lines("out")[:cut]) + "\n")
        self.script(environment={"uuid": "GPU-2"})
        self.log_path.unlink()
        self.sweep_to("out", "--shard", "1/2", "--resume")
        ours = [e for e in self.requests("verify") if e["request"]["contender"]["provider"] == "gemmtune"]
        self.assertEqual((len({e["problem"] for e in ours}), len(ours)), (1, 4), "of one problem all, of the finished ones nothing")
        boards = {r["board_uuid"] for r in self.records_of("out") if r["problem_id"] == last[0]["problem_id"] and r["stage"] == "final"}
        self.assertEqual(boards, {"GPU-2"})
        self.sweep_to("undisturbed", "--shard", "1/2")
        self.assertEqual(self.entries("out"), self.entries("undisturbed"))

    def test_packs_and_reads_packed_journals(self):
        names = self.shards(2)
        self.merge(*names, more=["--gzip"])
        self.merge(*names, out="plain")
        self.assertEqual(self.lines("merged"), self.lines("plain"))
        self.merge("merged", out="unpacked")
        self.assertEqual(self.lines("unpacked"), self.lines("plain"))

    def test_a_changed_line_is_left_out_and_named(self):
        names = self.shards(2)
        path = self.dir / names[0] / "journal.jsonl"
        text = path.read_text().splitlines()
        text[3] = text[3].replace('"time_us":', '"time_us":1', 1)
        path.write_text("\n".join(text) + "\n")
        result = self.merge(*names)
        self.assertIn("shard-1/journal.jsonl:4: its checksum does not fit", result.stderr)
        self.assertNotIn(text[3], self.lines("merged"))


class KilledShards(ShardTest):
    KILLS = 24

    def test_are_resumed_and_merged_to_the_undisturbed_table(self):
        self.script(rules=[{"op": "verify", "do": "slow", "ms": 4}, {"op": "measure", "do": "slow", "ms": 4}])
        self.sweep_to("whole")
        start = time.monotonic()
        self.sweep_to("timed", "--shard", "1/3")
        one_s = time.monotonic() - start
        seed = 20261123
        dice = random.Random(seed)
        kills, done = 0, {}
        for i in range(1, 4):
            done[i] = b""
        running = {}
        while done or running:
            for i in list(done):
                if i not in running:
                    running[i] = self.start_cli(*self.args(f"shard-{i}", "--shard", f"{i}/3", "--resume"))
            if kills < self.KILLS:
                time.sleep(dice.uniform(0, one_s / 2))
                victim = dice.choice(list(running))
                running[victim].kill()
                kills += running[victim].wait() == -9
            for i, process in list(running.items()):
                if kills >= self.KILLS:
                    process.wait(60)
                if process.poll() is None:
                    continue
                path = self.dir / f"shard-{i}/journal.jsonl"
                now = path.read_bytes() if path.exists() else b""
                self.assertTrue(now.startswith(done[i]), f"lines were lost (seed {seed}, kill {kills})")
                done[i] = now
                if process.returncode == 0 and kills >= self.KILLS:
                    del done[i]
                del running[i]
        self.assertGreaterEqual(kills, self.KILLS)
        self.merge("shard-1", "shard-2", "shard-3")
        self.assertEqual(self.entries("merged"), self.entries("whole"))
        ids = [r["id"] for r in self.records_of("merged")]
        self.assertEqual(set(ids), {r["id"] for r in self.records_of("whole")})
        first_look = [r["id"] for r in self.records_of("merged") if r["stage"] == "screen" and r["policy"].endswith("-n3")]
        self.assertEqual(len(first_look), len(set(first_look)), "no candidate was screened twice")


@unittest.skipUnless(os.environ.get("GEMMTUNE_SLOW_TESTS"), "takes minutes and 3 GB of disk: set GEMMTUNE_SLOW_TESTS=1")
class ThousandJournals(ShardTest):
    """10^7 rows in 1,000 journals, gzipped: of each 10 problems with 984 screened rows and 16 of a race."""

    JOURNALS, PROBLEMS, SCREENED, RACED = int(os.environ.get("GEMMTUNE_MERGED_JOURNALS", "1000")), 10, 984, 16
    MOST_MIB, MOST_S = 500, 120

    def write_journals(self):
        self.sweep_to("one", "--shard", f"1/{self.JOURNALS}", "--problem", "dense_1d2d:m=64,n=64,k=512")
        run, end = self.records_of("one", "run")[0], self.records_of("one", "end")[0]
        rows = self.records_of("one")
        texts = {}
        for stage in ("screen", "final"):
            row = next(r for r in rows if r["stage"] == stage and r["provider"] == "gemmtune")
            places = {"run_id": "@r@", "id": "@i@", "problem_id": "@p@", "config_id": "@c@", "timestamp": "@s@", "kernel_hash": "@k@"}
            numbers = {"time_us": "@t@", "time_us_low": "@t@", "time_us_high": "@t@"}
            text = json.dumps({**row, **places, **numbers, "samples_us": row["samples_us"][:15], "problem": {**row["problem"], "m": "@m@"},
                               "config": {**row["config"], "block_n": "@b@"}}, separators=(",", ":"))
            text = re.sub(r'"@([tmb])@"', r"@\1@", text)
            texts[stage] = re.sub(r"@(\w)@", r"%(\1)s", text.replace("%", "%%"))
        for j in range(self.JOURNALS):
            folder = self.dir / f"shard-{j}"
            folder.mkdir()
            name, clock = f"{j:016x}", j % 3
            lines = []

            def put(text, **members):
                nonlocal clock
                clock += 3
                members["s"] = f"2026-01-01T{clock // 3_600_000:02}:{clock // 60_000 % 60:02}:{clock // 1000 % 60:02}.{clock % 1000:03}Z"
                lines.append(with_checksum(text % members))

            put(json.dumps({**run, "run_id": name, "timestamp": "%(s)s", "part": {**run["part"], "shard": j + 1}}, separators=(",", ":")))
            for number in range(j * self.PROBLEMS + 1, (j + 1) * self.PROBLEMS + 1):
                for c in range(self.SCREENED + self.RACED):
                    config = c % self.SCREENED
                    put(texts["final" if c >= self.SCREENED else "screen"], r=name, i=f"{number:08x}{c:08x}", p=f"{number:016x}",
                        c=f"{config:016x}", k=f"{config % 50:016x}", t=5 + (number * 7919 + config * 104729) % 9973 / 1e3, m=number,
                        b=8 + 8 * config)
            put(json.dumps({**end, "run_id": name, "timestamp": "%(s)s"}, separators=(",", ":")))
            with gzip.open(folder / "journal.jsonl.gz", "wb", compresslevel=1) as file:
                file.write(("\n".join(lines) + "\n").encode())

    def test_are_merged_in_bounded_time_and_memory(self):
        self.write_journals()
        paths = [self.dir / f"shard-{j}" for j in range(self.JOURNALS)]
        load = os.getloadavg()[0]
        start = time.monotonic()
        process = subprocess.Popen([GEMMTUNE, "merge", *paths, "-o", self.dir / "merged", "--gzip"], env=self.env)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        seconds, mib = time.monotonic() - start, usage.ru_maxrss / 1024
        busy_s = usage.ru_utime + usage.ru_stime
        rows = self.JOURNALS * self.PROBLEMS * (self.SCREENED + self.RACED)
        print(f"SLOW: merge of {self.JOURNALS} gzipped journals, {rows} rows: {seconds:.1f} s ({busy_s:.1f} s of processors, load {load:.0f}), {mib:.0f} MiB at most")
        self.assertEqual(status, 0)
        self.assertEqual(len(json.loads((self.dir / "merged/table.json").read_text())["entries"]), self.JOURNALS * self.PROBLEMS)
        self.assertLess(mib, self.MOST_MIB)
        self.assertLess(busy_s, 2 * self.MOST_S, "more than two processors have")
        if load < 2:  # it has them for itself
            self.assertLess(seconds, self.MOST_S)


def with_checksum(record):
    return f'{record[:-1]},"checksum":"{zlib.crc32(record[:-1].encode()):08x}"}}'


if __name__ == "__main__":
    unittest.main()
