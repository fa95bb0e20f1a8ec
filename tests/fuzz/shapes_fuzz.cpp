// Problem sets: whatever is in the file, either a set whose work can be counted or a UserError.
#include "fuzz.h"
#include "input/shapes.h"
#include "input/shapes_text.h"
#include "operation/operation.h"

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  try {
    const input::ShapeSet set = input::read_shapes(file.path());
    for (const Problem& problem : set.problems)
      ensure(operation::flops(problem) > 0 && operation::bytes(problem) > 0,
             "work is counted: " + describe(problem));
    if (set.missing.empty()) return 0;
    const auto again = input::parse_shapes("again", input::shapes_text("again", "", set.missing));
    ensure(again.missing.size() == set.missing.size(), "what is written is read");
  } catch (const UserError&) {
    return 0;
  }
  return 0;
}
