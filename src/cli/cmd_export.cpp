#include "cli/bundle_parts.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/machine.h"
#include "export/bundle.h"
#include "store/table.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  std::string table;
  std::string format = "bundle";
  std::string folder;
  unsigned jobs = 0;
  bool stale = false;
};

/// Written beside the folder under another name, and renamed when all is there.
void write_folder(const std::vector<exports::BundleFile>& files, const fs::path& folder) {
  fs::path target = fs::absolute(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // "folder/"
  fs::path beside = target;
  beside += ".part-" + std::to_string(::getpid());
  std::error_code ignored;
  try {
    for (const exports::BundleFile& file : files) {
      const fs::path path = beside / file.name;
      fs::create_directories(path.parent_path());
      write_file_atomic(path, file.bytes);
    }
    fs::rename(beside, target);
  } catch (const fs::filesystem_error& problem) {
    fs::remove_all(beside, ignored);
    throw UserError("cannot write " + folder.string() + ": " + problem.code().message());
  } catch (...) {
    fs::remove_all(beside, ignored);
    throw;
  }
}

int run(const Options& options) {
  const fs::path folder = options.folder;
  std::error_code ignored;
  if (fs::exists(folder, ignored))
    throw UserError(options.folder + " exists: remove it, or name another folder by -o");
  const std::atomic<bool>& stop = watch_for_interrupts();
  const Table table = store::read_table(options.table);
  // Before anything is compiled; export_bundle() refuses them too.
  if (table.simulated)
    throw UserError(options.table +
                    ": simulated times say nothing about a GPU and are not exported; sweep on one");
  if (table.entries.empty()) throw UserError(options.table + " has no entries: there is nothing to export");
  exports::BundleParts parts;
  parts.stale = options.stale;
  parts.library = find_library();
  parts.cubins = compile_entries(table, options.jobs, stop);
  if (stop) return interrupted_exit_code();
  const auto files = exports::export_bundle(table, std::move(parts));
  write_folder(files, folder);
  std::uintmax_t bytes = 0, cubins = 0;
  for (const exports::BundleFile& file : files) {
    bytes += file.bytes.size();
    cubins += file.name.starts_with("cubins/");
  }
  const launch::Index index = launch::parse_index(read_file(folder / launch::kIndexFile));
  spdlog::info("{}: {} problems, {} cubins, {:.1f} MB", options.folder, index.entries.size(), cubins,
               static_cast<double>(bytes) / 1e6);
  std::cout << exports::what_every_m_gets(index);
  return kExitOk;
}

}  // namespace

Run add_export(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Makes of a tuning table a folder that other programs run: the winners' cubins, a manifest, and a "
      "loader for C, C++ and Python that needs no compiler and no tuner. Needs no GPU. Prints which M gets "
      "which entry.");
  command.add_option("table", options->table, "tuning table of a sweep (table.json)")
      ->type_name("TABLE")
      ->required();
  command.add_option("--format", options->format, "what to make of it")->check(CLI::IsMember({"bundle"}));
  command.add_option("-o,--output", options->folder, "folder to make; it must not exist")
      ->type_name("DIR")
      ->required();
  command.add_option("--jobs", options->jobs, "kernels compiled at a time; without it, one a core")
      ->type_name("N")
      ->check(CLI::Range(1, 1024))
      ->default_str("");
  command.add_flag("--stale", options->stale,
                   "also when kernels or NVRTC changed since the table was measured; its times are left out");
  command.footer(
      "Examples\n"
      "  gemmtune export results/h100-sxm/dsv3/table.json --format bundle -o dsv3");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
