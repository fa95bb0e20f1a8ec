// A matrix on the device with room for all that a quantiser writes, and what came of it on the host.
#pragma once

#include "accuracy/quantiser.h"
#include "worker/gpu/resources.h"
#include "worker/quantise/kernels.h"

#include <span>
#include <string>

namespace gemmtune::quantise {

/// What one form writes.
struct Written {
  accuracy::QuantisedMatrix plain;
  accuracy::QuantisedMatrix turned;  ///< empty but of both ways
};

class DeviceMatrix {
 public:
  /// Copies the values, of which BF16 takes the upper halves. Behind all that is written lie guard bytes.
  DeviceMatrix(const QuantiserKind& kind, QuantiserForm form, const accuracy::MatrixView& matrix,
               std::uint64_t seed);

  Tensors tensors() const;
  /// Overwrites what is written, and the guard behind it, by bytes that no quantiser writes everywhere.
  void poison() const;
  /// Throws GpuError; `damage` says which guard was written over, empty when none was.
  Written read(std::string& damage) const;

 private:
  QuantiserForm form_;
  std::int64_t rows_, columns_;
  std::uint64_t seed_;
  gpu::DeviceBuffer from_, values_, scales_, turned_, turned_scales_;
};

/// What plain loops make of the same matrix.
Written wanted(const QuantiserKind& kind, QuantiserForm form, const accuracy::MatrixView& matrix,
               std::uint64_t seed);

/// The first byte or scale that differs, and how many do; empty when none does.
std::string difference(const Written& found, const Written& wanted, std::int64_t rows, std::int64_t columns);

}  // namespace gemmtune::quantise
