#include "cli/npy_output.h"

#include "util/atomic_file.h"
#include "util/format.h"

#include <bit>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::cli {

namespace {

/// Version 1; magic, version, length and text are a multiple of 64 bytes.
std::string head_of(const accuracy::Matrix& matrix) {
  constexpr std::size_t kBefore = 10, kMultiple = 64;
  std::string text =
      formatted("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", matrix.rows(), matrix.k());
  while ((kBefore + text.size() + 1) % kMultiple != 0) text += ' ';
  text += '\n';
  const auto length = static_cast<unsigned>(text.size());
  return "\x93NUMPY" + std::string("\x01\x00", 2) + static_cast<char>(length & 255) +
         static_cast<char>(length >> 8) + text;
}

static_assert(std::endian::native == std::endian::little);

}  // namespace

void write_npy(const std::filesystem::path& path, const accuracy::Matrix& matrix) {
  write_file_atomic(path, [&](const Sink& sink) {
    sink(head_of(matrix));
    std::vector<float> row(static_cast<std::size_t>(matrix.k()));
    for (std::int64_t i = 0; i < matrix.rows(); ++i) {
      matrix.read_row(i, 0, row);
      sink({reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float)});
    }
  });
}

}  // namespace gemmtune::cli
