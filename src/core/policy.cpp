#include "core/policy.h"

namespace gemmtune {

std::string Policy::name() const {
  return std::string(to_string(l2)) + "-" + std::string(to_string(timer)) + "-burst-w" +
         std::to_string(warmup) + "-n" + std::to_string(samples);
}

}  // namespace gemmtune
