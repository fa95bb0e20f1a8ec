// The index of a bundle, which the loader reads in place of manifest.json: lines of `name=value` in a fixed
// order, under a line with their SHA-256. A JSON reader in the shipped header would be longer than the rest
// of it and have more ways to be wrong; the exporter proves that both files say the same.
#pragma once

#include "launch/bundle_error.h"
#include "launch/gemm_recipe.h"
#include "launch/index_line.h"
#include "launch/picker_lines.h"
#include "util/hash.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::launch {

inline constexpr const char* kBundleSchema = "gemmtune.bundle/2";
/// With a model that picks cubins where nobody tuned.
inline constexpr const char* kPickerBundleSchema = "gemmtune.bundle/3";
/// With entries for launches back to back besides.
inline constexpr const char* kSustainedBundleSchema = "gemmtune.bundle/4";
/// Of before there were several kernels: what its entries do not say is as dense_1d2d was then.
inline constexpr const char* kFirstBundleSchema = "gemmtune.bundle/1";

/// The GPU that a bundle was tuned on.
struct TunedGpu {
  std::string name;
  int cc_major = 0, cc_minor = 0;
  int sms = 0;
};

struct CubinFile {
  std::string file;  ///< under the bundle's folder
  std::string sha256;
};

/// What an entry is for; no two entries agree in all of it.
struct EntryKey {
  std::string kernel;  ///< also the entry point's name
  Shape shape;
  bool fp32_out = false;
  bool accumulate = false;
  // Of kernels over groups, whose M is the mean rows of a group; of those along K, K is the mean K of one,
  // and strides of A and B, which follow from K of all, count for nothing.
  std::uint32_t group_layout = GEMMTUNE_ONE_PRODUCT;
  std::uint32_t groups = 0;
  std::int64_t group_step = 0;
  /// For launches back to back, where another entry for the same problem is for bursts.
  bool sustained = false;

  bool along_k() const { return group_layout == GEMMTUNE_GROUP_ENDS_OF_K; }
  /// By which the nearest entry is found: it differs from call to call of one layer.
  std::int64_t nearest() const { return along_k() ? shape.k : shape.m; }
};

struct IndexEntry {
  EntryKey key;
  std::uint32_t cubin = 0;   ///< index into Index::cubins
  std::int64_t time_ns = 0;  ///< measured when it was tuned; 0: not known for these cubins
  GemmRecipe recipe;
};

struct Index {
  TunedGpu gpu;
  std::vector<CubinFile> cubins;
  std::vector<IndexEntry> entries;
  PickerData picker;

  const char* schema() const {
    for (const IndexEntry& entry : entries)
      if (entry.key.sustained) return kSustainedBundleSchema;
    return picker.models.empty() ? kBundleSchema : kPickerBundleSchema;
  }
};

/// What the launcher divides by is not 0, and how arguments are passed is one of the ways that it knows.
inline void require_sound(const IndexEntry& e, const IndexLine& line) {
  const GemmRecipe& r = e.recipe;
  for (const std::uint32_t size : {r.block_m, r.block_n, r.cluster_m, r.cluster_n, r.split_k, r.out_bytes})
    if (size == 0 || size > 1024) line.fail("block_m");
  if (r.scaling > kLastScaling || r.tail_maps > 1 || (r.operand_bytes != 1 && r.operand_bytes != 2))
    throw BundleError(GEMMTUNE_NOT_A_BUNDLE, "the bundle has kernel \"" + e.key.kernel +
                                                 "\", which this loader cannot launch: take the loader that "
                                                 "is in the bundle");
}

/// What a group's first row is a multiple of, and how many there are; their table fits 32 bits.
inline constexpr std::int64_t kMostGroups = 1 << 16;

/// The members that lines of kernels over groups have besides.
inline void read_groups(IndexLine& line, EntryKey& key) {
  key.group_layout = static_cast<std::uint32_t>(line.number("group_layout", GEMMTUNE_GROUP_ENDS_OF_K));
  key.groups = static_cast<std::uint32_t>(line.number("groups", kMostGroups));
  key.group_step = line.number("group_step", INT32_MAX);
  if (key.group_layout == GEMMTUNE_ONE_PRODUCT || key.groups == 0 || key.group_step == 0)
    line.fail("group_layout");
}

