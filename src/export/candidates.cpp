#include "export/candidates.h"

#include "util/error.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace gemmtune::exports {

namespace {

using Rows = std::vector<const Row*>;

int rank(Stage stage) {
  return stage == Stage::final ? 2 : stage == Stage::measure ? 1 : 0;
}

bool is_of(const Row& row, const TableEntry& entry) {
  return row.provider == provider::kGemmtune && row.invalidity == Invalidity::correct &&
         row.config == entry.config && row.stage == entry.stage && row.time_us == entry.time_us;
}

class Finder {
 public:
  explicit Finder(const Journal& journal) {
    for (const RunHeader& header : journal.headers) made_in_[header.run_id] = &header.environment;
    for (const Row& row : journal.rows) rows_[problem_id(row.problem)].push_back(&row);
  }

  Candidates find(const TableEntry& entry) const {
    const Rows& all = rows_.at(problem_id(entry.problem));
    const auto winner =
        std::find_if(all.rbegin(), all.rend(), [&](const Row* row) { return is_of(*row, entry); });
    ensure(winner != all.rend(), "the journal lacks the winner of " + describe(entry.problem));
    Candidates found{&entry, *winner, {}, {}};
    std::map<Config, const Row*> furthest;
    for (const Row* row : all) {
      if (!same_conditions(*row, **winner)) continue;
      if (row->provider != provider::kGemmtune) {
        if (row->run_id == (*winner)->run_id && row->stage == (*winner)->stage &&
            row->policy == (*winner)->policy)
          found.rivals.push_back(row);
      } else if (!row->config.empty()) {
        const Row*& held = furthest[row->config];
        if (held == nullptr || rank(row->stage) >= rank(held->stage)) held = row;
      }
    }
    furthest[entry.config] = *winner;
    for (const Row* row : all)
      if (row->provider == provider::kGemmtune && !row->config.empty()) {
        const auto held = furthest.find(row->config);
        if (held != furthest.end() && held->second == row) found.rows.push_back(row);
      }
    return found;
  }

 private:
  bool same_conditions(const Row& a, const Row& b) const {
    const auto key = [&](const Row& row) {
      return std::tuple(row.device, row.l2, row.timer, row.regime, row.simulated);
    };
    return key(a) == key(b) && same_sources(made_in(a), made_in(b), a.problem.kernel);
  }

  const Environment& made_in(const Row& row) const {
    static const Environment unknown;
    const auto found = made_in_.find(row.run_id);
    return found == made_in_.end() ? unknown : *found->second;
  }

  std::unordered_map<std::string, const Environment*> made_in_;  ///< by run
  std::unordered_map<std::string, Rows> rows_;                   ///< by problem
};

}  // namespace

std::vector<Candidates> candidates_of(const Source& source) {
  const Finder finder(source.journal);
  std::vector<Candidates> all;
  for (const TableEntry& entry : source.table.entries) all.push_back(finder.find(entry));
  return all;
}

std::string file_stem(const Problem& problem) {
  std::string stem;
  for (const char c : describe(problem)) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (word)
      stem += c;
    else if (c == ':' || c == ',')
      stem += '-';
  }
  constexpr std::size_t kMost = 200;  // file systems take 255, with an ending
  return stem.size() <= kMost ? stem : problem.kernel + "-" + problem_id(problem);
}

std::string kernel_and_form(const Problem& problem) {
  const std::string form = describe_form(problem);
  return form.empty() ? problem.kernel : problem.kernel + ":" + form;
}

}  // namespace gemmtune::exports
