#include "report/libraries.h"

#include "operation/providers.h"
#include "report/phrases.h"
#include "report/problem_columns.h"
#include "report/report.h"
#include "stats/summary.h"
#include "store/current_rows.h"
#include "util/format.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace gemmtune::report {

namespace {

/// What was timed side by side: of one run, in one stage, under one policy.
using Round = std::tuple<Stage, std::string, std::string>;

struct Answers {
  std::vector<std::pair<Round, std::map<std::int64_t, double>>> rounds;  ///< in the order of time
  std::set<std::int64_t> right;

  void add(const Row& row, std::int64_t answer) {
    const Round round{row.stage, row.policy, row.run_id};
    auto found = std::ranges::find(rounds, round, &std::pair<Round, std::map<std::int64_t, double>>::first);
    if (found == rounds.end()) found = rounds.insert(rounds.end(), {round, {}});
    found->second[answer] = *row.time_us;
    right.insert(answer);
  }

  /// Later rounds have fewer answers and more samples: who is the fastest of the last is the best of all.
  std::optional<std::int64_t> best() const {
    if (rounds.empty()) return std::nullopt;
    const auto& times = rounds.back().second;
    return std::ranges::min_element(times, {}, [](const auto& one) { return one.second; })->first;
  }
};

/// What the entry's own race has of a library.
std::optional<double> beside_entry(const TableEntry& entry, const std::string& provider) {
  if (provider == provider::kCublasLtBlock) return entry.baselines.cublaslt_block_us;
  if (provider == provider::kCublasLtTensor) return entry.baselines.cublaslt_tensor_us;
  if (provider == provider::kCublasBf16) return entry.baselines.cublas_bf16_us;
  return std::nullopt;
}

std::optional<LibraryChoice> choice_of(const TableEntry& entry, const std::string& provider,
                                       const Answers& answers) {
  const std::optional<std::int64_t> best = answers.best();
  if (!best) return std::nullopt;
  for (auto round = answers.rounds.rbegin(); round != answers.rounds.rend(); ++round) {
    const auto first_us = round->second.find(0), best_us = round->second.find(*best);
    if (first_us == round->second.end() || best_us == round->second.end()) continue;
    LibraryChoice choice{
        entry.problem,    provider,        static_cast<std::int64_t>(answers.right.size()), *best,
        first_us->second, best_us->second, std::get<Stage>(round->first) == Stage::final};
    // A race of another run has another time of its fastest.
    if (choice.raced && beside_entry(entry, provider) == choice.best_us) choice.ours_us = entry.time_us;
    return choice;
  }
  return std::nullopt;
}

double loss(const LibraryChoice& choice) {
  return choice.first_us / choice.best_us - 1;
}

}  // namespace

std::vector<LibraryChoice> library_choices(const Table& table, const Journal& journal) {
  std::map<std::pair<std::string, std::string>, Answers> found;  // by problem and provider
  const Row* const last = store::last_timed(journal);
  if (last == nullptr) return {};
  store::CurrentRows current(journal, *last);
  for (const Row& row : journal.rows) {
    if (row.provider == provider::kGemmtune || row.device != table.environment.device ||
        row.invalidity != Invalidity::correct || !row.time_us || !(*row.time_us > 0) || !current.contain(row))
      continue;
    const auto answer = row.config.find("answer");
    if (answer != row.config.end()) found[{problem_id(row.problem), row.provider}].add(row, answer->second);
  }
  std::vector<LibraryChoice> choices;
  for (const TableEntry& entry : table.entries) {
    const operation::Operation* const operation = operation::find(entry.problem.kernel);
    if (operation == nullptr) continue;  // of another build
    const std::string id = problem_id(entry.problem);
    for (const std::string_view provider : operation->baselines)
      if (const auto answers = found.find({id, std::string(provider)}); answers != found.end())
        if (auto choice = choice_of(entry, std::string(provider), answers->second))
          choices.push_back(std::move(*choice));
  }
  return choices;
}

Grid libraries(const Report& report, bool for_files) {
  const Distinctions apart =
      distinctions(report.libraries, [](const LibraryChoice& choice) { return choice.problem; });
  Grid grid;
  grid.columns = joined(problem_columns(apart), {{"provider", "library"},
                                                 {"answers", "answers"},
                                                 {"first_us", "first µs", 2},
                                                 {"best_answer", "best"},
                                                 {"best_us", "best µs", 2},
                                                 {"first_loses_percent", "first loses %", 1},
                                                 {"measured_in", "in"},
                                                 {"first_per_ours", "first / ours", 2}});
  for (const LibraryChoice& choice : report.libraries)
    grid.rows.push_back(joined(
        problem_cells(choice.problem, apart),
        {for_files ? choice.provider : provider_heading(choice.provider), choice.answers, choice.first_us,
         choice.best, choice.best_us, 100 * loss(choice), std::string(choice.raced ? "race" : "screening"),
         choice.ours_us ? Cell(choice.first_us / *choice.ours_us) : Cell()}));
  return grid;
}

std::string libraries_summary(const Report& report) {
  std::map<std::string, std::vector<const LibraryChoice*>> by_provider;
  for (const LibraryChoice& choice : report.libraries) by_provider[choice.provider].push_back(&choice);
  std::string text;
  for (const auto& [provider, choices] : by_provider) {
    std::vector<double> ratios;
    for (const LibraryChoice* choice : choices) ratios.push_back(1 + loss(*choice));
    const auto is_best = [](const LibraryChoice* choice) { return choice->best == 0; };
    text += formatted(
        "{}{}: the first answer is the fastest on {} of {} problems, {:.1f} % slower than that "
        "on geometric mean, {:.1f} % at worst.",
        text.empty() ? "" : " ", provider_in_words(provider), std::ranges::count_if(choices, is_best),
        choices.size(), 100 * (stats::geomean(ratios) - 1), 100 * (std::ranges::max(ratios) - 1));
  }
  return text;
}

}  // namespace gemmtune::report
