// The checksum that ends each line of a journal: `...,"checksum":"0123abcd"}`. CRC-32 as gzip and zip have it
// (the polynomial 0x04C11DB7 of IEEE 802.3, by zlib), of all that is before the comma. It finds every change
// of one bit and every burst of up to 32; it is no protection from people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gemmtune::store {

std::uint32_t crc32(std::string_view bytes);

/// `record` is a JSON object with members, on one line.
std::string with_checksum(std::string record);

enum class Checksum {
  right,
  wrong,
  none,  ///< of a revision that wrote none, or not where a journal has it
};

Checksum check(std::string_view line);

}  // namespace gemmtune::store
