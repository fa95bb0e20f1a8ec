// For $GITHUB_STEP_SUMMARY (at most 1 MiB) and for a comment on a pull request (at most 65,536 characters).
#include "report/markdown.h"

#include "compare/output.h"
#include "compare/sentences.h"
#include "report/phrases.h"

namespace gemmtune::compare {

namespace {

/// A line of the table takes up to 250 characters: half a comment.
constexpr std::size_t kShown = 40;
constexpr std::size_t kFolded = 100;

using Problems = std::vector<const ProblemVerdict*>;

std::string table_of(Problems problems, std::size_t most) {
  const std::size_t left_out = problems.size() > most ? problems.size() - most : 0;
  problems.resize(problems.size() - left_out);
  std::string text = report::markdown_table(problems_grid(problems));
  if (left_out > 0) text += "\n" + std::to_string(left_out) + " more are left out here.\n";
  return text;
}

std::string folded(const std::string& title, const std::string& content) {
  return "\n<details><summary>" + title + "</summary>\n\n" + content + "\n</details>\n";
}

}  // namespace

std::string markdown(const Comparison& comparison) {
  Problems changed, same;
  for (const ProblemVerdict& problem : comparison.problems)
    (problem.verdict == CompareVerdict::same ? same : changed).push_back(&problem);
  std::string text = "### gemmtune compare: " + report::escape_markdown(outcome(comparison)) + "\n\n";
  if (comparison.simulated) text += "**" + std::string(report::kSimulatedNotice) + "**\n\n";
  text +=
      report::escape_markdown(comparison.base_name) + " → " + report::escape_markdown(comparison.next_name);
  if (!comparison.next.device.empty()) text += ", " + report::escape_markdown(comparison.next.device);
  text += ": " + summary(comparison) + ".\n\n";
  if (!changed.empty()) text += table_of(changed, kShown) + "\n";
  for (const std::string& line : remarks(comparison)) text += "- " + report::escape_markdown(line) + "\n";
  std::string reasons;
  std::size_t told = 0;
  for (const ProblemVerdict* problem : changed)
    if (const std::string remark = report::one_line(problem->reason); !remark.empty() && ++told <= kShown)
      reasons += "- " + capitals(problem->verdict) + " " +
                 report::escape_markdown(title_of(problem->problem)) + ": " +
                 report::escape_markdown(remark.substr(0, 400)) + "\n";
  if (!reasons.empty()) text += folded("Why", reasons);
  if (!same.empty()) text += folded(std::to_string(same.size()) + " the same", table_of(same, kFolded));
  return text + folded("How to read this", report::escape_markdown(legend(comparison)) + "\n");
}

}  // namespace gemmtune::compare
