// Where a matrix lies in a file.
#pragma once

#include <cstdint>

namespace gemmtune::input {

enum class TensorType { fp32, fp16, bf16 };

struct TensorPlace {
  TensorType type = TensorType::fp32;
  std::int64_t rows = 0, columns = 0;
  std::uint64_t offset = 0;  ///< of the first element, from the file's start; rows have no gaps

  std::uint64_t element_bytes() const { return type == TensorType::fp32 ? 4 : 2; }
  std::uint64_t row_bytes() const { return static_cast<std::uint64_t>(columns) * element_bytes(); }
};

inline constexpr std::int64_t kMostOfADimension = 0x7fffffff;

}  // namespace gemmtune::input
