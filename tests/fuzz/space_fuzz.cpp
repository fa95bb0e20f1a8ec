// Search spaces: whatever is in the file, either a space that can be enumerated or a UserError.
#include "fuzz.h"
#include "input/space_file.h"
#include "space/enumerate.h"

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kQuick = 500;
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  try {
    for (const SpaceSpec& spec : input::read_spaces(file.path())) {
      if (input::combinations(spec) > kQuick) return 0;
      Problem problem;
      problem.kernel = spec.kernel;
      problem.m = 64;
      problem.n = 2112;
      problem.k = 7168;
      const DeviceLimits limits = {"NVIDIA H100 80GB HBM3", 132, 232448};
      const space::Enumeration found = space::enumerate({spec}, problem, limits);
      ensure(static_cast<std::int64_t>(found.candidates.size()) <= input::combinations(spec),
             "no more candidates than combinations");
    }
  } catch (const UserError&) {
    return 0;
  }
  return 0;
}
