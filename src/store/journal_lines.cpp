#include "store/journal_lines.h"

#include "core/json.h"
#include "store/checksum.h"
#include "util/text.h"

#include <algorithm>
#include <cstring>

namespace gemmtune::store {

namespace {

/// Small, since a thousand files are open at once.
constexpr unsigned kBlockBytes = 1 << 14;

std::string_view text_at(std::string_view line, std::size_t at, std::size_t length) {
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + length);
  return rest.substr(0, rest.find('"'));
}

/// The last place of `part`, which is sought near the end first.
std::size_t last_place_of(std::string_view line, std::string_view part) {
  for (std::size_t near = 128;; near *= 8) {
    const std::size_t from = line.size() - std::min(line.size(), near);
    std::size_t last = std::string_view::npos;
    for (std::size_t at = place_of(line, part, from); at != std::string_view::npos;
         at = place_of(line, part, at + 1))
      last = at;
    if (last != std::string_view::npos || from == 0) return last;
  }
}

/// In the text of a value each quote has a backslash before it, so a bare one begins a name or a value.
std::string start_of(std::string_view name) {
  return "\"" + std::string(name) + "\":\"";
}

}  // namespace

std::size_t place_of(std::string_view line, std::string_view part, std::size_t from) {
  if (from > line.size()) return std::string_view::npos;
  const void* const found = ::memmem(line.data() + from, line.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - line.data());
}

std::string_view last_text_of(std::string_view line, std::string_view name) {
  const std::string start = start_of(name);
  return text_at(line, last_place_of(line, start), start.size());
}

std::string_view first_text_of(std::string_view line, std::string_view name) {
  const std::string start = start_of(name);
  return text_at(line, place_of(line, start), start.size());
}

JournalLines::JournalLines(const std::filesystem::path& path) : path_(path), reader_(path, kBlockBytes) {}

bool JournalLines::next(std::vector<std::string>& damaged) {
  while (true) {
    const LineReader::Status status = reader_.next(text_);
    if (status == LineReader::Status::end) return false;
    if (status == LineReader::Status::line && text_.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string reason = complaint(status);
    if (reason.empty()) return true;
    damaged.push_back(printable(path_.string() + ":" + std::to_string(number()) + ": " + reason));
  }
}

/// What a journal's reader would say of the line, which parses it. A line with the right checksum is one
/// that gemmtune wrote.
std::string JournalLines::complaint(LineReader::Status status) {
  if (status == LineReader::Status::broken) return text_;
  if (status == LineReader::Status::too_long) return "too long";
  const Checksum checksum = check(text_);
  if (checksum == Checksum::wrong) return "its checksum does not fit: it has changed since it was written";
  if (checksum == Checksum::right) {
    checked_run_ = first_text_of(text_, "run_id");
    return "";
  }
  const Json json = parse_json(text_);
  if (json.is_discarded())
    return status == LineReader::Status::torn ? "cut short (the run was ended while it was written)"
                                              : why_no_json(text_);
  if (!json.is_object() || !json.contains("record") || !json["record"].is_string())
    return "no record of a journal";
  if (json.contains("checksum")) return "its checksum is not where a journal has it";
  const std::string run =
      json.contains("run_id") && json["run_id"].is_string() ? json["run_id"].get<std::string>() : "";
  if (!run.empty() && run == checked_run_) return "its checksum is missing";
  text_ = json_text(json);  // as gemmtune would have written it: without blanks
  return "";
}

}  // namespace gemmtune::store
