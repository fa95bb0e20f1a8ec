"""gemmtune export --format parquet: every cell is that of `report --format jsonl`, in a column of its type. A build without Apache
Arrow says so. GEMMTUNE_HAVE_PARQUET=ON (CMake sets it) tells which of the two this build is."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

from harness import GEMMTUNE, SOURCE, CliTest

HAVE = os.environ.get("GEMMTUNE_HAVE_PARQUET") == "ON"
H100 = SOURCE / "results/h100-sxm"
if ROOT := os.environ.get("GEMMTUNE_ARROW_ROOT"):  # pyarrow's own folder: what gemmtune was linked with
    sys.path.append(str(pathlib.Path(ROOT).parent))
try:
    import pyarrow
    import pyarrow.parquet
except ImportError:
    pyarrow = None
try:
    import pandas
    sys.path.insert(0, str(SOURCE / "scripts/python"))
    import gemmtune_runs
except ImportError:
    pandas = None


def flat(record, path=""):
    """Members of members with a dot between; without those that are null."""
    cells = {}
    for key, value in record.items():
        if isinstance(value, dict):
            cells |= flat(value, f"{path}{key}.")
        elif value is not None:
            cells[path + key] = value
    return cells


class Parquet(CliTest):
    def export(self, results, expect=0):
        path = self.dir / "rows.parquet"
        done = self.run_cli("export", results, "--format", "parquet", "-o", path)
        self.assertEqual(done.returncode, expect, done.stderr)
        return path, done.stderr


@unittest.skipIf(HAVE, "this build has Apache Arrow")
class Without(Parquet):
    def test_says_what_to_install_and_what_gives_the_same_rows(self):
        path, said = self.export(H100 / "dsv3", expect=2)
        self.assertEqual(said.count("\n"), 1, said)
        for words in ("needs Apache Arrow", "libparquet-dev", "pyarrow", f"gemmtune report {H100 / 'dsv3'} --format csv", "gemmtune_runs"):
            self.assertIn(words, said)
        self.assertFalse(path.exists())


@unittest.skipUnless(HAVE, "gemmtune was built without Apache Arrow's C++ library")
@unittest.skipIf(pyarrow is None, "python3 has no pyarrow to read the file with")
class With(Parquet):
    def rows_of(self, results):
        """What `report` prints of the same journal."""
        done = self.run_cli("report", results, "--format", "jsonl")
        rows = [flat(json.loads(line)) for line in done.stdout.splitlines()]
        for row in rows:
            del row["record"]
        return rows

    def expect_all_cells(self, results):
        table = pyarrow.parquet.read_table(self.export(results)[0])
        rows = self.rows_of(results)
        self.assertEqual(table.num_rows, len(rows))
        self.assertLessEqual(set().union(*rows), set(table.column_names))
        for i, column in enumerate(table.column_names):
            cells = table.column(i).to_pylist()
            differ = [(n, row.get(column), cell) for n, (row, cell) in enumerate(zip(rows, cells)) if row.get(column) != cell]
            self.assertEqual(differ[:3], [], f"{len(differ)} cells of {column}: row, in JSON, in Parquet")
        return table, rows

    def test_every_cell_of_a_sweep_is_that_of_json(self):
        table, rows = self.expect_all_cells(H100 / "dsv3")
        self.assertGreater(len(rows), 30000)
        self.assertEqual(sum(map(len, rows)), sum(len(column) - column.null_count for column in table.columns))

    def test_every_cell_of_rows_with_groups_is_that_of_json(self):
        table, _ = self.expect_all_cells(H100 / "grouped-peers")
        self.assertGreater(len(table) - table["problem.groups"].null_count, 0)
        self.assertGreater(len(table["draws_us"].combine_chunks().flatten()), 0)

    def test_columns_have_the_types_of_the_schema(self):
        """integer: int64, of the seed uint64; number: double; or a list of one of these."""
        definitions = json.loads((SOURCE / "configs/schema/journal.schema.json").read_text())["definitions"]
        row, problem = (definitions[name]["properties"] for name in ("row", "problem"))
        members = row | {f"problem.{k}": v for k, v in problem.items()}
        members |= {f"counters.{k}": v for k, v in row["counters"]["properties"].items()}
        for record in ("record", "problem", "config", "counters", "checksum"):
            members.pop(record, None)
        of = {"integer": pyarrow.int64(), "number": pyarrow.float64(), "string": pyarrow.string(), "boolean": pyarrow.bool_()}

        def type_of(schema):
            kind, *_ = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            return pyarrow.list_(type_of(schema["items"])) if kind == "array" else of[kind]

        wanted = {name: type_of(schema) for name, schema in members.items()} | {"seed": pyarrow.uint64()}
        table = pyarrow.parquet.read_table(self.export(H100 / "dsv3")[0])
        wanted |= {name: pyarrow.int64() for name in table.column_names if name.startswith("config.")}
        self.assertEqual({field.name: field.type for field in table.schema}, wanted)

    def test_the_same_rows_are_the_same_bytes_to_a_file_and_to_stdout(self):
        path, said = self.export(H100 / "grouped-peers")
        self.assertIn("read back as its reader would", said)
        done = subprocess.run([GEMMTUNE, "export", H100 / "grouped-peers", "--format", "parquet"], capture_output=True, env=self.env,
                              check=True)
        self.assertEqual(done.stdout, path.read_bytes())

    def test_a_table_alone_is_refused(self):
        self.assertIn("the folder of the sweep", self.export(H100 / "dsv3/table.json", expect=2)[1])

    @unittest.skipIf(pandas is None, "python3 has no pandas")
    def test_pandas_reads_the_frame_of_gemmtune_runs(self):
        ours, theirs = pandas.read_parquet(self.export(H100 / "dsv3")[0]), gemmtune_runs.read(H100 / "dsv3").rows
        ours, theirs = (frame.set_index("id").sort_index() for frame in (ours, theirs))
        for column in ("time_us", "problem.m", "config.stages", "stage", "reason", "simulated"):
            pandas.testing.assert_series_equal(ours[column], theirs[column], check_dtype=False)


if __name__ == "__main__":
    unittest.main()
