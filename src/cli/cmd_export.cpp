// `gemmtune export`: a tuning table, or the rows behind it, in the format of another program. Needs no GPU.
#include "cli/commands.h"
#include "cli/export_bundle.h"
#include "cli/exported_files.h"
#include "cli/log.h"
#include "export/formats.h"
#include "report/grid.h"
#include "store/ceilings.h"
#include "store/journal.h"
#include "store/results.h"
#include "store/table.h"
#include "util/error.h"
#include "util/shell.h"
#include "util/text.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;
using exports::Format;

struct Options {
  std::string results;
  std::string format;
  std::string output;
  std::string code_namespace = "gemmtune_table";
  std::string configs;
  bool strict = false;
  BundleOptions bundle;
};

/// Lower and upper case, digits and underscores, with :: between names.
bool is_namespace(std::string_view text) {
  bool at_start = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!at_start && text.substr(i, 2) == "::") {
      at_start = true;
      ++i;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && (at_start || c < '0' || c > '9')) return false;
    at_start = false;
  }
  return !at_start;
}

/// A table, or a folder or journal of rows, from which the table is made. A folder may hold a table alone.
exports::Source read_source(const Options& options, const Format& format) {
  exports::Source source{
      options.results, {}, {}, options.code_namespace, store::find_ceilings(options.results)};
  fs::path path = options.results;
  std::error_code ignored;
  if (fs::exists(path / "table.json", ignored) && !fs::exists(path / "journal.jsonl", ignored) &&
      !fs::exists(path / "journal.jsonl.gz", ignored))
    path /= "table.json";
  if (path.extension() == ".json") {
    if (format.needs == exports::Needs::rows)
      throw UserError("--format " + options.format + " holds every candidate, which a table has not: give " +
                      "the folder of the sweep instead of " + options.results);
    source.table = store::read_table(path);
  } else {
    source.journal = store::read_journal(store::find_journal(path));
    if (const std::vector<std::string>& damaged = source.journal.damaged; !damaged.empty())
      log_warn("{}{} (line skipped)", damaged.front(),
               damaged.size() > 1 ? " and " + std::to_string(damaged.size() - 1) + " more" : "");
    source.table = store::build_table(source.journal);
    store::take_code_hashes(source.table, path);
  }
  if (source.table.simulated)
    throw UserError(options.results +
                    ": simulated times say nothing about a GPU and are not exported; sweep on one");
  if (source.table.entries.empty())
    throw UserError(options.results + ": there are no winners to export; \"gemmtune report " +
                    shell_quoted(options.results) + "\" says why");
  return source;
}

/// The findings are the result here. Exit code 6 under --strict, as where candidates fail.
int run_check(const Options& options, const Format& format) {
  if (options.configs.empty())
    throw UserError("--format " + options.format + " needs the folder of the files to check: --configs DIR");
  const exports::Audit audit = format.check(read_source(options, format), options.configs);
  const std::string text = report::render(audit.grid, report::Format::table);
  write_files({{"", text}}, options.output, /*folder=*/false);
  return options.strict && audit.complaint ? kExitFailedCandidates : kExitOk;
}

int run(const Options& options) {
  const Format& format = exports::find_format(options.format);
  if (format.check != nullptr) return run_check(options, format);
  if (!options.configs.empty() || options.strict)
    throw UserError("--configs and --strict belong to --format vllm-check and sglang-check");
  if (format.write != nullptr &&
      (options.bundle.jobs != 0 || options.bundle.stale || !options.bundle.picker.empty()))
    throw UserError("--jobs, --picker and --stale belong to --format bundle");
  if (!is_namespace(options.code_namespace))
    throw UserError("--namespace: \"" + printable(options.code_namespace) + "\" cannot be one in C++");
  if (format.folder && options.output.empty())
    throw UserError("--format " + options.format + " is a folder of files: name it by -o DIR");
  exports::Source source = read_source(options, format);
  source.file_name = file_name_of(options.output);
  if (format.write == nullptr)
    return export_bundle(options.results, source.table, options.output, options.bundle);
  const exports::Files written = write_files(format.write(source), options.output, format.folder);
  const report::Grid grid = format.read_back(written, source);
  log_info("{}, read back as its reader would:\n{}", options.format,
           report::render(grid, report::Format::table));
  return kExitOk;
}

std::string formats_text() {
  std::string text = "Formats\n";
  for (const Format& format : exports::formats()) {
    std::string name(format.name);
    name.resize(std::max<std::size_t>(name.size(), 16), ' ');
    text += "  " + name + std::string(format.meaning) + "\n";
  }
  return text;
}

}  // namespace

Run add_export(Command& command) {
  auto options = std::make_shared<Options>();
  command.description(
      "Writes the winners of a sweep, or all of its candidates, for other programs. What was written is read "
      "back by the rules of its reader, and stderr (of a bundle stdout) shows what each problem gets. What a "
      "format cannot say is "
      "refused with the reason; so are simulated times.");
  command.option("results", options->results, "folder of a sweep, its journal or its table")
      .type_name("FOLDER")
      .required();
  std::vector<std::string> names;
  for (const Format& format : exports::formats()) names.emplace_back(format.name);
  command.option("--format", options->format, "what to write").words(names).required();
  command.option("-o,--output", options->output, "file or folder to write; a single file else to stdout")
      .type_name("FILE");
  command.option("--namespace", options->code_namespace, "what cpp-header puts its names into")
      .type_name("NAME");
  command.option("--configs", options->configs, "the folder that vllm-check or sglang-check looks at")
      .type_name("DIR");
  command
      .option("--jobs", options->bundle.jobs,
              "kernels of a bundle that are compiled at a time; without it, one a core")
      .type_name("N")
      .range(1, 1024)
      .default_text("");
  command
      .option("--picker", options->bundle.picker,
              "what \"gemmtune portfolio --format json\" wrote: where nobody tuned, a bundle then picks "
              "among its "
              "cubins by the model in there, for any M, N and K")
      .type_name("FILE");
  command.flag(
      "--stale", options->bundle.stale,
      "a bundle also when winners compile to other machine code than was measured, whose times are then "
      "left out");
  command.flag("--strict", options->strict, "exit code 6 when they find something missing or broken");
  command.footer(formats_text() +
                 "\n"
                 "Examples\n"
                 "  gemmtune export results/h100-sxm/dsv3 --format cpp-header -o dsv3.h\n"
                 "  gemmtune export results/h100-sxm/dsv3/table.json --format csv\n"
                 "  gemmtune export results/h100-sxm/dsv3 --format bundle -o dsv3\n"
                 "  gemmtune export few.json --format bundle --picker portfolio.json -o any\n"
                 "  gemmtune export table.json --format vllm-check --configs DIR");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
