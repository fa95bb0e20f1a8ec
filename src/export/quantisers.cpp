#include "export/quantisers.h"

#include "core/json.h"
#include "util/hash.h"
#include "util/version.h"

namespace gemmtune::exports {

namespace {

constexpr const char* kSchema = "gemmtune.quantisers/1";

Json index_of(const std::vector<std::pair<QuantiserKind, BundleCubin>>& cubins) {
  Json list = Json::array();
  for (const auto& [kind, cubin] : cubins)
    list.push_back({{"input", std::string(to_string(kind.input))},
                    {"scale", std::string(to_string(kind.scale))},
                    {"rounding", kind.stochastic ? "stochastic" : "nearest"},
                    {"file", "cubins/" + cubin.kernel_hash + ".cubin"},
                    {"sha256", sha256(cubin.bytes)}});
  const Json plain = {"from", "pitch", "values", "values_pitch", "scales"};
  const Json sizes = {"rows", "columns", "seed"};
  Json both = plain;
  for (const char* name : {"turned", "turned_pitch", "turned_scales"}) both.push_back(name);
  Json one = plain;
  for (const Json& name : sizes) one.push_back(name), both.push_back(name);
  return {{"schema", kSchema},
          {"tool", kVersion},
          {"revision", kRevision},
          {"threads", {{"quantise_row", 256}, {"quantise_block", 256}, {"quantise_both", kThreadsOfBoth}}},
          {"arguments", {{"quantise_row", one}, {"quantise_block", one}, {"quantise_both", both}}},
          {"types",
           {{"rows", "uint32"},
            {"columns", "uint32"},
            {"seed", "uint64"},
            {"pitch", "uint64, elements"},
            {"others", "device addresses; pitches of E4M3 in bytes, uint64"}}},
          {"grids",
           {{"quantise_row", "ceil(ceil(rows / 8) * columns / 128 / 8)"},
            {"quantise_block", "columns / 128, ceil(rows / 128)"},
            {"quantise_both", "columns / 128, ceil(rows / 128)"}}},
          {"cubins", list}};
}

}  // namespace

Files export_quantisers(const std::vector<std::pair<QuantiserKind, BundleCubin>>& cubins) {
  Files files = {{"index.json", json_text(index_of(cubins), 2) + "\n"}};
  for (const auto& [kind, cubin] : cubins)
    files.push_back({"cubins/" + cubin.kernel_hash + ".cubin", cubin.bytes});
  return files;
}

}  // namespace gemmtune::exports
