#include "store/checksum.h"

#include <cstdio>
#include <zlib.h>

namespace gemmtune::store {

namespace {

constexpr std::string_view kBefore = ",\"checksum\":\"", kAfter = "\"}";
constexpr std::size_t kDigits = 8;

std::string digits_of(std::uint32_t checksum) {
  char text[kDigits + 1];
  std::snprintf(text, sizeof text, "%08x", checksum);
  return text;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string with_checksum(std::string record) {
  record.pop_back();
  const std::string digits = digits_of(crc32(record));
  return record.append(kBefore).append(digits).append(kAfter);
}

Checksum check(std::string_view line) {
  constexpr std::size_t kSize = kBefore.size() + kDigits + kAfter.size();
  if (line.size() < kSize) return Checksum::none;
  const std::string_view record = line.substr(0, line.size() - kSize), ending = line.substr(record.size());
  if (!ending.starts_with(kBefore) || !ending.ends_with(kAfter)) return Checksum::none;
  return ending.substr(kBefore.size(), kDigits) == digits_of(crc32(record)) ? Checksum::right
                                                                            : Checksum::wrong;
}

}  // namespace gemmtune::store
