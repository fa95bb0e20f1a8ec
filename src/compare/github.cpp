// GitHub: annotations, and the files that github-action-benchmark and Bencher take from a job.
#include "compare/assess.h"
#include "compare/output.h"
#include "compare/sentences.h"
#include "core/serialise.h"

namespace gemmtune::compare {

namespace {

/// GitHub shows ten of a kind a step, and drops the rest without a word.
constexpr std::size_t kMostAnnotations = 10;

std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::string annotation(const char* kind, const std::string& title, const std::string& message) {
  return std::string("::") + kind + " title=" + escaped(report::one_line(title), true) +
         "::" + escaped(report::one_line(message), false) + "\n";
}

std::string message_of(const ProblemVerdict& problem) {
  std::string text = title_of(problem.problem);
  if (problem.base && problem.next)
    text += ": " + report::fixed(problem.base->time_us, 2) + " -> " +
            report::fixed(problem.next->time_us, 2) + " us (" + percent(problem.time->estimate) +
            ", at least " + percent(problem.time->low) + ")";
  const std::string remark = report::one_line(problem.reason);
  return remark.empty() ? text : text + "; " + remark;
}

std::string dump(const Json& json) {
  return json_text(json, 2) + "\n";
}

}  // namespace

std::string github_annotations(const Comparison& comparison) {
  std::vector<std::string> lines;
  if (comparison.overall && comparison.overall->fails)
    lines.push_back(annotation("error", "gemmtune: geometric mean",
                               percent(comparison.overall->weighted.estimate) + " is above the budget of " +
                                   percent(*comparison.gate.geomean_budget)));
  for (const ProblemVerdict& problem : comparison.problems)
    if (problem.fails)
      lines.push_back(annotation("error", "gemmtune: " + capitals(problem.verdict), message_of(problem)));
  if (lines.size() > kMostAnnotations) {
    const std::size_t more = lines.size() - (kMostAnnotations - 1);
    lines.resize(kMostAnnotations - 1);
    lines.push_back(annotation("error", "gemmtune: " + std::to_string(more) + " more", outcome(comparison)));
  }
  if (lines.empty())
    lines.push_back(annotation("notice", "gemmtune: " + outcome(comparison), summary(comparison)));
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string action_benchmark(const Comparison& comparison) {
  Json list = Json::array();
  for (const ProblemVerdict& problem : comparison.problems) {
    if (!problem.next) continue;
    list.push_back({{"name", title_of(problem.problem)},
                    {"unit", "us"},
                    {"value", problem.next->time_us},
                    {"range", "± " + report::fixed(1.96 * problem.next->deviation_us, 3)},
                    {"extra", report::one_line(describe(problem.next->config))}});
  }
  return dump(list);
}

std::string bencher(const Comparison& comparison) {
  constexpr double kNanoseconds = 1e3;  // of a microsecond; Bencher's measure `latency` counts in them
  Json benchmarks = Json::object();
  for (const ProblemVerdict& problem : comparison.problems) {
    if (!problem.next) continue;
    const double half = 1.96 * problem.next->deviation_us;
    benchmarks[title_of(problem.problem)] = {
        {"latency",
         {{"value", kNanoseconds * problem.next->time_us},
          {"lower_value", kNanoseconds * (problem.next->time_us - half)},
          {"upper_value", kNanoseconds * (problem.next->time_us + half)}}}};
  }
  return dump(benchmarks);
}

}  // namespace gemmtune::compare
