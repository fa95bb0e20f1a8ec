// Tensor maps: what TMA needs to know of a matrix in global memory.
#pragma once

#include "launch/driver.h"

#include <cuda.h>

#include <cstdint>

namespace gemmtune::launch {

/// A row-major matrix, or several behind each other, and the box of one that a TMA instruction moves.
struct MatrixRecipe {
  CUtensorMapDataType type = CU_TENSOR_MAP_DATA_TYPE_UINT8;
  std::uint32_t element_bytes = 1;
  void* address = nullptr;    ///< 16-byte aligned
  std::uint64_t columns = 0;  ///< the contiguous dimension, elements
  std::uint64_t rows = 0;
  std::uint64_t row_bytes = 0;     ///< distance of rows; a multiple of 16
  std::uint64_t matrices = 0;      ///< 0: one, and the map has two dimensions
  std::uint64_t matrix_bytes = 0;  ///< distance of matrices
  std::uint32_t box_columns = 0;
  std::uint32_t box_rows = 0;       ///< at most 256
  std::uint32_t swizzle_bytes = 0;  ///< 0, 32, 64 or 128: as long as the box's rows, if swizzled
};

inline CUtensorMapSwizzle swizzle_of(std::uint32_t bytes) {
  switch (bytes) {
    case 32:
      return CU_TENSOR_MAP_SWIZZLE_32B;
    case 64:
      return CU_TENSOR_MAP_SWIZZLE_64B;
    case 128:
      return CU_TENSOR_MAP_SWIZZLE_128B;
    default:
      return CU_TENSOR_MAP_SWIZZLE_NONE;
  }
}

/// Throws DriverError when the driver refuses the recipe.
inline CUtensorMap encode(const MatrixRecipe& r) {
  CUtensorMap map;
  const cuuint32_t rank = r.matrices == 0 ? 2 : 3;
  const cuuint64_t dimensions[3] = {r.columns, r.rows, r.matrices};
  const cuuint64_t strides[2] = {r.row_bytes, r.matrix_bytes};
  const cuuint32_t box[3] = {r.box_columns, r.box_rows, 1};
  const cuuint32_t element_strides[3] = {1, 1, 1};
  // 256-byte promotion: two neighbouring k-blocks of a row come into L2 together.
  check(driver().tensor_map_encode_tiled(&map, r.type, rank, r.address, dimensions, strides, box,
                                         element_strides, CU_TENSOR_MAP_INTERLEAVE_NONE,
                                         swizzle_of(r.swizzle_bytes), CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                                         CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
        "cuTensorMapEncodeTiled");
  return map;
}

}  // namespace gemmtune::launch
