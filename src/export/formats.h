// Every format of `gemmtune export`: one file here each, all of them named in formats.cpp.
#pragma once

#include "export/block_fp8_check.h"
#include "export/source.h"
#include "report/grid.h"

#include <span>
#include <string_view>

namespace gemmtune::exports {

/// What a format takes besides the winners.
enum class Needs {
  table,
  rows,  ///< the candidates, which a journal has and a table has not
};

struct Format {
  std::string_view name;
  std::string_view meaning;  ///< one clause, of at most 62 characters
  Needs needs = Needs::table;
  bool folder = false;  ///< several files, which need -o DIR

  /// Null for what cannot be made of the source alone: a bundle, which has cubins too (cli/export_bundle).
  /// Throws UserError for what the format cannot express: nothing is left out or approximated.
  Files (*write)(const Source&) = nullptr;

  /// What a consumer will find in the files, by its rules, written down a second time and apart from `write`.
  /// Throws InternalError where that is not what was meant.
  report::Grid (*read_back)(const Files&, const Source&) = nullptr;

  /// Instead of writing: what another program will do with files of its own in a folder.
  Audit (*check)(const Source&, const std::filesystem::path& folder) = nullptr;
};

std::span<const Format> formats();

/// Throws UserError for a name that is none.
const Format& find_format(std::string_view name);

Files write_json(const Source& source);
Files write_csv(const Source& source);
Files write_cpp_header(const Source& source);
Files write_python(const Source& source);
Files write_t4(const Source& source);
Files write_kernel_tuner(const Source& source);
Files write_nvbench(const Source& source);
Files write_cutlass_csv(const Source& source);
Files write_parquet(const Source& source);

report::Grid read_back_json(const Files& files, const Source& source);
report::Grid read_back_csv(const Files& files, const Source& source);
report::Grid read_back_cpp_header(const Files& files, const Source& source);
report::Grid read_back_python(const Files& files, const Source& source);
report::Grid read_back_t4(const Files& files, const Source& source);
report::Grid read_back_kernel_tuner(const Files& files, const Source& source);
report::Grid read_back_nvbench(const Files& files, const Source& source);
report::Grid read_back_cutlass_csv(const Files& files, const Source& source);
report::Grid read_back_parquet(const Files& files, const Source& source);

}  // namespace gemmtune::exports
