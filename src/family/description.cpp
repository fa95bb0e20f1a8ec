// What follows from the description of a kernel, and finding one.
#include "family/family.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>

namespace gemmtune::family {

int ctas_per_sm(const LaunchShape& shape, int registers) {
  if (registers == 0) return 0;
  // Of an SM of compute capability 9.0; registers are handed out a warp at a time in units of 256.
  constexpr int kRegisters = 65536, kThreads = 2048, kMostCtas = 32;
  constexpr std::int64_t kSharedBytes = 228 * 1024, kReservedBytes = 1024;
  const int threads = static_cast<int>(shape.threads), warps = (threads + 31) / 32;
  const int registers_of_warp = (registers * 32 + 255) / 256 * 256;
  const auto by_memory = static_cast<int>(kSharedBytes / (shape.smem_bytes + kReservedBytes));
  return std::min({kRegisters / (registers_of_warp * warps), kThreads / (warps * 32), by_memory, kMostCtas});
}

std::optional<std::int64_t> value_of(const Config& config, std::string_view parameter,
                                     std::string_view kernel) {
  if (const auto found = config.find(parameter); found != config.end()) return found->second;
  const Family* family = find(kernel);
  if (family == nullptr) return std::nullopt;
  const auto parameters = family->parameters();
  const auto known = std::ranges::find(parameters, parameter, &Parameter::name);
  return known != parameters.end() && known->optional ? std::optional<std::int64_t>(0) : std::nullopt;
}

Config without_zeros(const Family& family, Config config) {
  for (const Parameter& parameter : family.parameters())
    if (const auto found = config.find(parameter.name);
        parameter.optional && found != config.end() && found->second == 0)
      config.erase(parameter.name);
  return config;
}

const Family* find(std::string_view kernel) {
  for (const Family* family : all())
    if (family->kernel() == kernel) return family;
  return nullptr;
}

const Family& require(std::string_view kernel) {
  if (const Family* family = find(kernel)) return *family;
  std::vector<std::string_view> names;
  for (const Family* family : all()) names.push_back(family->kernel());
  throw UserError("unknown kernel \"" + printable(kernel) + "\"" + did_you_mean(kernel, names) +
                  "; `gemmtune list` shows the kernels of this build");
}

}  // namespace gemmtune::family
