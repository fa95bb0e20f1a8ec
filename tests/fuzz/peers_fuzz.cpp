// Figures of other programs: whatever is in the file, either times that can be carried here or a UserError.
#include "fuzz.h"
#include "report/peers.h"

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  try {
    const report::Peers peers(file.path());
    ensure(peers.source().find('\x1b') == std::string::npos, "nothing drives the terminal");
  } catch (const UserError&) {
    return 0;
  }
  return 0;
}
