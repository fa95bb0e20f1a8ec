#include "workers/trace.h"

#include "core/json.h"
#include "util/error.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace gemmtune::workers {

namespace {

constexpr int kProcess = 1;

/// Microseconds are the unit of the format; to the nanosecond, so that what nests still does in the file.
double microseconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e3;
}

std::int64_t nanoseconds_between(Trace::Clock::time_point start, Trace::Clock::time_point end) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count();
}

}  // namespace

Trace::Trace(const std::filesystem::path& path) : file_(path, std::ios::binary | std::ios::trunc) {
  if (!file_) throw UserError("--trace " + path.string() + ": cannot write it: " + std::strerror(errno));
  file_ << "[";
}

Trace::~Trace() {
  file_ << "\n]\n";
}

int Trace::lane(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const int number = ++lanes_;
  write(json_text({{"ph", "M"},
                   {"name", "thread_name"},
                   {"pid", kProcess},
                   {"tid", number},
                   {"args", {{"name", name}}}}));
  write(json_text({{"ph", "M"},
                   {"name", "thread_sort_index"},
                   {"pid", kProcess},
                   {"tid", number},
                   {"args", {{"sort_index", number}}}}));
  return number;
}

void Trace::add(int lane, const std::string& name, Clock::time_point start, Clock::time_point end,
                const std::string& about) {
  start = std::max(start, born_);
  end = std::max(end, start);
  const std::int64_t from_ns = nanoseconds_between(born_, start), until_ns = nanoseconds_between(born_, end);
  Json event = {{"ph", "X"},
                {"name", name},
                {"pid", kProcess},
                {"tid", lane},
                {"ts", microseconds(from_ns)},
                {"dur", microseconds(until_ns - from_ns)}};
  if (!about.empty()) event["args"] = {{"about", about}};
  const std::lock_guard lock(mutex_);
  write(json_text(event));
}

bool Trace::is_whole() {
  const std::lock_guard lock(mutex_);
  file_.flush();
  return file_.good();
}

void Trace::write(const std::string& event) {
  file_ << (any_ ? ",\n" : "\n") << event;
  any_ = true;
}

}  // namespace gemmtune::workers
