#include "input/parameter_values.h"

#include "input/complaint.h"
#include "util/text.h"

#include <algorithm>
#include <array>

namespace gemmtune::input {

namespace {

/// What families accept as a number; which of these are legal is theirs to say.
constexpr std::int64_t kLargestValue = 1'000'000;
constexpr std::array<std::string_view, 3> kRangeKeys = {"from", "to", "step"};

ParameterValue read_value(const Node& node, const family::Parameter& parameter) {
  if (!node.is_text()) return node.integer(0, kLargestValue);
  const std::string word = node.text();
  if (std::find(parameter.words.begin(), parameter.words.end(), word) != parameter.words.end()) return word;
  std::string expected = "a number";
  for (std::string_view known : parameter.words) expected += " or \"" + std::string(known) + "\"";
  node.fail("expected " + expected + ", got " + quote(word) + did_you_mean(word, parameter.words));
}

std::vector<ParameterValue> read_range(const Node& node) {
  node.allow(kRangeKeys);
  const std::int64_t from = node.member("from").integer(0, kLargestValue);
  const std::int64_t to = node.member("to").integer(0, kLargestValue);
  const std::int64_t step = node.member("step").integer(1, kLargestValue);
  if (to < from)
    node.fail("the range is empty: \"from\" " + std::to_string(from) + " is above \"to\" " +
              std::to_string(to));
  if ((to - from) / step >= std::int64_t{kMostValues})
    node.fail("more than " + std::to_string(kMostValues) + " values; choose a larger \"step\"");
  std::vector<ParameterValue> values;
  for (std::int64_t value = from; value <= to; value += step) values.emplace_back(value);
  return values;
}

std::vector<ParameterValue> read_values(const Node& node, const family::Parameter& parameter) {
  if (node.is_object()) return read_range(node);
  if (!node.is_list()) return {read_value(node, parameter)};
  if (node.size() > kMostValues) node.fail("more than " + std::to_string(kMostValues) + " values");
  std::vector<ParameterValue> values;
  for (std::size_t i = 0; i < node.size(); ++i) values.push_back(read_value(node.item(i), parameter));
  return values;
}

}  // namespace

std::map<std::string, std::vector<ParameterValue>> read_parameters(const Node& node,
                                                                   const family::Family& family) {
  std::vector<std::string_view> known;
  for (const family::Parameter& parameter : family.parameters()) known.push_back(parameter.name);
  node.allow(known);
  std::map<std::string, std::vector<ParameterValue>> values;
  for (const family::Parameter& parameter : family.parameters())
    if (const auto found = node.find(parameter.name))
      values.emplace(parameter.name, read_values(*found, parameter));
    else if (parameter.optional)
      values.emplace(parameter.name, std::vector<ParameterValue>{0});
  return values;
}

}  // namespace gemmtune::input
