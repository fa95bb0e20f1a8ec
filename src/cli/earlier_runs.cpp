#include "cli/earlier_runs.h"

#include "core/same_machine.h"
#include "family/family.h"
#include "util/error.h"
#include "util/text.h"

#include <set>

namespace gemmtune::cli {

namespace {

/// Of a run that had a compiler. A kernel that was compiled has a hash, whatever it did then; a problem that
/// could not be prepared has a row without a configuration.
bool did_not_compile(const Row& row) {
  return row.provider == provider::kGemmtune && row.kernel_hash.empty() && !row.config.empty() &&
         (row.invalidity == Invalidity::compile || row.invalidity == Invalidity::timeout);
}

/// By a gemmtune that did not ask twice: the compiler may have been killed from outside.
bool was_lost_once(const Row& row) {
  return row.reason.starts_with("worker died of ") || row.reason.starts_with("no answer to compile ");
}

/// The kernel and what the compiler sees of the configuration: rows of many problems share one.
std::pair<std::string, Config> cubin_of(const Row& row) {
  const family::Family* family = family::find(row.problem.kernel);
  return {row.problem.kernel, family ? family->compiled(row.config, row.problem) : row.config};
}

}  // namespace

void refuse_other_machine(const Journal& journal, const RunHeader& now, const std::string& folder) {
  std::set<std::string> with_rows;
  for (const Row& row : journal.rows) with_rows.insert(row.run_id);
  for (const RunHeader& run : journal.headers) {
    if (!with_rows.contains(run.run_id)) continue;
    const std::vector<std::string> differences = unlike(run, now);
    if (differences.empty()) continue;
    throw UserError(printable(
        folder + " was measured on another machine (" + run.timestamp + "): " + join(differences, "; ") +
        ". Their times do not belong into one table: name another folder by --out, or measure "
        "all of it here again, in the same folder, by --resume --force"));
  }
}

EarlierRuns::EarlierRuns(Journal journal, const RunHeader& run_now) {
  const Environment& now = run_now.environment;
  const bool compiles = !now.nvrtc.empty();  // a simulated device may have no compiler, nor failures of one
  std::map<std::string, const Environment*> same_compiler;  // by run
  std::set<std::string> elsewhere;
  for (const RunHeader& run : journal.headers) {
    if (compiles && run.environment.nvrtc == now.nvrtc) same_compiler.emplace(run.run_id, &run.environment);
    if (!unlike(run, run_now).empty()) elsewhere.insert(run.run_id);
  }
  for (Row& row : journal.rows) {  // by time: the later of two contrary outcomes stands
    const auto run = same_compiler.find(row.run_id);
    const bool same = run != same_compiler.end() && same_sources(*run->second, now, row.problem.kernel);
    if (compiles && did_not_compile(row)) {
      if (!same || was_lost_once(row)) continue;
      failures_.insert_or_assign(cubin_of(row), Failure{row.invalidity, row.reason});
    } else if (same && !row.kernel_hash.empty()) {
      failures_.erase(cubin_of(row));
    }
    if (elsewhere.contains(row.run_id)) continue;
    note_board(row);
    std::string id = row_id(row);
    rows_.insert_or_assign(std::move(id), std::move(row));
  }
}

void EarlierRuns::note_board(const Row& row) {
  if (row.provider != provider::kGemmtune || !row.time_us || row.board_uuid.empty()) return;
  const std::string problem = problem_id(row.problem);
  last_board_[problem] = row.board_uuid;
  if (row.stage == Stage::final) raced_.emplace(problem, row.board_uuid);
}

const Row* EarlierRuns::row(const std::string& id, const std::string& uuid) const {
  const auto found = rows_.find(id);
  if (found == rows_.end()) return nullptr;
  const Row& row = found->second;
  const bool usable = !row.time_us || uuid.empty() || row.board_uuid.empty() || row.board_uuid == uuid ||
                      raced_.contains({problem_id(row.problem), row.board_uuid});
  return usable ? &row : nullptr;
}

std::string EarlierRuns::begun_by(const std::string& problem) const {
  const auto found = last_board_.find(problem);
  return found == last_board_.end() || raced_.contains(*found) ? "" : found->second;
}

std::map<std::size_t, Failure> EarlierRuns::failures_of(const std::vector<CompileRequest>& requests) const {
  std::map<std::size_t, Failure> failures;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto found = failures_.find({requests[i].kernel, requests[i].config});
    if (found != failures_.end()) failures.emplace(i, found->second);
  }
  return failures;
}

}  // namespace gemmtune::cli
