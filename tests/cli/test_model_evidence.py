"""scripts/model_evidence on the simulated device, with a model and a space that take a second: folders, reports, what is done once,
and that what is missing or late fails."""
import contextlib
import io
import json
import pathlib
import sys
from unittest import main, mock

from harness import GEMMTUNE, CliTest, script
from test_model_step import STEP, TINY

evidence = script("model_evidence")
FEW = "--options=--max-candidates 2"


class ModelEvidence(CliTest):
    def setUp(self):
        super().setUp()
        model = self.write("tiny.json", TINY)
        self.cases = {"tiny": (f"--model {model} {' '.join(STEP)}", (64,), 20)}
        self.folder = self.dir / "model"

    def run_it(self, *more, wanted=180, device="sim:h100-sxm"):
        said = io.StringIO()
        command = ["model_evidence", self.folder, "--device", device, "--gemmtune", GEMMTUNE, "--scratch", self.dir / "scratch",
                   *more]
        with mock.patch.object(evidence, "CASES", self.cases), mock.patch.object(evidence, "WANTED_S", wanted), \
                mock.patch.object(sys, "argv", list(map(str, command))), mock.patch.dict("os.environ", self.env), \
                contextlib.redirect_stderr(said):
            code = evidence.main()
        self.said = said.getvalue()
        return code, json.loads((self.folder / "model_evidence.json").read_text())

    def known(self, done):
        (self.folder / "model_evidence.json").write_text(json.dumps({"cases": {"tiny": done}}))

    def test_sweeps_reports_and_does_nothing_twice(self):
        code, found = self.run_it(FEW)
        self.assertEqual((code, found["wrong"]), (0, []), self.said)
        swept = found["cases"]["tiny"]["sweep"]
        self.assertEqual((swept["problems"], swept["resumed"]), (12, False))
        self.assertEqual(found["cases"]["tiny"]["reports"]["missing"], [])
        self.assertIn("GEMMs of a step", (self.folder / "tiny/model.md").read_text())
        self.assertEqual(json.loads((self.folder / "tiny/model.json").read_text())["model"]["ep"], 4)
        self.assertNotIn("graph_64", found["cases"]["tiny"], "there is no GPU")
        self.assertEqual(self.run_it()[0], 0)
        self.assertNotIn("+", self.said, "all was there")
        self.known({})
        self.assertTrue(self.run_it(FEW)[1]["cases"]["tiny"]["sweep"]["resumed"])
        self.assertIn("--resume", self.said)

    def test_energy_is_a_step_behind_the_sweep_that_times_no_candidate_again(self):
        code, found = self.run_it(FEW, "--energy")
        self.assertEqual(code, 0, self.said)
        energy = found["cases"]["tiny"]["energy"]
        self.assertEqual((energy["problems"], energy["measured"]), (12, 0), "a simulated board has no meter")
        self.assertIn("--resume --energy", self.said)
        rows = [json.loads(line.rpartition(',"checksum"')[0] + "}") for line in (self.folder / "tiny/sweep/journal.jsonl").open()]
        screened = [(row["problem_id"], row["provider"], row["config_id"], row["policy"]) for row in rows
                    if row.get("record") == "row" and row["stage"] == "screen"]
        self.assertEqual(len(screened), len(set(screened)))

    def test_what_is_late_or_missing_fails(self):
        code, found = self.run_it(FEW, wanted=0)
        self.assertEqual(code, 1)
        self.assertRegex(found["wrong"][0], "took .* more than 0")
        self.known({"sweep": {"wall_s": 1}, "reports": {"missing": ["dense_1d2d:m=1"]}})
        self.assertIn("no winner of dense_1d2d:m=1", self.run_it()[1]["wrong"][0])

    def test_a_step_that_fails_is_named_and_made_up_for(self):
        self.assertEqual(self.run_it("--options=--max-candidates none")[0], 1)
        self.assertIn("tiny: sweep: exit code 2", self.said)
        self.assertEqual(self.run_it(FEW)[0], 0, self.said)

    def test_the_graph_is_of_a_bundle_of_the_sweep(self):
        """Where the device is none of the simulated ones; the commands are noted, and those of the graph answered."""
        self.run_it(FEW)
        ran = []

        def noted(*command, stdout=None):
            ran.append([str(word) for word in command])
            if "export" in ran[-1]:
                pathlib.Path(ran[-1][-1]).mkdir()
            else:
                pathlib.Path(ran[-1][-1]).write_text(json.dumps({f"{way}_us": 1 for way in ("table", "alone", "step", "sustained")}))
            return 1.0

        with mock.patch.object(evidence, "run", noted):
            code, found = self.run_it(device="0")
        self.assertEqual(code, 0, self.said)
        self.assertEqual([words[1] if "export" in words else pathlib.Path(words[1]).name for words in ran], ["export", "step_graph"])
        self.assertEqual(found["cases"]["tiny"]["graph_64"]["step"], 1)
        self.assertIn("gemmtune.ceilings/1", (self.folder / "tiny/ceilings.json").read_text())


if __name__ == "__main__":
    main()
