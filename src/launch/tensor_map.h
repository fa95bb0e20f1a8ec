// Tensor maps: what TMA needs to know of a matrix in global memory.
#pragma once

#include <cuda.h>

#include <cstdint>

namespace gemmtune::launch {

// L2 cache policies of TMA's loads, as createpolicy would make them (values of CUTLASS's TMA::CacheHintSm90).
inline constexpr std::uint64_t kEvictNormal = 0x1000000000000000;
inline constexpr std::uint64_t kEvictFirst = 0x12F0000000000000;

/// A row-major matrix and the box of it that one TMA instruction moves.
struct MatrixRecipe {
  CUtensorMapDataType type = CU_TENSOR_MAP_DATA_TYPE_UINT8;
  std::uint32_t element_bytes = 1;
  void* address = nullptr;    ///< 16-byte aligned
  std::uint64_t columns = 0;  ///< the contiguous dimension, elements
  std::uint64_t rows = 0;
  std::uint64_t row_bytes = 0;  ///< distance of rows; a multiple of 16
  std::uint32_t box_columns = 0;
  std::uint32_t box_rows = 0;       ///< at most 256
  std::uint32_t swizzle_bytes = 0;  ///< 0, 32, 64 or 128: as long as the box's rows, if swizzled
};

/// Throws DriverError when the driver refuses the recipe.
CUtensorMap encode(const MatrixRecipe& recipe);

}  // namespace gemmtune::launch
