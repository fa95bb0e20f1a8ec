"""What a release is made by: the changelog, scripts/docker, the devcontainer, .github/workflows/release.yml, scripts/first_sweep. The
Dockerfile's instructions themselves are run by scripts/docker/try_image."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

from harness import GEMMTUNE, SOURCE, CliTest, script

try:
    import yaml
except ImportError:
    yaml = None

BUILD = pathlib.Path(GEMMTUNE).parent
VERSION = re.search(r"project\(gemmtune VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]
CHANGELOG = (SOURCE / "scripts/changelog").read_text(encoding="utf-8")
DOCKERFILE = (SOURCE / "scripts/docker/Dockerfile").read_text(encoding="utf-8")
HAVE_DPKG = shutil.which("dpkg-parsechangelog") is not None


class Changelog(CliTest):
    def test_begins_with_the_version_of_the_project(self):
        self.assertRegex(CHANGELOG, rf"^gemmtune \({re.escape(VERSION)}\) \w+; urgency=\w+\n")

    def test_names_every_command_and_kernel(self):
        commands = re.findall(r"^  ([a-z-]+)  +\S", self.run_cli("--help").stdout.partition("\nOptions")[0], re.MULTILINE)
        kernels = re.findall(r'\.kernel = "(\w+)"', "".join(p.read_text() for p in (SOURCE / "src/operation").glob("*.cpp")))
        self.assertGreater(min(len(commands), len(kernels)), 5)
        self.assertEqual([name for name in commands + kernels if not re.search(rf"\b{name}\b", CHANGELOG)], [])

    @unittest.skipUnless(HAVE_DPKG, "there is no dpkg-parsechangelog")
    def test_is_one_to_debian(self):
        done = subprocess.run(["dpkg-parsechangelog", "--all", "--file", SOURCE / "scripts/changelog"], capture_output=True, text=True,
                              check=True)
        self.assertEqual(done.stderr, "")


class Docker(unittest.TestCase):
    """What try_image reads of the Dockerfile, and what the rest of the repository has to do with it."""

    def setUp(self):
        self.tool = script("docker/try_image")
        self.stages = self.tool.stages_of(DOCKERFILE)

    def instructions(self, wanted, stages=None):
        return [rest for stage in (stages or self.stages).values() for word, rest in stage.instructions if word == wanted]

    def test_stages_come_from_stages_above_or_from_bases_that_are_known(self):
        seen = set(self.tool.SUITES) | {"scratch"}
        for name, stage in self.stages.items():
            self.assertLessEqual(set(self.tool.sources_of(stage)), seen, name)
            seen.add(name)
        self.assertEqual(list(self.stages)[-1], "gemmtune")

    def test_shell_parses_and_runs_scripts_that_are_there(self):
        commands = self.instructions("RUN")
        self.assertEqual(len(commands), DOCKERFILE.count("\nRUN "))
        for command in commands:
            subprocess.run(["sh", "-n", "-c", command], check=True)
            for path in re.findall(r"\bscripts/\w+", command):
                self.assertTrue(os.access(SOURCE / path, os.X_OK), path)

    @unittest.skipUnless((BUILD / "gemmtune-worker").exists(), "built without gemmtune-worker")
    def test_the_image_has_the_libraries_of_cuda_that_the_worker_loads(self):
        said = subprocess.run(["readelf", "-d", BUILD / "gemmtune-worker"], capture_output=True, text=True, check=True).stdout
        needed = [name for name in re.findall(r"\(NEEDED\).*\[(.*)\]", said) if re.match("lib(cu|nv)", name)]
        self.assertGreater(len(needed), 2)
        copied = self.instructions("COPY", {"gemmtune": self.stages["gemmtune"]})[0].split()
        self.assertLessEqual({f"/usr/local/cuda/lib64/{name}" for name in needed}, set(copied))

    def test_what_it_does_not_understand_is_refused(self):
        for line in ("FROM debian:12-slim", "ADD x y", "run x"):
            with self.assertRaises(ValueError):
                self.tool.stages_of(f"FROM scratch AS a\n{line}\n")
        with self.assertRaises(ValueError):
            self.tool.stages_of("RUN x\n")

    def test_copies_as_docker_does(self):
        with mock.patch.object(self.tool, "IMAGES", pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))):
            for name in ("from/lib/one.so.1.2", "from/lib/two.txt", "to/srv/x"):
                (self.tool.IMAGES / name).parent.mkdir(parents=True, exist_ok=True)
                (self.tool.IMAGES / name).write_text(name)
            (self.tool.IMAGES / "from/lib/one.so.1").symlink_to("one.so.1.2")
            builder = self.tool.Builder(self.stages, None)
            for rest in ("--from=from /lib/one.so.1 /usr/lib/", "--from=from /lib/*.txt /", "--from=from /lib/two.txt scripts/three",
                         "--from=from /lib all"):
                builder.copy(self.tool.IMAGES / "to", "/srv", rest)
            with self.assertRaises(FileNotFoundError):
                builder.copy(self.tool.IMAGES / "to", "/srv", "--from=from /lib/*.md /")
            made = {p.relative_to(self.tool.IMAGES / "to").as_posix(): p.read_text()
                    for p in (self.tool.IMAGES / "to").rglob("*") if p.is_file() and not p.is_symlink()}
        self.assertEqual(made, {"srv/x": "to/srv/x", "usr/lib/one.so.1": "from/lib/one.so.1.2", "two.txt": "from/lib/two.txt",
                                "srv/scripts/three": "from/lib/two.txt", "srv/all/one.so.1.2": "from/lib/one.so.1.2",
                                "srv/all/two.txt": "from/lib/two.txt"})

    def test_the_devcontainer_opens_a_stage_of_it(self):
        folder = SOURCE / ".devcontainer"
        container = json.loads((folder / "devcontainer.json").read_text())
        self.assertTrue((folder / container["build"]["dockerfile"]).samefile(SOURCE / "scripts/docker/Dockerfile"))
        self.assertTrue((folder / container["build"]["context"]).samefile(SOURCE))
        self.assertIn(container["build"]["target"], self.stages)
        self.assertIn(("RUN", container["postCreateCommand"]), self.stages[container["build"]["target"]].instructions)


# What stands for docker: the packages, and an image that says its version.
FAKE_DOCKER = r"""#!/bin/sh
echo "docker $*" >> "$LOG"
case "$*" in
  *"--output build/packages"*)
    echo deb > build/packages/gemmtune_1.2.3_amd64.deb
    echo tar > build/packages/gemmtune-1.2.3-linux-x86_64.tar.gz ;;
  *--version) echo "gemmtune ${SAYS:-1.2.3} (abc)" ;;
