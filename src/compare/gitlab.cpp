// GitLab: what a merge request shows beside a job, metrics and code quality.
#include "compare/assess.h"
#include "compare/output.h"
#include "compare/sentences.h"
#include "core/serialise.h"
#include "util/hash.h"

namespace gemmtune::compare {

namespace {

std::string label(const std::string& text) {
  std::string out;
  for (const char c : report::one_line(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return "\"" + out + "\"";
}

std::string number(double value) {
  return report::fixed(value, 4);
}

std::string severity(CompareVerdict verdict) {
  return verdict == CompareVerdict::wrong ? "blocker" : verdict == CompareVerdict::slower ? "major" : "minor";
}

std::string description_of(const ProblemVerdict& problem) {
  std::string text = title_of(problem.problem) + " is " + capitals(problem.verdict);
  if (problem.time) text += " by " + percent(problem.time->estimate);
  const std::string remark = report::one_line(problem.reason);
  return remark.empty() ? text : text + ": " + remark;
}

}  // namespace

std::string gitlab_metrics(const Comparison& comparison) {
  std::string times = "# TYPE gemmtune_time_us gauge\n", changes = "# TYPE gemmtune_change_percent gauge\n";
  for (const ProblemVerdict& problem : comparison.problems) {
    const std::string labels = "{problem=" + label(title_of(problem.problem)) + "} ";
    if (problem.next) times += "gemmtune_time_us" + labels + number(problem.next->time_us) + "\n";
    if (problem.time)
      changes += "gemmtune_change_percent" + labels + number(100 * problem.time->estimate) + "\n";
  }
  std::string counts = "# TYPE gemmtune_problems gauge\n";
  for (const auto& [verdict, name] : names(CompareVerdict{}))
    counts += "gemmtune_problems{verdict=\"" + std::string(name) + "\"} " +
              std::to_string(comparison.count(verdict)) + "\n";
  if (comparison.overall)
    counts += "# TYPE gemmtune_geomean_change_percent gauge\ngemmtune_geomean_change_percent " +
              number(100 * comparison.overall->weighted.estimate) + "\n";
  return times + changes + counts + "# EOF\n";
}

std::string gitlab_code_quality(const Comparison& comparison) {
  Json list = Json::array();
  for (const ProblemVerdict& problem : comparison.problems) {
    if (!problem.fails) continue;
    list.push_back(
        {{"description", description_of(problem)},
         {"check_name", "gemmtune-" + std::string(to_string(problem.verdict))},
         {"fingerprint", short_hash(problem_id(problem.problem) + std::string(to_string(problem.verdict)))},
         {"severity", severity(problem.verdict)},
         // A time belongs to no line of a source file; the format wants one.
         {"location", {{"path", comparison.next_name}, {"lines", {{"begin", 1}}}}}});
  }
  return json_text(list, 2) + "\n";
}

}  // namespace gemmtune::compare
