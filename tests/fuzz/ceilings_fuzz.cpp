// Measured ceilings: either a file that comes back from its own text as it was, or a UserError.
#include "fuzz.h"
#include "store/ceilings.h"

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  Ceilings ceilings;
  try {
    ceilings = store::read_ceilings(file.path());
  } catch (const UserError&) {
    return 0;
  }
  const std::string text = store::to_text(ceilings);
  const fuzz::MemoryFile copy(text);
  ensure(store::to_text(store::read_ceilings(copy.path())) == text, "ceilings come back as they were");
  store::is_fresh(ceilings, ceilings.environment, ceilings.timestamp);
  cold_read_floor(ceilings);
  return 0;
}
