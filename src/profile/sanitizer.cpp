#include "profile/sanitizer.h"

#include "profile/command_lines.h"
#include "util/text.h"

#include <charconv>

namespace gemmtune::profile {

namespace {

constexpr std::string_view kMark = "=========";

/// What the tool says on a line of its own: "========= Invalid __global__ read of size 4 bytes". Empty for
/// lines of the program.
std::string_view said(std::string_view line) {
  if (!line.starts_with(kMark)) return {};
  line.remove_prefix(kMark.size());
  const auto begin = line.find_first_not_of(' ');
  return begin == line.npos ? std::string_view() : line.substr(begin);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// "ERROR SUMMARY: 3 errors", "RACECHECK SUMMARY: 2 hazards displayed (1 error, 1 warning)".
bool read_summary(std::string_view sentence, long& count) {
  constexpr std::string_view kSummary = "SUMMARY: ";
  const auto at = sentence.find(kSummary);
  if (at == sentence.npos || contains(sentence, "LEAK")) return false;
  const std::string_view number = sentence.substr(at + kSummary.size());
  return std::from_chars(number.data(), number.data() + number.size(), count).ec == std::errc{};
}

/// Titles and totals say nothing of a single error.
bool is_example(std::string_view sentence) {
  return !sentence.empty() && !contains(sentence, "COMPUTE-SANITIZER") && !contains(sentence, "SUMMARY");
}

}  // namespace

std::string_view to_string(SanitizerOutcome outcome) {
  switch (outcome) {
    case SanitizerOutcome::clean:
      return "clean";
    case SanitizerOutcome::errors:
      return "errors";
    case SanitizerOutcome::unsupported:
      return "unsupported";
    case SanitizerOutcome::failed:
      return "failed";
  }
  return "";
}

SanitizerFinding read_sanitizer(std::string_view output, int exit_code) {
  SanitizerFinding finding;
  bool summed_up = false, unsupported = false;
  std::string last_line;
  for (const std::string& line : split(output, '\n')) {
    if (!line.empty()) last_line = printable(line);
    const std::string_view sentence = said(line);
    unsupported |= contains(sentence, "not supported") || contains(sentence, "nsupported");
    if (long count = 0; read_summary(sentence, count)) {
      summed_up = true;
      finding.errors += count;
    } else if (finding.example.empty() && is_example(sentence)) {
      finding.example = printable(sentence);
    }
  }
  if (finding.errors > 0 || exit_code == kSanitizerFoundErrors)
    finding.outcome = SanitizerOutcome::errors;
  else if (unsupported)
    finding.outcome = SanitizerOutcome::unsupported;
  else if (!summed_up || exit_code != 0)
    finding.outcome = SanitizerOutcome::failed;
  else
    return {};
  if (finding.example.empty()) finding.example = last_line;
  return finding;
}

}  // namespace gemmtune::profile
