#include "core/serialise.h"
#include "export/bundle.h"
#include "launch/lookup.h"
#include "store/table.h"
#include "util/error.h"
#include "util/hash.h"

#include <algorithm>
#include <map>
#include <set>

namespace gemmtune::exports {

namespace {

using Bytes = std::map<std::string, std::string>;

void check_cubins(const Bytes& files, const launch::Index& index, const Json& manifest) {
  ensure(manifest.at("cubins").size() == index.cubins.size(), "manifest and index have as many cubins");
  for (std::size_t i = 0; i < index.cubins.size(); ++i) {
    const auto& [file, hash] = index.cubins[i];
    const Json& listed = manifest["cubins"][i];
    const std::string& bytes = files.at(file);
    ensure(sha256(bytes) == hash && listed.at("sha256") == hash && listed.at("file") == file &&
               listed.at("bytes") == bytes.size(),
           file + " is as manifest and index say");
  }
}

void check_entry(const launch::Index& index, const launch::IndexEntry& e, const Json& listed) {
  const Json& problem = listed.at("problem");
  const launch::Shape& s = e.key.shape;
  const std::string where = json_text(problem) + ": manifest and index agree on ";
  ensure(problem.at("kernel") == e.key.kernel && problem.at("m") == s.m && problem.at("n") == s.n &&
             problem.at("k") == s.k && problem.at("a_pitch") == s.a_stride &&
             problem.at("b_pitch") == s.b_stride && problem.at("d_pitch") == s.d_stride &&
             (problem.at("out") == "fp32") == e.key.fp32_out &&
             problem.at("accumulate") == e.key.accumulate && problem.value("groups", 0u) == e.key.groups,
         where + "the problem");
  ensure(listed.contains("regime") == e.key.sustained, where + "the regime");
  const Json& launch = listed.at("launch");
  ensure(listed.at("cubin") == index.cubins.at(e.cubin).file && launch.at("threads") == e.recipe.threads &&
             launch.at("smem_bytes") == e.recipe.smem_bytes && launch.at("cluster") == e.recipe.cluster() &&
             launch.at("grid").at("most_ctas") == e.recipe.most_ctas &&
             launch.at("raster") == e.recipe.raster,
         where + "the launch");
  const Json& config = listed.at("config");
  ensure(config.at("block_m") == e.recipe.block_m && config.at("block_n") == e.recipe.block_n &&
             config.at("num_sms") == e.recipe.most_ctas && config.at("evict_first") == e.recipe.evict_first,
         where + "the configuration");
}

/// The M (of groups along K the K) around which the answer for problems of N and K (M) of `like` may change.
std::set<std::int64_t> telling_sizes(const launch::Index& index, const launch::EntryKey& like) {
  std::set<std::int64_t> all = {1, 1'000'000};
  for (const launch::IndexEntry& e : index.entries) {
    const launch::Shape& s = e.key.shape;
    if (s.n != like.shape.n || e.key.along_k() != like.along_k()) continue;
    const std::int64_t size = e.key.nearest();
    if (like.along_k() ? s.m == like.shape.m : s.k == like.shape.k)
      all.insert({std::max<std::int64_t>(size - 1, 1), size, size + 1});
  }
  return all;
}

void check_lookup(const launch::Index& index, const Table& table) {
  const launch::EntryLookup loader(index.entries);
  for (std::size_t i = 0; i < index.entries.size(); ++i)
    for (const std::int64_t size : telling_sizes(index, index.entries[i].key)) {
      launch::EntryKey key = index.entries[i].key;
      Problem problem = table.entries[i].problem;
      (key.along_k() ? key.shape.k : key.shape.m) = (key.along_k() ? problem.k : problem.m) = size;
      const store::Lookup wanted = store::lookup(table, problem);
      const auto found = loader.find(key);
      // Back to back another entry may stand for the one that the table finds.
      const bool stands_in =
          key.sustained && index.entries[found.entry].key.sustained &&
          problem_id(table.entries[found.entry].problem) == problem_id(wanted.entry->problem);
      ensure((&table.entries[found.entry] == wanted.entry || stands_in) &&
                 (found.match == GEMMTUNE_EXACT) == (wanted.match == store::Match::exact),
             describe(problem) + ": the loader finds what the table does");
    }
}

}  // namespace

void check_bundle(const Files& files, const Table& table) {
  Bytes bytes;
  for (const File& file : files) bytes[file.name] = file.bytes;
  const Json manifest = parse_json(bytes.at("manifest.json"));
  const launch::Index index = launch::parse_index(bytes.at(launch::kIndexFile));
  ensure(manifest.at("schema") == index.schema() && manifest.at("device").at("name") == index.gpu.name &&
             manifest["device"].at("sms") == index.gpu.sms,
         "manifest and index agree on the device");
  ensure(
      manifest.at("entries").size() == table.entries.size() && index.entries.size() == table.entries.size(),
      "manifest and index have the table's entries");
  check_cubins(bytes, index, manifest);
  for (std::size_t i = 0; i < index.entries.size(); ++i)
    check_entry(index, index.entries[i], manifest["entries"][i]);
  check_lookup(index, table);
}

namespace {

/// The entries of one N and K in one form, by M, or of groups along K by K.
struct OfSize {
  const char* what = "m";
  std::set<std::int64_t> in_bursts, sustained;
};

/// "17-64": those that the entry at `m` answers.
std::string answered_at(std::int64_t m, const std::set<std::int64_t>& in_bursts) {
  const auto at = in_bursts.lower_bound(m);
  const std::int64_t from = at == in_bursts.begin() ? 1 : *std::prev(at) + 1;
  return from == m ? std::to_string(m) : std::to_string(from) + "-" + std::to_string(m);
}

/// What is not named back to back is as in bursts. An entry there stands for the one in bursts, so that it
/// answers for the same M.
std::string lines_of(const std::string& size, const OfSize& entries) {
  const std::string last = std::to_string(*entries.in_bursts.rbegin());
  std::string text = size + ": " + entries.what + " ";
  for (const std::int64_t m : entries.in_bursts) text += answered_at(m, entries.in_bursts) + ", ";
  text += "more as " + last + "\n";
  if (entries.sustained.empty()) return text;
  text += size + " back to back: " + entries.what + " ";
  for (const std::int64_t m : entries.sustained) text += answered_at(m, entries.in_bursts) + ", ";
  if (entries.sustained.contains(*entries.in_bursts.rbegin())) text += "more as " + last + ", ";
  if (entries.sustained != entries.in_bursts) return text + "others as in bursts\n";
  return text.substr(0, text.size() - 2) + "\n";
}

}  // namespace

std::string what_every_m_gets(const launch::Index& index) {
  std::map<std::string, OfSize> by_size;
  for (const launch::IndexEntry& e : index.entries) {
    const launch::Shape& s = e.key.shape;
    std::string size = e.key.kernel + " n=" + std::to_string(s.n) +
                       (e.key.along_k() ? " m=" + std::to_string(s.m) : " k=" + std::to_string(s.k));
    if (e.key.fp32_out) size += " out=fp32";
    if (e.key.accumulate) size += " accumulate=true";
    if (e.key.groups != 0)
      size += " groups=" + std::to_string(e.key.groups) + " step " + std::to_string(e.key.group_step);
    if (s.a_stride != s.k || s.b_stride != s.k || s.d_stride != s.n)
      size += " strides " + std::to_string(s.a_stride) + "," + std::to_string(s.b_stride) + "," +
              std::to_string(s.d_stride);
    OfSize& entries = by_size[size];
    if (e.key.along_k()) entries.what = "k";
    (e.key.sustained ? entries.sustained : entries.in_bursts).insert(e.key.nearest());
  }
  std::string text;
  for (const auto& [size, entries] : by_size)
    if (!entries.in_bursts.empty())
      text += lines_of(size, entries);  // of an index that is whole there are some
  for (const launch::PickModel& model : index.picker.models) {
    const auto choices = std::ranges::count_if(index.picker.choices, [&](const launch::Choice& choice) {
      const launch::EntryKey& key = index.entries[choice.entry].key;
      return key.kernel == model.kernel && key.fp32_out == model.fp32_out &&
             key.accumulate == model.accumulate;
    });
    text += model.kernel + (model.fp32_out ? " out=fp32" : "") +
            (model.accumulate ? " accumulate=true" : "") + ", any other n and k, and m above: picked among " +
            std::to_string(choices) + " cubins\n";
  }
  return text;
}

}  // namespace gemmtune::exports
