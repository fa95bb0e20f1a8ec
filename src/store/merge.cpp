#include "store/merge.h"

#include "core/json.h"
#include "core/serialise.h"
#include "store/compressor.h"
#include "store/journal_lines.h"
#include "store/merged_table.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <sys/resource.h>
#include <tuple>
#include <utility>

namespace gemmtune::store {

namespace {

/// Systems allow a thousand open files unless one asks for more.
void allow_many_files(std::size_t files) {
  constexpr rlim_t kOthers = 64;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= files + kOthers) return;
  limit.rlim_cur = std::min<rlim_t>(files + kOthers, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < files + kOthers)
    throw UserError("at most " + std::to_string(limit.rlim_cur - kOthers) +
                    " journals can be open at once here: merge as many at a time with --partial, then what "
                    "came of it (or raise the limit by ulimit -n)");
}

/// The lines of many journals, by time, equal ones behind each other.
class Union {
 public:
  Union(const std::vector<std::filesystem::path>& journals, std::vector<std::string>& damaged)
      : damaged_(damaged) {
    allow_many_files(journals.size());
    for (const auto& path : journals) {
      sources_.push_back({std::make_unique<JournalLines>(path), {}});
      advance(sources_.size() - 1);
    }
  }

  /// The next line; null at the end. Good until the next call.
  const JournalLines* next() {
    if (last_) advance(*std::exchange(last_, {}));
    if (heap_.empty()) return nullptr;
    std::pop_heap(heap_.begin(), heap_.end(), Later{sources_});
    last_ = heap_.back();
    heap_.pop_back();
    return sources_[*last_].lines.get();
  }

 private:
  struct Source {
    std::unique_ptr<JournalLines> lines;
    std::string timestamp;
  };

  struct Later {
    const std::vector<Source>& sources;
    bool operator()(std::size_t a, std::size_t b) const {
      const Source &first = sources[a], &second = sources[b];
      const int order = first.timestamp.compare(second.timestamp);
      return order != 0 ? order > 0 : first.lines->text() > second.lines->text();
    }
  };

  void advance(std::size_t source) {
    Source& from = sources_[source];
    if (!from.lines->next(damaged_)) {
      from.lines.reset();
      return;
    }
    from.timestamp = from.lines->timestamp();
    heap_.push_back(source);
    std::push_heap(heap_.begin(), heap_.end(), Later{sources_});
  }

  std::vector<std::string>& damaged_;
  std::vector<Source> sources_;
  std::vector<std::size_t> heap_;
  std::optional<std::size_t> last_;  ///< whose line was handed out
};

RunHeader header_of(const JournalLines& line) {
  try {
    return from_json<RunHeader>(parse_json(line.text()));
  } catch (const std::exception& problem) {
    throw UserError(line.path().string() + ":" + std::to_string(line.number()) + ": " + problem.what());
  }
}

class Merger {
 public:
  Merger(Merged& merged, MergedTable& table) : merged_(merged), table_(table) {}

  void run(const std::vector<std::filesystem::path>& journals, const Sink& sink) {
    Union lines(journals, merged_.damaged);
    std::string before;
    while (const JournalLines* line = lines.next()) {
      if (line->text() == before) {
        ++merged_.repeated;
        continue;
      }
      before = line->text();
      note(*line);
      sink(before);
      sink("\n");
      ++merged_.lines;
    }
  }

 private:
  void note(const JournalLines& line) {
    const std::string_view record = line.record();
    if (record == "row") {
      ++merged_.rows;
      table_.add_row(line.text());
    } else if (record == "run") {
      MergedRun run{header_of(line), line.path().string()};
      if (!first_) first_ = run;
      require_alike(*first_, run);
      merged_.shards.add(run.header);
      table_.add_run(run.header);
    } else if (record == "end") {
      merged_.shards.add_end(std::string(first_text_of(line.text(), "run_id")));
    }
  }

  Merged& merged_;
  MergedTable& table_;
  std::optional<MergedRun> first_;
};

}  // namespace

Merged merge_journals(const std::vector<std::filesystem::path>& journals, const std::filesystem::path& out,
                      bool gzip, const std::function<void(const Merged&)>& accept, Table& table) {
  Merged merged;
  MergedTable rows;
  write_file_atomic(out, [&](const Sink& sink) {
    Merger merger(merged, rows);
    if (gzip) {
      Compressor compressor(sink);
      merger.run(journals, [&](std::string_view text) { compressor.add(text); });
      compressor.finish();
    } else {
      merger.run(journals, sink);
    }
    accept(merged);
  });
  table = rows.build(out);
  return merged;
}

}  // namespace gemmtune::store
