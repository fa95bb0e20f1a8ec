// Cached cubins: decode() takes only what encode() wrote. Almost no input has the right hash, so the same
// bytes are also tried behind a right one.
#include "cache/artefact.h"
#include "fuzz.h"
#include "util/hash.h"

using namespace gemmtune;

namespace {

constexpr const char* kKey = "key";

void check(const std::string& bytes) {
  if (const auto artefact = cache::decode(kKey, bytes))
    ensure(cache::encode(kKey, *artefact) == bytes, "what is taken is what encode() wrote");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(fuzz::text_of(data, size));
  check(bytes);
  static const std::string empty = cache::encode(kKey, {});
  const std::string magic = empty.substr(0, empty.find('\n') + 1);
  check(magic + sha256(bytes) + bytes);
  const auto kept = cache::decode(kKey, cache::encode(kKey, {bytes, bytes, {1, 2, 3, 4}}));
  ensure(kept && kept->cubin == bytes && kept->log == bytes, "any cubin and log come back");
  return 0;
}
