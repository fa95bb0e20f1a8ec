// Hashes and one-line texts of core values. The canonical texts below are frozen: ids on disk are hashes of
// them.
#include "core/config.h"
#include "core/problem.h"
#include "core/row.h"
#include "util/hash.h"

namespace gemmtune {

namespace {

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// Canonical JSON: keys sorted, no blanks.
std::string canonical(const Problem& p) {
  return std::string("{\"accumulate\":") + (p.accumulate ? "true" : "false") +
         ",\"data\":" + quoted(to_string(p.data)) + ",\"k\":" + std::to_string(p.k) +
         ",\"kernel\":" + quoted(p.kernel) + ",\"m\":" + std::to_string(p.m) +
         ",\"n\":" + std::to_string(p.n) + ",\"out\":" + quoted(to_string(p.out)) +
         ",\"recipe\":" + quoted(to_string(p.recipe)) + "}";
}

std::string canonical(const Config& config) {
  std::string text = "{";
  for (const auto& [name, value] : config) {
    if (text.size() > 1) text += ',';
    text += quoted(name) + ":" + std::to_string(value);
  }
  return text + "}";
}

}  // namespace

std::string problem_id(const Problem& problem) {
  return short_hash(canonical(problem));
}

std::string config_id(const Config& config) {
  return short_hash(canonical(config));
}

std::string row_id(const Row& row) {
  std::string key;
  for (const std::string& part :
       {problem_id(row.problem), row.provider, config_id(row.config), row.kernel_hash,
        std::string(to_string(row.stage)), row.policy, row.device, std::to_string(row.seed)})
    key += part + '\n';
  return short_hash(key);
}

std::string describe(const Problem& p) {
  std::string text =
      p.kernel + ":m=" + std::to_string(p.m) + ",n=" + std::to_string(p.n) + ",k=" + std::to_string(p.k);
  const Problem defaults;
  if (p.out != defaults.out) text += ",out=" + std::string(to_string(p.out));
  if (p.accumulate) text += ",accumulate=true";
  if (p.recipe != defaults.recipe) text += ",recipe=" + std::string(to_string(p.recipe));
  if (p.data != defaults.data) text += ",data=" + std::string(to_string(p.data));
  return text;
}

std::string describe(const Config& config) {
  std::string text;
  for (const auto& [name, value] : config) {
    if (!text.empty()) text += ',';
    text += name + "=" + std::to_string(value);
  }
  return text;
}

}  // namespace gemmtune
