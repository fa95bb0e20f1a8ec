// Copies of the operands, for launches that take turns over them.
#pragma once

#include "worker/gemm/operands.h"

namespace gemmtune::gemm {

/// For L2 policy `cold_rotate`: so many that more than three times the L2 is touched between two uses of one;
/// at least 2.
int copies_to_rotate(std::int64_t set_bytes, std::int64_t l2_bytes);

/// What one set of operands with its output takes.
std::int64_t set_bytes(const Operands& operands);

/// The operands themselves and copies of them, each with an output of its own. Sets are the copies in turn;
/// of groups each set is on the draw of the sizes after that of the one before, and every copy comes to every
/// draw.
class Rotation {
 public:
  /// `operands`, which must outlive the rotation, count as one of the `copies`. Throws GpuError, out of
  /// memory among others.
  Rotation(const Operands& operands, int copies, const gpu::Stream& stream);

  const OperandSets& sets() const { return sets_; }
  int copies() const { return copies_; }

 private:
  int copies_;
  gpu::DeviceBuffer memory_;
  OperandSets sets_;
};

}  // namespace gemmtune::gemm
