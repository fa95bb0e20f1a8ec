"""Every committed journal, table, manifest and example agrees with its schema, and results/ keeps to its rule (results/README.md).

Schemas need the Python package jsonschema; without it those tests are skipped (with a note)."""
import collections
import gzip
import json
import os
import pathlib
import re
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

ROOT = pathlib.Path(os.environ.get("GEMMTUNE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
SCHEMAS = ROOT / "configs/schema"
# Written by scripts, for people and for these scripts: no schema describes them.
OF_SCRIPTS = {"agreement", "bundle_check", "compare_with_pytorch", "first_sweep", "gpu_check", "many_gpus", "power_of_compare",
              "repeat_winners", "sm_counts"}
JOURNALS = (".jsonl", ".jsonl.gz")


def committed(*suffixes):
    for folder in ("results", "configs", "tests", "scripts"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.name.endswith(suffixes) and not re.match(r"results/(scratch|simulated)", path.relative_to(ROOT).as_posix()):
                yield path


def lines_of(path):
    with (gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")) as file:
        yield from file


def of_its_sign(one):
    return lambda text: -one if text[0] == "-" else one if float(text) else 0 * one


def alike(line):
    """A record without what no schema looks at, so that rows of one kind are looked at once: how large numbers are, which
    hash an id is, what time it was."""
    record = json.loads(line, parse_int=of_its_sign(1), parse_float=of_its_sign(0.5))
    for key, value in record.items():
        if isinstance(value, str) and (key == "timestamp" or re.fullmatch("[0-9a-f]{16}", value)):
            record[key] = "" if key == "timestamp" else "0" * 16
    return json.dumps(record)


def schema_of(document):
    """The word in gemmtune.word/1; None of what is not ours."""
    name = document.get("schema", "") if isinstance(document, dict) else ""
    return re.fullmatch(r"gemmtune\.(\w+)/\d+", name).group(1) if name.startswith("gemmtune.") else None


@unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
class Schemas(unittest.TestCase):
    def validator(self, kind):
        schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        return jsonschema.Draft7Validator(schema)

    def row_validator(self):
        """Says what a row lacks, not that it is neither a run nor a row nor an end."""
        schema = json.loads((SCHEMAS / "journal.schema.json").read_text(encoding="utf-8"))
        return jsonschema.Draft7Validator({"definitions": schema["definitions"], "$ref": "#/definitions/row"})

    def complaints(self, path):
        whole, rows = self.validator("journal"), self.row_validator()
        for line in {alike(line) for line in lines_of(path)}:
            record = json.loads(line)
            for error in (rows if record.get("record") == "row" else whole).iter_errors(record):
                yield f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}: {error.message[:200]}"

    def test_journals(self):
        paths = list(committed(*JOURNALS))
        self.assertGreater(len(paths), 5)
        for path in paths:
            with self.subTest(path=path.relative_to(ROOT).as_posix()):
                self.assertEqual([], sorted(set(self.complaints(path))))
                commands = [json.loads(line)["command"] for line in lines_of(path) if line.startswith('{"record":"run"')]
                self.assertEqual([], [command for command in commands if command.startswith("/")], "a folder of the machine that it ran on")

    def test_documents(self):
        seen = collections.Counter()
        for path in committed(".json"):
            kind = schema_of(json.loads(path.read_text(encoding="utf-8")))
            if kind is None or kind in OF_SCRIPTS:
                continue
            seen[kind] += 1
            with self.subTest(path=path.relative_to(ROOT).as_posix()):
                errors = self.validator(kind).iter_errors(json.loads(path.read_text(encoding="utf-8")))
                self.assertEqual([], [f"/{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in errors])
        self.assertLessEqual({"bundle", "ceilings", "peers", "shapes", "space", "table"}, set(seen))

    def test_a_journal_with_a_defect(self):
        good, = (line for line in list(lines_of(ROOT / "results/h100-sxm/dsv3/journal.jsonl.gz"))[1:2])
        for change, word in (({"time_us": "3"}, "'3'"), ({"seed": 1.5}, "0.5"), ({"flops": -3}, "-1"), ({"id": "A"}, "A"),
                             ({"stage": "tuned"}, "tuned"), ({"timestamp": 5}, "1 is not"), ({"samples_us": [1.5, 2.5, "x"]}, "x")):
            with self.subTest(change=change), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "journal.jsonl"
                path.write_text(good, encoding="utf-8")
                self.assertEqual([], list(self.complaints(path)))
                path.write_text(json.dumps({**json.loads(good), **change}) + "\n", encoding="utf-8")
                found, = self.complaints(path)
                self.assertIn(word, found)


def misplaced(results):
    """What the rule of results/README.md does not allow in a folder like results/."""
    complaints, whole = [], {}
    for path in sorted(results.glob("*/*/*.jsonl*")):
        name = path.relative_to(results).as_posix()
        if re.match("scratch|simulated", name):  # git ignores them
            continue
        if path.parent.parent.name == "peers":
            continue
        records = [json.loads(line) for line in lines_of(path)]
        rows = [record for record in records if record["record"] == "row"]
        if path.name == "races.jsonl.gz":
            if any(row["stage"] != "final" for row in rows):
                complaints.append(f"{name} has more than races")
        elif path.name == "journal.jsonl.gz":
            for kernel in {row["problem"]["kernel"] for row in rows}:
                before = whole.setdefault((path.parent.parent.name, kernel), name)
                if before != name:
                    complaints.append(f"{name}: {before} is a whole journal of {kernel} on this kind of device; "
                                      "keep the races of one of them")
        else:
            complaints.append(f"{name} is neither a journal.jsonl.gz nor a races.jsonl.gz")
    for table in sorted(results.glob("*/*/table.json")):
        if not (table.parent / "report.md").exists():
            complaints.append(f"{table.parent.relative_to(results)} has a table without a report.md")
    return complaints


def beyond_the_board(table):
    """Entries with more energy than the board can draw in their time. Back to back, at its power cap, a launch takes up to 1.3 times
    its time in bursts: allowed is 1.5 times. Figures of kilowatts came of a board that waited for its host."""
    limit_w = (table.get("fingerprint") or {}).get("power_limit_w") or 700
    return [(entry["problem"]["m"], entry["problem"]["n"], entry["problem"]["k"]) for entry in table.get("entries", [])
            if (entry.get("energy_j") or 0) > 1.5 * limit_w * entry["time_us"] * 1e-6]


class Rule(unittest.TestCase):
    def test_is_kept(self):
        self.assertEqual([], misplaced(ROOT / "results"))

    def test_energies_are_what_the_board_can_draw(self):
        known = 0
        for path in committed("table.json"):
            table = json.loads(path.read_text(encoding="utf-8"))
            known += sum(entry.get("energy_j") is not None for entry in table.get("entries", []))
            with self.subTest(path=path.relative_to(ROOT).as_posix()):
                self.assertEqual([], beyond_the_board(table))
        self.assertGreater(known, 50)
        entry = {"problem": {"m": 1, "n": 2, "k": 3}, "time_us": 10, "energy_j": 0.01}
        table = {"fingerprint": {"power_limit_w": 700.0}, "entries": [entry, {**entry, "energy_j": 0.011}]}
        self.assertEqual([(1, 2, 3)], beyond_the_board(table))

    def test_notices_a_journal_too_many(self):
        row = {"record": "row", "stage": "screen", "problem": {"kernel": "k"}}
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder)

            def write(name, *records):
                (results / name).parent.mkdir(parents=True, exist_ok=True)
                with (gzip.open if name.endswith(".gz") else open)(results / name, "wt") as file:
                    file.writelines(json.dumps(record) + "\n" for record in records)
                return misplaced(results)

            self.assertEqual([], write("h100/a/journal.jsonl.gz", {"record": "run"}, row))
            self.assertEqual([], write("h200/a/journal.jsonl.gz", row))
            self.assertEqual([], write("peers/a/journal.jsonl", row))
            self.assertEqual([], write("simulated-h100/a/journal.jsonl", row))
            self.assertEqual([], write("h100/b/races.jsonl.gz", {**row, "stage": "final"}))
            self.assertIn("more than races", write("h100/b/races.jsonl.gz", row)[0])
            write("h100/b/races.jsonl.gz")
            self.assertIn("keep the races of one", write("h100/c/journal.jsonl.gz", row)[0])
            write("h100/c/journal.jsonl.gz")
            self.assertIn("neither", write("h100/d/journal.jsonl", row)[0])
            (results / "h100/d/journal.jsonl").unlink()
            self.assertIn("without a report.md", write("h100/d/table.json", {})[0])


if __name__ == "__main__":
    unittest.main()
