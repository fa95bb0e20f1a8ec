"""sweep --regime both on a simulated H100: two winners of a problem, and what every command makes of them."""
import json
import os
import shutil
import subprocess
import sys
import unittest

from harness import SOURCE, CliTest

try:
    import jsonschema
except ImportError:  # then the schema is not looked at
    jsonschema = None

SIM = ["--device", "sim:h100-sxm"]
LARGE, SMALL = "dense_1d2d:m=4096,n=4096,k=7168", "dense_1d2d:m=64,n=2112,k=7168"
# Two rings, and CTAs alone or in pairs: what is read of the L2 differs by a third, which shows in power alone.
SPACE = {"schema": "gemmtune.space/1", "kernel": "dense_1d2d",
         "parameters": {"block_m": [64, 256], "block_n": [32, 128], "k_groups": 1, "split_k": 1, "stages": [3, 4], "cluster_m": [1, 2],
                        "cluster_n": [1, 2], "num_sms": "all", "raster": 8, "evict_first": 0, "swap_ab": 0}}
LOADS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import gemmtune_bundle as g
found = {}
for regime in ("burst", "sustained"):
    bundle = g.Bundle(sys.argv[2], regime=regime)
    found[regime] = [bundle.find("dense_1d2d", *p).entry for p in ((4096, 4096, 7168), (4000, 4096, 7168), (64, 2112, 7168))]
    bundle.close()
try:
    g.Bundle(sys.argv[2], regime="sometimes")
except ValueError as error:
    found["refused"] = str(error)