esac
"""


@unittest.skipIf(yaml is None or not HAVE_DPKG, "python3 has no yaml, or there is no dpkg-parsechangelog")
class Workflow(CliTest):
    """The shell of release.yml, run in a repository of version 1.2.3 with a docker and a gh that take notes."""

    def setUp(self):
        super().setUp()
        self.workflow = yaml.safe_load((SOURCE / ".github/workflows/release.yml").read_text())
        for path in ("CMakeLists.txt", "scripts/python/pyproject.toml", "scripts/changelog", "scripts/ci/check_release"):
            (self.dir / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / path, self.dir / path)
        self.replace("CMakeLists.txt", f"VERSION {VERSION}", "VERSION 1.2.3")
        self.replace("scripts/python/pyproject.toml", f'"{VERSION}"', '"1.2.3"')
        self.replace("scripts/changelog", f"({VERSION}) UNRELEASED", "(1.2.3) unstable")
        self.log = self.dir / "log"
        for name, text in (("docker", FAKE_DOCKER), ("gh", '#!/bin/sh\necho "gh $*" >> "$LOG"\n')):
            (self.dir / "bin").mkdir(exist_ok=True)
            (self.dir / "bin" / name).write_text(text)
            (self.dir / "bin" / name).chmod(0o755)

    def replace(self, path, old, new):
        text = (self.dir / path).read_text()
        self.assertIn(old, text)
        (self.dir / path).write_text(text.replace(old, new, 1))

    def run_steps(self, tag="v1.2.3", **environment):
        """As the runner does: bash -e, a process a step, nothing after one that fails. Its exit code, name and stderr; 0 in the end."""
        environment = {"PATH": f"{self.dir}/bin:/usr/bin:/bin", "GITHUB_REF_NAME": tag, "LOG": str(self.log), **environment}
        for job in self.workflow["jobs"].values():
            for step in job["steps"]:
                if "run" in step:
                    done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=self.dir,
                                          env=environment, capture_output=True, text=True)
                    if done.returncode != 0:
                        return done.returncode, step["name"], done.stderr
        return 0, "", ""

    def test_publishes_what_it_built(self):
        self.assertEqual(self.run_steps(), (0, "", ""))
        self.assertIn("gh release create v1.2.3 --verify-tag --title gemmtune 1.2.3 --notes-file notes.txt gemmtune_1.2.3_amd64.deb "
                      "gemmtune-1.2.3-linux-x86_64.tar.gz SHA256SUMS", self.log.read_text())
        self.assertIn("First version", (self.dir / "build/packages/notes.txt").read_text())

    def test_publishes_nothing_of_another_version(self):
        for path, old, new, words in (("CMakeLists.txt", "VERSION 1.2.3", "VERSION 1.2.4", "tag v1.2.4"),
                                      ("scripts/changelog", "(1.2.3)", "(1.2.2)", "begins with version 1.2.2"),
                                      ("scripts/changelog", "unstable", "UNRELEASED", "UNRELEASED"),
                                      ("scripts/python/pyproject.toml", "1.2.3", "1.2.2", "pyproject.toml")):
            self.replace(path, old, new)
            code, step, said = self.run_steps()
            self.assertEqual((code, step), (2, "Check the tag, the version and the changelog"))
            self.assertIn(words, said)
            self.replace(path, new, old)
        code, step, _ = self.run_steps(SAYS="1.2.4")
        self.assertEqual((code != 0, step), (True, "Try what was built"))
        self.assertNotIn("gh ", self.log.read_text())

    def test_may_write_in_one_job_alone_and_runs_actions_of_one_commit(self):
        text = (SOURCE / ".github/workflows/release.yml").read_text()
        self.assertEqual(self.workflow["permissions"], {"contents": "read"})
        self.assertEqual({name: job.get("permissions") for name, job in self.workflow["jobs"].items()},
                         {"build": None, "publish": {"contents": "write"}})
        self.assertFalse(any("uses" in step and "checkout" in step["uses"] for step in self.workflow["jobs"]["publish"]["steps"]))
        self.assertNotIn("secrets.", text)
        actions = re.findall(r"uses: (\S+)", text)
        self.assertEqual(len(actions), 3)
        for action in actions:
            self.assertRegex(action, r"^actions/[\w-]+@[0-9a-f]{40}$")
        for job in self.workflow["jobs"].values():
            for step in job["steps"]:
                self.assertNotIn("${{", step.get("run", ""), "what others name goes through the environment")


class FirstSweep(CliTest):
    SCRIPT = SOURCE / "scripts/first_sweep"

    def refused(self, *arguments):
        done = subprocess.run([self.SCRIPT, *arguments], capture_output=True, text=True, cwd=self.dir)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_says_what_is_wrong_before_it_installs_anything(self):
        help_text = subprocess.run([self.SCRIPT, "--help"], capture_output=True, text=True, check=True).stdout
        for option in re.findall(r"^  (--\w+)", help_text, re.MULTILINE):
            self.assertIn(option[2:], self.SCRIPT.read_text().partition("case $1 in")[2])
        package = self.write("x.rpm", "")
        self.assertIn("name the .deb", self.refused())
        self.assertIn("--json", self.refused(package))
        self.assertIn("no file none.deb", self.refused("none.deb", "--json", "x.json"))
        self.assertIn("needs a value", self.refused(package, "--json"))
        self.assertIn("--nothing", self.refused("--nothing"))
        if os.geteuid() == 0:
            self.assertIn("neither a .deb", self.refused(package, "--json", "x.json"))
        self.assertFalse((self.dir / "x.json").exists())

    def in_a_usr_local_of_its_own(self, *arguments):
        """Exit code and stderr, and the file of seconds. /usr/local is hidden, with what CUDA it has."""
        if subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/usr/local"], capture_output=True).returncode != 0:
            self.skipTest("no mount of its own can be had here: that takes root")
        done = subprocess.run(["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /usr/local && exec "$0" "$@"', self.SCRIPT,
                               *arguments, "--json", "seconds.json", "--device", "sim:h100-sxm"], capture_output=True, text=True,
                              cwd=self.dir)
        return done.returncode, done.stderr, json.loads((self.dir / "seconds.json").read_text())

    @unittest.skipIf(os.environ.get("GEMMTUNE_FAKE_DRIVER") is None or shutil.which("cpack") is None,
                     "built without gemmtune-worker, or there is no cpack")
    def test_times_each_step_of_a_tarball(self):
        subprocess.run(["cpack", "-G", "TGZ", "-B", self.dir / "packages", "--config", BUILD / "CPackConfig.cmake"], check=True,
                       capture_output=True, cwd=self.dir)
        package, = (self.dir / "packages").glob("*.tar.gz")
        code, errors, said = self.in_a_usr_local_of_its_own(package)
        self.assertEqual(code, 0, errors)
        self.assertEqual([step["step"] for step in said["steps"]], ["install", "doctor", "smoke", "dsv3"])
        self.assertEqual([step["exit_code"] for step in said["steps"] if step["step"] != "doctor"], [0, 0, 0])
        self.assertTrue(all(step["seconds"] > 0 for step in said["steps"]))
        self.assertEqual((said["smoke_winners"], said["dsv3_winners"], said["simulated"], said["failed"]), (4, 36, True, None))
        self.assertEqual((said["device"], said["package_bytes"]), ("simulated H100 SXM", package.stat().st_size))
        self.assertIn(f"gemmtune {VERSION} ", said["version"])

    def test_of_a_step_that_fails_says_which_and_takes_no_other(self):
        code, errors, said = self.in_a_usr_local_of_its_own(self.write("damaged.tar.gz", "x"))
        self.assertEqual((code, said["failed"], len(said["steps"]), said["device"]), (1, "install", 1, None))
        self.assertIn("install failed", errors)


if __name__ == "__main__":
    unittest.main()
