#include "cli/profile_target.h"

#include "cli/log.h"
#include "core/serialise.h"
#include "family/family.h"
#include "input/command_line.h"
#include "profile/tool.h"
#include "space/enumerate.h"
#include "store/table.h"
#include "util/error.h"
#include "util/shell.h"

#include <utility>

namespace gemmtune::cli {

namespace {

[[noreturn]] void complain_of_many(const std::string& file, const Table& table) {
  constexpr std::size_t kShown = 5;
  std::string message =
      file + " has " + std::to_string(table.entries.size()) + " entries; say which with --problem";
  for (std::size_t i = 0; i < table.entries.size() && i < kShown; ++i)
    message += "\n  --problem " + shell_quoted(describe(table.entries[i].problem));
  if (table.entries.size() > kShown) message += "\n  ...";
  throw UserError(message);
}

Config table_config(const std::string& file, const Problem& problem) {
  const Table table = store::read_table(file);
  const store::Lookup found = store::lookup(table, problem);
  if (found.match == store::Match::none)
    throw UserError(file + " has no entry for " + describe(problem) + "; give --config instead");
  if (found.match == store::Match::bucket)
    log_warn("{}: {} takes the configuration of {}", file, describe(problem), describe(found.entry->problem));
  return found.entry->config;
}

/// Empty when there is a word among its values.
std::optional<Config> in_numbers(const SpaceSpec& spec) {
  Config config;
  for (const auto& [name, values] : spec.parameters) {
    const auto* const number = std::get_if<std::int64_t>(&values.front());
    if (number == nullptr) return std::nullopt;
    config[name] = *number;
  }
  return family::without_zeros(family::require(spec.kernel), std::move(config));
}

}  // namespace

void add_profile_selection(Command& command, ProfileSelection& selection) {
  command.option("--problem", selection.problem, "the problem, as dense_1d2d:m=64,n=2112,k=7168")
      .type_name("TEXT");
  Option& config =
      command
          .option(
              "--config", selection.config,
              "the configuration, as block_m=128,block_n=112 (what is not given: as for `gemmtune bench`)")
          .type_name("TEXT");
  command.option("--table", selection.table, "table.json of a sweep: its configuration for the problem")
      .type_name("FILE")
      .excludes(config);
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

Config config_of(const ProfileSelection& selection, const Problem& problem, const AskLimits& limits) {
  if (!selection.table.empty()) return table_config(selection.table, problem);
  if (selection.config.empty())
    throw UserError(
        "which configuration? Give --config block_m=64,block_n=64, or --table with a sweep's table.json");
  return concrete_config(selection.config, problem, limits);
}

Config concrete_config(const std::string& text, const Problem& problem, const AskLimits& limits) {
  const SpaceSpec spec = input::parse_config(text, problem.kernel);
  if (const auto config = in_numbers(spec)) return *config;
  const auto found = space::enumerate(spec, problem, limits());
  if (!found.candidates.empty()) return found.candidates.front();
  throw UserError(
      text + " cannot be launched on " + describe(problem) + ": " +
      (found.unsupported ? found.unsupported->sentence() : found.examples.begin()->second.sentence));
}

DeviceLimits limits_under_profiler(const workers::Command& worker) {
  profile::CommandLine line = {"/usr/bin/env"};
  for (const auto& [name, value] : worker.environment) line.push_back(name + "=" + value);
  line.insert(line.end(), {worker.program.string(), "describe"});
  const profile::Ended ended = profile::run_read(line);
  const Json json = parse_json(ended.output);
  ensure(ended.exit_code == 0 && !json.is_discarded(), worker.program.string() + " cannot describe the GPU");
  return limits_of(require_gpu(from_json<Environment>(json)));
}

}  // namespace gemmtune::cli
