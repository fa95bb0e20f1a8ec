#include "store/journal.h"

#include "core/serialise.h"
#include "store/checksum.h"
#include "store/line_reader.h"
#include "util/error.h"
#include "util/hash.h"
#include "util/shell.h"
#include "util/text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace gemmtune::store {

namespace {

/// An id is a hash in 16 digits, of which there may be a million: its number says as much. Another key of
/// another program's making gets a hash of its own.
std::uint64_t number_of(const std::string& key) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(key.data(), key.data() + key.size(), number, 16);
  const bool is_hash = key.size() == 16 && read.ec == std::errc() && read.ptr == key.data() + key.size();
  return is_hash ? number : number_of(short_hash(key));
}

/// The records of one kind, one a key. They lie in the vector that is handed out in the end: a million rows
/// take a gigabyte, and there is no room for them twice.
template <typename Record>
class Kept {
 public:
  void keep_the_later(const std::string& key, Record record, const std::string& line) {
    // The hash is made for all and not only when timestamps meet: the line is gone by then.
    const std::uint32_t hash = crc32(line);
    const auto [found, is_new] = places_.try_emplace(number_of(key), records_.size());
    if (is_new) {
      records_.push_back(std::move(record));
      line_hashes_.push_back(hash);
      return;
    }
    Record& held = records_[found->second];
    std::uint32_t& held_hash = line_hashes_[found->second];
    if (std::tie(held.timestamp, held_hash) >= std::tie(record.timestamp, hash)) return;
    held = std::move(record);
    held_hash = hash;
  }

  /// By time, then by key, so that the order of files and lines does not matter.
  std::vector<Record> in_order() && {
    std::vector<std::uint64_t> keys(records_.size());
    for (const auto& [key, place] : places_) keys[place] = key;
    std::vector<std::size_t> order(records_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(records_[a].timestamp, keys[a]) < std::tie(records_[b].timestamp, keys[b]);
    });
    put_in(order);
    return std::move(records_);
  }

 private:
  /// Cycle by cycle: each record moves once, and one at a time waits outside.
  void put_in(std::vector<std::size_t>& order) {
    for (std::size_t first = 0; first < order.size(); ++first) {
      if (order[first] == first) continue;
      Record waiting = std::move(records_[first]);
      std::size_t to = first;
      while (order[to] != first) {
        const std::size_t from = order[to];
        records_[to] = std::move(records_[from]);
        order[to] = to;
        to = from;
      }
      records_[to] = std::move(waiting);
      order[to] = to;
    }
  }

  std::vector<Record> records_;
  std::vector<std::uint32_t> line_hashes_;
  std::unordered_map<std::uint64_t, std::size_t> places_;
};

class Reader {
 public:
  void read(const std::filesystem::path& path) {
    LineReader lines(path);
    const std::string name = path.filename().string();
    checked_run_.clear();
    std::string line;
    while (true) {
      const LineReader::Status status = lines.next(line);
      if (status == LineReader::Status::end) return;
      const std::string reason = take(status, line, path);
      if (!reason.empty())
        damaged_.push_back(printable(name + ":" + std::to_string(lines.number()) + ": " + reason));
    }
  }

  Journal finish() && {
    return {std::move(headers_).in_order(), std::move(ends_).in_order(), std::move(rows_).in_order(),
            std::move(damaged_), unchecked_};
  }

 private:
  /// Why the line is damaged, or nothing.
  std::string take(LineReader::Status status, const std::string& line, const std::filesystem::path& path) {
    if (status == LineReader::Status::broken) return line;
    if (status == LineReader::Status::too_long)
      return "longer than " + std::to_string(LineReader::kLongestLine >> 20) + " MiB";
    if (line.find_first_not_of(" \t\r") == std::string::npos) return "";
    const Checksum checksum = check(line);
    if (checksum == Checksum::wrong) return "its checksum does not fit: it has changed since it was written";
    const Json json = parse_json(line);
    if (json.is_discarded())
      return status == LineReader::Status::torn ? "cut short (the run was ended while it was written)"
                                                : why_no_json(line);
    if (!json.is_object()) return "not an object";
    const auto record = json.find("record");
    if (record == json.end() || !record->is_string()) return "no \"record\"";
    try {
      if (const std::string reason = check_run(checksum, json); !reason.empty()) return reason;
      take(record->get_ref<const std::string&>(), json, line, path);
    } catch (const UserError&) {
      throw;
    } catch (const std::exception& problem) {
      return problem.what();
    }
    return "";
  }

