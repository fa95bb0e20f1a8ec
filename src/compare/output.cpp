#include "compare/output.h"

#include "util/error.h"
#include "util/text.h"

#include <array>
#include <vector>

namespace gemmtune::compare {

std::span<const OutputFormat> output_formats() {
  static constexpr std::array<OutputFormat, 9> kFormats = {
      {{kTable, "for a terminal", [](const Comparison& comparison) { return terminal(comparison); }},
       {"json", "gemmtune.compare/1, everything", json},
       {"markdown", "a job's summary or a comment on a pull request", markdown},
       {"junit", "JUnit XML, one test case a problem", junit},
       {"github", "annotations: commands that GitHub reads from a job's output", github_annotations},
       {"gitlab-metrics", "OpenMetrics, for artifacts:reports:metrics", gitlab_metrics},
       {"gitlab-codequality", "for artifacts:reports:codequality", gitlab_code_quality},
       {"action-benchmark", "the new side's times, for github-action-benchmark", action_benchmark},
       {"bencher", "the new side's times, Bencher Metric Format", bencher}}};
  return kFormats;
}

const OutputFormat& find_output_format(std::string_view name) {
  std::vector<std::string_view> known;
  for (const OutputFormat& format : output_formats()) {
    if (format.name == name) return format;
    known.push_back(format.name);
  }
  std::string words;
  for (const std::string_view word : known) words += (words.empty() ? "" : ", ") + std::string(word);
  throw UserError("unknown format \"" + printable(name) + "\"" + did_you_mean(name, known) + "; there are " +
                  words);
}

}  // namespace gemmtune::compare
