#include "cli/standing.h"

#include "cli/log.h"
#include "family/sources.h"
#include "util/text.h"

#include <cstddef>
#include <map>
#include <utility>

namespace gemmtune::cli {

Environment this_build() {
  Environment environment;
  environment.kernels = kernels_hash();
  environment.source_hashes = family::source_hashes(kernel_sources());
  return environment;
}

void warn_unless_fresh(const std::string& path, const Table& table, const Environment& now,
                       std::string_view policy, std::span<const CubinNow> cubins) {
  const Standing standing = standing_of(table, now, policy, cubins);
  if (standing.freshness != Freshness::fresh) log_warn("{}: {}", path, sentence(standing));
  say_same_code(path, standing);
}

std::vector<CubinNow> cubins_now(const Table& table, const tune::SweepPlan& plan,
                                 const tune::Cubins& cubins) {
  std::map<std::pair<std::string, Config>, std::size_t> known;
  for (const tune::ProblemPlan& problem : plan.problems)
    for (const tune::Candidate& candidate : problem.candidates)
      known.emplace(std::pair(problem_id(problem.problem), candidate.config), candidate.cubin);
  std::vector<CubinNow> found;
  for (const TableEntry& entry : table.entries) {
    CubinNow& now = found.emplace_back();
    const auto at = known.find({problem_id(entry.problem), entry.config});
    if (at == known.end() || entry.code_hash.empty()) continue;
    if (const auto& report = cubins(at->second)) now = {report->kernel_hash, report->code_hash};
  }
  return found;
}

void say_same_code(const std::string& path, const Standing& standing) {
  if (!standing.same_code.empty())
    log_info("{}: the text of {} has changed since, the machine code of its winners has not: its times stand",
             path, join(standing.same_code, ", "));
}

}  // namespace gemmtune::cli
