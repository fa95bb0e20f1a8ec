#include "input/space_file.h"

#include "core/run.h"
#include "family/family.h"
#include "input/builtin.h"
#include "input/parameter_values.h"
#include "input/problem_fields.h"
#include "util/error.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace gemmtune::input {

namespace {

constexpr std::array<std::string_view, 2> kKeys = {"schema", "spaces"};
constexpr std::array<std::string_view, 3> kOneSpaceKeys = {"schema", "kernel", "parameters"};
constexpr std::array<std::string_view, 2> kMemberKeys = {"kernel", "parameters"};

using Values = std::map<std::string, std::vector<ParameterValue>>;

std::vector<std::string> read_kernels(const Node& node) {
  if (!node.is_list()) return {read_kernel(node)};
  std::vector<std::string> kernels;
  for (std::size_t i = 0; i < node.size(); ++i) kernels.push_back(read_kernel(node.item(i)));
  return kernels;
}

/// One for each kernel that it is of.
std::vector<SpaceSpec> read_space(const Node& node, const std::string& source) {
  std::vector<SpaceSpec> spaces;
  for (const std::string& kernel : read_kernels(node.member("kernel")))
    spaces.push_back(
        {source, kernel, read_parameters(node.member("parameters"), family::require(kernel)), false});
  return spaces;
}

/// As the file has them.
std::vector<SpaceSpec> read_file_of_spaces(const Node& root, const std::string& source) {
  const auto list = root.find("spaces");
  if (list)
    root.allow(kKeys);
  else
    root.allow(kOneSpaceKeys);
  root.require_schema(kSpaceSchema);
  if (!list) return read_space(root, source);
  std::vector<SpaceSpec> spaces;
  for (std::size_t i = 0; i < list->size(); ++i) {
    list->item(i).allow(kMemberKeys);
    for (SpaceSpec& space : read_space(list->item(i), source)) spaces.push_back(std::move(space));
  }
  return spaces;
}

/// Of all default spaces of a kernel together, each value once.
Values default_values(std::string_view kernel) {
  Values all;
  for (const SpaceSpec& space : default_spaces(kernel))
    for (const auto& [name, values] : space.parameters)
      for (const ParameterValue& value : values)
        if (auto& known = all[name]; std::ranges::find(known, value) == known.end()) known.push_back(value);
  return all;
}

void refuse_too_large(const SpaceSpec& space, const Node& node) {
  std::int64_t count = 1;
  for (const auto& [name, values] : space.parameters) {
    count *= static_cast<std::int64_t>(values.size());  // below 10^6 x 4096
    if (count > kMostCombinations)
      node.fail("more than " + std::to_string(kMostCombinations) + " combinations of " + space.kernel +
                "; list fewer values");
  }
}

}  // namespace

std::vector<SpaceSpec> read_spaces(const std::string& path_or_name) {
  const Document document = open(path_or_name, kSpaces);
  std::vector<SpaceSpec> spaces = read_file_of_spaces(document.root(), path_or_name);
  for (SpaceSpec& space : spaces) {
    space.parameters.merge(default_values(space.kernel));  // keeps what is there
    refuse_too_large(space, document.root());
  }
  return spaces;
}

std::vector<SpaceSpec> default_spaces(std::string_view kernel) {
  const auto document = builtin(kernel, kSpaces);
  ensure(document.has_value(), "no default space of " + std::string(kernel));
  std::vector<SpaceSpec> spaces = read_file_of_spaces(document->root(), "default");
  for (const SpaceSpec& space : spaces)
    ensure(space.kernel == kernel && space.parameters.size() == family::require(kernel).parameters().size(),
           "the default space of " + std::string(kernel) + " lists every parameter of that kernel");
  return spaces;
}

std::vector<SpaceSpec> builtin_spaces() {
  std::vector<SpaceSpec> all;
  for (std::string_view name : builtin_names(kSpaces))
    for (SpaceSpec& space : read_file_of_spaces(builtin(name, kSpaces)->root(), std::string(name)))
      all.push_back(std::move(space));
  return all;
}

std::int64_t combinations(const SpaceSpec& space) {
  std::int64_t count = 1;
  for (const auto& [name, values] : space.parameters) count *= static_cast<std::int64_t>(values.size());
  return count;
}

}  // namespace gemmtune::input
