// The kernels of this build. Alone in its file: a test links a list with one that is made up instead.
#include "family/family.h"

#include "family/kernels.h"

#include <array>

namespace gemmtune::family {

std::span<const Family* const> all() {
  static const std::array<const Family*, 7> families = {
      &dense_1d1d(),          &dense_1d2d(),    &dense_bf16(), &dense_tensor(), &grouped_contiguous_1d2d(),
      &grouped_masked_1d2d(), &k_grouped_1d1d()};
  return families;
}

}  // namespace gemmtune::family
