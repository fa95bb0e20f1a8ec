#include "export/bundle.h"

#include "core/fields_of_problem.h"
#include "core/groups.h"
#include "export/bundle_picker.h"
#include "family/gemm.h"
#include "family/gemm_config.h"
#include "store/table.h"
#include "util/embedded.h"
#include "util/error.h"
#include "util/hash.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace gemmtune::exports {

namespace {

std::string cubin_file(const BundleCubin& cubin) {
  return "cubins/" + cubin.kernel_hash + ".cubin";
}

static_assert(looks_up_by({"kernel", "n", "k", "out", "accumulate", "a_pitch", "b_pitch", "d_pitch"}),
              "tables answer by other fields than launch::EntryKey has");

/// Leaves out entries that no lookup finds: of those that differ in their data alone the first is found.
/// What is for launches back to back is found by the entry for bursts.
void drop_unreachable(Table& table, BundleParts& parts) {
  for (std::size_t i = 0; i < table.entries.size();) {
    const bool sustained = i + parts.sustained >= table.entries.size();
    const TableEntry* const found = store::lookup(table, table.entries[i].problem).entry;
    if (found == &table.entries[i] ||
        (sustained && problem_id(found->problem) == problem_id(table.entries[i].problem))) {
      ++i;
      continue;
    }
    if (sustained) --parts.sustained;
    table.entries.erase(table.entries.begin() + static_cast<std::ptrdiff_t>(i));
    parts.cubins.erase(parts.cubins.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void require_exportable(const Table& table, const BundleParts& parts) {
  if (table.simulated)
    throw UserError("simulated times say nothing about a GPU and are not exported; sweep on one");
  if (table.entries.empty()) throw UserError("the table has no entries: there is nothing to export");
  ensure(parts.cubins.size() == table.entries.size(), "a cubin for each entry");
  for (std::size_t i = 0; i < parts.cubins.size(); ++i) {
    const TableEntry& entry = table.entries[i];
    if (dynamic_cast<const family::Gemm*>(family::find(entry.problem.kernel)) == nullptr)
      throw UserError(describe(entry.problem) + ": the loader of bundles cannot launch this kernel");
    const CubinNow now = parts.cubins[i].now();
    if (const SameCode code = same_code(entry, now); !parts.stale && code != SameCode::same)
      throw UserError(
          describe(entry.problem) + ": the table was measured with " +
          (code == SameCode::other ? "machine code " + entry.code_hash : "cubin " + entry.kernel_hash) +
          ", and these kernels and this NVRTC make " +
          (code == SameCode::other ? now.code_hash : now.kernel_hash) +
          (parts.standing.empty() ? "" : " (" + parts.standing + ")") +
          ": sweep again, or export with the revision that measured it (" + table.environment.revision +
          ", NVRTC " + table.environment.nvrtc + "); --stale exports it without such times");
  }
}

}  // namespace

Table with_sustained(Table table) {
  const std::size_t in_bursts = table.entries.size();
  for (std::size_t i = 0; i < in_bursts; ++i)
    if (wins_in_bursts_alone(table.entries[i])) table.entries.push_back(as_sustained(table.entries[i]));
  return table;
}

launch::EntryKey key_of(const Problem& p) {
  launch::EntryKey key;
  key.kernel = p.kernel;
  key.shape = {p.m, p.n, p.k, p.a_stride(), p.b_stride(), p.d_stride()};
  key.fp32_out = p.out == OutputType::fp32;
  key.accumulate = p.accumulate;
  if (shares_out_inner(p)) {
    key.group_layout = GEMMTUNE_GROUP_ENDS_OF_K;
    key.groups = static_cast<std::uint32_t>(p.groups);
    key.group_step = kInnerStep;
  }
  if (!shares_out_rows(p)) return key;
  key.group_layout = is_masked(p)            ? GEMMTUNE_GROUP_COUNTS
                     : p.layout == "offsets" ? GEMMTUNE_GROUP_ENDS
                                             : GEMMTUNE_GROUP_INDICES;
  key.groups = static_cast<std::uint32_t>(p.groups);
  key.group_step = is_masked(p) ? p.max_m : p.alignment;
  return key;
}

launch::Index index_of(const Table& table, const BundleParts& parts) {
  launch::Index index;
  const Environment& e = table.environment;
  index.gpu = {e.device, e.cc_major, e.cc_minor, e.sms};
  std::map<std::string, std::uint32_t> numbers;  // identical cubins are stored once
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const TableEntry& entry = table.entries[i];
    const BundleCubin& cubin = parts.cubins[i];
    const auto [number, is_new] =
        numbers.try_emplace(cubin.kernel_hash, static_cast<std::uint32_t>(index.cubins.size()));
    if (is_new) index.cubins.push_back({cubin_file(cubin), sha256(cubin.bytes)});
    const bool timed = same_code(entry, cubin.now()) == SameCode::same;
    index.entries.push_back({key_of(entry.problem), number->second,
                             timed ? std::llround(entry.time_us * 1e3) : 0,
                             family::GemmConfig::from(entry.config, entry.problem).recipe()});
    index.entries.back().key.sustained = i + parts.sustained >= table.entries.size();
  }
  add_picker(index, table, parts.picker, parts.corrections);
  return index;
}

std::string to_text(const launch::Index& index) {
  const auto member = [](const char* name, auto value) {
    return std::string(" ") + name + "=" + std::to_string(value);
  };
  std::string body = "gpu" + member("cc_major", index.gpu.cc_major) + member("cc_minor", index.gpu.cc_minor) +
                     member("sms", index.gpu.sms) + " name=" + index.gpu.name + "\n";
  for (const launch::CubinFile& cubin : index.cubins)
    body += "cubin file=" + cubin.file + " sha256=" + cubin.sha256 + "\n";
  for (const launch::IndexEntry& e : index.entries) {
    const launch::Shape& s = e.key.shape;
    const bool grouped = e.key.groups != 0;
    body += (e.key.sustained ? "sustained" + member("grouped", int{grouped})
                             : std::string(grouped ? "grouped" : "entry")) +
            " kernel=" + e.key.kernel + member("m", s.m) + member("n", s.n) + member("k", s.k) +
            member("a_stride", s.a_stride) + member("b_stride", s.b_stride) + member("d_stride", s.d_stride) +
            member("fp32_out", int{e.key.fp32_out}) + member("accumulate", int{e.key.accumulate});
    if (grouped)
      body += member("group_layout", e.key.group_layout) + member("groups", e.key.groups) +
              member("group_step", e.key.group_step);
    body += member("cubin", e.cubin) + member("time_ns", e.time_ns);
    for (const launch::RecipeMember& each : launch::kRecipeMembers)
      body += member(each.name, e.recipe.*each.value);
    body += "\n";
  }
  body += picker_lines(index.picker);
  return std::string(index.schema()) + " " + sha256(body) + "\n" + body;
}

Files export_bundle(Table table, BundleParts parts) {
  require_exportable(table, parts);
  drop_unreachable(table, parts);
  const launch::Index index = index_of(table, parts);
  Files files = {{"manifest.json", manifest_of(table, parts, index)},
                 {launch::kIndexFile, to_text(index)},
                 {"gemmtune.h", std::string(embedded_file("src/launch/gemmtune.h").value())},
                 {"gemmtune.hpp", loader_header()},
                 {"libgemmtune.so", parts.library}};
  std::set<std::string> written;
  for (const BundleCubin& cubin : parts.cubins)
    if (const std::string name = cubin_file(cubin); written.insert(name).second)
      files.push_back({name, cubin.bytes});
  check_bundle(files, table);
  return files;
}

}  // namespace gemmtune::exports
