#include "cli/export_bundle.h"

#include "cli/bundle_parts.h"
#include "cli/exported_files.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "cli/read_picker.h"
#include "cli/standing.h"
#include "export/bundle.h"
#include "util/error.h"

#include <algorithm>
#include <cstdint>

namespace gemmtune::cli {

namespace {

std::vector<CubinNow> cubins_of(const std::vector<exports::BundleCubin>& compiled) {
  std::vector<CubinNow> cubins;
  for (const exports::BundleCubin& cubin : compiled) cubins.push_back(cubin.now());
  return cubins;
}

std::size_t sustained_in(const launch::Index& index) {
  return static_cast<std::size_t>(std::ranges::count_if(
      index.entries, [](const launch::IndexEntry& entry) { return entry.key.sustained; }));
}

}  // namespace

int export_bundle(const std::string& source, const Table& of_bursts, const std::string& output,
                  const BundleOptions& options) {
  const Table table = exports::with_sustained(of_bursts);
  refuse_full_folder(output);
  const std::atomic<bool>& stop = watch_for_interrupts();
  exports::BundleParts parts;
  parts.stale = options.stale;
  parts.sustained = table.entries.size() - of_bursts.entries.size();
  if (!options.picker.empty()) read_picker(options.picker, table, parts);
  parts.library = find_library();
  parts.cubins = compile_entries(table, options.jobs, stop);
  if (stop) return interrupted_exit_code();
  const Standing standing = standing_of(table, this_build(), {}, cubins_of(parts.cubins));
  if (standing.freshness != Freshness::fresh) parts.standing = sentence(standing);
  say_same_code(source, standing);
  const exports::Files written =
      write_files(exports::export_bundle(table, std::move(parts)), output, /*folder=*/true);
  std::uintmax_t bytes = 0, cubins = 0;
  launch::Index index;
  for (const exports::File& file : written) {
    bytes += file.bytes.size();
    cubins += file.name.starts_with("cubins/");
    if (file.name == launch::kIndexFile) index = launch::parse_index(file.bytes);
  }
  log_info("{}: {} problems, {} cubins, {:.1f} MB", output, index.entries.size() - sustained_in(index),
           cubins, static_cast<double>(bytes) / 1e6);
  print(exports::what_every_m_gets(index));
  return kExitOk;
}

}  // namespace gemmtune::cli
