// The operations of this build. Alone in its file: a test links a list with one that is made up instead.
#include "operation/operation.h"

namespace gemmtune::operation {

std::span<const Operation* const> all() {
  static constexpr const Operation* kAll[] = {
      &kDense1d1d,         &kDense1d2d,   &kDenseBf16, &kDenseTensor, &kGroupedContiguous1d2d,
      &kGroupedMasked1d2d, &kKGrouped1d1d};
  return kAll;
}

}  // namespace gemmtune::operation
