#include "worker/jit/compile_log.h"

#include "util/text.h"

#include <algorithm>
#include <charconv>

namespace gemmtune::jit {

namespace {

constexpr std::size_t kErrorsShown = 3;
constexpr std::size_t kReasonBytes = 600;

/// The number that stands right before `unit`, as in "used 3 barriers, 1024 bytes smem"; 0 when there is
/// none.
std::int64_t number_before(std::string_view line, std::string_view unit) {
  const auto at = line.find(unit);
  if (at == std::string_view::npos) return 0;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t begin = at;
  while (begin > 0 && is_digit(line[begin - 1])) --begin;
  std::int64_t value = 0;
  std::from_chars(line.data() + begin, line.data() + at, value);
  return value;
}

bool contains(std::string_view line, std::string_view word) {
  return line.find(word) != std::string_view::npos;
}

/// "ptxas info    : (C7510) Potential Performance Loss: ..." without what stands before the sentence.
std::string sentence_of(std::string_view line) {
  const auto colon = line.find(':');
  line.remove_prefix(colon == std::string_view::npos ? 0 : colon + 1);
  const auto begin = line.find_first_not_of(' ');
  return "ptxas: " + printable(line.substr(std::min(begin, line.size())));
}

}  // namespace

cache::ResourceUsage parse_usage(std::string_view log) {
  cache::ResourceUsage most;
  for (const std::string& line : split(log, '\n')) {
    most.registers = std::max(most.registers, number_before(line, " registers"));
    most.stack_bytes = std::max(most.stack_bytes, number_before(line, " bytes stack frame"));
    most.spill_bytes = std::max(most.spill_bytes, number_before(line, " bytes spill stores") +
                                                      number_before(line, " bytes spill loads"));
    most.static_smem_bytes = std::max(most.static_smem_bytes, number_before(line, " bytes smem"));
  }
  return most;
}

std::string objection(const cache::ResourceUsage& usage, std::string_view log) {
  if (usage.spill_bytes > 0) return "spills " + std::to_string(usage.spill_bytes) + " bytes of registers";
  for (const std::string& line : split(log, '\n')) {
    // These lines carry names of functions, which may hold any word.
    const bool names_function =
        contains(line, "Compiling entry function") || contains(line, "Function properties");
    if (line.starts_with("ptxas") && !names_function &&
        (contains(line, "wgmma") || contains(line, "setmaxnreg")))
      return sentence_of(line);
  }
  return "";
}

std::string first_errors(std::string_view log) {
  std::string errors;
  std::size_t shown = 0;
  for (const std::string& line : split(log, '\n')) {
    if (!contains(line, "error") || shown == kErrorsShown) continue;
    errors += (shown++ ? "; " : "") + printable(line);
  }
  if (errors.empty()) errors = printable(log);
  return errors.substr(0, kReasonBytes);
}

}  // namespace gemmtune::jit
