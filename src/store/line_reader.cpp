#include "store/line_reader.h"

#include "util/error.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <utility>
#include <zlib.h>

namespace gemmtune::store {

namespace {

gzFile open_or_throw(const std::filesystem::path& path, unsigned block_bytes) {
  const auto fail = [&](int error) {
    throw UserError("cannot read " + path.string() + ": " + std::strerror(error));
  };
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail(errno);
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  const gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr) fail(errno != 0 ? errno : ENOMEM);
  gzbuffer(file, block_bytes);
  return file;
}

}  // namespace

LineReader::LineReader(const std::filesystem::path& path, unsigned block_bytes)
    : file_(open_or_throw(path, block_bytes), gzclose), block_bytes_(block_bytes) {}

bool LineReader::refill() {
  if (!error_.empty()) return false;
  block_.resize(block_bytes_);
  at_ = 0;
  const int got = gzread(file_.get(), block_.data(), block_bytes_);
  block_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if (got > 0) return true;
  int code = Z_OK;
  const char* message = gzerror(file_.get(), &code);
  if (code == Z_ERRNO)
    error_ = std::strerror(errno);
  else if (code == Z_BUF_ERROR)
    error_ = "the compressed file ends too early";
  else if (code != Z_OK && code != Z_STREAM_END)
    error_ = std::string("the compressed file is damaged: ") + message;
  return false;
}

LineReader::Status LineReader::next(std::string& text) {
  text.clear();
  bool too_long = false, any = false;
  while (at_ < block_.size() || refill()) {
    if (!std::exchange(any, true)) ++number_;
    const std::size_t newline = block_.find('\n', at_);
    const std::size_t until = newline == std::string::npos ? block_.size() : newline;
    too_long = too_long || text.size() + (until - at_) > kLongestLine;
    if (too_long)
      text.clear();
    else
      text.append(block_, at_, until - at_);
    at_ = until;
    if (newline == std::string::npos) continue;
    ++at_;
    return too_long ? Status::too_long : Status::line;
  }
  if (any) return too_long ? Status::too_long : Status::torn;
  if (error_.empty() || std::exchange(broken_told_, true)) return Status::end;
  ++number_;
  text = error_;
  return Status::broken;
}

}  // namespace gemmtune::store
