"""The rules of documents.py hold in this repository, and each of them notices a defect planted on purpose."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import documents

ROOT = pathlib.Path(os.environ.get("GEMMTUNE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
GEMMTUNE = os.environ.get("GEMMTUNE_BINARY_PATH")
HELPS = {"": "  --help  --quiet", "sweep": "  --shapes FILE  --resume"}


def help_of(*command):
    return subprocess.run([GEMMTUNE, *command, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout


class ThisRepository(unittest.TestCase):
    def expect_none(self, complaints):
        self.assertEqual(complaints, [], "\n" + "\n".join(complaints))

    def test_has_a_readme_for_five_minutes(self):
        self.expect_none(documents.check_length(ROOT))

    def test_has_what_documents_link_to(self):
        self.expect_none(documents.check_links(ROOT))

    def test_has_the_files_that_documents_name(self):
        self.expect_none(documents.check_named_files(ROOT))

    def test_has_of_every_kernel_what_a_new_one_needs(self):
        self.expect_none(documents.check_kernels(ROOT))

    def test_shows_in_the_readme_what_the_report_says(self):
        self.expect_none(documents.check_readme_figures(ROOT))

    @unittest.skipIf(GEMMTUNE is None, "GEMMTUNE_BINARY_PATH is not set")
    def test_has_the_commands_and_options_that_documents_name(self):
        helps = {"": help_of()}
        commands = re.findall(r"^  ([a-z-]+)  +\S", helps[""].partition("\nOptions")[0], re.MULTILINE)
        self.assertGreater(len(commands), 10)
        helps |= {command: help_of(command) for command in commands}
        self.expect_none(documents.check_commands(ROOT, helps))
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        self.assertEqual([], [command for command in commands if f"`gemmtune {command}`" not in readme])
        for command, text in helps.items():  # what the examples of --help name
            for path in re.findall(r"\bresults/(?:h100|peers)[\w./-]+", text):
                self.assertTrue((ROOT / path).exists() or "ceilings --out" in text, f"gemmtune {command} --help: {path}")


class PlantedDefects(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.write("src/util/text.h", "")
        self.write("src/README.md", "# The map\n\n## Where it is\n")
        self.write("scripts/test", "--fuzz")
        self.write(documents.REPORT, "| layer | M | µs | block |\n| --- | --: | --: | --: |\n| a | 1 | 2.50 | - |\n")
        self.write("README.md", "# x\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def expect(self, check, text, *words):
        self.write("README.md", text)
        complaints = check(self.root)
        self.assertEqual(len(complaints), 1 if words else 0, complaints)
        for word in words:
            self.assertIn(word, complaints[0])

    def test_a_readme_that_nobody_reads_to_the_end(self):
        self.expect(documents.check_length, "\n" * 200)
        self.expect(documents.check_length, "\n" * 201, "201 lines")

    def test_a_link_to_nothing(self):
        good = "[a](src/README.md) [b](src/README.md#where-it-is) [c](https://x.org/y) [d](#x)\n# x\n"
        self.expect(documents.check_links, good)
        self.expect(documents.check_links, good + "[e](src/readme.md)\n", "src/readme.md", "not there")
        self.expect(documents.check_links, good + "[e](src/README.md#where)\n", "no such heading")

    def test_a_file_that_is_not_there(self):
        good = "`src/util/text.h` `util/text.{h}` `text.h`, `src/*/text.h`; `src/cli/cmd_x.cpp` `N/A` `src/util/`\n"
        self.expect(documents.check_named_files, good)
        for bad in ("src/util/txet.h", "util/text.{h,cpp}", "scripts/tset", "misc/", "src/*/text.cpp"):
            self.expect(documents.check_named_files, good + f"`{bad}`\n", "README.md names", "not there")
        self.expect(documents.check_named_files, "```sh\nscripts/test src # src/no\n```\n```\nsrc/no\n```\n")
        self.expect(documents.check_named_files, "```sh\nscripts/tset src\n```\n", "scripts/tset")

    def test_a_kernel_without_what_a_new_one_needs(self):
        self.write("src/operation/dense_q.cpp", 'const Operation kDenseQ = {.kernel = "dense_q"};\n')
        self.write("src/operation/operation.cpp", "&kDenseQ,\n")
        self.write("kernels/gemm/dense_q.cuh", "")
        lines = ["`src/operation/x.cpp`", "`src/operation/operation.cpp`", "`kernels/gemm/x.cuh`"]
        listed = "# Kernels\n\n## Adding a kernel\n\n| file | what |\n|---|---|\n" + "".join(f"| {line} | y |\n" for line in lines)
        self.write("kernels/README.md", listed + "\n## Gates\n\n| file |\n|---|\n| `src/no` |\n")
        self.expect(documents.check_kernels, "")
        self.write("src/operation/operation.cpp", "&kDenseQr,\n")
        self.expect(documents.check_kernels, "", "operation.cpp", "does not name dense_q")
        self.write("src/operation/operation.cpp", "&kDenseQ,\n")
        (self.root / "kernels/gemm/dense_q.cuh").unlink()
        self.expect(documents.check_kernels, "", "kernels/gemm/dense_q.cuh is not there")
        self.write("kernels/gemm/dense_q.cuh", "")
        for path in ("src/model/time.cpp", "results/h100-sxm/x.md"):
            self.write(path, "// of dense_q\n")
        self.expect(documents.check_kernels, "", "src/model/time.cpp names every kernel")
        self.write("src/operation/dense_r.cpp", 'const Operation kDenseR = {.kernel = "dense_r"};\n')
        self.write("src/operation/operation.cpp", "&kDenseQ, &kDenseR,\n")
        self.write("kernels/gemm/dense_r.cuh", "")
        self.expect(documents.check_kernels, "")
        self.write("kernels/README.md", "# Kernels\n\n`dense_q`\n")
        self.write("src/operation/operation.cpp", "")
        self.expect(documents.check_kernels, "", "lists no files")

    def check_commands(self, root):
        return documents.check_commands(root, HELPS)

    def test_a_command_that_is_not_there(self):
        self.expect(self.check_commands, "`gemmtune sweep --shapes x --quiet` of gemmtune wept; `x` gemmtune swept\n")
        self.expect(self.check_commands, "`gemmtune swept`\n", "gemmtune swept")
        self.expect(self.check_commands, "```sh\nbuild/release/gemmtune swept a | b\n```\n", "gemmtune swept")

    def test_an_option_that_is_not_there(self):
        self.expect(self.check_commands, "```sh\n# --nothing\nscripts/test --fuzz\nncu --x gemmtune sweep \\\n --resume | b --y\n```\n"
                                         "```\n--z\n```\n`--resume`\n")
        self.expect(self.check_commands, "`gemmtune sweep --resumee`\n", "gemmtune sweep has no --resumee")
        self.expect(self.check_commands, "```\n$ gemmtune sweep \\\n --out x\n```\n", "gemmtune sweep has no --out")
        self.expect(self.check_commands, "goes on with `--resumee`\n", "no command of gemmtune has --resumee")
        self.expect(self.check_commands, "`scripts/test --slow`\n", "scripts/test has no --slow")

    def test_a_figure_that_the_report_does_not_have(self):
        table = "| layer | M | block | µs |\n| --- | --: | --: | --: |\n| a | {} | - | {} |\n"
        self.expect(documents.check_readme_figures, table.format(1, "2.50"))
        self.expect(documents.check_readme_figures, table.format(1, "2.40"), "2.40", "| a | 1 | - | 2.50 |")
        self.expect(documents.check_readme_figures, table.format(2, "2.50"), "no such row")
        report = (self.root / documents.REPORT).read_text(encoding="utf-8")
        self.write(documents.REPORT, report.replace("| - |", "| 0.97 |") + "| b | 1 | 2.50 | 1.03 |\n")
        self.expect(documents.check_readme_figures, "**Where we lose**: on a (0.97).\n\nElsewhere (0.99).\n")
        self.expect(documents.check_readme_figures, "Nowhere.\n", "should name (0.97)")


if __name__ == "__main__":
    unittest.main()
