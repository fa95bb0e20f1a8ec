#include "cache/key.h"

#include "util/hash.h"

namespace gemmtune::cache {

namespace {

/// Change it whenever a cubin of before must not be used any more for a reason that no other part shows.
constexpr std::string_view kSchema = "gemmtune cubin key 1";

/// With its length, so that no two lists of parts run together into the same bytes.
void absorb(std::string& text, std::string_view part) {
  text += std::to_string(part.size()) + ':';
  text += part;
}

}  // namespace

std::string cache_key(const KeyParts& parts) {
  std::string text;
  absorb(text, kSchema);
  absorb(text, parts.compiler);
  absorb(text, parts.main);
  absorb(text, std::to_string(parts.options.size()));
  for (const std::string& option : parts.options) absorb(text, option);
  for (const KernelSource& source : parts.sources) {
    absorb(text, source.path);
    absorb(text, source.bytes);
  }
  return sha256(text);
}

}  // namespace gemmtune::cache
