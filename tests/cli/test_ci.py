"""scripts/ci: what compile_budget says of outputs of the real `gemmtune compile`; shell and YAML that can be read."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from harness import PROBLEM, SOURCE, CliTest

try:
    import yaml
except ImportError:
    yaml = None

CI = SOURCE / "scripts/ci"
CONFIGS = ["--config", "block_m=64,block_n=64", "--config", "block_m=64,block_n=96"]


class CompileBudget(CliTest):
    def compiled(self, name, change=None):
        path = self.dir / name
        done = self.run_cli("compile", "--problem", PROBLEM, *CONFIGS, "--format", "json", "-o", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        if change:
            cubins = json.loads(path.read_text())
            cubins[1].update(change)
            path.write_text(json.dumps(cubins))
        return path

    def budget(self, *args, expect=0):
        done = subprocess.run([sys.executable, "-B", CI / "compile_budget", *map(str, args)], capture_output=True, text=True)
        self.assertEqual(done.returncode, expect, done.stderr + done.stdout)
        return done.stdout + done.stderr

    def test_passes_what_is_the_same_or_better(self):
        base = self.compiled("base.json")
        self.assertIn("PASS", self.budget(base, base))
        self.budget(base, self.compiled("new.json", {"registers": 100}))
        failed = {"invalidity": "compile", "reason": "spills", "registers": None, "spill_bytes": None}
        self.budget(self.compiled("failed.json", failed), base)  # it compiles now

    def test_fails_on_each_thing_that_is_worse(self):
        base = self.compiled("base.json")
        for change, words in (({"registers": 176}, "176 registers instead of 168"), ({"spill_bytes": 8}, "spills 8 bytes"),
                              ({"invalidity": "compile", "reason": "error: <b>|"}, "compiles: error: \\<b\\>\\|")):
            said = self.budget(base, self.compiled("new.json", change), expect=4)
            self.assertIn(words, said)
            self.assertIn("1 of 2 kernels are worse", said)
        self.budget(base, self.compiled("new.json", {"registers": 176}), "--more-registers", 8)

    def test_complains_of_what_it_cannot_read(self):
        base = self.compiled("base.json")
        self.assertIn("not the output", self.budget(base, self.write("x.json", "[1]"), expect=2))
        self.assertIn("no kernel in common", self.budget(base, self.write("y.json", "[]"), expect=2))


@unittest.skipIf(yaml is None, "python3 has no yaml")
class Workflows(unittest.TestCase):
    def shell_of(self, node):
        """Every script in the document."""
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("run", "script", ".fetch"):
                    yield value if isinstance(value, str) else "\n".join(map(str, self.flat(value)))
                else:
                    yield from self.shell_of(value)
        elif isinstance(node, list):
            for item in node:
                yield from self.shell_of(item)

    def flat(self, items):
        for item in items:
            yield from self.flat(item) if isinstance(item, list) else [item]

    def test_hold_shell_that_parses_and_commands_that_exist(self):
        for name, jobs in (("github-actions.yml", 2), ("gitlab-ci.yml", 2)):
            document = yaml.safe_load((CI / name).read_text())
            scripts = list(self.shell_of(document))
            self.assertGreaterEqual(len(scripts), jobs)
            for script in scripts:
                done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}\n{script}")
            text = "\n".join(scripts)
            for path in re.findall(r"(?<![\w./])scripts/[\w/]+", text):
                self.assertTrue((SOURCE / path).exists(), path)
            for flag in set(re.findall(r"--write ([\w-]+)=", text)):
                self.assertIn(f'"{flag}"', (SOURCE / "src/compare/output.cpp").read_text())

    def test_take_no_baseline_from_a_fork_whose_branch_is_called_main(self):
        # What gh answers: without --event push the newest run on a branch of that name, whosever it is.
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        gh = pathlib.Path(folder.name) / "gh"
        gh.write_text('#!/bin/sh\ncase "$*" in *"--event push"*) echo ours;; "run list"*) echo a-forks;; *) echo "$3" > "$OUT";; esac\n')
        gh.chmod(0o755)
        taken = gh.with_name("taken")
        environment = os.environ | {"PATH": f"{gh.parent}:{os.environ['PATH']}", "GITHUB_WORKFLOW": "performance", "OUT": str(taken)}
        subprocess.run([CI / "fetch_baseline", "compile", gh.parent], env=environment, check=True)
        self.assertEqual(taken.read_text(), "ours\n")

    def test_run_no_forks_code_on_a_machine_with_a_gpu(self):
        github = yaml.safe_load((CI / "github-actions.yml").read_text())
        for name, job in github["jobs"].items():
            if "self-hosted" in job["runs-on"]:
                self.assertIn("head.repo.full_name == github.repository", job.get("if", ""), name)
        speed = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["speed"]
        first = list(self.flat(speed["rules"]))[0]
        self.assertIn("CI_MERGE_REQUEST_SOURCE_PROJECT_ID != $CI_MERGE_REQUEST_PROJECT_ID", first["if"])
        self.assertEqual(first["when"], "never")


if __name__ == "__main__":
    unittest.main()
