#include "input/gate_file.h"

#include "input/complaint.h"
#include "input/problem_fields.h"
#include "input/strict_json.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <array>
#include <limits>

namespace gemmtune::input {

namespace {

constexpr std::array<std::string_view, 7> kKeys = {"schema",  "description",    "min_effect_percent",
                                                   "fail_on", "budget_percent", "geomean_budget_percent",
                                                   "problems"};
constexpr std::array<std::string_view, 3> kRuleKeys = {"match", "budget_percent", "weight"};
constexpr std::array<std::string_view, 5> kMatchKeys = {"kernel", "name", "m", "n", "k"};

double fraction(const Node& node) {
  const double percent = node.number();
  if (!(percent >= 0 && percent <= 1000)) node.fail_expected("per cent, from 0 to 1000");
  return percent / 100;
}

/// An improvement or an equal time is nothing to fail on.
constexpr std::array<std::string_view, 4> kFailures = {"slower", "missing", "wrong", "unsure"};

std::optional<CompareVerdict> failure(std::string_view word) {
  for (const std::string_view known : kFailures)
    if (word == known) return parse_name<CompareVerdict>(word);
  return std::nullopt;
}

std::set<CompareVerdict> read_fail_on(const Node& list) {
  std::set<CompareVerdict> found;
  if (!list.is_list()) list.fail_expected("a list of slower, missing, wrong, unsure");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto verdict = failure(list.item(i).text());
    if (!verdict) list.item(i).fail_expected("slower, missing, wrong or unsure");
    found.insert(*verdict);
  }
  return found;
}

GateRule read_rule(const Node& node) {
  node.allow(kRuleKeys);
  GateRule rule;
  const Node match = node.member("match");
  match.allow(kMatchKeys);
  if (const auto kernel = match.find("kernel")) rule.kernel = read_kernel(*kernel);
  if (const auto name = match.find("name")) rule.name = name->label();
  const auto size = [&](const char* key) {
    const auto found = match.find(key);
    return found ? std::optional(found->integer(1, std::numeric_limits<std::int64_t>::max())) : std::nullopt;
  };
  rule.m = size("m");
  rule.n = size("n");
  rule.k = size("k");
  if (const auto budget = node.find("budget_percent")) rule.budget = fraction(*budget);
  if (const auto weight = node.find("weight")) {
    rule.weight = weight->number();
    if (!(*rule.weight > 0 && *rule.weight <= 1e9)) weight->fail_expected("a positive number");
  }
  if (!rule.budget && !rule.weight) node.fail("says nothing: give budget_percent or weight");
  return rule;
}

}  // namespace

Gate read_gate(const std::string& path) {
  const Document document(path, read_file(path, kMostBytes));
  const Node root = document.root();
  root.allow(kKeys);
  root.require_schema(kGateSchema);
  Gate gate;
  if (const auto effect = root.find("min_effect_percent")) gate.min_effect = fraction(*effect);
  if (const auto words = root.find("fail_on")) gate.fail_on = read_fail_on(*words);
  if (const auto budget = root.find("budget_percent")) gate.budget = fraction(*budget);
  if (const auto budget = root.find("geomean_budget_percent")) gate.geomean_budget = fraction(*budget);
  if (const auto rules = root.find("problems"))
    for (std::size_t i = 0; i < rules->size(); ++i) gate.rules.push_back(read_rule(rules->item(i)));
  return gate;
}

std::set<CompareVerdict> parse_fail_on(const std::string& text) {
  std::set<CompareVerdict> found;
  if (text == "none") return found;
  for (const std::string& word : split(text, ',')) {
    const auto verdict = failure(word);
    if (!verdict)
      throw UserError(
          "--fail-on: expected none, or words of slower,missing,wrong,unsure with commas between, got " +
          quote(word) + did_you_mean(word, kFailures));
    found.insert(*verdict);
  }
  return found;
}

}  // namespace gemmtune::input
