#include "input/space_file.h"

#include "core/run.h"
#include "family/family.h"
#include "input/builtin.h"
#include "input/parameter_values.h"
#include "input/problem_fields.h"
#include "util/error.h"

#include <array>

namespace gemmtune::input {

namespace {

constexpr std::array<std::string_view, 3> kKeys = {"schema", "kernel", "parameters"};

SpaceSpec read_spec(const Node& root, std::string source) {
  root.allow(kKeys);
  root.require_schema(kSpaceSchema);
  SpaceSpec space;
  space.source = std::move(source);
  space.kernel = read_kernel(root.member("kernel"));
  space.parameters = read_parameters(root.member("parameters"), family::require(space.kernel));
  return space;
}

void refuse_too_large(const SpaceSpec& space, const Node& node) {
  std::int64_t count = 1;
  for (const auto& [name, values] : space.parameters) {
    count *= static_cast<std::int64_t>(values.size());  // below 10^6 x 4096
    if (count > kMostCombinations)
      node.fail("more than " + std::to_string(kMostCombinations) + " combinations; list fewer values");
  }
}

}  // namespace

SpaceSpec read_space(const std::string& path_or_name) {
  const Document document = open(path_or_name, kSpaces);
  SpaceSpec space = read_spec(document.root(), path_or_name);
  space.parameters.merge(default_space(space.kernel).parameters);  // keeps what is there
  refuse_too_large(space, document.root().member("parameters"));
  return space;
}

SpaceSpec default_space(std::string_view kernel) {
  const auto document = builtin(kernel, kSpaces);
  ensure(document.has_value(), "no default space of " + std::string(kernel));
  SpaceSpec space = read_spec(document->root(), "default");
  ensure(space.kernel == kernel && space.parameters.size() == family::require(kernel).parameters().size(),
         "the default space of " + std::string(kernel) + " lists every parameter of that kernel");
  return space;
}

std::vector<SpaceSpec> builtin_spaces() {
  std::vector<SpaceSpec> spaces;
  for (std::string_view name : builtin_names(kSpaces))
    spaces.push_back(read_spec(builtin(name, kSpaces)->root(), std::string(name)));
  return spaces;
}

std::int64_t combinations(const SpaceSpec& space) {
  std::int64_t count = 1;
  for (const auto& [name, values] : space.parameters) count *= static_cast<std::int64_t>(values.size());
  return count;
}

}  // namespace gemmtune::input
