"""Shell completion, tried in the shells themselves; a shell that is not installed is skipped."""
import os
import pty
import re
import select
import shutil
import subprocess
import unittest

from harness import GEMMTUNE, CliTest

# What is typed, then some of what must be offered, then what must not be.
CASES = [
    ("", ["sweep", "report", "cache"], ["clear"]),
    ("sw", ["sweep"], ["report"]),
    ("cache ", ["show", "clear"], ["sweep"]),
    ("sweep --fo", ["--format"], ["--out"]),
    ("sweep --qu", ["--quiet"], []),
    ("sweep --format ", ["table", "jsonl", "md"], ["sweep", "--out"]),
    ("sweep --shapes ds", ["dsv3"], ["smoke"]),
    ("sweep --shapes my", ["my_shapes.json"], ["dsv3"]),
    ("shapes --model dee", ["deepseek-v3"], ["dsv3", "kimi-k2"]),
    ("shapes --phase ", ["prefill", "decode", "train"], []),
    ("list ", ["kernels", "spaces"], ["--format"]),
    ("completion ", ["bash", "zsh", "fish"], []),
    ("report my", ["my_folder", "my_shapes.json"], []),
    ("sweep --out my", ["my_folder"], ["my_shapes.json"]),
]


def shown(text):
    """Without what moves the cursor and what rings."""
    return re.sub(r"\x07|\x1b\[[\d;?]*\w", "", text)


class Completion(CliTest):
    def setUp(self):
        super().setUp()
        (self.dir / "my_folder").mkdir()
        (self.dir / "my_shapes.json").write_text("{}")
        self.env["PATH"] = f"{os.path.dirname(GEMMTUNE)}:{self.env['PATH']}"

    def shell(self, *args, **kwargs):
        done = subprocess.run(args, capture_output=True, text=True, env=self.env, cwd=self.dir, timeout=60, **kwargs)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def require(self, shell):
        if not shutil.which(shell):
            self.skipTest(f"{shell} is not installed")

    def check(self, complete, cases=CASES):
        for typed, wanted, unwanted in cases:
            with self.subTest(typed):
                offered = complete(typed)
                self.assertLessEqual(set(wanted), offered)
                self.assertFalse(set(unwanted) & offered, offered)

    def test_in_bash(self):
        self.require("bash")
        script = self.write("gemmtune.bash", self.run_cli("completion", "bash").stdout)

        def complete(typed):
            return self.in_bash(script, f"gemmtune {typed}" + ("''" if typed[-1:] in " " else ""))
        self.check(complete)

    def test_in_bash_behind_an_equals_sign(self):
        self.require("bash")
        script = self.write("gemmtune.bash", self.run_cli("completion", "bash").stdout)
        for words in ("--format =", "--format = j"):
            self.assertIn("jsonl", self.in_bash(script, f"gemmtune sweep {words}"))

    def in_bash(self, script, words):
        """What is offered for the last of `words`, as bash would have cut the line."""
        return set(self.shell("bash", "--norc", "-c", f"source {script}; COMP_WORDS=({words}); "
                              "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _gemmtune; "
                              "printf '%s\\n' \"${COMPREPLY[@]}\"").split())

    def test_in_fish(self):
        self.require("fish")
        script = self.write("gemmtune.fish", self.run_cli("completion", "fish").stdout)
        self.env["HOME"] = str(self.dir / "home")

        def complete(typed):
            lines = self.shell("fish", "--no-config", "-c", f"source {script}; complete -C 'gemmtune {typed}'")
            return {line.split("\t")[0].rstrip("/") for line in lines.splitlines()}
        self.check(complete)

    def test_in_zsh(self):
        self.require("zsh")
        script = self.write("gemmtune.zsh", self.run_cli("completion", "zsh").stdout)

        def complete(typed):
            wanted = next(words for case, words, _ in CASES if case == typed)
            text = self.in_zsh(f"autoload -Uz compinit && compinit -u -D && source {script}\n"
                               "setopt no_auto_menu no_list_beep; PS1=; LISTMAX=0; stty cols 200\n", f"gemmtune {typed}\t\t", wanted)
            # Without the echo of what was typed, up to the word that is completed in its place.
            echo = f"gemmtune {typed}".rpartition(" ")[0]
            return set(re.findall(r"[\w.-]+", shown(text).replace(echo, "")))
        self.check(complete)

    def in_zsh(self, preparation, typed, wanted):
        """What an interactive zsh shows once it was prepared and `typed` came from the keyboard: until all of `wanted` came, or
        nothing does for long, and then until it falls silent."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.dir)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**self.env, "TERM": "dumb", "HOME": str(self.dir)})
        try:
            os.write(terminal, (preparation + "print rea''dy\n").encode())
            self.read_until(terminal, lambda text: "ready" in text)
            os.write(terminal, typed.encode())
            text = self.read_until(terminal, lambda text: all(word in shown(text) for word in wanted), fails=False)
            return text + self.read_until(terminal, lambda text: False, seconds=1, fails=False)
        finally:
            os.close(terminal)
            os.waitpid(pid, 0)

    def read_until(self, terminal, enough, seconds=20, fails=True):
        """Reads until `enough` of the text, or until nothing came for so many seconds."""
        text = ""
        while select.select([terminal], [], [], seconds)[0]:
            text += os.read(terminal, 65536).decode(errors="replace")
            if enough(text):
                return text
        if fails:
            self.fail(f"zsh says only {text!r}")
        return text


if __name__ == "__main__":
    unittest.main()
