#include "compare/sentences.h"

#include "compare/assess.h"
#include "report/problem_columns.h"
#include "util/text.h"

#include <algorithm>
#include <cctype>

namespace gemmtune::compare {

namespace {

/// `+0.31 % (-0.02 to +0.64 %)`.
std::string with_interval(const Change& change) {
  std::string low = percent(change.low);
  return percent(change.estimate) + " (" + low.substr(0, low.size() - 2) + " to " + percent(change.high) +
         ")";
}

std::string in_control(const Control& control) {
  return "Control: " + report::one_line(control.provider) + ", the same code on both sides, moved by " +
         with_interval(control.change) + " over " + std::to_string(control.problems) + " products.";
}

/// Of those that are unsure half need no more runs than this.
std::string more_runs(const Comparison& comparison) {
  std::vector<int> needed;
  for (const ProblemVerdict& problem : comparison.problems)
    if (problem.runs_needed) needed.push_back(*problem.runs_needed);
  if (needed.empty()) return "";
  std::sort(needed.begin(), needed.end());
  return std::to_string(comparison.count(CompareVerdict::unsure)) +
         " are unsure: " + std::to_string(needed[needed.size() / 2]) +
         " runs a side would tell half of them, " + std::to_string(needed.back()) +
         " all that runs can tell.";
}

/// Of a cell of problems_grid: `SLOWER !`.
report::Tone tone_of_verdict(const report::Cell& cell) {
  const std::string& text = std::get<std::string>(cell);
  const auto is = [&](CompareVerdict verdict) { return text.starts_with(capitals(verdict)); };
  if (is(CompareVerdict::faster)) return report::Tone::good;
  if (is(CompareVerdict::same)) return report::Tone::faint;
  return is(CompareVerdict::unsure) ? report::Tone::doubtful : report::Tone::bad;
}

report::Cell percent_cell(const std::optional<Change>& change, double Change::*member) {
  return change ? report::Cell(percent((*change).*member)) : report::Cell();
}

}  // namespace

std::string capitals(CompareVerdict verdict) {
  std::string word(to_string(verdict));
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word;
}

std::string title_of(const Problem& problem) {
  const std::string text = describe(problem);
  return report::one_line(problem.name.empty() ? text : problem.name + " " + text);
}

std::string summary(const Comparison& comparison) {
  std::vector<std::string> parts;
  for (const auto& [verdict, name] : names(CompareVerdict{}))
    if (const std::size_t count = comparison.count(verdict))
      parts.push_back(std::to_string(count) + " " + std::string(name));
  return parts.empty() ? "nothing to compare"
                       : join(parts, ", ") + " of " + std::to_string(comparison.problems.size());
}

std::string outcome(const Comparison& comparison) {
  std::vector<std::string> parts;
  for (const auto& [verdict, name] : names(CompareVerdict{})) {
    const auto count =
        std::count_if(comparison.problems.begin(), comparison.problems.end(),
                      [v = verdict](const ProblemVerdict& p) { return p.fails && p.verdict == v; });
    if (count > 0) parts.push_back(std::to_string(count) + " " + std::string(name));
  }
  if (comparison.overall && comparison.overall->fails)
    parts.push_back("the geometric mean is above its budget of " + percent(*comparison.gate.geomean_budget));
  return parts.empty() ? "PASS" : "FAIL: " + join(parts, ", ");
}

std::vector<std::string> remarks(const Comparison& comparison) {
  std::vector<std::string> lines;
  if (const auto& overall = comparison.overall) {
    std::string line = "Geometric mean over " + std::to_string(overall->problems) +
                       " problems: " + with_interval(overall->plain);
    line += "; by weight " + with_interval(overall->weighted) + ".";
    lines.push_back(line);
  }
  for (const Control& control : comparison.controls) lines.push_back(in_control(control));
  if (const std::string line = more_runs(comparison); !line.empty()) lines.push_back(line);
  if (!comparison.changes.empty())
    lines.push_back("Changed: " + report::one_line(join(comparison.changes, ", ")) + ".");
  for (const std::string& difference : comparison.forced)
    lines.push_back("Unlike, compared by force: " + report::one_line(difference) + ".");
  if (!comparison.only_in_next.empty())
    lines.push_back(std::to_string(comparison.only_in_next.size()) + " problems are new, for example " +
                    title_of(comparison.only_in_next.front()) + ".");
  return lines;
}

std::string legend(const Comparison& comparison) {
  const std::string effect = report::fixed(100 * comparison.gate.min_effect, 2);
  return "change: of the time, + is slower, with the 95 % interval of each problem alone. SLOWER, FASTER: "
         "by " +
         effect +
         " % or more, in SM cycles too where clocks are known, and no accident at 5 % over all problems. "
         "SAME: surely within +-" +
         effect +
         " %, or the clock's change alone. The interval counts what a fresh "
         "process adds to the scatter of samples" +
         (comparison.interleaved ? " of interleaved contenders." : ".");
}

report::Grid problems_grid(const std::vector<const ProblemVerdict*>& problems) {
  report::Grid grid;
  const report::Distinctions apart =
      report::distinctions(problems, [](const ProblemVerdict* p) { return p->problem; });
  const std::vector<report::Column> figures = {{"base_us", "base µs", 2},
                                               {"new_us", "new µs", 2},
                                               {"change", "change"},
                                               {"low", "from"},
                                               {"high", "to"},
                                               {"cycles", "in cycles"},
                                               {"runs", "runs"},
                                               {"config", "new configuration"}};
  grid.columns = report::joined({{"verdict", "verdict", 0, tone_of_verdict}},
                                report::joined(report::problem_columns(apart), figures));
  for (const ProblemVerdict* p : problems) {
    const auto time = [](const std::optional<Figure>& figure) {
      return figure ? report::Cell(figure->time_us) : report::Cell();
    };
    const auto runs = [](const std::optional<Figure>& figure) {
      return std::to_string(figure ? figure->runs : 0);
    };
    const bool other = p->base && p->next && p->base->config != p->next->config;
    const std::vector<report::Cell> figures_of_it = {
        time(p->base),
        time(p->next),
        percent_cell(p->time, &Change::estimate),
        percent_cell(p->time, &Change::low),
        percent_cell(p->time, &Change::high),
        percent_cell(p->cycles, &Change::estimate),
        runs(p->base) + "+" + runs(p->next),
        p->next ? (other ? report::short_form(p->next->config) : std::string("same")) : std::string("-")};
    grid.rows.push_back(
        report::joined({capitals(p->verdict) + (p->fails ? " !" : "")},
                       report::joined(report::problem_cells(p->problem, apart), figures_of_it)));
  }
  return grid;
}

}  // namespace gemmtune::compare
