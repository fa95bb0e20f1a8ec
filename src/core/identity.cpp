// Hashes and one-line texts of core values. The canonical texts below are frozen: ids on disk are hashes of
// them.
#include "core/config.h"
#include "core/fields_of_problem.h"
#include "core/groups.h"
#include "core/problem.h"
#include "core/row.h"
#include "util/hash.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gemmtune {

namespace {

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// Those of the identity by their keys.
const std::vector<const ProblemField*>& identity_fields() {
  static const std::vector<const ProblemField*> kFields = [] {
    std::vector<const ProblemField*> fields;
    for (const ProblemField& field : kProblemFields)
      if ((field.is & ProblemField::kLabel) == 0) fields.push_back(&field);
    std::ranges::sort(fields, {}, [](const ProblemField* field) { return std::string_view(field->key); });
    return fields;
  }();
  return kFields;
}

/// Canonical JSON: keys sorted, no blanks. Fields that came later are in it only where they say something.
std::string canonical(const Problem& p) {
  std::string text = "{";
  for (const ProblemField* field : identity_fields()) {
    if ((field->is & ProblemField::kLater) != 0 && is_default(p, *field)) continue;
    const FieldValue value = value_of(p, *field);
    const bool quoted = std::holds_alternative<std::string>(value) ||
                        std::holds_alternative<std::vector<std::int64_t>>(value);
    if (text.size() > 1) text += ',';
    text += in_quotes(field->key) + ":" + (quoted ? in_quotes(text_of(value)) : text_of(value));
  }
  return text + "}";
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

namespace {

/// Whether a text says so without the field: what a reader takes where nothing is given.
bool goes_without_saying(const Problem& p, const ProblemField& field) {
  const std::string_view key = field.key;
  if (key == "alignment") return p.alignment == 0 || p.alignment == kUsualAlignment;
  if (key == "layout") return p.layout.empty() || p.layout == usual_layout(p.alignment);
  return is_default(p, field);
}

/// `key=value` of those with exactly these of the two flags.
std::string listed(const Problem& p, unsigned flags) {
  constexpr unsigned kAsked = ProblemField::kForm | ProblemField::kGroups;
  std::string text;
  for (const ProblemField& field : kProblemFields)
    if ((field.is & kAsked) == flags && !goes_without_saying(p, field))
      text += (text.empty() ? "" : ",") + std::string(field.key) + "=" + text_of(value_of(p, field));
  return text;
}

std::string joined_by_comma(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() || part.empty() ? "" : ",") + part;
  return text;
}

}  // namespace

std::string describe_form(const Problem& p) {
  return joined_by_comma(
      {listed(p, ProblemField::kForm | ProblemField::kGroups), listed(p, ProblemField::kForm)});
}

std::string describe(const Problem& p) {
  const auto size = [](const char* key, std::int64_t value) { return key + ("=" + std::to_string(value)); };
  return p.kernel + ":" +
         joined_by_comma({listed(p, ProblemField::kForm | ProblemField::kGroups),
                          shares_out_rows(p) ? "" : size("m", p.m), size("n", p.n),
                          shares_out_inner(p) ? "" : size("k", p.k), listed(p, ProblemField::kForm)});
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