inline IndexEntry read_entry(IndexLine& line, std::size_t cubins, bool first_schema, bool grouped) {
  IndexEntry e;
  e.key.kernel = line.word("kernel");
  Shape& s = e.key.shape;
  s.m = line.number("m");
  s.n = line.number("n");
  s.k = line.number("k");
  s.a_stride = line.number("a_stride");
  s.b_stride = line.number("b_stride");
  s.d_stride = line.number("d_stride");
  e.key.fp32_out = line.number("fp32_out", 1) == 1;
  e.key.accumulate = line.number("accumulate", 1) == 1;
  if (grouped) read_groups(line, e.key);
  e.cubin = static_cast<std::uint32_t>(line.number("cubin", static_cast<std::int64_t>(cubins) - 1));
  e.time_ns = line.number("time_ns");
  for (const RecipeMember& member : kRecipeMembers)
    if (!first_schema || !member.later)
      e.recipe.*member.value = static_cast<std::uint32_t>(line.number(member.name, kMostOfRecipe));
  require_sound(e, line);
  line.end();
  return e;
}

/// No path of a bundle leads out of its folder.
inline bool is_inside(std::string_view file) {
  for (std::size_t start = 0, end; start <= file.size(); start = end + 1) {
    end = std::min(file.find('/', start), file.size());
    const std::string_view part = file.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

/// What a bundle picks from are its dense entries, and what it picks by is whole.
inline void require_sound(const Index& index) {
  const PickerData& picker = index.picker;
  const auto refuse = [](const std::string& why) {
    throw BundleError(GEMMTUNE_DAMAGED, std::string(kIndexFile) + ": " + why);
  };
  if (!picker.models.empty() && (picker.machine.sms == 0 || picker.machine.cold_read_mb_us.empty()))
    refuse("it has a model, and no machine to it");
  for (const Choice& choice : picker.choices) {
    if (choice.entry >= index.entries.size() || index.entries[choice.entry].key.groups != 0 ||
        index.entries[choice.entry].key.sustained)
      refuse("there is no entry " + std::to_string(choice.entry) + " to choose");
    const GemmRecipe& recipe = index.entries[choice.entry].recipe;
    if (recipe.threads < 256 || recipe.cluster() > static_cast<std::uint32_t>(picker.machine.sms))
      refuse("entry " + std::to_string(choice.entry) + " is no kernel of that machine");
  }
}

/// Throws BundleError: not a bundle, or damaged.
inline Index parse_index(std::string_view text) {
  const std::size_t header_end = text.find('\n');
  const std::string_view header = text.substr(0, header_end);
  const std::string_view schema = header.substr(0, header.find(' '));
  const bool first_schema = schema == kFirstBundleSchema;
  if (header_end == std::string_view::npos || (schema != kBundleSchema && schema != kPickerBundleSchema &&
                                               schema != kSustainedBundleSchema && !first_schema)) {
    std::string found;
    for (const char c : schema.substr(0, 40)) found += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
    throw BundleError(GEMMTUNE_NOT_A_BUNDLE, std::string(kIndexFile) + " is of format \"" + found +
                                                 "\"; this loader reads " + kSustainedBundleSchema +
                                                 " and those before it");
  }
  const std::string_view body = text.substr(header_end + 1);
  if (header != std::string(schema) + " " + sha256(body))
    throw BundleError(GEMMTUNE_DAMAGED,
                      std::string(kIndexFile) + " is not as it was written: its SHA-256 differs");

  Index index;
  std::size_t number = 1;
  for (std::size_t start = 0, end; start < body.size(); start = end + 1) {
    end = std::min(body.find('\n', start), body.size());
    IndexLine line(body.substr(start, end - start), ++number);
    if (line.starts("gpu")) {
      index.gpu.cc_major = static_cast<int>(line.number("cc_major", 99));
      index.gpu.cc_minor = static_cast<int>(line.number("cc_minor", 99));
      index.gpu.sms = static_cast<int>(line.number("sms", 9999));
      index.gpu.name = line.rest("name");
    } else if (line.starts("cubin")) {
      index.cubins.push_back({line.word("file"), line.word("sha256")});
      if (!is_inside(index.cubins.back().file)) line.fail(index.cubins.back().file);
      line.end();
    } else if (line.starts("entry")) {
      index.entries.push_back(read_entry(line, index.cubins.size(), first_schema, false));
    } else if (line.starts("grouped")) {
      index.entries.push_back(read_entry(line, index.cubins.size(), false, true));
    } else if (schema == kSustainedBundleSchema && line.starts("sustained")) {
      const bool grouped = line.number("grouped", 1) == 1;
      index.entries.push_back(read_entry(line, index.cubins.size(), false, grouped));
      index.entries.back().key.sustained = true;
    } else if (schema == kBundleSchema || first_schema || !read_picker(line, index.picker)) {
      line.fail("the first word");
    }
  }
  if (!first_schema && schema != index.schema())
    throw BundleError(GEMMTUNE_DAMAGED, std::string(kIndexFile) + ": " + kPickerBundleSchema +
                                            " has a model, " + kSustainedBundleSchema +
                                            " sustained entries, and " + kBundleSchema + " neither");
  require_sound(index);
  return index;
}

}  // namespace gemmtune::launch
