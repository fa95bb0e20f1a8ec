"""The files under configs/ agree with the schemas beside them, and the schemas refuse what the reader refuses.

Needs the Python package jsonschema; skipped (with a note) where it is not installed.
"""

import json
import pathlib
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"
PROBLEM = {"kernel": "dense_1d2d", "m": 1, "n": 8, "k": 128}
SPACE = {"schema": "gemmtune.space/1", "kernel": "dense_1d2d", "parameters": {"block_m": 64}}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def described(schema, where=""):
    """Yields the properties that no description explains."""
    for name, member in schema.get("properties", {}).items():
        if "description" not in member:
            yield f"{where}/{name}"
    for name, definition in schema.get("definitions", {}).items():
        yield from described(definition, f"{where}/{name}")


@unittest.skipIf(jsonschema is None, "python3 has no jsonschema")
class ConfigSchemas(unittest.TestCase):
    def validator(self, kind):
        schema = load(CONFIGS / "schema" / f"{kind}.schema.json")
        jsonschema.Draft7Validator.check_schema(schema)
        return jsonschema.Draft7Validator(schema)

    def test_shipped_files_agree(self):
        for kind, folder in (("shapes", "shapes"), ("space", "spaces")):
            validator = self.validator(kind)
            paths = sorted((CONFIGS / folder).glob("*.json"))
            self.assertTrue(paths)
            for path in paths:
                with self.subTest(path=path.name):
                    validator.validate(load(path))

    def test_every_field_is_described(self):
        for kind in ("shapes", "space"):
            self.assertEqual([], list(described(load(CONFIGS / "schema" / f"{kind}.schema.json"))))

    def test_bad_problems_are_refused(self):
        validator = self.validator("shapes")
        wrap = lambda problem: {"schema": "gemmtune.shapes/1", "problems": [problem]}
        self.assertTrue(validator.is_valid(wrap(PROBLEM)))
        for change in ({"m": -1}, {"m": []}, {"m": 1.5}, {"m": 2**31}, {"wieght": 1}, {"weight": 0}, {"out": "fp16"},
                       {"accumulate": 1}):
            with self.subTest(change=change):
                self.assertFalse(validator.is_valid(wrap({**PROBLEM, **change})))
        self.assertFalse(validator.is_valid({"schema": "gemmtune.shapes/1", "problems": []}))
        self.assertFalse(validator.is_valid({**wrap(PROBLEM), "name": "../x"}))

    def test_groups_are_said_as_the_reader_wants_them(self):
        validator = self.validator("shapes")
        wrap = lambda problem: {"schema": "gemmtune.shapes/1", "problems": [problem]}
        sizes = {"n": 8, "k": 128}
        contiguous = {"kernel": "grouped_contiguous_1d2d", "groups": 4, "m_per_group": [0.5, 64], **sizes}
        masked = {"kernel": "grouped_masked_1d2d", "group_sizes": [0, 4], "max_m": 4, **sizes}
        inner = {"kernel": "k_grouped_1d1d", "groups": 4, "k_per_group": 512, "m": 8, "n": 8, "out": "fp32"}
        for good in (contiguous, masked, inner, {**PROBLEM, "kernel": "dense_1d1d"}, {**contiguous, "alignment": 1, "layout": "offsets"},
                     {**contiguous, "routing": "zipf:1.2", "seed": 3, "empty": 0.5}, {**contiguous, "spread": 0.3}):
            self.assertTrue(validator.is_valid(wrap(good)), good)
        for bad in ({**PROBLEM, "groups": 4}, {**PROBLEM, "max_m": 4}, {**contiguous, "m": 4}, {**contiguous, "group_sizes": [1]},
                    {**contiguous, "max_m": 4}, {**contiguous, "alignment": 16}, {**contiguous, "routing": "zip"},
                    {**contiguous, "empty": 1}, {**masked, "layout": "offsets"}, {**inner, "k": 128}, {**inner, "m_per_group": 4},
                    {**sizes, "kernel": "grouped_masked_1d2d", "groups": 4, "m_per_group": 4}):
            self.assertFalse(validator.is_valid(wrap(bad)), bad)

    def test_bad_spaces_are_refused(self):
        validator = self.validator("space")
        self.assertTrue(validator.is_valid(SPACE))
        for value in (-1, 1.5, [], {"from": 1, "to": 2}, {"from": 1, "to": 2, "step": 0}, True, None):
            with self.subTest(value=value):
                self.assertFalse(validator.is_valid({**SPACE, "parameters": {"block_m": value}}))


if __name__ == "__main__":
    unittest.main()
