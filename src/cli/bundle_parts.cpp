#include "cli/bundle_parts.h"

#include "cache/artefact.h"
#include "cli/machine.h"
#include "cli/progress.h"
#include "family/family.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <filesystem>
#include <system_error>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;

/// Candidates of a plan are legal for a problem: those of the table were, on the machine that measured them.
tune::SweepPlan plan_of(const Table& table, std::vector<std::size_t>& cubin_of_entry) {
  tune::SweepPlan plan;
  std::map<std::pair<std::string, Config>, std::size_t> known;
  for (const TableEntry& entry : table.entries) {
    const family::Family& family = family::require(entry.problem.kernel);
    const DeviceLimits limits = limits_of(table.environment);
    if (const auto violation = family.illegal(entry.config, entry.problem, limits))
      throw UserError(describe(entry.problem) + " " + describe(entry.config) + ": " + violation->sentence() +
                      "; the table is of another gemmtune: sweep again");
    const CompileRequest request{entry.problem.kernel, family.compiled(entry.config, entry.problem)};
    const auto [found, is_new] = known.try_emplace({request.kernel, request.config}, plan.cubins.size());
    if (is_new) plan.cubins.push_back(request);
    cubin_of_entry.push_back(found->second);
  }
  return plan;
}

}  // namespace

exports::BundleCubin read_cubin(const CompileReport& report) {
  if (report.cubin_path.empty())
    throw UserError("no compiled kernel is kept: " + report.warning +
                    "; set GEMMTUNE_CACHE_DIR to a folder that you may write to");
  // The path is the worker's word: what lies there may be anything.
  constexpr std::size_t kMostBytes = std::size_t{64} << 20;
  const auto bytes = read_own_file(report.cubin_path, kMostBytes);
  const auto artefact =
      bytes ? cache::decode(std::filesystem::path(report.cubin_path).stem().string(), *bytes) : std::nullopt;
  if (!artefact) throw UserError(report.cubin_path + ": damaged since it was written; export again");
  return {report.kernel_hash, artefact->cubin, report.code_hash};
}

std::vector<exports::BundleCubin> compile_entries(const Table& table, unsigned jobs,
                                                  const std::atomic<bool>& stop) {
  std::vector<std::size_t> cubin_of_entry;
  const tune::SweepPlan plan = plan_of(table, cubin_of_entry);
  workers::CompileAhead compiling = compile_ahead(plan, compilers(), jobs, stop);
  std::vector<exports::BundleCubin> cubins;
  ProgressLine progress;
  progress.begin("compile", plan.cubins.size(), static_cast<double>(plan.cubins.size()));
  for (std::size_t i = 0; i < plan.cubins.size(); ++i) {
    const auto& report = compiling.get(i);
    if (stop) return {};
    if (!report)
      throw UserError(describe(plan.cubins[i].config) + " does not compile: " + report.error().reason);
    cubins.push_back(read_cubin(*report));
    progress.step(describe(plan.cubins[i].config), 1);
  }
  progress.end();
  std::vector<exports::BundleCubin> of_entries;
  for (const std::size_t cubin : cubin_of_entry) of_entries.push_back(cubins[cubin]);
  return of_entries;
}

std::string find_library() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  ensure(!error, "cannot read /proc/self/exe: " + error.message());
  const fs::path beside = self.parent_path() / "libgemmtune.so";
  const fs::path installed = self.parent_path().parent_path() / "lib" / "libgemmtune.so";
  for (const fs::path& path : {beside, installed})
    if (fs::exists(path, error)) return read_file(path);
  throw UserError("no libgemmtune.so, the loader that bundles hold: neither " + beside.string() + " nor " +
                  installed.string() + " exists; build gemmtune with -DGEMMTUNE_WORKER=ON");
}

}  // namespace gemmtune::cli
