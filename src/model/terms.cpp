#include "model/terms.h"

#include "model/expected_time.h"

namespace gemmtune::model {

Terms terms_of(const SimulatedMachine& machine, const Problem& problem, const Config& config) {
  const Launch launch = launch_of(machine, problem, config);
  return launch::terms_of(machine, launch.tiling, launch.work);
}

}  // namespace gemmtune::model
