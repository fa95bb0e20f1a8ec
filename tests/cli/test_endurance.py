"""Many kills, many rows."""
import json
import os
import random
import shutil
import subprocess
import time
import unittest

from harness import GEMMTUNE, CliTest, is_alive, without_checksum
from rounds import check_repeats, is_first_look

KILLS = 200


class KilledParent(CliTest):
    def known(self):
        """(provider and configuration, policy) of the journal's rows."""
        return {(self.named(r), r["policy"]) for r in self.records() if r["config"]}

    @staticmethod
    def named(contender):
        return json.dumps({"provider": contender["provider"], "config": contender["config"]}, sort_keys=True)

    def start(self):
        resume = ["--resume"] if self.out.exists() else []
        return self.start_cli(*self.sweep_args(*resume))

    def check_nothing_twice(self, known):
        """A candidate is judged and timed once. What is timed together after that is timed again where a row of it is missing."""
        judged = {name for name, policy in known if is_first_look({"policy": policy})}
        again = judged & {self.named(e["request"]["contender"]) for e in self.requests("verify")}
        self.assertEqual(again, set(), "what the journal knew was judged again")
        for entry in self.requests("measure"):
            policy = entry["request"]["policy"]["name"]
            measured = {(self.named(contender), policy) for contender in entry["request"]["contenders"]}
            if is_first_look({"policy": policy}):
                self.assertEqual(measured & known, set(), "what the journal knew was timed again")
            else:
                self.assertNotEqual(measured - known, set(), "a round that the journal knew was measured again")
                self.rounds += 1

    def table(self):
        return json.loads((self.out / "table.json").read_text())

    def test_is_resumed_from_two_hundred_random_points(self):
        self.script(rules=[{"op": "verify", "do": "slow", "ms": 4}, {"op": "measure", "do": "slow", "ms": 4}])
        start = time.monotonic()
        self.sweep()
        undisturbed_s = time.monotonic() - start
        expected, expected_rows = self.table(), {r["id"] for r in self.records()}
        seed = 20260101
        dice = random.Random(seed)
        kills, finished, pids, self.rounds = 0, 0, set(), 0
        while kills < KILLS:
            kills_before = kills
            self.out = self.dir / f"out{finished}"
            known, journal = set(), b""
            while True:
                if self.log_path.exists():
                    self.log_path.unlink()
                whole, start = not self.out.exists(), time.monotonic()
                process = self.start()
                # Half of the runs are killed early, so that a sweep is cut several times.
                longest = undisturbed_s * (1.1 if dice.random() < 0.5 else 0.4)
                try:
                    _, errors = process.communicate(timeout=dice.uniform(0, longest))
                    self.assertEqual(process.returncode, 0, errors)
                    # On a machine that was busy at first hardly any kill would come in time.
                    if whole:
                        undisturbed_s = min(undisturbed_s, time.monotonic() - start)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    kills += 1
                pids |= {e["pid"] for op in ("prepare", "verify", "compile") for e in self.requests(op)}
                self.check_nothing_twice(known)
                if not (self.out / "journal.jsonl").exists():
                    continue
                now = (self.out / "journal.jsonl").read_bytes()
                self.assertTrue(now.startswith(journal), f"lines were lost (seed {seed}, kill {kills})")
                journal, known = now, self.known()
                if process.returncode == 0:
                    break
            self.assertEqual([p.name for p in self.out.iterdir() if p.suffix == ".tmp"], [], f"seed {seed}, kill {kills}")
            finished += 1
            self.assertEqual(self.table(), expected, f"seed {seed}, kill {kills}")
            self.assertEqual({r["id"] for r in self.records()}, expected_rows)
            check_repeats(self, self.records(), kills - kills_before, f"seed {seed}, kill {kills}")
        self.assertGreater(self.rounds, 3 * finished, "rounds were killed while they were measured")
        self.assertGreater(finished, 3, "the kills fell at all stages of several sweeps")
        self.wait_for(lambda: not any(is_alive(pid) for pid in pids), "the workers to die", 10)


