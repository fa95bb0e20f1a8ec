// Problem sets: whatever is in the file, either a set whose work can be counted or a UserError.
#include "family/family.h"
#include "fuzz.h"
#include "input/shapes.h"

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  try {
    for (const Problem& problem : input::read_shapes(file.path()).problems) {
      const family::Family& family = family::require(problem.kernel);
      ensure(family.flops(problem) > 0 && family.bytes(problem) > 0, "work is counted: " + describe(problem));
    }
  } catch (const UserError&) {
    return 0;
  }
  return 0;
}
