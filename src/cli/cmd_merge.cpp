#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/run_folder.h"
#include "core/json.h"
#include "store/journal.h"
#include "store/merge.h"
#include "store/table.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/format.h"
#include "util/shell.h"
#include "util/text.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> folders;
  std::string out;
  bool partial = false;
  bool gzip = false;
  bool json = false;
};

/// The journals that are named, each once, and that which lies in the folder to be written.
std::vector<fs::path> journals_of(const Options& options, const RunFolder& out) {
  std::vector<fs::path> journals;
  std::set<fs::path> known;
  const auto add = [&](const fs::path& path) {
    if (known.insert(fs::weakly_canonical(path)).second) journals.push_back(path);
  };
  for (const std::string& folder : options.folders) add(store::find_journal(folder));
  for (const fs::path& there : {out.journal(), fs::path(out.journal().string() + ".gz")})
    if (fs::exists(there)) {
      log_info("{} is merged too: nothing of it is lost", there.string());
      add(there);
    }
  return journals;
}

/// `1-3, 7`.
std::string ranges(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ", ") + std::to_string(numbers[i]);
    if (last > i) text += (last > i + 1 ? "-" : ", ") + std::to_string(numbers[last]);
    i = last;
  }
  return text;
}

/// What is not there; empty when nothing is missing.
std::string what_lacks(const store::Shards& shards) {
  const std::vector<int> missing = shards.missing(), unfinished = shards.unfinished();
  const std::string of = " of " + std::to_string(shards.count());
  std::vector<std::string> parts;
  if (!missing.empty()) parts.push_back("no journal of shard " + ranges(missing) + of);
  if (!unfinished.empty())
    parts.push_back("shard " + ranges(unfinished) + of +
                    " was ended before its time (its sweep goes on by --resume, in its folder)");
  return join(parts, "; ");
}

std::string summary(const store::Merged& merged, std::size_t journals, const Table& table,
                    const RunFolder& out) {
  const auto shards = static_cast<std::size_t>(merged.shards.count());
  return formatted(
      "{} journals{}: {} rows, {} problems in the table, {} lines that were there twice, {} damaged\n{}\n",
      journals, shards > 0 ? formatted(" of {} shards", shards) : "", merged.rows, table.entries.size(),
      merged.repeated, merged.damaged.size(), out.path.string());
}

std::string summary_json(const store::Merged& merged, std::size_t journals, const Table& table,
                         const RunFolder& out) {
  return json_text({{"out", out.path.string()},
                    {"journals", journals},
                    {"shards", merged.shards.count()},
                    {"missing", merged.shards.missing()},
                    {"unfinished", merged.shards.unfinished()},
                    {"rows", merged.rows},
                    {"problems", table.entries.size()},
                    {"repeated", merged.repeated},
                    {"damaged", merged.damaged.size()}},
                   2) +
         "\n";
}

int merge(const Options& options) {
  const RunFolder out{fs::path(options.out)};
  const std::vector<fs::path> journals = journals_of(options, out);
  create_folder(out, /*resume=*/true);
  refuse_foreign_files(out);
  remove_left_temporaries(out.path);
  std::optional<AppendFile> lock;  // no sweep goes on here meanwhile
  if (fs::exists(out.journal())) lock.emplace(out.journal());
  const fs::path packed = out.journal().string() + ".gz", written = options.gzip ? packed : out.journal();
  Table table;
  const store::Merged merged = store::merge_journals(
      journals, written, options.gzip,
      [&](const store::Merged& found) {
        const std::string lacks = what_lacks(found.shards);
        if (lacks.empty()) return;
        if (!options.partial) throw UserError(lacks + ". Merge what is there by --partial");
        log_warn("{}", lacks);
      },
      table);
  fs::remove(options.gzip ? out.journal() : packed);  // all of it is in the other now
  fs::remove(out.report());                           // of what was there before
  for (const std::string& line : merged.damaged) log_warn("left out {}", line);
  write_file_atomic(out.table(), store::to_text(table));
  print(options.json ? summary_json(merged, journals.size(), table, out)
                     : summary(merged, journals.size(), table, out));
  if (table.entries.empty())
    log_warn("no problem has a winner yet: gemmtune report {} says why", shell_quoted(out.path.string()));
  return kExitOk;
}

}  // namespace

Run add_merge(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Puts the journals of several sweeps into one folder, with one table: the shards of a plan (sweep "
      "--shard), or sweeps of one board. Every line is kept once, in the order of time, so that journals may "
      "be "
      "named in any order, twice, or be merged before. Journals of unlike boards, kernels, policies or seeds "
      "are "
      "refused, and so is a plan of which a shard is missing.");
  command.option("folders", options->folders, "folders of sweeps, or journals").type_name("DIR").required();
  command
      .option("-o,--out", options->out,
              "folder to write: a new one, or one with a journal, which is then merged too")
      .type_name("DIR")
      .required();
  command.flag("--partial", options->partial,
               "merge what is there, though shards are missing or not finished");
  command.flag("--gzip", options->gzip,
               "write journal.jsonl.gz, a tenth of the size; to --resume there it must be unpacked");
  command.flag("--json", options->json, "say what was merged as JSON");
  command.footer(
      "Examples\n"
      "  gemmtune merge out/shard-* -o out/all\n"
      "  gemmtune report out/all");
  return [options] { return merge(*options); };
}

}  // namespace gemmtune::cli
