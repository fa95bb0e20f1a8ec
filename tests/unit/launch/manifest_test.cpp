// The manifest alone is enough to launch by: what it says, worked out here, is what the loader asks of the
// driver.
#include "fakes/cuda_driver.h"
#include "fixtures/bundles.h"
#include "launch/bundle.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace gemmtune::launch {
namespace {

namespace fake = fake_driver;
using test::operands;

using Json = nlohmann::json;

/// The sizes that a manifest's formulas are made of.
struct Sizes {
  std::int64_t m, n, k;
  std::int64_t padded_m() const { return (m + 3) / 4 * 4; }
};

std::uint64_t evaluate(const Json& formula, const Sizes& s) {
  if (formula.is_number()) return formula.get<std::uint64_t>();
  if (formula.is_object()) {
    const std::int64_t step = formula.at("step"), most = formula.at("most"), share = formula.at("share");
    return static_cast<std::uint64_t>(std::min(most, (s.m + step - 1) / step * step) / share);
  }
  const std::string text = formula;
  if (text == "m") return static_cast<std::uint64_t>(s.m);
  if (text == "n") return static_cast<std::uint64_t>(s.n);
  if (text == "k") return static_cast<std::uint64_t>(s.k);
  if (text == "k / 128") return static_cast<std::uint64_t>(s.k / 128);
  if (text == "m rounded up to 4") return static_cast<std::uint64_t>(s.padded_m());
  if (text == "4 * (m rounded up to 4)") return static_cast<std::uint64_t>(4 * s.padded_m());
  ADD_FAILURE() << text;
  return 0;
}

CUtensorMapSwizzle swizzle(int bytes) {
  return bytes == 128  ? CU_TENSOR_MAP_SWIZZLE_128B
         : bytes == 64 ? CU_TENSOR_MAP_SWIZZLE_64B
         : bytes == 32 ? CU_TENSOR_MAP_SWIZZLE_32B
                       : CU_TENSOR_MAP_SWIZZLE_NONE;
}

void expect_map(const fake::EncodedMap& map, const Json& recipe, const Sizes& s, const void* address) {
  const std::string type = recipe["type"];
  EXPECT_EQ(map.type, type == "uint8"     ? CU_TENSOR_MAP_DATA_TYPE_UINT8
                      : type == "float32" ? CU_TENSOR_MAP_DATA_TYPE_FLOAT32
                                          : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16);
  EXPECT_EQ(map.address, reinterpret_cast<std::uintptr_t>(address));
  EXPECT_EQ(map.rank, 2u);
  for (const int i : {0, 1}) {
    EXPECT_EQ(map.dimensions[i], evaluate(recipe["dimensions"][i], s));
    EXPECT_EQ(map.box[i], evaluate(recipe["box"][i], s));
    EXPECT_EQ(map.element_strides[i], 1u);
  }
  EXPECT_EQ(map.strides[0], evaluate(recipe["row_bytes"], s));
  EXPECT_EQ(map.swizzle, swizzle(recipe["swizzle_bytes"]));
  EXPECT_EQ(map.interleave, CU_TENSOR_MAP_INTERLEAVE_NONE);
  EXPECT_EQ(map.promotion, CU_TENSOR_MAP_L2_PROMOTION_L2_256B);
  EXPECT_EQ(map.fill, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

void expect_launch(const fake::Launched& launched, const Json& entry, const Sizes& s,
                   const gemmtune_operands& x) {
  const Json& launch = entry["launch"];
  const std::int64_t tile_m = launch["grid"]["tile_m"], tile_n = launch["grid"]["tile_n"];
  const std::int64_t tiles = ((s.m + tile_m - 1) / tile_m) * ((s.n + tile_n - 1) / tile_n);
  const std::int64_t cluster = launch["cluster"], most = launch["grid"]["most_ctas"];
  EXPECT_EQ(launched.grid, std::min(most, tiles * cluster));
  EXPECT_EQ(launched.cluster, cluster);
  EXPECT_EQ(launched.threads, launch["threads"]);
  EXPECT_EQ(launched.smem_bytes, launch["smem_bytes"]);
  EXPECT_GE(launched.smem_allowed, launched.smem_bytes);
  EXPECT_TRUE(launched.loaded);
  EXPECT_EQ(launched.cubin, "cubin of " + entry["kernel_hash"].get<std::string>());
  EXPECT_EQ(launched.entry, entry["entry_point"].get<std::string>());

  const auto maps = fake::encoded_maps();
  const auto& values = launched.arguments;
  const Json& recipes = entry["tensor_maps"];
  expect_map(maps.at(values[0]), recipes["a"], s, x.a);
  expect_map(maps.at(values[1]), recipes["b"], s, x.b);
  expect_map(maps.at(values[2]), recipes["scales_a"], s, x.scales_a);
  expect_map(maps.at(values[3]), recipes["d"], s, x.d);
  EXPECT_EQ(values[4], reinterpret_cast<std::uintptr_t>(x.scales_b));
  EXPECT_EQ(values[5], static_cast<std::uint64_t>(s.m));
  EXPECT_EQ(values[6], static_cast<std::uint64_t>(s.n));
  EXPECT_EQ(values[7], static_cast<std::uint64_t>(s.k));
  EXPECT_EQ(values[8], launch["raster"]);
  EXPECT_EQ(values[9], maps.at(values[0]).box[1]);
  EXPECT_EQ(values[10], maps.at(values[2]).box[0]);
  EXPECT_EQ(values[11], std::stoull(launch["l2_hint_a"].get<std::string>(), nullptr, 16));
  EXPECT_EQ(values[12], std::stoull(launch["l2_hint_b"].get<std::string>(), nullptr, 16));
  EXPECT_EQ(values[13], launch["spin_limit"]);
  EXPECT_EQ(values[14], 0u);  // weights_ahead, and so
  EXPECT_FALSE(launched.overlaps);
}

TEST(Manifest, says_how_the_loader_launches) {
  const test::BundleFolder folder;
  const Json manifest = Json::parse(read_file(folder.file("manifest.json")));
  EXPECT_EQ(manifest["kernels"]["dense_1d2d"]["arguments"].size(), 14u);
  Bundle bundle(folder.path());
  for (std::size_t i = 0; i < manifest["entries"].size(); ++i) {
    const Json& entry = manifest["entries"][i];
    const Json& p = entry["problem"];
    for (const std::int64_t m : {p["m"].get<std::int64_t>(), p["m"].get<std::int64_t>() - 3}) {
      if (m < 1) continue;
      fake::reset();
      const Sizes sizes{m, p["n"], p["k"]};
      auto x = operands(0x100000 + 0x10000 * i + 0x800000 * static_cast<std::uintptr_t>(m));
      x.d_stride = p["d_pitch"];
      x.fp32_out = p["out"] == "fp32";
      x.accumulate = p["accumulate"].get<bool>();
      SCOPED_TRACE(p.dump() + " at m " + std::to_string(m));
      const auto stream = reinterpret_cast<CUstream>(0x77);
      bundle.gemm("dense_1d2d", m, sizes.n, sizes.k, x, stream);
      ASSERT_EQ(fake::launches().size(), 1u);
      EXPECT_EQ(fake::launches()[0].stream, stream);
      expect_launch(fake::launches()[0], entry, sizes, x);
    }
  }
}

}  // namespace
}  // namespace gemmtune::launch
