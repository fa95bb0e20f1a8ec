#include "launch/tensor_map.h"

#include "launch/driver.h"

namespace gemmtune::launch {

namespace {

CUtensorMapSwizzle swizzle(std::uint32_t bytes) {
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

}  // namespace

CUtensorMap encode(const MatrixRecipe& r) {
  CUtensorMap map;
  const cuuint64_t dimensions[2] = {r.columns, r.rows};
  const cuuint64_t strides[1] = {r.row_bytes};
  const cuuint32_t box[2] = {r.box_columns, r.box_rows};
  const cuuint32_t element_strides[2] = {1, 1};
  // 256-byte promotion: two neighbouring k-blocks of a row come into L2 together.
  check(
      driver().tensor_map_encode_tiled(&map, r.type, 2, r.address, dimensions, strides, box, element_strides,
                                       CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle(r.swizzle_bytes),
                                       CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
      "cuTensorMapEncodeTiled");
  return map;
}

}  // namespace gemmtune::launch
