#include "report/terminal.h"

#include "compare/output.h"
#include "compare/sentences.h"
#include "report/phrases.h"

namespace gemmtune::compare {

namespace {

/// Of more problems than this, those that are SAME are only counted.
constexpr std::size_t kAllShown = 60;
constexpr std::size_t kReasons = 20;

}  // namespace

std::string terminal(const Comparison& comparison, const report::Screen& screen) {
  std::string text;
  if (comparison.simulated) text += screen.painted(report::kSimulatedNotice, report::Tone::heading) + "\n\n";
  if (!comparison.next.device.empty()) text += report::one_line(comparison.next.device) + "\n\n";
  std::vector<const ProblemVerdict*> shown;
  for (const ProblemVerdict& problem : comparison.problems)
    if (comparison.problems.size() <= kAllShown || problem.verdict != CompareVerdict::same)
      shown.push_back(&problem);
  if (!shown.empty()) text += report::aligned(problems_grid(shown), screen) + "\n";
  std::size_t told = 0;
  for (const ProblemVerdict* problem : shown) {
    const std::string remark = report::one_line(problem->reason);
    if (remark.empty() || ++told > kReasons) continue;
    text += report::wrapped(capitals(problem->verdict) + " " + title_of(problem->problem) + ": " + remark, 0,
                            screen);
  }
  if (told > kReasons) text += "and " + std::to_string(told - kReasons) + " remarks more: --format json\n";
  if (told > 0) text += "\n";
  for (const std::string& line : remarks(comparison)) text += report::wrapped(line, 0, screen);
  text += report::wrapped(legend(comparison), 0, screen) + "\n";
  const report::Tone tone = comparison.fails() ? report::Tone::bad : report::Tone::good;
  return text + screen.painted(outcome(comparison), tone) + "  (" + summary(comparison) + ")\n";
}

}  // namespace gemmtune::compare
