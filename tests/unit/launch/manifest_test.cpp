// The manifest alone is enough to launch by: what it says, worked out here, is what the loader asks of the
// driver.
#include "fakes/cuda_driver.h"
#include "family/family.h"
#include "fixtures/bundles.h"
#include "launch/bundle.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
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
    const std::int64_t rows = (s.m - 1) % most + 1;
    return static_cast<std::uint64_t>(std::min(most, (rows + step - 1) / step * step) / share);
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
  EXPECT_EQ(map.rank, recipe["dimensions"].size());
  ASSERT_EQ(map.rank, recipe["box"].size());
  for (std::size_t i = 0; i < map.rank; ++i) {
    EXPECT_EQ(map.dimensions[i], evaluate(recipe["dimensions"][i], s));
    EXPECT_EQ(map.box[i], evaluate(recipe["box"][i], s));
    EXPECT_EQ(map.element_strides[i], 1u);
  }
  EXPECT_EQ(map.strides[0], evaluate(recipe["row_bytes"], s));
  if (map.rank == 3) {
    EXPECT_EQ(map.strides[1], recipe["matrix_bytes"].get<std::uint64_t>());
  }
  EXPECT_EQ(map.swizzle, swizzle(recipe["swizzle_bytes"]));
  EXPECT_EQ(map.interleave, CU_TENSOR_MAP_INTERLEAVE_NONE);
  EXPECT_EQ(map.promotion, CU_TENSOR_MAP_L2_PROMOTION_L2_256B);
  EXPECT_EQ(map.fill, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

void expect_launch(const fake::Launched& launched, const Json& kernel, const Json& entry, const Sizes& s,
                   const gemmtune_operands& x) {
  const Json& launch = entry["launch"];
  const std::int64_t tile_m = launch["grid"]["tile_m"], tile_n = launch["grid"]["tile_n"];
  const std::int64_t tiles = ((s.m + tile_m - 1) / tile_m) * ((s.n + tile_n - 1) / tile_n);
  const std::int64_t cluster = launch["cluster"], most = launch["grid"]["most_ctas"];
  EXPECT_EQ(launched.grid, entry.contains("groups") ? most : std::min(most, tiles * cluster));
  EXPECT_EQ(launched.cluster, cluster);
  EXPECT_EQ(launched.threads, launch["threads"]);
  EXPECT_EQ(launched.smem_bytes, launch["smem_bytes"]);
  EXPECT_GE(launched.smem_allowed, launched.smem_bytes);
  EXPECT_TRUE(launched.loaded);
  EXPECT_EQ(launched.cubin, "cubin of " + entry["kernel_hash"].get<std::string>());
  EXPECT_EQ(launched.entry, entry["entry_point"].get<std::string>());

  const std::map<std::string, const void*> pointers = {
      {"a", x.a}, {"b", x.b}, {"scales_a", x.scales_a}, {"scales_b", x.scales_b}, {"d", x.d}};
  const auto maps = fake::encoded_maps();
  const Json& recipes = entry["tensor_maps"];
  std::size_t at = 0;
  for (const Json& argument : kernel["arguments"]) {
    const std::string text = argument["value"];
    SCOPED_TRACE(argument.dump());
    const auto after_dot = text.substr(text.find('.') + 1);
    if (argument["type"] == "tensor_map") {
      const std::string operand = after_dot.substr(0, after_dot.find("_tail"));
      expect_map(maps.at(launched.arguments.at(at++)), recipes[after_dot], s, pointers.at(operand));
    } else if (argument["type"] == "pointer") {
      EXPECT_EQ(launched.arguments.at(at++), reinterpret_cast<std::uintptr_t>(pointers.at(text)));
    } else if (argument["type"] == "uint32[2]") {
      EXPECT_EQ(launched.arguments.at(at++), evaluate(recipes["a_tail"]["box"][1], s));
      const std::uint64_t scales = launched.arguments.at(at++);
      if (recipes.contains("scales_a_tail")) {
        EXPECT_EQ(scales, evaluate(recipes["scales_a_tail"]["box"][0], s));
      }
    } else if (text.starts_with("group_rows")) {
      EXPECT_EQ(launched.arguments.at(at++), reinterpret_cast<std::uintptr_t>(x.group_rows));
      EXPECT_EQ(launched.arguments.at(at++), entry["groups"]["count"]);
      EXPECT_EQ(launched.arguments.at(at++), entry["groups"]["step"]);
    } else if (text == "tensor_maps.d.row_bytes") {
      EXPECT_EQ(launched.arguments.at(at++), evaluate(recipes["d"]["row_bytes"], s));
    } else if (text.starts_with("launch.")) {
      const Json& value = launch[after_dot];
      EXPECT_EQ(launched.arguments.at(at++), value.is_string()
                                                 ? std::stoull(value.get<std::string>(), nullptr, 16)
                                                 : value.get<std::uint64_t>());
    } else {
      EXPECT_EQ(launched.arguments.at(at++), text == "0" ? 0 : evaluate(argument["value"], s));
    }
  }
  EXPECT_EQ(at, launched.arguments.size());
  EXPECT_FALSE(launched.overlaps);
}

TEST(Manifest, says_how_the_loader_launches) {
  const test::BundleFolder folder;
  const Json manifest = Json::parse(read_file(folder.file("manifest.json")));
  EXPECT_EQ(manifest["kernels"].size(), family::all().size());
  EXPECT_EQ(manifest["kernels"]["dense_1d2d"]["arguments"].size(), 16u);
  EXPECT_EQ(manifest["kernels"]["dense_bf16"]["operands"]["a"]["type"], "bf16");
  const Json& gradient = manifest["kernels"]["dense_1d1d"];
  EXPECT_EQ(gradient["arguments"].size(), 16u);
  EXPECT_EQ(gradient["arguments"][5]["value"], "tensor_maps.scales_b");
  EXPECT_EQ(gradient["operands"]["scales_b"]["layout"], "[k / 128][n], n contiguous");
  Bundle bundle(folder.path());
  for (std::size_t i = 0; i < manifest["entries"].size(); ++i) {
    const Json& entry = manifest["entries"][i];
    const Json& p = entry["problem"];
    if (entry.contains("groups")) continue;
    for (const std::int64_t m : {p["m"].get<std::int64_t>(), p["m"].get<std::int64_t>() - 3}) {
      if (m < 1) continue;
      fake::reset();
      const Sizes sizes{m, p["n"], p["k"]};
      auto x = operands(0x100000 + 0x10000 * i + 0x800000 * static_cast<std::uintptr_t>(m));
      x.d_stride = p["d_pitch"];
      x.fp32_out = p["out"] == "fp32";
      x.accumulate = p["accumulate"].get<bool>();
      if (p["kernel"] == "dense_1d1d") x.scales_b = x.scales_a + 0x400;  // as a tensor map takes it
      SCOPED_TRACE(p.dump() + " at m " + std::to_string(m));
      const auto stream = reinterpret_cast<CUstream>(0x77);
      const std::string kernel = p["kernel"];
      bundle.gemm(kernel.c_str(), m, sizes.n, sizes.k, x, stream);
      ASSERT_EQ(fake::launches().size(), 1u);
      EXPECT_EQ(fake::launches()[0].stream, stream);
      expect_launch(fake::launches()[0], manifest["kernels"][kernel], entry, sizes, x);
    }
  }
}

/// M is the rows of A in all, of counts the room of all groups.
TEST(Manifest, says_how_the_loader_launches_over_groups) {
  const test::BundleFolder folder;
  const Json manifest = Json::parse(read_file(folder.file("manifest.json")));
  Bundle bundle(folder.path());
  int launched = 0;
  for (const Json& entry : manifest["entries"]) {
    if (!entry.contains("groups")) continue;
    const std::string layout = entry["groups"]["layout"], kernel = entry["problem"]["kernel"];
    auto x = operands(0x100000);
    x.group_rows = reinterpret_cast<const std::int32_t*>(0x100004);
    x.group_layout = layout == "counts"      ? GEMMTUNE_GROUP_COUNTS
                     : layout == "ends of k" ? GEMMTUNE_GROUP_ENDS_OF_K
                     : layout == "ends"      ? GEMMTUNE_GROUP_ENDS
                                             : GEMMTUNE_GROUP_INDICES;
    const bool along_k = layout == "ends of k";
    if (along_k) {
      x.fp32_out = x.accumulate = 1;
      x.scales_b = x.scales_a + 0x400;
    }
    x.groups = entry["groups"]["count"];
    x.group_step = entry["groups"]["step"];
    const Sizes sizes{layout == "counts" ? 3 * 130
                      : along_k          ? entry["problem"]["m"].get<std::int64_t>()
                                         : 192,
                      entry["problem"]["n"], entry["problem"]["k"].get<std::int64_t>() * (along_k ? 3 : 1)};
    SCOPED_TRACE(entry["problem"].dump());
    for (const std::int64_t rows : {0, 7, 4000}) {  // one entry: it is the nearest, whatever is expected
      fake::reset();
      x.rows_of_a_group = rows;
      bundle.gemm(kernel.c_str(), sizes.m, sizes.n, sizes.k, x, nullptr);
      ASSERT_EQ(fake::launches().size(), 1u);
      expect_launch(fake::launches()[0], manifest["kernels"][kernel], entry, sizes, x);
    }
    ++launched;
  }
  EXPECT_EQ(launched, 4);
}

}  // namespace
}  // namespace gemmtune::launch
