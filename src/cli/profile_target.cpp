#include "cli/profile_target.h"

#include "family/family.h"
#include "input/command_line.h"
#include "space/enumerate.h"
#include "store/table.h"
#include "util/error.h"
#include "workers/process_worker.h"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

namespace gemmtune::cli {

namespace {

[[noreturn]] void complain_of_many(const std::string& file, const Table& table) {
  constexpr std::size_t kShown = 5;
  std::string message =
      file + " has " + std::to_string(table.entries.size()) + " entries; say which with --problem";
  for (std::size_t i = 0; i < table.entries.size() && i < kShown; ++i)
    message += "\n  --problem " + describe(table.entries[i].problem);
  if (table.entries.size() > kShown) message += "\n  ...";
  throw UserError(message);
}

[[noreturn]] void complain_of_illegal(const std::string& config, const Problem& problem,
                                      const std::string& why) {
  throw UserError(config + " cannot be launched on " + describe(problem) + ": " + why);
}

/// The table's numbers stand for the device that it was made on.
Config table_config(const std::string& file, const Problem& problem, const DeviceLimits& limits) {
  const Table table = store::read_table(file);
  const store::Lookup found = store::lookup(table, problem);
  if (found.match == store::Match::none)
    throw UserError(file + " has no entry for " + describe(problem) + "; give --config instead");
  const Config& config = found.entry->config;
  if (found.match == store::Match::bucket)
    spdlog::warn("{}: {} takes the configuration of {}", file, describe(problem),
                 describe(found.entry->problem));
  const family::Family& family = family::require(problem.kernel);
  if (const auto violation = family.unsupported(problem))
    complain_of_illegal(describe(config), problem, violation->sentence);
  if (const auto violation = family.illegal(config, problem, limits))
    complain_of_illegal(describe(config), problem, violation->sentence);
  return config;
}

}  // namespace

void add_profile_selection(CLI::App& command, ProfileSelection& selection) {
  command.add_option("--problem", selection.problem, "the problem, as dense_1d2d:m=64,n=2112,k=7168")
      ->type_name("TEXT");
  CLI::Option* const config =
      command
          .add_option(
              "--config", selection.config,
              "the configuration, as block_m=128,block_n=112 (what is not given: as for `gemmtune bench`)")
          ->type_name("TEXT");
  command.add_option("--table", selection.table, "table.json of a sweep: its configuration for the problem")
      ->type_name("FILE")
      ->excludes(config);
}

Problem problem_of(const ProfileSelection& selection) {
  if (!selection.problem.empty()) return input::parse_problem(selection.problem);
  if (selection.table.empty())
    throw UserError(
        "which problem? Give --problem dense_1d2d:m=64,n=2112,k=7168, or --table with a sweep's table.json");
  const Table table = store::read_table(selection.table);
  if (table.entries.size() != 1) complain_of_many(selection.table, table);
  return table.entries.front().problem;
}

Config config_of(const ProfileSelection& selection, const Problem& problem, const DeviceLimits& limits) {
  if (!selection.table.empty()) return table_config(selection.table, problem, limits);
  if (selection.config.empty())
    throw UserError(
        "which configuration? Give --config block_m=64,block_n=64, or --table with a sweep's table.json");
  return concrete_config(selection.config, problem, limits);
}

Config concrete_config(const std::string& text, const Problem& problem, const DeviceLimits& limits) {
  const auto found = space::enumerate(input::parse_config(text, problem.kernel), problem, limits);
  if (found.unsupported) complain_of_illegal(text, problem, found.unsupported->sentence);
  if (found.candidates.empty()) complain_of_illegal(text, problem, found.examples.begin()->second.sentence);
  return found.candidates.front();
}

DeviceLimits limits_under_profiler(workers::Command worker) {
  worker.environment["GEMMTUNE_CUPTI"] = "off";
  workers::ProcessWorker process(std::move(worker));
  return limits_of(require_gpu(process));
}

}  // namespace gemmtune::cli
