// SHA-256 (FIPS 180-4), for identities and for checking what was read back from disk.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gemmtune {

/// Lower-case hexadecimal, 64 digits.
std::string sha256(std::string_view bytes);

/// The first 16 digits: long enough for ids that people read and compare.
inline std::string short_hash(std::string_view bytes) {
  return sha256(bytes).substr(0, 16);
}

}  // namespace gemmtune
