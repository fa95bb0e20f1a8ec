// config.json of models: whatever is in the file, either a UserError or problem sets that are read again.
#include "fuzz.h"
#include "input/shapes.h"
#include "input/shapes_text.h"
#include "layers/step.h"

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  layers::Model model;
  try {
    model = layers::read_model(file.path());
  } catch (const UserError&) {
    return 0;
  }
  for (const layers::Phase phase : {layers::Phase::prefill, layers::Phase::decode, layers::Phase::train})
    for (const layers::Parallel parallel : {layers::Parallel{1, 1}, {8, 1}, {2, 16}}) try {
        layers::Step step;
        step.phase = phase;
        step.parallel = parallel;
        step.tokens = {{1, 0.25}, {4096, 0.75}};
        const auto made = layers::problems_of(model, step);
        const input::ShapeSet set = input::parse_shapes("set", input::shapes_text("set", "", made.problems));
        ensure(set.problems.size() + set.missing.size() == made.problems.size(), "no problem is lost");
      } catch (const UserError&) {
        continue;
      }
  return 0;
}
