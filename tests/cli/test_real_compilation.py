"""Sweeps whose kernels are really compiled, by gemmtune-worker and NVRTC into a real cache; where there is no GPU only the
launches are a model's (--device sim:h100-sxm). Minutes of two cores: GEMMTUNE_SLOW_TESTS=1."""
import collections
import fcntl
import json
import os
import pathlib
import random
import subprocess
import time
import unittest

from harness import GEMMTUNE, CliTest, without_checksum
from rounds import check_repeats, is_first_look, round_of

WORKER = pathlib.Path(GEMMTUNE).with_name("gemmtune-worker")
PROBLEMS = ("dense_1d2d:m=64,n=576,k=512", "dense_1d2d:m=96,n=1024,k=1024", "dense_1d2d:m=64,n=576,k=512,out=fp32")
SWEEPS = 16
KILLS = 40


@unittest.skipUnless(os.environ.get("GEMMTUNE_SLOW_TESTS"), "takes minutes: set GEMMTUNE_SLOW_TESTS=1")
@unittest.skipUnless(WORKER.exists(), "built without gemmtune-worker")
class RealCompilation(CliTest):
    def setUp(self):
        super().setUp()
        del self.env["GEMMTUNE_WORKER"]
        self.cache(self.dir / "cache")
        self.space = self.write("wide.json", {
            "schema": "gemmtune.space/1", "kernel": "dense_1d2d",
            "parameters": {"block_m": 64, "block_n": [32, 64, 96], "k_groups": [1, 2], "split_k": 1, "stages": 4, "cluster_m": 1,
                           "cluster_n": 1, "num_sms": "all", "raster": 8, "evict_first": [0, 1], "swap_ab": 0}})

    def cache(self, folder):
        self.env["GEMMTUNE_CACHE_DIR"] = str(folder)
        self.cubins = folder / "cubins"

    def sweep_args(self, *more):
        args = ["sweep", "--device", "sim:h100-sxm", "--out", self.out, "--space", self.space]
        for problem in PROBLEMS:
            args += ["--problem", problem]
        return [*args, *more]

    def kept(self):
        """The artefacts of the cache; one that is written anew is another file."""
        return {path.name: path.stat().st_ino for path in self.cubins.glob("*.cubin")}

    def entries(self):
        return json.loads((self.out / "table.json").read_text())["entries"]

    def compiled(self):
        """Which cubins were compiled rather than found, by the rows of this sweep; a row has the time of its cubin's."""
        return {r["kernel_hash"] for r in self.records() if r["compile_ms"]}

    def test_killed_sweeps_lose_nothing_and_repeat_nothing(self):
        start = time.monotonic()
        self.sweep()
        undisturbed_s = time.monotonic() - start
        expected, ids = self.entries(), {r["id"] for r in self.records()}
        cubins = len(self.kept())
        self.assertGreater(cubins, 8)
        dice, seed = random.Random(20261123), 20261123
        kills = finished = repeats = 0
        while kills < KILLS:
            finished += 1
            kills_before = kills
            self.out = self.dir / f"out{finished}"
            self.cache(self.dir / f"cache{finished}")
            kept, journal = {}, b""
            while True:
                more = ["--resume"] if self.out.exists() else []
                process = self.start_cli(*self.sweep_args(*more))
                try:
                    _, errors = process.communicate(timeout=dice.uniform(0.05, undisturbed_s * 0.5))
                    self.assertEqual(process.returncode, 0, errors)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    kills += 1
                now = self.kept() if self.cubins.exists() else {}
                again = {name for name in kept if now.get(name) != kept[name]}
                self.assertEqual(again, set(), f"compiled again (seed {seed}, kill {kills})")
                kept = now
                if (self.out / "journal.jsonl").exists():
                    bytes_now = (self.out / "journal.jsonl").read_bytes()
                    self.assertTrue(bytes_now.startswith(journal), f"lines were lost (seed {seed}, kill {kills})")
                    journal = bytes_now
                if process.returncode == 0:
                    break
            self.assertEqual(len(kept), cubins)
            self.assertEqual(self.entries(), expected, f"seed {seed}, kill {kills}")
            self.assertEqual({r["id"] for r in self.records()}, ids)
            repeats += check_repeats(self, self.records(), kills - kills_before, f"seed {seed}, kill {kills}")
        print(f"SLOW: {kills} kills of {finished} sweeps of {len(PROBLEMS)} problems, {cubins} cubins, {undisturbed_s:.1f} s each, "
              f"{repeats} rounds measured again")

    def test_a_round_that_was_cut_is_measured_again_and_no_other(self):
        """As after a kill between any two rows of the rounds behind the first look: a kill hits these milliseconds rarely."""
        self.sweep()
        expected, whole = self.entries(), (self.out / "journal.jsonl").read_bytes().splitlines(keepends=True)
        rows, kept = self.records(), self.kept()
        ids = {row["id"] for row in rows}
        places = {}  # of each round its rows' lines
        for number, line in enumerate(whole):
            row = json.loads(without_checksum(line.decode()))
            if row["record"] == "row" and not is_first_look(row):
                places.setdefault((row["problem_id"], round_of(row)), []).append(number)
        self.assertEqual(len(places), 3 * len(PROBLEMS))
        for (problem, name), lines in places.items():
            for end in (lines[0] + 1, lines[-1], lines[-1] + 1):
                self.out = self.dir / f"cut{problem}{name.replace(' ', '')}{end}"
                self.out.mkdir()
                (self.out / "journal.jsonl").write_bytes(b"".join(whole[:end]))
                self.sweep("--resume")
                self.assertEqual(self.entries(), expected)
                self.assertEqual({r["id"] for r in self.records()}, ids)
                was_cut = end <= lines[-1]
                self.assertEqual(check_repeats(self, self.records(), 1, f"{name} cut at line {end}"), int(was_cut))
                self.assertEqual(self.kept(), kept, "nothing is compiled again")

    def test_sixteen_sweeps_on_a_cold_cache_compile_once(self):
        sweeps = []
        for i in range(SWEEPS):
            self.out = self.dir / f"out{i}"
            sweeps.append((self.out, self.start_cli(*self.sweep_args("--jobs", "1"))))
        start, compiled, entries = time.monotonic(), collections.Counter(), []
        for out, process in sweeps:
            _, errors = process.communicate(timeout=600)
            self.assertEqual(process.returncode, 0, errors)
            self.out = out
            compiled.update(self.compiled())
            entries.append(self.entries())
        self.assertEqual([name for name, count in compiled.items() if count > 1], [])
        self.assertEqual(len(compiled), len(self.kept()))
        self.assertTrue(all(each == entries[0] for each in entries))
        self.assertEqual([p.name for p in self.cubins.iterdir() if p.suffix in (".lock", ".tmp")], [])
        print(f"SLOW: {SWEEPS} sweeps, {len(compiled)} cubins, {time.monotonic() - start:.1f} s")

    def test_damaged_artefacts_are_compiled_again_and_nothing_hangs(self):
        self.sweep()
        expected = self.entries()
        whole = {path.name: path.read_bytes() for path in sorted(self.cubins.glob("*.cubin"))}
        names = sorted(whole)
        dice = random.Random(7)
        damage = {
            "another's": lambda path: path.write_bytes(whole[names[(names.index(path.name) + 1) % len(names)]]),
            "cut": lambda path: path.write_bytes(whole[path.name][:dice.randrange(len(whole[path.name]))]),
            "flipped": lambda path: path.write_bytes(self.flipped(whole[path.name], dice)),
            "empty": lambda path: path.write_bytes(b""),
            "a pipe": lambda path: (path.unlink(), os.mkfifo(path, 0o600)),
            "a link to a device": lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
            "open to all": lambda path: path.chmod(0o666),
            "whole": lambda path: None,
        }
        for turn in range(3):
            ways = [list(damage)[(i + turn) % len(damage)] for i in range(len(names))]
            for name, way in zip(names, ways):
                damage[way](self.cubins / name)
            self.out = self.dir / f"damaged{turn}"
            self.sweep()
            self.assertEqual(self.entries(), expected)
            self.assertEqual(len(self.compiled()), sum(way != "whole" for way in ways))
            for name in names:
                path = self.cubins / name
                self.assertTrue(path.is_file() and not path.is_symlink(), name)
                self.assertEqual(self.cubin_of(path.read_bytes()), self.cubin_of(whole[name]), "the same cubin")

    def test_locks_that_another_keeps_cost_time_alone(self):
        self.sweep()
        expected, names = self.entries(), sorted(path.stem for path in self.cubins.glob("*.cubin"))
        held = []
        for name in names[:2]:
            (self.cubins / f"{name}.cubin").unlink()
            lock = open(self.cubins / f"{name}.lock", "w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            held.append(lock)
        os.mkfifo(self.cubins / f"{names[2]}.lock")
        (self.cubins / f"{names[2]}.cubin").unlink()
        self.out = self.dir / "locked"
        start = time.monotonic()
        self.sweep("--jobs", "4")
        self.assertEqual(self.entries(), expected)
        self.assertLess(time.monotonic() - start, 60)
        self.assertEqual(len(self.compiled()), 3)
        for lock in held:
            lock.close()

    @staticmethod
    def flipped(data, dice):
        at = dice.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1:]

    @staticmethod
    def cubin_of(artefact):
        """By the ELF header; the log behind it may hold the time that compiling took."""
        at = artefact.index(b"\x7fELF")
        return artefact[at:at + 4096]


if __name__ == "__main__":
    unittest.main()
