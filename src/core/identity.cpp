// Hashes and one-line texts of core values. The canonical texts below are frozen: ids on disk are hashes of
// them.
#include "core/config.h"
#include "core/problem.h"
#include "core/row.h"
#include "util/hash.h"

#include <utility>

namespace gemmtune {

namespace {

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// Canonical JSON: keys sorted, no blanks. Pitches came later: only those that leave a gap are in it.
std::string canonical(const Problem& p) {
  const auto pitch = [](const char* key, std::int64_t value) {
    return value == 0 ? "" : in_quotes(key) + ":" + std::to_string(value) + ",";
  };
  return "{" + pitch("a_pitch", p.a_pitch) + "\"accumulate\":" + (p.accumulate ? "true" : "false") + "," +
         pitch("b_pitch", p.b_pitch) + pitch("d_pitch", p.d_pitch) +
         "\"data\":" + in_quotes(to_string(p.data)) + ",\"k\":" + std::to_string(p.k) +
         ",\"kernel\":" + in_quotes(p.kernel) + ",\"m\":" + std::to_string(p.m) +
         ",\"n\":" + std::to_string(p.n) + ",\"out\":" + in_quotes(to_string(p.out)) +
         ",\"recipe\":" + in_quotes(to_string(p.recipe)) + "}";
}

std::string canonical(const Config& config) {
  std::string text = "{";
  for (const auto& [name, value] : config) {
    if (text.size() > 1) text += ',';
    text += in_quotes(name) + ":" + std::to_string(value);
  }
  return text + "}";
}

/// `text` and `id` are those of the last call.
const std::string& hash_once(std::string asked, std::string& text, std::string& id) {
  if (asked != text) {
    text = std::move(asked);
    id = short_hash(text);
  }
  return id;
}

}  // namespace

std::string problem_id(const Problem& problem) {
  // Rows of one problem follow each other.
  thread_local std::string text, id;
  return hash_once(canonical(problem), text, id);
}

std::string config_id(const Config& config) {
  // A row asks for it twice: for itself, and for its own id.
  thread_local std::string text, id;
  return hash_once(canonical(config), text, id);
}

std::string row_id(const Row& row) {
  std::string key;
  for (const std::string& part :
       {problem_id(row.problem), row.provider, config_id(row.config), row.kernel_hash,
        std::string(to_string(row.stage)), row.policy, row.device, std::to_string(row.seed)})
    key += part + '\n';
  return short_hash(key);
}

std::string describe_form(const Problem& p) {
  const Problem defaults;
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    text += (text.empty() ? "" : ",") + std::string(name) + "=" + value;
  };
  if (p.out != defaults.out) add("out", std::string(to_string(p.out)));
  if (p.accumulate) add("accumulate", "true");
  if (p.recipe != defaults.recipe) add("recipe", std::string(to_string(p.recipe)));
  if (p.data != defaults.data) add("data", std::string(to_string(p.data)));
  if (p.a_pitch != 0) add("a_pitch", std::to_string(p.a_pitch));
  if (p.b_pitch != 0) add("b_pitch", std::to_string(p.b_pitch));
  if (p.d_pitch != 0) add("d_pitch", std::to_string(p.d_pitch));
  return text;
}

std::string describe(const Problem& p) {
  const std::string form = describe_form(p);
  return p.kernel + ":m=" + std::to_string(p.m) + ",n=" + std::to_string(p.n) + ",k=" + std::to_string(p.k) +
         (form.empty() ? "" : "," + form);
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
