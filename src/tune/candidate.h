// A configuration to try, of which a plan of many problems has millions: its numbers alone. Their names are
// kept once for all candidates that have the same.
#pragma once

#include "core/config.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::tune {

class Candidate {
 public:
  Candidate(const Config& config, std::size_t cubin);

  Config config() const;

  std::size_t cubin;  ///< index into SweepPlan::cubins

 private:
  const std::vector<std::string>* names_;  ///< lives as long as the program
  std::vector<std::int64_t> values_;
};

}  // namespace gemmtune::tune
