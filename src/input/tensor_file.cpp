#include "input/tensor_file.h"

#include "input/complaint.h"
#include "input/npy.h"
#include "input/safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace gemmtune::input {

namespace {

/// All that was asked for, or what there is before the end.
std::size_t read_at(int fd, char* into, std::size_t bytes, std::uint64_t offset) {
  std::size_t had = 0;
  while (had < bytes) {
    const ssize_t got = ::pread(fd, into + had, bytes - had, static_cast<off_t>(offset + had));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    had += static_cast<std::size_t>(got);
  }
  return had;
}

std::string first_bytes(int fd, std::uint64_t bytes) {
  std::string text(bytes, '\0');
  text.resize(read_at(fd, text.data(), text.size(), 0));
  return text;
}

float from_fp16(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float magnitude = 0;
  if (exponent == 31)
    magnitude = fraction == 0 ? HUGE_VALF : NAN;
  else if (exponent == 0)
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  else
    magnitude = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  return std::copysign(magnitude, (bits & 0x8000) != 0 ? -1.0F : 1.0F);
}

float value_at(const char* bytes, TensorType type) {
  if (type == TensorType::fp32) {
    float value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  if (type == TensorType::fp16) return from_fp16(bits);
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

static_assert(std::endian::native == std::endian::little);

/// The file, and the tensor in it that is named behind a colon.
struct Named {
  std::string path, tensor;
};

Named split_name(const std::string& named) {
  constexpr std::string_view kBefore = ".safetensors:";
  const auto at = named.find(kBefore);
  if (at == std::string::npos) return {named, ""};
  return {named.substr(0, at + kBefore.size() - 1), named.substr(at + kBefore.size())};
}

}  // namespace

TensorFile::TensorFile(const std::string& named)
    : TensorFile(split_name(named).path, split_name(named).tensor) {}

TensorFile::TensorFile(const std::string& path, const std::string& tensor)
    : name_(tensor.empty() ? path : path + ":" + tensor) {
  fd_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (fd_.get() < 0 || ::fstat(fd_.get(), &status) != 0)
    complain(path, "", std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) complain(path, "", "is no regular file");
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  const std::string first = first_bytes(fd_.get(), 12);
  const bool is_npy = first.starts_with(kNpyMagic);
  const std::uint64_t head_bytes =
      is_npy ? npy_head_bytes(path, first)
             : safetensors_head_bytes(path, std::string_view(first).substr(0, 8), bytes);
  const std::string head = first_bytes(fd_.get(), head_bytes);
  if (head.size() != head_bytes || bytes < head_bytes) complain(path, "", "ends inside its head");
  if (is_npy && !tensor.empty()) complain(path, "", "is a .npy, which has one tensor without a name");
  place_ = is_npy ? npy_place(path, head, bytes) : safetensors_place(path, head, bytes, tensor);
}

void TensorFile::read_row(std::int64_t row, std::span<float> into) const {
  std::vector<char> bytes(place_.row_bytes());
  const std::uint64_t offset = place_.offset + static_cast<std::uint64_t>(row) * place_.row_bytes();
  if (read_at(fd_.get(), bytes.data(), bytes.size(), offset) != bytes.size())
    complain(name_, "", "row " + std::to_string(row) + " could not be read: the file has become shorter");
  for (std::size_t column = 0; column < into.size(); ++column) {
    into[column] = value_at(&bytes[column * place_.element_bytes()], place_.type);
    if (!std::isfinite(into[column]))
      complain(name_, "",
               "row " + std::to_string(row) + ", column " + std::to_string(column) +
                   " is no finite number; errors of products with it mean nothing");
  }
}

}  // namespace gemmtune::input
