"""The real `gemmtune compare`: folders in, verdicts and exit codes out, every output read back by another's parser."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest
from xml.etree import ElementTree

import compare_data as data

try:
    import jsonschema
except ImportError:
    jsonschema = None
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None
try:
    import markdown_it
except ImportError:
    markdown_it = None

GEMMTUNE = os.environ["GEMMTUNE_BINARY_PATH"]
SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
HOSTILE = "a|b<script>\"'&`*_[x](y)\u0001\u001b[31m\u0085\ufffe::error title=x%0A, \\ é"


class CompareTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)

    def side(self, name, *rows, **environment):
        return data.write(self.dir / name, data.header(**environment), *rows)

    def compare(self, base, new, *more, expect=0):
        done = subprocess.run([GEMMTUNE, "compare", base, new, *map(str, more)], capture_output=True, text=True)
        self.assertEqual(done.returncode, expect, done.stderr + done.stdout)
        return done

    def judged(self, base, new, *more, expect=0):
        return json.loads(self.compare(base, new, "--format", "json", *more, expect=expect).stdout)

    def verdicts(self, *args, **kwargs):
        return {p["problem"]["m"]: p["verdict"] for p in self.judged(*args, **kwargs)["problems"]}


class Verdicts(CompareTest):
    def test_exit_codes_say_what_happened(self):
        base = self.side("base", data.row(100))
        for name, rows, verdict, code in (("same", [data.row(100.1)], "same", 0), ("fast", [data.row(90)], "faster", 0),
                                          ("slow", [data.row(104)], "slower", 4), ("gone", [], "missing", 4),
                                          ("wrong", [data.wrong()], "wrong", 3)):
            self.assertEqual(self.verdicts(base, self.side(name, *rows), expect=code), {64: verdict})

    def test_a_wrong_result_counts_more_than_a_slow_one(self):
        base = self.side("base", data.row(100), data.row(100, m=128))
        self.compare(base, self.side("new", data.row(110), data.wrong(128)), expect=3)

    def test_fail_on_and_budgets(self):
        base, slow = self.side("base", data.row(100)), self.side("slow", data.row(104))
        self.compare(base, slow, "--fail-on", "none")
        self.compare(base, slow, "--budget", "5")
        self.compare(base, slow, "--budget", "5", "--geomean-budget", "3", expect=4)
        self.compare(base, slow, "--min-effect", "10", "--fail-on", "slower")
        policy = self.dir / "policy.json"
        policy.write_text(json.dumps({"schema": "gemmtune.compare_policy/1", "problems": [
            {"match": {"m": 64}, "budget_percent": 10}]}))
        self.compare(base, slow, "--policy", policy)
        self.compare(base, slow, "--policy", policy, "--fail-on", "missing")

    def test_a_folder_of_runs_is_one_side(self):
        for i, time_us in enumerate((100, 100.2, 99.8)):
            self.side(f"base/{i}", data.row(time_us))
        new = self.dir / "new"
        new.mkdir()
        for i, time_us in enumerate((102, 102.2, 101.8)):  # as `bench --format jsonl -o` leaves them
            (new / f"{i}.jsonl").write_text(json.dumps(data.row(time_us)) + "\n")
        problem, = self.judged(str(self.dir / "base"), str(new), expect=4)["problems"]
        self.assertEqual((problem["base"]["runs"], problem["new"]["runs"]), (3, 3))
        self.assertAlmostEqual(problem["change"]["percent"], 2, places=1)

    def test_takes_the_winner_that_the_table_names(self):
        base = self.side("base", data.row(100), data.row(150, block_n=96))
        problem, = self.judged(base, base)["problems"]
        self.assertEqual((problem["base"]["time_us"], problem["base"]["config"]["block_n"]), (100, 64))

    def test_a_clock_that_fell_is_no_regression(self):
        base = self.side("base", data.row(100))
        self.assertEqual(self.verdicts(base, self.side("new", data.row(103, sm_clock_mhz=1800 / 1.03))), {64: "same"})


class Refusals(CompareTest):
    def test_name_the_difference_and_yield_to_force(self):
        base = self.side("base", data.row(100))
        for name, rows, environment, words in (
                ("device", [data.row(100, device="Other GPU")], {}, "device: Test GPU in"),
                ("warm", [data.row(100, l2="warm")], {}, "L2: cold_memset512 in"),
                ("limit", [data.row(100)], {"power_limit_w": 500}, "power limit (W): 700 in"),
                ("seed", [data.row(100, seed=2)], {}, "seed: 1 in")):
            new = self.side(name, *rows, **environment)
            done = self.compare(base, new, expect=2)
            self.assertIn(words, done.stderr)
            self.assertIn("--force", done.stderr)
            self.assertEqual(done.stdout, "")
            forced = self.judged(base, new, "--force")
            self.assertTrue(forced["forced"][0].startswith(words), forced["forced"])

    def test_nothing_in_common_and_nothing_at_all(self):
        base = self.side("base", data.row(100))
        self.assertIn("no problem in common", self.compare(base, self.side("other", data.row(100, m=1)), expect=2).stderr)
        self.assertIn("nothing was timed", self.compare(self.side("none"), base, expect=2).stderr)
        empty = self.dir / "empty"
        empty.mkdir()
        self.assertIn("gemmtune bench", self.compare(base, str(empty), expect=2).stderr)
        self.assertIn("No such file", self.compare(base, str(self.dir / "typo"), expect=2).stderr)

    def test_an_output_that_cannot_be_is_refused_before_anything_is_written(self):
        base = self.side("base", data.row(100))
        done = self.compare(base, base, "--write", f"json={self.dir}/x.json", "--write", "junti=x", expect=2)
        self.assertIn('did you mean "junit"', done.stderr)
        self.assertFalse((self.dir / "x.json").exists())
        self.assertIn("FORMAT=FILE", self.compare(base, base, "--write", "junit", expect=2).stderr)


class Outputs(CompareTest):
    """Of a comparison with every verdict, and of names that mean harm."""

    def setUp(self):
        super().setUp()
        base = [data.row(100, m=m, name=HOSTILE if m in (1, 16) else "layer") for m in range(1, 21)]
        new = [data.row(110, m=m, name=HOSTILE if m == 1 else "layer") for m in range(1, 16)]
        new += [data.wrong(16), data.row(90, m=18), data.row(100.9, m=19), data.row(100, m=20)]
        self.base, self.new = self.side("base", *base), self.side("new", *new)
        self.formats = ("json", "markdown", "junit", "github", "gitlab-metrics", "gitlab-codequality",
                        "action-benchmark", "bencher")
        writes = [flag for name in self.formats for flag in ("--write", f"{name}={self.dir / name}")]
        self.table = self.compare(self.base, self.new, *writes, expect=3).stdout
        self.text = {name: (self.dir / name).read_text(encoding="utf-8") for name in self.formats}

    def test_are_what_format_prints(self):
        for name in self.formats:
            self.assertEqual(self.compare(self.base, self.new, "--format", name, expect=3).stdout, self.text[name])

    def test_hold_no_control_characters(self):
        for name, text in [*self.text.items(), ("table", self.table)]:
            drives = r"[\x00-\x09\x0b-\x1f\x7f]" if name == "json" else r"[\x00-\x09\x0b-\x1f\x7f-\x9f]"
            self.assertIsNone(re.search(drives, text), name)

    def test_terminal_ends_with_the_outcome(self):
        self.assertEqual(self.table.splitlines()[-1],
                         "FAIL: 1 wrong, 1 missing, 15 slower  (1 wrong, 1 missing, 15 slower, 1 faster, 1 unsure, "
                         "1 same of 20)")

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_json_agrees_with_its_schema(self):
        schema = json.loads((SOURCE / "configs/schema/compare.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.Draft7Validator(schema).validate(json.loads(self.text["json"]))
        broken = json.loads(self.text["json"])
        broken["problems"][0]["verdict"] = "good"
        self.assertFalse(jsonschema.Draft7Validator(schema).is_valid(broken))

    def test_json_has_no_member_that_the_schema_does_not_describe(self):
        schema = json.loads((SOURCE / "configs/schema/compare.schema.json").read_text())
        report = json.loads(self.text["json"])
        for described, found in ((schema, report), (schema["definitions"]["verdict"], report["problems"][3]),
                                 (schema["definitions"]["figure"], report["problems"][3]["new"]),
                                 (schema["definitions"]["side"], report["base"])):
            self.assertEqual(set(described["properties"]), set(found))

    def test_junit(self):
        root = ElementTree.fromstring(self.text["junit"])
        suite, = root
        cases = list(suite)
        self.assertEqual({name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")},
                         {"tests": "20", "failures": "17", "errors": "0", "skipped": "1"})
        self.assertEqual((root.tag, suite.tag, {case.tag for case in cases}), ("testsuites", "testsuite", {"testcase"}))
        self.assertEqual(len({case.get("name") for case in cases}), 20)
        self.assertEqual(sum(case.find("failure") is not None for case in cases), 17)
        self.assertEqual(sum(case.find("skipped") is not None for case in cases), 1)
        self.assertTrue(any("a|b<script>\"'&`*_[x](y)" in case.get("name") for case in cases))
        self.assertTrue(any("WRONG: " in case.find("failure").get("message") for case in cases
                            if case.find("failure") is not None))

    def test_github_annotations_are_at_most_ten_and_one_a_line(self):
        lines = self.text["github"].splitlines()
        self.assertEqual(len(lines), 10)
        for line in lines:
            self.assertRegex(line, r"^::error title=(?:[^:,%\r\n]|%[0-9A-F]{2})+::[^\r\n]*$")
            self.assertIsNone(re.search(r"%(?!25|0A|0D|3A|2C)", line), line)
        self.assertIn("8 more", lines[-1])
        self.assertTrue(any("x%250A" in line for line in lines))
        quiet = self.compare(self.base, self.base, "--format", "github").stdout
        self.assertRegex(quiet, r"^::notice title=gemmtune%3A PASS::20 same of 20\n$")

    @unittest.skipIf(text_string_to_metric_families is None, "python3 has no prometheus_client")
    def test_gitlab_metrics(self):
        families = {f.name: f.samples for f in text_string_to_metric_families(self.text["gitlab-metrics"])}
        self.assertEqual({s.labels["verdict"]: s.value for s in families["gemmtune_problems"]},
                         {"wrong": 1, "missing": 1, "slower": 15, "unsure": 1, "faster": 1, "same": 1})
        self.assertEqual(len(families["gemmtune_time_us"]), 18)
        self.assertTrue(any(s.labels["problem"].startswith("a|b<script>\"'&") and "\\ é" in s.labels["problem"]
                            for s in families["gemmtune_time_us"]))
        self.assertEqual(len(families["gemmtune_geomean_change_percent"]), 1)

    def test_gitlab_code_quality(self):
        issues = json.loads(self.text["gitlab-codequality"])
        self.assertEqual(len(issues), 17)
        self.assertEqual(len({issue["fingerprint"] for issue in issues}), 17)
        for issue in issues:
            self.assertIn(issue["severity"], ("info", "minor", "major", "critical", "blocker"))
            self.assertEqual(set(issue), {"description", "check_name", "fingerprint", "severity", "location"})
            self.assertEqual(issue["location"]["lines"], {"begin": 1})
        again = json.loads(self.compare(self.base, self.new, "--format", "gitlab-codequality", "--force", expect=3).stdout)
        self.assertEqual([i["fingerprint"] for i in again], [i["fingerprint"] for i in issues])

    def test_action_benchmark(self):
        entries = json.loads(self.text["action-benchmark"])
        self.assertEqual(len(entries), 18)
        for entry in entries:
            self.assertEqual(set(entry), {"name", "unit", "value", "range", "extra"})
            self.assertIsInstance(entry["value"], float)
        self.assertIn(90.0, [entry["value"] for entry in entries])

    def test_bencher(self):
        benchmarks = json.loads(self.text["bencher"])
        self.assertEqual(len(benchmarks), 18)
        for name, measures in benchmarks.items():
            self.assertLessEqual(len(name), 1024)
            latency = measures["latency"]
            self.assertLess(latency["lower_value"], latency["value"])
            self.assertLess(latency["value"], latency["upper_value"])
        self.assertIn(90e3, [round(m["latency"]["value"], 6) for m in benchmarks.values()])

    @unittest.skipIf(markdown_it is None, "python3 has no markdown_it")
    def test_markdown_is_a_table_and_nothing_hostile(self):
        tokens = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").parse(self.text["markdown"])
        rows = [t for t in tokens if t.type == "tr_open"]
        self.assertEqual(len(rows), 2 + 20)  # two tables with a head each: what has changed, and what has not
        html = [t.content for t in tokens if t.type == "html_block"]
        html += [c.content for t in tokens for c in t.children or [] if c.type == "html_inline"]
        self.assertTrue(html)
        for tag in re.findall(r"<[^>]*>", "".join(html)):
            self.assertIn(tag, ("<details>", "</details>", "<summary>", "</summary>"))
        inline = {c.type for t in tokens for c in t.children or []}
        self.assertFalse(inline & {"link_open", "em_open", "strong_open", "code_inline"}, inline)

    def test_markdown_puts_the_outcome_first_and_fits_a_comment(self):
        self.assertTrue(self.text["markdown"].startswith("### gemmtune compare: FAIL: 1 wrong, 1 missing, 15 slower\n"))
        many = [data.row(100, m=m) for m in range(1, 1000)]
        slow = [data.row(120, m=m, name=HOSTILE * 3) for m in range(1, 1000)]
        text = self.compare(self.side("many", *many), self.side("slow", *slow), "--format", "markdown", expect=4).stdout
        self.assertLess(len(text), 65536)
        self.assertIn("959 more are left out here", text)


class Speed(CompareTest):
    def test_is_quick_with_ten_thousand_rows(self):
        rows = [data.row(10 + i % 97, m=1 + i % 500, block_n=8 + i // 500, stage="screen", samples_us=[])
                for i in range(5000)]
        base, new = self.side("base", *rows), self.side("new", *rows)
        start = time.monotonic()
        self.compare(base, new)
        # Two sweeps of 12,500 rows each, samples included, took 0.96 s of a core in release: 0.38 s for 10,000 rows.
        # This catches what is slow by nature, on a busy machine and without -O2.
        self.assertLess(time.monotonic() - start, 20)


if __name__ == "__main__":
    unittest.main()
