#include "input/command_line.h"

#include "core/json.h"
#include "family/family.h"
#include "input/complaint.h"
#include "input/parameter_values.h"
#include "input/problem_fields.h"
#include "util/text.h"

#include <cmath>
#include <optional>

namespace gemmtune::input {

namespace {

/// `1/16/64`; nothing where one of them is no integer.
std::optional<Json> list_of(const std::string& text) {
  Json list = Json::array();
  for (const std::string& part : split(text, '/')) {
    std::int64_t integer = 0;
    if (!parse_whole(part, integer)) return std::nullopt;
    list.push_back(integer);
  }
  return list.size() > 1 ? std::optional(list) : std::nullopt;
}

/// As if it stood in a file: a number if it is one, true, false, a list of integers, else a text.
Json value_of(const std::string& text) {
  std::int64_t integer = 0;
  if (parse_whole(text, integer)) return integer;
  double number = 0;
  if (parse_whole(text, number) && std::isfinite(number)) return number;
  if (text == "true" || text == "false") return text == "true";
  return list_of(text).value_or(text);
}

/// `a=1,b=x` as the object that a file would hold.
Json object_of(const std::string& source, std::string_view pairs) {
  Json object = Json::object();
  for (const std::string& pair : split(pairs, ',')) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      complain(source, "", "expected name=value with commas between, got " + quote(pair));
    const std::string name = pair.substr(0, equals);
    if (object.contains(name)) complain(source, "", quote(name) + " is there twice");
    object[name] = value_of(pair.substr(equals + 1));
  }
  return object;
}

ParameterValue fallback_of(const family::Parameter& parameter) {
  std::int64_t number = 0;
  if (parse_whole(parameter.fallback, number)) return number;
  return std::string(parameter.fallback);
}

std::vector<std::string> providers_of(const BaselineChoice& choice) {
  std::vector<std::string> providers;
  for (const auto& [provider, answers] : choice) providers.push_back(provider);
  return providers;
}

}  // namespace

ShapeSet parse_problems(const std::string& text) {
  const std::string source = "--problem " + text;
  const auto colon = text.find(':');
  if (colon == std::string::npos) complain(source, "", "expected KERNEL:m=...,n=...,k=...");
  Json object = object_of(source, std::string_view(text).substr(colon + 1));
  if (object.contains("kernel")) complain(source, "", "the kernel goes before the colon");
  object["kernel"] = text.substr(0, colon);
  const Document document = Document::of(source, object);
  const ProblemEntry entry = read_problem(document.root());
  if (entry.count() > kMostProblems) fail_too_many(document.root());
  ShapeSet set;
  (is_planned(entry.shared.kernel) ? set.missing : set.problems) = entry.expand(document.root());
  return set;
}

Problem parse_problem(const std::string& text) {
  const ShapeSet set = parse_problems(text);
  if (!set.missing.empty())
    complain("--problem " + text, "",
             "this build has no kernel " + set.missing.front().kernel +
                 "; `gemmtune list kernels` shows those it has");
  if (set.problems.size() != 1) complain("--problem " + text, "", "expected one problem, not a list of them");
  return set.problems.front();
}

SpaceSpec parse_config(const std::string& text, std::string_view kernel) {
  const family::Family& family = family::require(kernel);
  const std::string source = "--config " + text;
  const Document document = Document::of(source, object_of(source, text));
  SpaceSpec space{source, std::string(kernel), read_parameters(document.root(), family), true};
  std::string missing;
  for (const family::Parameter& parameter : family.parameters()) {
    const std::string name(parameter.name);
    if (space.parameters.contains(name)) continue;
    if (!parameter.fallback.empty())
      space.parameters[name] = {fallback_of(parameter)};
    else
      missing += (missing.empty() ? "" : ", ") + name;
  }
  if (!missing.empty()) complain(source, "", "give a value to " + missing + " as well");
  return space;
}

BaselineChoice parse_baselines(const std::string& text) {
  const BaselineChoice all = all_baselines();
  if (text == "all") return all;
  BaselineChoice choice;
  if (text == "none") return choice;
  for (const std::string& word : split(text, ',')) {
    const auto colon = word.find(':');
    const std::string provider = word.substr(0, colon);
    const bool whole = colon == std::string::npos;
    std::int64_t answer = 0;
    const bool understood =
        whole || (parse_whole(std::string_view(word).substr(colon + 1), answer) && answer >= 0);
    if (!all.contains(provider) || !understood)
      complain("--baselines " + text, "",
               "expected all, none, or some of " + join(providers_of(all), ", ") +
                   ", each with or without the number of an algorithm (" + provider::kCublasLtTensor +
                   ":2), got " + quote(word));
    const auto [chosen, is_new] = choice.try_emplace(provider);
    const bool again = !is_new && (whole || chosen->second.empty());
    if (again || (!whole && !chosen->second.insert(answer).second))
      complain("--baselines " + text, "", word + " is there twice");
  }
  return choice;
}

}  // namespace gemmtune::input
