#include "export/block_fp8_check.h"

#include "core/groups.h"
#include "core/json.h"
#include "export/block_fp8_name.h"
#include "operation/providers.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <system_error>

namespace gemmtune::exports {

namespace {

namespace fs = std::filesystem;
using Sizes = std::pair<std::int64_t, std::int64_t>;

constexpr const char* kDtype = "fp8_w8a8";
constexpr std::int64_t kBlock = 128;

constexpr const char* kKnobs[] = {"BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K",
                                  "GROUP_SIZE_M", "num_warps",    "num_stages"};

class Checker {
 public:
  Checker(const Source& source, Reader reader)
      : source_(source), reader_(reader), device_(source.table.environment.device) {
    std::replace(device_.begin(), device_.end(), ' ', '_');
    audit_.grid.columns = {{"finding", "finding"}, {"where", "where"}, {"meaning", "meaning"}};
  }

  Audit check(const fs::path& folder) && {
    std::set<std::string> names;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
      if (entry.path().extension() == ".json") names.insert(entry.path().filename().string());
    if (error) throw UserError("cannot read the folder " + folder.string() + ": " + error.message());
    check_problems(names, folder);
    for (const std::string& name : names) check_name(name);
    for (const auto& [device, files] : other_devices_)
      add("other device", device, std::to_string(files) + " files that are not read on " + device_);
    return std::move(audit_);
  }

 private:
  void add(const char* finding, const std::string& where, const std::string& meaning) {
    audit_.grid.rows.push_back({std::string(finding), printable(where), printable(meaning)});
  }
  void complain(const char* finding, const std::string& where, const std::string& meaning) {
    audit_.complaint = true;
    add(finding, where, meaning);
  }

  std::string expected_name(const Sizes& sizes) const {
    return name_for({sizes.first, sizes.second, device_, kDtype, kBlock, kBlock}, reader_);
  }

  /// Each N and K of the table: its file, and what its Ms get.
  void check_problems(const std::set<std::string>& names, const fs::path& folder) {
    std::map<Sizes, std::set<std::int64_t>> asked;
    for (const TableEntry& entry : source_.table.entries) {
      const Problem& p = entry.problem;
      if (is_grouped(p))
        add("not theirs", describe(p), "these files are of products without groups");
      else if (operation::find(p.kernel) == nullptr || !provider::same_product(provider::kTritonBlock, p))
        add("not theirs", describe(p), "their files are of FP8 with block scales");
      else if (p.out == OutputType::bf16 && !p.accumulate)
        asked[{p.n, p.k}].insert(p.m);
      else
        add("not theirs", describe(p), "neither reader has FP32 output or accumulation");
    }
    for (const auto& [sizes, ms] : asked) {
      const std::string name = expected_name(sizes);
      const std::string where = "N=" + std::to_string(sizes.first) + " K=" + std::to_string(sizes.second);
      if (!names.contains(name))
        complain("no file", where, "every M gets the default configuration; it would be " + name);
      else
        check_entries(where, read_entries(folder / name, where), ms);
    }
  }

  /// An entry of a file.
  struct Entry {
    std::int64_t m = 0;
    bool broken = false;  ///< and said to be
  };

  /// Of a file that will be read, in its order; none when the reader cannot load it.
  std::vector<Entry> read_entries(const fs::path& path, const std::string& where) {
    const Json json = parse_json(read_file(path));
    if (json.is_discarded() || !json.is_object()) {
      complain("broken", where, "the file is not a JSON object: the first launch fails");
      return {};
    }
    std::vector<Entry> entries;
    for (const auto& [key, entry] : json.items()) {
      std::int64_t m = 0;
      if (!parse_whole(key, m)) {
        const bool fails = reader_ == Reader::sglang;  // which takes every key for one
        complain("broken", where,
                 "the key \"" + key +
                     (fails ? "\" is no number: the first launch fails"
                            : "\" is no number: older readers fail on it"));
        if (fails) return {};
        continue;
      }
      entries.push_back({m, !check_knobs(where + " M=" + key, entry)});
    }
    if (entries.empty()) complain("broken", where, "the file has no entries: the first launch fails");
    return entries;
  }

  /// False when the reader stumbles over them.
  bool check_knobs(const std::string& where, const Json& entry) {
    for (const char* knob : kKnobs) {
      const auto found = entry.find(knob);
      if (found == entry.end() || !found->is_number_integer() || *found <= 0) {
        complain("broken", where, std::string(knob) + " is missing or no positive number");
        return false;
      }
    }
    const std::int64_t block_k = entry.at("BLOCK_SIZE_K");
    if (kBlock % block_k == 0) return true;
    complain("broken", where,
             "BLOCK_SIZE_K " + std::to_string(block_k) +
                 " does not divide 128: its blocks span two scales, of which one is used");
    return false;
  }

  /// The nearest key counts, of two as near the first.
  void check_entries(const std::string& where, const std::vector<Entry>& entries,
                     const std::set<std::int64_t>& ms) {
    if (entries.empty()) return;
    for (const std::int64_t m : ms) {
      Entry nearest = entries.front();
      for (const Entry& entry : entries)
        if (std::llabs(entry.m - m) < std::llabs(nearest.m - m)) nearest = entry;
      const std::string at = where + " M=" + std::to_string(m);
      if (nearest.m != m)
        complain(
            "missing M", at,
            "gets the entry of M=" + std::to_string(nearest.m) + (nearest.broken ? ", which is broken" : ""));
      else if (!nearest.broken)
        add("ok", at, "has its own entry");
    }
  }

  /// Files that nobody reads, whatever is in them.
  void check_name(const std::string& file_name) {
    if (reader_ == Reader::sglang && is_channelwise_name(file_name)) return;
    const auto name = parse_block_fp8_name(file_name);
    if (!name) {
      complain("not read", file_name, "not the name of a dense block-scaled configuration");
      return;
    }
    if (name->dtype != kDtype) return;
    if (const std::string right = name_for(*name, reader_); right != file_name)
      complain("not read", file_name, "the reader looks for " + right);
    else if (name->device != device_)
      ++other_devices_[name->device];
  }

  const Source& source_;
  Reader reader_;
  std::string device_;  ///< as it stands in names
  std::map<std::string, int> other_devices_;
  Audit audit_;
};

}  // namespace

Audit check_vllm(const Source& source, const fs::path& folder) {
  return Checker(source, Reader::vllm).check(folder);
}

Audit check_sglang(const Source& source, const fs::path& folder) {
  return Checker(source, Reader::sglang).check(folder);
}

}  // namespace gemmtune::exports
