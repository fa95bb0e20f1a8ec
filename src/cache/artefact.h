// What one compilation leaves: the cubin with its log and what ptxas said of it, and how that looks in a
// file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gemmtune::cache {

/// Per thread, from ptxas; the largest of the functions in the cubin.
struct ResourceUsage {
  std::int64_t registers = 0;
  std::int64_t spill_bytes = 0;  ///< stores and loads
  std::int64_t stack_bytes = 0;
  std::int64_t static_smem_bytes = 0;  ///< per CTA
};

struct Artefact {
  std::string cubin;
  std::string log;
  ResourceUsage usage;
};

/// Magic with version, SHA-256 of all that follows, lengths, usage, key, cubin, log. Integers are
/// little-endian.
std::string encode(std::string_view key, const Artefact& artefact);

/// Empty unless every byte is as encode() wrote it for that key: a file under another's name is none.
std::optional<Artefact> decode(std::string_view key, std::string_view bytes);

}  // namespace gemmtune::cache
