#include "core/serialise.h"
#include "export/bundle.h"
#include "family/dense_1d2d.h"
#include "util/version.h"

#include <map>

namespace gemmtune::exports {

namespace {

constexpr const char* kLookup =
    "same kernel, n, k, strides, out, accumulate: the smallest tuned m not below the asked one, else the "
    "largest; another n or k has no entry";
constexpr const char* kGridRule =
    "CTAs of a launch, in x: min(most_ctas, ceil(m / tile_m) * ceil(n / tile_n) * cluster); the cluster is a "
    "launch attribute, in x too";
constexpr const char* kBoxRule =
    "of the asked m: a number, or {most, step, share}: min(most, m rounded up to a multiple of step) / share";

/// Hexadecimal text: JSON's numbers are exact up to 2^53.
std::string hex(std::uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 15];
  return text;
}

/// What is common to all entries of the kernel: operands, arguments in the entry point's order.
Json dense_1d2d_json() {
  const auto argument = [](const char* name, const char* type, const char* value) {
    return Json{{"name", name}, {"type", type}, {"value", value}};
  };
  return {
      {"computes", "D[m][n] = sum over k of A[m][k] * scales_a[k/128][m] * B[n][k] * scales_b[n/128][k/128]"},
      {"operands",
       {{"a", {{"type", "e4m3"}, {"layout", "[m][k], a_stride elements from row to row"}, {"alignment", 16}}},
        {"b", {{"type", "e4m3"}, {"layout", "[n][k], b_stride elements from row to row"}, {"alignment", 16}}},
        {"scales_a",
         {{"type", "fp32"}, {"layout", "[k / 128][m rounded up to 4], m contiguous"}, {"alignment", 16}}},
        {"scales_b",
         {{"type", "fp32"}, {"layout", "[ceil(n / 128)][k / 128], k contiguous"}, {"alignment", 4}}},
        {"d",
         {{"type", "bf16, or fp32 as the entry says"},
          {"layout", "[m][n], d_stride elements from row to row; added to where the entry accumulates"},
          {"alignment", 16}}}}},
      {"arguments",
       {argument("map_a", "tensor_map", "tensor_maps.a"), argument("map_b", "tensor_map", "tensor_maps.b"),
        argument("map_scales_a", "tensor_map", "tensor_maps.scales_a"),
        argument("map_d", "tensor_map", "tensor_maps.d"), argument("scales_b", "pointer", "scales_b"),
        argument("m", "uint32", "m"), argument("n", "uint32", "n"), argument("k", "uint32", "k"),
        argument("raster", "uint32", "launch.raster"),
        argument("boxes", "uint32[2]", "tensor_maps.a.box[1], tensor_maps.scales_a.box[0]"),
        argument("l2_hint_a", "uint64", "launch.l2_hint_a"),
        argument("l2_hint_b", "uint64", "launch.l2_hint_b"),
        argument("spin_limit", "uint32", "launch.spin_limit"), argument("weights_ahead", "uint32", "0")}}};
}

/// A tensor map of two dimensions, the contiguous one first.
Json map_json(const char* type, Json columns, Json rows, Json row_bytes, Json box_columns, Json box_rows,
              std::uint32_t swizzle_bytes) {
  return {{"type", type},
          {"dimensions", {std::move(columns), std::move(rows)}},
          {"row_bytes", std::move(row_bytes)},
          {"box", {std::move(box_columns), std::move(box_rows)}},
          {"swizzle_bytes", swizzle_bytes}};
}

Json tensor_maps_json(const launch::Dense1d2dRecipe& r, const launch::Shape& s) {
  const Json rows_a = {{"most", r.block_m}, {"step", 8 * r.cluster_n}, {"share", r.cluster_n}};
  const Json scales_a = {{"most", r.block_m}, {"step", 4}, {"share", 1}};
  return {{"a", map_json("uint8", "k", "m", s.a_stride, r.kBlockK, rows_a, 128)},
          {"b", map_json("uint8", "k", "n", s.b_stride, r.kBlockK, r.load_rows_b(), 128)},
          {"scales_a",
           map_json("float32", "m rounded up to 4", "k / 128", "4 * (m rounded up to 4)", scales_a, 1, 0)},
          {"d", map_json(r.out_bytes == 4 ? "float32" : "bfloat16", "n", "m", s.d_stride * r.out_bytes,
                         r.store_columns, r.store_rows, r.store_swizzle_bytes)}};
}

Json launch_json(const launch::Dense1d2dRecipe& r) {
  return {{"grid",
           {{"most_ctas", r.most_ctas},
            {"tile_m", r.block_m * r.cluster_m},
            {"tile_n", r.block_n * r.cluster_n}}},
          {"cluster", r.cluster()},
          {"threads", r.threads},
          {"smem_bytes", r.smem_bytes},
          {"raster", r.raster},
          {"l2_hint_a", hex(r.l2_hint_a())},
          {"l2_hint_b", hex(r.l2_hint_b())},
          {"spin_limit", launch::kSpinLimit}};
}

Json entry_json(const TableEntry& entry, const BundleCubin& cubin, const launch::Index& index,
                const launch::IndexEntry& e) {
  return {{"problem", to_json(entry.problem)},
          {"config", to_json(entry.config)},
          {"config_id", config_id(entry.config)},
          {"kernel_hash", cubin.kernel_hash},
          {"time_us", e.time_ns == 0 ? Json(nullptr) : Json(entry.time_us)},
          {"cubin", index.cubins[e.cubin].file},
          {"entry_point", e.key.kernel},
          {"launch", launch_json(e.recipe)},
          {"tensor_maps", tensor_maps_json(e.recipe, e.key.shape)}};
}

}  // namespace

std::string manifest_of(const Table& table, const BundleParts& parts, const launch::Index& index) {
  const Environment& e = table.environment;
  Json fingerprint = to_json(e);
  fingerprint["policy"] = table.policy;
  const std::string cc = std::to_string(e.cc_major) + "." + std::to_string(e.cc_minor);
  Json json = {{"schema", launch::kBundleSchema},
               {"tool", {{"name", "gemmtune"}, {"version", kVersion}, {"revision", kRevision}}},
               {"device", {{"name", e.device}, {"sms", e.sms}, {"cc", cc}}},
               {"fingerprint", std::move(fingerprint)},
               {"lookup", kLookup},
               {"grid_rule", kGridRule},
               {"box_rule", kBoxRule},
               {"tensor_map_rule", "no interleave, 256-byte L2 promotion, zeros beyond the edges"},
               {"kernels", {{"dense_1d2d", dense_1d2d_json()}}},
               {"cubins", Json::array()},
               {"entries", Json::array()}};
  std::map<std::string, std::size_t> bytes;
  for (std::size_t i = 0; i < index.entries.size(); ++i) {
    const launch::IndexEntry& entry = index.entries[i];
    json["entries"].push_back(entry_json(table.entries[i], parts.cubins[i], index, entry));
    bytes[index.cubins[entry.cubin].file] = parts.cubins[i].bytes.size();
  }
  for (const launch::CubinFile& cubin : index.cubins)
    json["cubins"].push_back({{"file", cubin.file}, {"sha256", cubin.sha256}, {"bytes", bytes[cubin.file]}});
  return json_text(json, 1) + "\n";
}

}  // namespace gemmtune::exports