print(json.dumps(found))
"""


class RegimesCase(CliTest):
    def setUp(self):
        super().setUp()
        (self.dir / "cache").mkdir()
        self.script(cubins=str(self.dir / "cache"))

    def both(self, *arguments, problems=(LARGE, SMALL)):
        space = [] if problems[0] != LARGE else ["--space", self.write("space.json", SPACE)]
        flags = [word for problem in problems for word in ("--problem", problem)]
        return self.done("sweep", *flags, "--out", self.out, *SIM, *space, *arguments)

    def done(self, *arguments):
        result = self.run_cli(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def entries(self, folder=None):
        table = json.loads(((folder or self.out) / "table.json").read_text())
        return {entry["problem"]["m"]: entry for entry in table["entries"]}

    def export(self):
        """A bundle of a table that says it was measured: simulated ones are refused."""
        self.both("--regime", "both")
        text = json.loads((self.out / "table.json").read_text())
        text["simulated"] = text["fingerprint"]["simulated"] = False
        text["fingerprint"]["device"] = text["device"]["name"] = "NVIDIA H100 80GB HBM3"
        bundle = self.dir / "bundle"
        return bundle, self.done("export", self.write("table.json", text), "--format", "bundle", "-o", bundle).stdout


class Regimes(RegimesCase):
    def test_keeps_the_winner_of_each_regime_where_they_differ(self):
        self.both("--regime", "both")
        entry = self.entries()[4096]
        self.assertNotIn("sustained", self.entries()[64], "few rows")
        won = entry["sustained"]
        self.assertNotEqual(won["config_id"], entry["config_id"])
        self.assertIn("-burst-", json.loads((self.out / "table.json").read_text())["fingerprint"]["policy"])
        self.assertIn("cold_rotate-cupti-blocks-", won["policy"])
        self.assertLess(won["over_burst_high"], 1)
        self.assertGreater(won["energy_j"], 0)
        raced = self.rows("sustained")
        self.assertEqual(len(raced), 2)
        self.assertEqual(len({(row["config"]["cluster_m"], row["config"]["cluster_n"]) for row in raced}), 2, "one of each traffic")
        for row in raced:
            self.assertEqual((row["regime"], len(row["samples_us"]), row["invalidity"]), ("blocks", 3, "correct"))
        if jsonschema:
            for name, value in (("table", json.loads((self.out / "table.json").read_text())), *(("journal", r) for r in self.records())):
                schema = json.loads((SOURCE / f"configs/schema/{name}.schema.json").read_text())
                jsonschema.Draft7Validator(schema).validate(value)

        shown = self.done("report", self.out).stdout
        self.assertIn("sustained µs", shown)
        self.assertIn("back to back", shown)
        self.assertIn("its time over the winner's there", " ".join(shown.split()))
        self.assertIn(f"in turns ({won['policy']})", " ".join(shown.split()))
        self.assertNotIn("blocks' ratio", self.done("report", SOURCE / "results/h100-sxm/dsv3").stdout)
        winners = json.loads(self.done("report", self.out, "--format", "json").stdout)["winners"]
        self.assertEqual([w["sustained_us"] for w in winners if w["m"] == 4096], [won["time_us"]])
        self.assertEqual([w["sustained_us"] for w in winners if w["m"] == 64], [None])
        self.assertEqual([w["sustained_policy"] for w in winners if w["m"] == 4096], [won["policy"]])
        why = json.loads(self.done("explain", self.out, "--problem", LARGE, "--format", "json").stdout)
        self.assertEqual(why["entry"]["sustained_config"], won["config"])
        self.assertEqual([row["over_burst"] for row in why["sustained"]], sorted(row["over_burst"] for row in why["sustained"]))
        self.assertEqual([row["over_burst"] for row in why["sustained"]], [won["over_burst"], 1])
        self.assertNotIn("sustained", json.loads(self.done("explain", self.out, "--problem", SMALL, "--format", "json").stdout))
        between = self.done("explain", self.out, "--problem", LARGE.replace("4096,n", "3000,n")).stdout
        self.assertIn("; back to back: 256x128 s3 c1x2", " ".join(between.partition("What")[0].split()))
        alone = self.dir / "alone.json"
        shutil.copy(self.out / "table.json", alone)
        why = json.loads(self.done("explain", alone, "--problem", LARGE, "--format", "json").stdout)
        self.assertEqual([row["over_burst"] for row in why["sustained"]], [won["over_burst"]])

    def test_bench_times_the_winner_of_the_regime_that_it_is_asked_for(self):
        self.both("--regime", "both")
        entry = self.entries()[4096]

        def timed(*arguments):
            rows = self.done("bench", "--table", self.out / "table.json", "--problem", LARGE, "--baselines", "none", *SIM,
                                "--format", "jsonl", *arguments).stdout
            return [json.loads(line)["config_id"] for line in rows.splitlines()]

        self.assertEqual(timed(), [entry["config_id"]])
        for regime in ("sustained", "blocks"):
            self.assertEqual(timed("--regime", regime), [entry["sustained"]["config_id"]], regime)

    def test_is_added_to_a_sweep_that_was_made_without(self):
        self.both()
        before = self.entries()
        rows = len(self.rows("final"))
        self.assertFalse(any("sustained" in entry for entry in before.values()))
        self.both("--regime", "both", "--resume")
        self.assertEqual(len(self.rows("final")), rows)
        after = self.entries()
        self.assertIn("sustained", after[4096])
        del after[4096]["sustained"]
        self.assertEqual(after, before)
        lines = len(self.records())
        self.both("--regime", "both", "--resume")
        self.assertEqual([r for r in self.records()[lines:] if r["record"] == "row"], [])
        self.done("merge", self.out, "--out", self.dir / "merged")
        self.assertEqual(self.entries(self.dir / "merged"), self.entries())

    def test_revalidation_says_that_it_races_those_in_bursts_alone(self):
        self.both("--regime", "both")
        self.assertIn("of 1 of its 2 entries are not raced", " ".join(self.done("sweep", "--revalidate", self.out, *SIM).stderr.split()))
        self.out = self.dir / "bursts"
        self.both()
        self.assertNotIn("back to back", self.done("sweep", "--revalidate", self.out, *SIM).stderr)

    def test_merges_into_the_same_table(self):
        self.both("--regime", "both")
        self.done("merge", self.out, "--out", self.dir / "merged")
        self.assertEqual(self.entries(self.dir / "merged"), self.entries())

    def test_the_user_says_from_how_many_rows_on(self):
        self.both("--regime", "both", "--sustained-from", "64")
        self.assertEqual({m for m, entry in self.entries().items() if "sustained" in entry}, {64, 4096})
        self.out = self.dir / "none"
        self.both("--regime", "both", "--sustained-from", "5000")
        self.assertEqual(self.rows("sustained"), [])
        refused = self.run_cli("sweep", "--problem", LARGE, "--out", self.dir / "never", *SIM, "--sustained-from", "64")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--regime both", refused.stderr)

    def test_rows_of_all_groups_count(self):
        self.both("--regime", "both", "--policy", "quick",
                  problems=["grouped_contiguous_1d2d:groups=8,m_per_group=128,n=512,k=512,spread=0",
                            "grouped_masked_1d2d:groups=8,m_per_group=64,max_m=1024,n=512,k=512,spread=0"])
        kernels = {row["problem"]["kernel"] for row in self.records() if row.get("stage") == "sustained"}
        self.assertEqual(kernels, {"grouped_contiguous_1d2d"}, "of the others room is no work")

    def test_an_export_has_both(self):
        bundle, said = self.export()
        self.assertIn("dense_1d2d n=4096 k=7168 back to back: m 1-4096, more as 4096\n", said)
        manifest = json.loads((bundle / "manifest.json").read_text())
        self.assertEqual([entry.get("regime") for entry in manifest["entries"]], [None, None, "sustained"])
        self.assertEqual([entry.get("policy") for entry in manifest["entries"]], [None, None, "cold_rotate-cupti-blocks-w1t3-n3"])
        self.assertIn("-burst-", manifest["fingerprint"]["policy"])
        if jsonschema:
            jsonschema.Draft7Validator(json.loads((SOURCE / "configs/schema/bundle.schema.json").read_text())).validate(manifest)

    @unittest.skipUnless(os.environ.get("GEMMTUNE_FAKE_DRIVER"), "built without gemmtune-worker, and so without libgemmtune")
    def test_the_loader_of_an_export_takes_a_regime(self):
        bundle, _ = self.export()
        manifest = json.loads((bundle / "manifest.json").read_text())
        driver = os.environ["GEMMTUNE_FAKE_DRIVER"]
        loaded = subprocess.run([sys.executable, "-c", LOADS, SOURCE / "scripts/python", bundle], stdout=subprocess.PIPE, text=True,
                                check=True, env=os.environ | {"LD_LIBRARY_PATH": driver})
        found = json.loads(loaded.stdout)
        first = [entry["problem"]["m"] for entry in manifest["entries"]].index(4096)
        self.assertEqual(found["burst"], [first, first, 1 - first])
        self.assertEqual(found["sustained"], [2, 2, 1 - first])
        self.assertIn("burst or sustained", found["refused"])


if __name__ == "__main__":
    unittest.main()
