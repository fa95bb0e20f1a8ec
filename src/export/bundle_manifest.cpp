#include "core/serialise.h"
#include "export/bundle.h"
#include "export/bundle_picker.h"
#include "family/gemm_config.h"
#include "util/version.h"

#include <map>

namespace gemmtune::exports {

namespace {

constexpr const char* kLookup =
    "same kernel, n, k, strides, out, accumulate, groups: the smallest tuned m not below the asked one, else "
    "the largest; another n or k has no entry; of groups m is the mean of their rows there, and of all in "
    "the "
    "tensor maps and arguments; of groups along k it is k that is so. An entry with a regime stands, for "
    "launches back to back, for the one of the same problem without";
constexpr const char* kGridRule =
    "CTAs of a launch, in x: min(most_ctas, ceil(m / tile_m) * ceil(n / tile_n) * cluster); the cluster is a "
    "launch attribute, in x too; of kernels over groups most_ctas";
constexpr const char* kBoxRule =
    "a number, or {most, step, share}, of the tile in which m ends: its rows are t = (m - 1) mod most + 1, "
    "and "
    "the box has min(most, t rounded up to a multiple of step) / share";

/// Hexadecimal text: JSON's numbers are exact up to 2^53.
std::string hex(std::uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 15];
  return text;
}

Json operand_json(const char* type, const char* layout, int alignment) {
  return {{"type", type}, {"layout", layout}, {"alignment", alignment}};
}

/// Their layouts by what the kernel scales, besides A, B and D.
void add_scales(Json& operands, launch::Scaling scaling) {
  if (scaling == launch::kScaled1d2d || scaling == launch::kScaled1d1d) {
    operands["scales_a"] = operand_json("fp32", "[k / 128][m rounded up to 4], m contiguous", 16);
    operands["scales_b"] = scaling == launch::kScaled1d1d
                               ? operand_json("fp32", "[k / 128][n], n contiguous", 16)
                               : operand_json("fp32", "[ceil(n / 128)][k / 128], k contiguous", 4);
  }
  if (scaling == launch::kScaledTensor)
    for (const char* name : {"scales_a", "scales_b"}) operands[name] = operand_json("fp32", "[1]", 4);
}

const char* computes(launch::Scaling scaling) {
  switch (scaling) {
    case launch::kUnscaled:
      return "D[m][n] = sum over k of A[m][k] * B[n][k]";
    case launch::kScaled1d2d:
      return "D[m][n] = sum over k of A[m][k] * scales_a[k/128][m] * B[n][k] * scales_b[n/128][k/128]";
    case launch::kScaled1d1d:
      return "D[m][n] = sum over k of A[m][k] * scales_a[k/128][m] * B[n][k] * scales_b[k/128][n]";
    case launch::kScaledTensor:
      return "D[m][n] = scales_a[0] * scales_b[0] * sum over k of A[m][k] * B[n][k]";
  }
  return "";
}

/// The same of launch::launch_grouped.
Json grouped_arguments_json() {
  Json list = Json::array();
  const auto add = [&](const char* name, const char* type, const char* value) {
    list.push_back({{"name", name}, {"type", type}, {"value", value}});
  };
  for (const char* name : {"a", "b", "scales_a", "d"})
    add((std::string("map_") + name).c_str(), "tensor_map", (std::string("tensor_maps.") + name).c_str());
  add("scales_b", "pointer", "scales_b");
  add("m", "uint32", "m");
  add("n", "uint32", "n");
  add("k", "uint32", "k");
  add("raster", "uint32", "launch.raster");
  add("groups", "struct {pointer, uint32, uint32}", "group_rows, groups.count, groups.step");
  add("d", "pointer", "d");
  add("d_row_bytes", "uint64", "tensor_maps.d.row_bytes");
  add("l2_hint_a", "uint64", "launch.l2_hint_a");
  add("l2_hint_b", "uint64", "launch.l2_hint_b");
  add("spin_limit", "uint32", "launch.spin_limit");
  return list;
}

/// In the entry point's order, as launch::launch_gemm passes them. `along_k`: of groups that share out K.
Json arguments_json(launch::Scaling scaling, bool along_k = false) {
  Json list = Json::array();
  const auto add = [&](const char* name, const char* type, const char* value) {
    list.push_back({{"name", name}, {"type", type}, {"value", value}});
  };
  const bool maps_scales_b = scaling == launch::kScaled1d1d,
             staged = scaling == launch::kScaled1d2d || maps_scales_b;
  add("map_a", "tensor_map", "tensor_maps.a");
  add("map_a_tail", "tensor_map", "tensor_maps.a_tail");
  add("map_b", "tensor_map", "tensor_maps.b");
  if (staged) add("map_scales_a", "tensor_map", "tensor_maps.scales_a");
  if (staged) add("map_scales_a_tail", "tensor_map", "tensor_maps.scales_a_tail");
  if (maps_scales_b) add("map_scales_b", "tensor_map", "tensor_maps.scales_b");
  add("map_d", "tensor_map", "tensor_maps.d");
  if (scaling == launch::kScaledTensor) add("scale_a", "pointer", "scales_a");
  if (scaling != launch::kUnscaled && !maps_scales_b) add("scales_b", "pointer", "scales_b");
  add("m", "uint32", "m");
  add("n", "uint32", "n");
  add("k", "uint32", "k");
  add("raster", "uint32", "launch.raster");
  if (along_k) add("groups", "struct {pointer, uint32, uint32}", "group_rows, groups.count, groups.step");
  add("tail", "uint32[2]",
      staged ? "tensor_maps.a_tail.box[1], tensor_maps.scales_a_tail.box[0]"
             : "tensor_maps.a_tail.box[1], 0");
  add("l2_hint_a", "uint64", "launch.l2_hint_a");
  add("l2_hint_b", "uint64", "launch.l2_hint_b");
  add("spin_limit", "uint32", "launch.spin_limit");
  if (!along_k) add("weights_ahead", "uint32", "0");
  return list;
}

/// What is common to all entries of a kernel.
Json kernel_json(const launch::GemmRecipe& r) {
  const auto scaling = static_cast<launch::Scaling>(r.scaling);
  const char* const type = r.operand_bytes == 2 ? "bf16" : "e4m3";
  Json operands = {{"a", operand_json(type, "[m][k], a_stride elements from row to row", 16)},
                   {"b", operand_json(type, "[n][k], b_stride elements from row to row", 16)}};
  add_scales(operands, scaling);
  operands["d"] =
      operand_json("bf16, or fp32 as the entry says",
                   "[m][n], d_stride elements from row to row; added to where the entry accumulates", 16);
  return {{"computes", computes(scaling)},
          {"operands", std::move(operands)},
          {"arguments", arguments_json(scaling)}};
}

/// The same of groups along K.
Json along_k_kernel_json(const launch::GemmRecipe& r) {
  Json kernel = kernel_json(r);
  kernel["computes"] =
      "D[g][m][n] = sum over k of group g of A[m][k] * scales_a[k/128][m] * B[n][k] * scales_b[k/128][n]";
  kernel["operands"]["a"]["layout"] = "[m][k], k of all groups";
  kernel["operands"]["b"]["layout"] = "[n][k]";
  kernel["operands"]["d"]["layout"] =
      "[groups][m][n], d_stride elements from row to row; added to where the entry accumulates, and not "
      "touched "
      "where a group has no k";
  kernel["operands"]["group_rows"] = operand_json(
      "int32",
      "[groups], on the device: past the last k of each group, which begins where the one before "
      "ends, rounded up to groups.step; zeros in a or b up to the next multiple of 128",
      4);
  kernel["arguments"] = arguments_json(static_cast<launch::Scaling>(r.scaling), /*along_k=*/true);
  return kernel;
}

/// What is common to all entries of a kernel over groups, but for how their rows are told.
Json grouped_kernel_json() {
  Json operands = {
      {"a", operand_json("e4m3", "[m][k], a_stride elements from row to row", 16)},
      {"b", operand_json("e4m3", "[groups][n][k], b_stride elements from row to row", 16)},
      {"scales_a", operand_json("fp32",
                                "[k / 128][m rounded up to 4], m contiguous; of groups that are counted "
                                "[groups][k / 128][step rounded up to 4]",
                                16)},
      {"scales_b", operand_json("fp32", "[groups][ceil(n / 128)][k / 128], k contiguous", 4)},
      {"d", operand_json("bf16",
                         "[m][n], d_stride elements from row to row; rows of no group are not written", 16)},
      {"group_rows",
       operand_json("int32",
                    "on the device, by the entry's groups.layout: indices [m], the group of each row or -1; "
                    "ends [groups], past the last row of each; counts [groups], rows of each",
                    4)}};
  return {
      {"computes",
       "D[r][n] = sum over k of A[r][k] * scales_a[k/128][r] * B[g][n][k] * scales_b[g][n/128][k/128] for "
       "the rows r of each group g"},
      {"operands", std::move(operands)},
      {"arguments", grouped_arguments_json()}};
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

Json tensor_maps_json(const launch::GemmRecipe& r, const launch::Shape& s) {
  const char* const type = r.operand_bytes == 2 ? "bfloat16" : "uint8";
  const auto operand = [&](const char* rows, std::int64_t stride, Json box_rows) {
    return map_json(type, "k", rows, stride * r.operand_bytes, r.block_k(), std::move(box_rows), r.kRowBytes);
  };
  const auto scales = [](Json box) {
    return map_json("float32", "m rounded up to 4", "k / 128", "4 * (m rounded up to 4)", std::move(box), 1,
                    0);
  };
  Json maps = {
      {"a", operand("m", s.a_stride, r.block_m / r.cluster_n)},
      {"a_tail",
       operand("m", s.a_stride, {{"most", r.block_m}, {"step", r.load_rows_step()}, {"share", r.cluster_n}})},
      {"b", operand("n", s.b_stride, r.load_rows_b())}};
  if (r.maps_scales_a()) {
    maps["scales_a"] = scales(r.block_m);
    maps["scales_a_tail"] = scales({{"most", r.block_m}, {"step", 4}, {"share", 1}});
  }
  if (r.maps_scales_b()) maps["scales_b"] = map_json("float32", "n", "k / 128", 4 * s.n, r.block_n, 1, 0);
  maps["d"] = map_json(r.out_bytes == 4 ? "float32" : "bfloat16", "n", "m", s.d_stride * r.out_bytes,
                       r.store_columns, r.store_rows, r.store_swizzle_bytes);
  return maps;
}

/// Of K of all groups, and of each D.
Json along_k_maps_json(const launch::GemmRecipe& r, const launch::EntryKey& key) {
  Json maps = tensor_maps_json(r, key.shape);
  for (const char* name : {"a", "a_tail", "b"}) maps[name]["row_bytes"] = "k";
  Json& d = maps["d"];
  d["dimensions"].push_back(key.groups);
  d["box"].push_back(1);
  d["matrix_bytes"] = key.shape.m * key.shape.d_stride * r.out_bytes;
  return maps;
}

/// Of the rows of A and D in all, which are m.
Json grouped_maps_json(const launch::GemmRecipe& r, const launch::EntryKey& key) {
  const launch::Shape& s = key.shape;
  Json maps = {
      {"a", map_json("uint8", "k", "m", s.a_stride, r.block_k(), r.load_group_rows_a(), r.kRowBytes)},
      {"b", map_json("uint8", "k", key.groups * s.n, s.b_stride, r.block_k(), r.load_rows_b(), r.kRowBytes)}};
  const std::int64_t room = (key.group_step + 3) / 4 * 4;
  maps["scales_a"] =
      key.group_layout == GEMMTUNE_GROUP_COUNTS
          ? map_json("float32", room, key.groups * s.k / r.block_k(), 4 * room, r.block_m, 1, 0)
          : map_json("float32", "m rounded up to 4", "k / 128", "4 * (m rounded up to 4)", r.block_m, 1, 0);
  maps["d"] = map_json("bfloat16", "n", "m", s.d_stride * r.out_bytes, r.store_columns, r.store_rows,
                       r.store_swizzle_bytes);
  return maps;
}

Json groups_json(const launch::EntryKey& key) {
  const char* const layout = key.along_k()                               ? "ends of k"
                             : key.group_layout == GEMMTUNE_GROUP_COUNTS ? "counts"
                             : key.group_layout == GEMMTUNE_GROUP_ENDS   ? "ends"
                                                                         : "indices";
  return {{"layout", layout}, {"count", key.groups}, {"step", key.group_step}};
}

Json launch_json(const launch::GemmRecipe& r) {
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
  const bool grouped = e.key.groups != 0;
  Json json = {{"problem", to_json(entry.problem)},
               {"config", to_json(entry.config)},
               {"config_id", config_id(entry.config)},
               {"kernel_hash", cubin.kernel_hash},
               {"time_us", e.time_ns == 0 ? Json(nullptr) : Json(entry.time_us)},
               {"cubin", index.cubins[e.cubin].file},
               {"entry_point", e.key.kernel},
               {"launch", launch_json(e.recipe)},
               {"tensor_maps", e.key.along_k() ? along_k_maps_json(e.recipe, e.key)
                               : grouped       ? grouped_maps_json(e.recipe, e.key)
                                               : tensor_maps_json(e.recipe, e.key.shape)}};
  if (grouped) json["groups"] = groups_json(e.key);
  if (e.key.sustained) {
    json["regime"] = "sustained";
    json["policy"] = entry.sustained->policy;
  }
  return json;
}

}  // namespace

std::string manifest_of(const Table& table, const BundleParts& parts, const launch::Index& index) {
  const Environment& e = table.environment;
  Json fingerprint = to_json(e);
  fingerprint["policy"] = table.policy;
  const std::string cc = std::to_string(e.cc_major) + "." + std::to_string(e.cc_minor);
  Json json = {{"schema", index.schema()},
               {"tool", {{"name", "gemmtune"}, {"version", kVersion}, {"revision", kRevision}}},
               {"device", {{"name", e.device}, {"sms", e.sms}, {"cc", cc}}},
               {"fingerprint", std::move(fingerprint)},
               {"lookup", kLookup},
               {"grid_rule", kGridRule},
               {"box_rule", kBoxRule},
               {"tensor_map_rule", "no interleave, 256-byte L2 promotion, zeros beyond the edges"},
               {"kernels", Json::object()},
               {"cubins", Json::array()},
               {"entries", Json::array()}};
  std::map<std::string, std::size_t> bytes;
  for (std::size_t i = 0; i < index.entries.size(); ++i) {
    const launch::IndexEntry& entry = index.entries[i];
    json["kernels"][entry.key.kernel] = entry.key.along_k()     ? along_k_kernel_json(entry.recipe)
                                        : entry.key.groups != 0 ? grouped_kernel_json()
                                                                : kernel_json(entry.recipe);
    json["entries"].push_back(entry_json(table.entries[i], parts.cubins[i], index, entry));
    bytes[index.cubins[entry.cubin].file] = parts.cubins[i].bytes.size();
  }
  for (const launch::CubinFile& cubin : index.cubins)
    json["cubins"].push_back({{"file", cubin.file}, {"sha256", cubin.sha256}, {"bytes", bytes[cubin.file]}});
  if (!index.picker.models.empty()) json["picker"] = picker_json(index.picker);
  return json_text(json, 1) + "\n";
}

}  // namespace gemmtune::exports
