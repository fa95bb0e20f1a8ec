#include "input/shapes.h"

#include "core/run.h"
#include "input/builtin.h"
#include "input/complaint.h"
#include "input/problem_fields.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

namespace gemmtune::input {

namespace {

constexpr std::array<std::string_view, 4> kKeys = {"schema", "name", "description", "problems"};

std::string read_name(const Node& node) {
  const std::string name = node.label();
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '+';
  });
  if (name.empty() || name.front() == '.' || !plain)
    node.fail("the name becomes a folder's name: letters, digits and -_+. only, got " + quote(name));
  return name;
}

void read_problems(const Node& list, ShapeSet& set) {
  std::unordered_map<std::string, std::string> seen;  // problem_id -> pointer
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Node node = list.item(i);
    const ProblemEntry entry = read_problem(node);
    if (entry.count() > kMostProblems - set.problems.size() - set.missing.size()) fail_too_many(node);
    auto& those = is_planned(entry.shared.kernel) ? set.missing : set.problems;
    for (Problem& problem : entry.expand(node)) {
      const auto [first, is_new] = seen.emplace(problem_id(problem), node.pointer());
      if (!is_new) node.fail(describe(problem) + " is there already, at " + first->second);
      those.push_back(std::move(problem));
    }
  }
}

ShapeSet read_set(const Node& root, const std::string& default_name) {
  root.allow(kKeys);
  root.require_schema(kShapesSchema);
  ShapeSet set;
  const auto name = root.find("name");
  set.name = name ? read_name(*name) : default_name;
  if (const auto description = root.find("description")) set.description = description->label();
  read_problems(root.member("problems"), set);
  return set;
}

}  // namespace

ShapeSet read_shapes(const std::string& path_or_name) {
  return read_set(open(path_or_name, kShapes).root(), stem(path_or_name));
}

ShapeSet parse_shapes(const std::string& source, std::string_view text) {
  return read_set(Document(source, text).root(), stem(source));
}

std::vector<ShapeSet> builtin_shape_sets() {
  std::vector<ShapeSet> sets;
  for (std::string_view name : builtin_names(kShapes))
    sets.push_back(read_set(builtin(name, kShapes)->root(), std::string(name)));
  return sets;
}

}  // namespace gemmtune::input
