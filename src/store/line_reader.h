// Lines of a text file or of a gzipped one, one at a time and of bounded length.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

struct gzFile_s;  // of zlib, whose header only the .cpp needs

namespace gemmtune::store {

class LineReader {
 public:
  /// Throws UserError when the file cannot be opened. What is not gzip is read as it is, a block at a time:
  /// who reads many files at once takes small ones.
  explicit LineReader(const std::filesystem::path& path, unsigned block_bytes = 1 << 16);

  enum class Status {
    line,      ///< a whole line
    torn,      ///< the last one, without a newline
    too_long,  ///< longer than kLongestLine; skipped
    broken,    ///< the file cannot be read on; `text` says why. The end follows.
    end,
  };

  /// `text` gets the line without its newline; `number` counts from 1.
  Status next(std::string& text);
  std::size_t number() const { return number_; }

  /// A row of 100,000 samples, the most that may be asked for, has 2 MiB.
  static constexpr std::size_t kLongestLine = std::size_t{16} << 20;

 private:
  bool refill();

  std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file_;
  unsigned block_bytes_;
  std::string block_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
  std::string error_;
  bool broken_told_ = false;
};

}  // namespace gemmtune::store
