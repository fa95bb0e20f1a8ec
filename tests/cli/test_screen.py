"""What commands print on a terminal: its width, and colours as --color says. Needs no worker."""
import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unittest

from test_report import GEMMTUNE, HEADER, row, text

PLAIN_ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")} | {"TERM": "xterm"}
PLAN = ["plan", "--problem", "dense_1d2d:m=64,n=2112,k=7100"]


def on_terminal(columns, *arguments):
    """What the program writes to a terminal of that width, line by line."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen([GEMMTUNE, *map(str, arguments)], stdout=terminal, stderr=subprocess.DEVNULL,
                               env=PLAIN_ENVIRONMENT)
    os.close(terminal)
    written = b""
    try:
        while block := os.read(controller, 65536):
            written += block
    except OSError:  # the other end is closed
        pass
    os.close(controller)
    process.wait()
    return written.decode().splitlines()


class Screen(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.before, self.after = (pathlib.Path(scratch.name) / name for name in ("before", "after"))
        for folder, time_us in ((self.before, 10.0), (self.after, 13.0)):
            folder.mkdir()
            (folder / "journal.jsonl").write_text(
                text(HEADER, row(0, time_us), row(1, 1.2 * time_us), row(0, 20.0, "cublaslt_block")))

    def output(self, *arguments):
        return subprocess.run([GEMMTUNE, *map(str, arguments)], capture_output=True, text=True, env=PLAIN_ENVIRONMENT).stdout

    def test_colours_come_when_they_are_asked_for(self):
        for command, painted in ((["report", self.before], "\033[32m2.00\033[0m"),
                                 (["compare", self.before, self.after], "\033[31mSLOWER !\033[0m"),
                                 (PLAN, "\033[33m"), ([*PLAN, "--explain"], "\033[1m")):
            always = self.output("--color", "always", *command)
            self.assertIn(painted, always)
            never = self.output(*command)
            self.assertNotIn("\033", never)
            self.assertEqual(re.sub("\033\\[[0-9]*m", "", always), never)

    def test_formats_for_programs_and_files_have_no_colours(self):
        for form in ("md", "csv", "json"):
            self.assertNotIn("\033", self.output("--color", "always", "report", self.before, "--format", form))
        file = self.before / "report.txt"
        self.output("--color", "always", "report", self.before, "-o", file)
        self.assertNotIn("\033", file.read_text())

    def test_a_terminal_has_colours_and_a_wide_one_more_columns(self):
        plain = lambda lines: [re.sub("\033\\[[0-9]*m", "", line) for line in lines]
        narrow, wide = (on_terminal(columns, "report", self.before) for columns in (80, 200))
        self.assertIn("\033[32m2.00\033[0m", "".join(narrow))
        narrow, wide = plain(narrow), plain(wide)
        self.assertLessEqual(max(map(len, narrow)), 80)
        self.assertGreater(max(map(len, wide)), 80)
        self.assertFalse(any("tied" in line for line in narrow))
        self.assertTrue(any("tied" in line for line in wide))


if __name__ == "__main__":
    unittest.main()
