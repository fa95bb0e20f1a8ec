"""The rules of structure.py hold in this repository, and each of them notices a defect planted on purpose."""
import os
import pathlib
import sys
import tempfile
import unittest

import structure

ROOT = pathlib.Path(os.environ.get("GEMMTUNE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))


class ThisRepository(unittest.TestCase):
    def expect_none(self, complaints):
        self.assertEqual(complaints, [], "\n" + "\n".join(complaints))

    def test_keeps_to_the_include_table(self):
        self.expect_none(structure.check_includes(ROOT))

    def test_has_no_cycles(self):
        self.expect_none(structure.check_cycles(ROOT))

    def test_has_no_host_headers_in_device_code(self):
        self.expect_none(structure.check_device_includes(ROOT))

    def test_includes_what_precompiled_headers_would_hide(self):
        self.assertGreater(len(structure.precompiled_headers(ROOT)), 10)
        self.expect_none(structure.check_standard_includes(ROOT))

    def test_names_no_kernel_where_any_will_do(self):
        self.assertGreater(len(structure.kernel_ids(ROOT)), 5)
        for folder in structure.OF_ANY_KERNEL:
            self.assertTrue((ROOT / "src" / folder).is_dir(), folder)
        self.expect_none(structure.check_kernels_named(ROOT))

    def test_has_no_file_that_is_too_long(self):
        complaints, warnings = structure.check_sizes(ROOT)
        for warning in warnings:
            print("warning:", warning, file=sys.stderr)
        self.expect_none(complaints)

    def test_has_no_forbidden_words(self):
        self.expect_none(structure.check_words(ROOT))

    def test_has_headers_that_say_what_they_are_for(self):
        self.expect_none(structure.check_headers(ROOT))


class PlantedDefects(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.write("src/README.md", "| folder | owns | may include |\n|---|---|---|\n"
                                    "| `core/` | rows | util (text.h) |\n| `util/` | texts | – |\n")
        self.write("src/util/text.h", "// Text.\n#pragma once\n#include <string>\n")
        self.write("src/core/row.h", '// Rows.\n#pragma once\n#include "util/text.h"\n')
        self.write("kernels/common/types.cuh", "#pragma once\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def expect_one(self, complaints, *words):
        self.assertEqual(len(complaints), 1, complaints)
        for word in words:
            self.assertIn(word, complaints[0])

    def test_none_means_no_complaint(self):
        for check in (structure.check_includes, structure.check_cycles, structure.check_device_includes,
                      structure.check_words, structure.check_headers):
            self.assertEqual(check(self.root), [])
        self.assertEqual(structure.check_sizes(self.root), ([], []))

    def test_an_edge_against_the_table(self):
        self.write("src/util/bad.h", '#include "core/row.h"\n')
        self.expect_one(structure.check_includes(self.root), "src/util/bad.h", "util may not include core")

    def test_a_folder_that_the_table_lacks(self):
        self.write("src/misc/bad.h", "")
        self.expect_one(structure.check_includes(self.root), "src/misc/bad.h")

    def test_a_header_that_the_table_does_not_name(self):
        self.write("src/util/file.h", "")
        self.write("src/core/bad.h", '#include "util/file.h"\n')
        self.expect_one(structure.check_includes(self.root), "src/core/bad.h", "of util, core may include text.h")

    def test_a_row_of_the_table_without_a_folder(self):
        self.write("src/README.md", "| `core/` | rows | util, misc |\n| `util/` | texts | – |\n")
        self.expect_one(structure.check_includes(self.root), '"misc"', "no folder")

    def test_an_include_that_is_no_file(self):
        self.write("src/core/bad.cpp", '#include "row.h"\n')
        self.expect_one(structure.check_includes(self.root), '"row.h"')

    def test_a_third_party_header_out_of_place(self):
        self.write("src/core/json.h", "#include <nlohmann/json.hpp>\n")  # the one place
        self.write("src/core/bad.cpp", "#  include <nlohmann/json.hpp>\n")
        self.expect_one(structure.check_includes(self.root), "src/core/bad.cpp", "nlohmann")

    def test_cuda_on_the_host_side(self):
        self.write("src/cli/bad.cpp", "#include <cuda_runtime_api.h>\n")
        self.expect_one(structure.check_includes(self.root), "src/cli/bad.cpp")

    def test_files_that_include_each_other(self):
        self.write("src/core/a.h", '#include "core/b.h"\n')
        self.write("src/core/b.h", '#include "core/a.h"\n')
        self.expect_one(structure.check_cycles(self.root), "core/a.h -> core/b.h -> core/a.h")

    def test_folders_that_include_each_other(self):
        self.write("kernels/ptx/a.cuh", '#include "common/b.cuh"\n')
        self.write("kernels/common/b.cuh", "\n")
        self.write("kernels/common/c.cuh", '#include "ptx/d.cuh"\n')
        self.write("kernels/ptx/d.cuh", "\n")
        self.expect_one(structure.check_cycles(self.root), "kernels/: folders", "common -> ptx -> common")

    def test_a_standard_header_in_device_code(self):
        self.write("kernels/gemm/bad.cuh", "#include <cstdint>\n")
        self.expect_one(structure.check_device_includes(self.root), "kernels/gemm/bad.cuh", "<cstdint>")

    def test_a_kernel_named_where_any_will_do(self):
        self.write("src/operation/dense_q.cpp", 'const Operation kDenseQ = {.kernel = "dense_q"};\n')
        self.write("src/report/good.cpp", 'if (operation.factors.a.type == ElementType::bf16) text += operation.kernel;\n')
        self.write("src/model/good.cpp", 'if (kernel == "dense_q") return;\n')
        self.assertEqual(structure.check_kernels_named(self.root), [])
        for folder, line in (("tune", 'kernel == "dense_q"'), ("stats", "operation::kDenseQ.roof"), ("store", '"; of dense_q k"'),
                             ("report/html", "// of dense_q"), ("compare", "dense_q()"), ("workers", "is_dense_q(problem)")):
            self.write(f"src/{folder}/bad.x", "\n" + line + "\n")
            self.expect_one(structure.check_kernels_named(self.root), f"src/{folder}/bad.x:2 names dense_q")
            (self.root / f"src/{folder}/bad.x").unlink()

    def test_a_name_whose_header_is_included_nowhere(self):
        self.write("scripts/cmake/Folders.cmake", "target_precompile_headers(x PRIVATE <string> <vector>)\n")
        self.write("src/core/good.h", '// Good.\n#pragma once\n#include "util/text.h"\nstd::string x(); // std::vector\n')
        self.assertEqual(structure.check_standard_includes(self.root), [])
        self.write("src/core/bad.h", '// Bad.\n#pragma once\n#include "util/text.h"\nstd::vector<int> x();\n')
        self.expect_one(structure.check_standard_includes(self.root), "src/core/bad.h", "<vector>")

    def test_a_precompiled_header_whose_names_nobody_knows(self):
        self.write("scripts/cmake/Folders.cmake", "target_precompile_headers(x PRIVATE <regex>)\n")
        self.expect_one(structure.check_standard_includes(self.root), "<regex>")

    def test_a_file_that_is_long_and_one_that_is_too_long(self):
        self.write("src/core/long.cpp", "\n" * 301)
        self.write("src/core/longer.cpp", "\n" * 401)
        complaints, warnings = structure.check_sizes(self.root)
        self.expect_one(complaints, "src/core/longer.cpp has 401 lines")
        self.expect_one(warnings, "src/core/long.cpp has 301 lines")

    def test_a_forbidden_word(self):
        for word in structure.FORBIDDEN:
            self.write("src/core/bad.cpp", f"// fine\n// see {word} for more\n")
            self.expect_one(structure.check_words(self.root), "src/core/bad.cpp:2", word)

    def test_a_header_without_guard_or_purpose(self):
        self.write("src/core/bad.h", "// Bad.\n")
        self.expect_one(structure.check_headers(self.root), "src/core/bad.h has no #pragma once")
        self.write("src/core/bad.h", "#pragma once\n")
        self.expect_one(structure.check_headers(self.root), "does not begin with a comment")

    def test_a_source_that_does_not_include_its_own_header_first(self):
        self.write("src/core/row.cpp", '#include "core/row.h"\n')
        self.assertEqual(structure.check_headers(self.root), [])
        self.write("src/core/row.cpp", '#include "util/text.h"\n#include "core/row.h"\n')
        self.expect_one(structure.check_headers(self.root), "src/core/row.cpp", "own header first")


if __name__ == "__main__":
    unittest.main()
