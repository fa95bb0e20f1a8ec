// JUnit XML as Jenkins and GitLab read it: a test case a problem, and one for the geometric mean.
#include "compare/assess.h"
#include "compare/output.h"
#include "compare/sentences.h"

#include <cstdint>

namespace gemmtune::compare {

namespace {

/// Bytes of the UTF-8 character at `at`; 0: there is none, or none that XML 1.0 allows.
std::size_t character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return 0;
  std::uint32_t code = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(at + i) & 0x3fu);
  }
  const bool shortest = code >= (length == 2 ? 0x80u : length == 3 ? 0x800u : 0x10000u);
  const bool forbidden =
      (code >= 0xd800 && code <= 0xdfff) || code == 0xfffe || code == 0xffff || code > 0x10ffff;
  return shortest && !forbidden ? length : 0;
}

/// Fit for an attribute and for text; what XML cannot hold becomes a question mark.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_at(text, i);
    if (length == 1 && text[i] == '<')
      out += "&lt;";
    else if (length == 1 && text[i] == '>')
      out += "&gt;";
    else if (length == 1 && text[i] == '&')
      out += "&amp;";
    else if (length == 1 && text[i] == '"')
      out += "&quot;";
    else
      out += length > 0 ? text.substr(i, length) : std::string_view("?");
    i += length > 0 ? length : 1;
  }
  return out;
}

std::string message_of(const ProblemVerdict& problem) {
  std::string text = capitals(problem.verdict);
  if (problem.time) text += " by " + percent(problem.time->estimate);
  const std::string remark = report::one_line(problem.reason);
  return remark.empty() ? text : text + ": " + remark;
}

std::string case_of(const std::string& name, double time_us, const std::string& kind,
                    const std::string& message) {
  std::string text = "    <testcase classname=\"gemmtune.compare\" name=\"" + escaped(name) + "\" time=\"" +
                     report::fixed(time_us * 1e-6, 9) + "\"";
  if (kind.empty()) return text + "/>\n";
  const std::string type = kind == "failure" ? " type=\"regression\"" : "";
  return text + "><" + kind + type + " message=\"" + escaped(message) + "\"/></testcase>\n";
}

}  // namespace

std::string junit(const Comparison& comparison) {
  std::string cases;
  std::size_t tests = 0, failures = 0, skipped = 0;
  const auto add = [&](const std::string& name, double time_us, const std::string& kind,
                       const std::string& message) {
    ++tests;
    failures += kind == "failure" ? 1 : 0;
    skipped += kind == "skipped" ? 1 : 0;
    cases += case_of(name, time_us, kind, message);
  };
  for (const ProblemVerdict& problem : comparison.problems) {
    // What cannot be told, or is gone and may be, is no pass either.
    const bool open = problem.verdict == CompareVerdict::unsure || !problem.next;
    add(title_of(problem.problem), problem.next ? problem.next->time_us : 0,
        problem.fails ? "failure"
        : open        ? "skipped"
                      : "",
        message_of(problem));
  }
  if (comparison.overall && comparison.gate.geomean_budget)
    add("geometric mean", 0, comparison.overall->fails ? "failure" : "",
        percent(comparison.overall->weighted.estimate) + ", budget " +
            percent(*comparison.gate.geomean_budget));
  const std::string counts = " tests=\"" + std::to_string(tests) + "\" failures=\"" +
                             std::to_string(failures) + "\" errors=\"0\" skipped=\"" +
                             std::to_string(skipped) + "\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts + ">\n  <testsuite name=\"" +
         escaped("gemmtune compare " + comparison.base_name + " " + comparison.next_name) + "\"" + counts +
         ">\n" + cases + "  </testsuite>\n</testsuites>\n";
}

}  // namespace gemmtune::compare