@unittest.skipUnless(os.environ.get("GEMMTUNE_SLOW_TESTS"), "takes minutes and 1.5 GB: set GEMMTUNE_SLOW_TESTS=1")
class MillionRows(CliTest):
    """10^6 rows, no two alike: 1,000 problems, each with 1,000 configurations of their own times, hashes and timestamps. No
    configuration comes twice: two parameters have another value in every row, and two others put each row of a problem into a
    cell of its own of a heat map, so that the page needs every one of them."""

    ROWS, OF_EACH = 1_000_000, 1000
    MOST_MIB, MOST_S = 1536, 120
    MOST_ON_A_PAGE = 100_000

    def write_journal(self, path):
        self.sweep()
        lines = [without_checksum(line) for line in (self.out / "journal.jsonl").read_text().splitlines()]
        head = next(l for l in lines if json.loads(l)["record"] == "run")
        row = json.loads(next(l for l in lines if '"stage":"screen"' in l and '"block_n"' in l))
        row["samples_us"] = [5.0] * 5
        text = json.dumps({**row, "id": "@id", "problem_id": "@p", "config_id": "@c", "kernel_hash": "@k", "time_us": "@t",
                           "timestamp": "@s", "config": {**row["config"], "block_n": "@a", "stages": "@b", "num_sms": "@d", "split_k": "@e"},
                           "problem": {**row["problem"], "m": "@m"}}, separators=(",", ":"))
        with open(path, "w") as file:
            file.write(head + "\n")
            for i in range(self.ROWS):
                problem, config = divmod(i, self.OF_EACH)
                values = {'"@m"': str(1 + problem), '"@a"': str(8 + 8 * (config % 32)), '"@b"': str(2 + config // 32),
                          '"@d"': str(66 + i), '"@e"': str(1 + i),
                          '"@t"': str(4 + (i * 7919 % 100_003) / 1e5), "@id": f"{i:016x}", "@p": f"{problem:016x}",
                          "@c": f"{i:016x}", "@k": f"{i:016x}",
                          "@s": f"2026-01-01T{i // 3_600_000:02}:{i // 60_000 % 60:02}:{i // 1000 % 60:02}.{i % 1000:03}Z"}
                line = text
                for place, value in values.items():
                    line = line.replace(place, value)
                file.write(line + "\n")

    @staticmethod
    def page_data(page):
        text = page.read_text()
        begin = text.index(">", text.index('type="application/json"')) + 1
        return json.loads(text[begin:text.index("</script>", begin)])

    def test_are_reported_in_every_format_in_bounded_time_and_memory(self):
        big = self.dir / "big.jsonl"
        self.write_journal(big)
        mib = big.stat().st_size / 2**20
        worst = []
        for form in ("table", "md", "json", "jsonl", "csv", "html", "svg"):
            if form == "svg" and shutil.which("gnuplot") is None:
                continue
            start = time.monotonic()
            process = subprocess.Popen([GEMMTUNE, "report", str(big), "--format", form, "-o", str(self.dir / f"shown.{form}")],
                                       env=self.env)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            self.assertEqual(status, 0, form)
            wall_s, cpu_s, peak_mib = time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
            shown = self.dir / f"shown.{form}"
            if form == "html":
                source = self.page_data(shown)["sources"][0]
                self.assertEqual((source["rows"], source["shown"]), (self.ROWS, self.MOST_ON_A_PAGE))
            shown.unlink()
            print(f"SLOW: 10^6 distinct rows ({mib:.0f} MiB), {form}: {wall_s:.1f} s, {cpu_s:.1f} CPU s, {peak_mib:.0f} MiB at most", flush=True)
            worst.append((form, wall_s, cpu_s, peak_mib))
        for form, wall_s, cpu_s, peak_mib in worst:
            self.assertLess(peak_mib, self.MOST_MIB, form)
            self.assertLess(wall_s, self.MOST_S, f"{form}: {cpu_s} CPU s")


if __name__ == "__main__":
    unittest.main()
