"""Man pages made from the help: complete, and without complaint from the formatter."""
import re
import shutil
import subprocess
import unittest

from harness import GEMMTUNE, SOURCE, CliTest


class ManPages(CliTest):
    def setUp(self):
        super().setUp()
        self.pages = self.dir / "man1"
        done = subprocess.run([SOURCE / "scripts/man", GEMMTUNE, self.pages], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_one_a_command_with_every_option(self):
        overview = (self.pages / "gemmtune.1").read_text()
        pages = sorted(self.pages.iterdir())
        self.assertGreater(len(pages), 9)
        for path in pages:
            with self.subTest(path.name):
                if path.stem != "gemmtune":
                    self.assertIn(f".BR {path.stem} (1)".replace("-", "\\-"), overview)
                command = path.stem.partition("-")[2]
                shown = self.run_cli(*([command] if command else []), "--help").stdout
                text = path.read_text().replace("\\-", "-")
                for option in re.findall(r"--[a-z][a-z0-9-]*", shown):
                    self.assertIn(option, text)
                self.assertIn(".SH EXAMPLES", text)

    def test_format_without_warnings(self):
        if not shutil.which("groff"):
            self.skipTest("groff is not installed")
        for path in self.pages.iterdir():
            with self.subTest(path.name):
                done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", path], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("SEE ALSO", re.sub(".\x08|\x1b\\[\\d*m", "", done.stdout))


if __name__ == "__main__":
    unittest.main()