  /// A run's lines have checksums, or none of them has: one that lacks it has lost it.
  std::string check_run(Checksum checksum, const Json& json) {
    if (checksum == Checksum::none && json.contains("checksum"))
      return "its checksum is not where a journal has it: another program wrote it (without a checksum it is "
             "read)";
    const auto id = json.find("run_id");
    const bool named = id != json.end() && id->is_string();
    if (checksum == Checksum::right) {
      if (named) checked_run_ = id->get_ref<const std::string&>();
    } else if (named && id->get_ref<const std::string&>() == checked_run_) {
      return "its checksum is missing";
    } else {
      ++unchecked_;
    }
    return "";
  }

  void take(const std::string& kind, const Json& json, const std::string& line,
            const std::filesystem::path& path) {
    if (kind == "row") {
      Row row = from_json<Row>(json);
      // A newer minor version may know more of a row's identity than this one.
      const auto id = json.find("id");
      const std::string key = id != json.end() && id->is_string() ? id->get<std::string>() : row_id(row);
      rows_.keep_the_later(key, std::move(row), line);
    } else if (kind == "run") {
      refuse_other_schema(json, path);
      RunHeader header = from_json<RunHeader>(json);
      const std::string key = header.run_id;
      headers_.keep_the_later(key, std::move(header), line);
    } else if (kind == "end") {
      RunEnd end = from_json<RunEnd>(json);
      const std::string key = end.run_id;
      ends_.keep_the_later(key, std::move(end), line);
    }
  }

  static void refuse_other_schema(const Json& json, const std::filesystem::path& path) {
    const auto schema = json.find("schema");
    const std::string found =
        schema != json.end() && schema->is_string() ? schema->get<std::string>() : "missing";
    if (found == kJournalSchema || found.starts_with(std::string(kJournalSchema) + ".")) return;
    throw UserError(path.string() + ": its schema is " + printable(found) +
                    "; this version of gemmtune reads " + kJournalSchema);
  }

  Kept<RunHeader> headers_;
  Kept<RunEnd> ends_;
  Kept<Row> rows_;
  std::vector<std::string> damaged_;
  std::size_t unchecked_ = 0;
  std::string checked_run_;  ///< the last one with a checksum in this file
};

/// Texts of others' making: what a compiler or a worker said last, a command line.
constexpr std::size_t kLongestText = std::size_t{64} << 10;

void shorten(std::string& text) {
  if (text.size() <= kLongestText) return;
  const std::string note = " ... (" + std::to_string(text.size()) + " bytes in all)";
  std::size_t end = kLongestText - note.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;  // inside a UTF-8 character
  text.replace(end, std::string::npos, note);
}

}  // namespace

void JournalWriter::go_on_after(const Journal& journal) {
  const auto pass = [&](const auto& records) {
    for (const auto& record : records) last_ = std::max(last_, record.timestamp);
  };
  pass(journal.headers);
  pass(journal.rows);
  pass(journal.ends);
}

std::string JournalWriter::in_order(const std::string& timestamp) {
  return last_ = timestamp > last_ ? timestamp : timestamp_after(last_);
}

void JournalWriter::write(const Row& row) {
  Row written = row;
  written.timestamp = in_order(row.timestamp);
  shorten(written.reason);
  if (written.library_kernels) shorten(*written.library_kernels);
  append(to_json(written));
}

void JournalWriter::write(const RunHeader& header) {
  RunHeader written = header;
  written.timestamp = in_order(header.timestamp);
  shorten(written.command);
  append(to_json(written));
}

void JournalWriter::write(const RunEnd& end) {
  RunEnd written = end;
  written.timestamp = in_order(end.timestamp);
  append(to_json(written));
}

void JournalWriter::append(const Json& record) {
  const std::string line = with_checksum(json_text(record));
  if (line.size() > LineReader::kLongestLine)
    throw UserError(
        "a record of " + std::to_string(line.size() >> 20) + " MiB cannot be kept: journals are read up to " +
            std::to_string(LineReader::kLongestLine >> 20) + " MiB a line; ask for fewer --samples",
        kExitInternal);
  file_.append_line(line);
}

Journal read_journals(const std::vector<std::filesystem::path>& paths) {
  Reader reader;
  for (const auto& path : paths) reader.read(path);
  return std::move(reader).finish();
}

Journal read_journal(const std::filesystem::path& path) {
  return read_journals({path});
}

std::filesystem::path find_journal(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return path;
  for (const char* name : {"journal.jsonl", "journal.jsonl.gz"})
    if (std::filesystem::exists(path / name, ignored)) return path / name;
  throw UserError(path.string() +
                  ": no journal.jsonl or journal.jsonl.gz in this folder; `gemmtune sweep --out " +
                  shell_quoted(path.string()) + "` writes one");
}

}  // namespace gemmtune::store
