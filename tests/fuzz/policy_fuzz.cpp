// Policies of a comparison: whatever is in the file, either a gate that can be asked or a UserError.
#include "fuzz.h"
#include "input/gate_file.h"

#include <cmath>

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  try {
    const Gate gate = input::read_gate(file.path());
    Problem problem;
    problem.m = 64;
    problem.n = 2112;
    problem.k = 7168;
    ensure(std::isfinite(gate.budget_of(problem)) && gate.weight_of(problem) >= 0, "a gate has an answer");
  } catch (const UserError&) {
    return 0;
  }
  return 0;
}
