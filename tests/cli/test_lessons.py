"""What guided searches know before they begin: made by a script of committed sweeps, and put to use."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from harness import SOURCE, CliTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

LESSONS = SOURCE / "configs/lessons"


class Lessons(CliTest):
    def test_are_what_the_script_makes_of_the_committed_journals(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([SOURCE / "scripts/lessons", folder], check=True)
            made = {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}
        self.assertEqual(made, {path.name: path.read_bytes() for path in LESSONS.iterdir()}, "scripts/lessons makes them again")

    @unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
    def test_agree_with_their_schema(self):
        schema = json.loads((SOURCE / "configs/schema/lessons.schema.json").read_text())
        for path in LESSONS.iterdir():
            lessons = json.loads(path.read_text())
            jsonschema.validate(lessons, schema, cls=jsonschema.Draft7Validator)
            for problem in lessons["problems"]:
                self.assertEqual({len(row) for row in problem["measured"]}, {len(lessons["columns"])}, path.name)

    def test_a_search_that_has_them_loses_less_where_few_candidates_are_timed(self):
        regret = {}
        for learn_from in ("lessons", "asked"):
            result = self.run_cli("replay", SOURCE / "results/h100-sxm/dsv3", "--max-candidates", "24", "--learn-from", learn_from,
                                  "--format", "json")
            self.assertEqual(result.returncode, 0, result.stderr)
            replay = json.loads(result.stdout)
            regret[learn_from] = (replay["regret_geomean"], replay["regret_max"])
        self.assertLess(2 * regret["lessons"][0], regret["asked"][0])
        self.assertLess(2 * regret["lessons"][1], regret["asked"][1])


if __name__ == "__main__":
    unittest.main()
