#include "worker/measure/cupti_records.h"

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <map>
#include <memory>
#include <string_view>

namespace gemmtune::measure {

namespace {

using Kernels = std::vector<KernelRecord>;

/// The kernels of each launch, in the order of starting.
std::map<std::uint64_t, Kernels> kernels_by_launch(const CuptiRecords& records) {
  std::map<std::uint32_t, std::uint64_t> launch_of;
  for (const LaunchRecord& record : records.launches) launch_of[record.correlation] = record.launch;
  std::map<std::uint64_t, Kernels> kernels_of;
  for (const KernelRecord& kernel : records.kernels) {
    const auto launch = launch_of.find(kernel.correlation);
    if (launch == launch_of.end()) continue;
    if (kernel.start_ns == 0 || kernel.end_ns <= kernel.start_ns)
      throw CuptiError("CUPTI recorded a kernel without its start or end");
    kernels_of[launch->second].push_back(kernel);
  }
  for (auto& [launch, kernels] : kernels_of) std::ranges::stable_sort(kernels, {}, &KernelRecord::start_ns);
  return kernels_of;
}

/// A name that is not mangled stays: to the demangler "f" would be a type, float.
std::string demangled(const std::string& name) {
  if (!name.starts_with("_Z")) return name;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, nullptr), &std::free);
  return text ? text.get() : name;
}

TracedLaunch traced(const Kernels& kernels) {
  const std::uint64_t end_ns = std::ranges::max(kernels, {}, &KernelRecord::end_ns).end_ns;
  TracedLaunch launch{static_cast<double>(end_ns - kernels.front().start_ns) * 1e-3, {}};
  for (const KernelRecord& kernel : kernels)
    if (kernel.name != nullptr) launch.kernels.push_back(short_kernel_name(kernel.name));
  return launch;
}

}  // namespace

std::vector<TracedLaunch> traced_launches(const CuptiRecords& records,
                                          std::span<const std::uint64_t> launches) {
  if (records.lost > 0)
    throw CuptiError("CUPTI lost " + std::to_string(records.lost) + " activity records of the round");
  const std::map<std::uint64_t, Kernels> kernels_of = kernels_by_launch(records);
  std::vector<TracedLaunch> found;
  for (const std::uint64_t launch : launches) {
    const auto kernels = kernels_of.find(launch);
    if (kernels == kernels_of.end())
      throw CuptiError("CUPTI recorded no kernel of sample " + std::to_string(found.size() + 1) + " of " +
                       std::to_string(launches.size()));
    found.push_back(traced(kernels->second));
  }
  return found;
}

std::string short_kernel_name(const std::string& name) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)";
  std::string text = demangled(name), kept;
  for (auto at = text.find(kAnonymous); at != std::string::npos; at = text.find(kAnonymous))
    text.replace(at, kAnonymous.size(), "{anonymous}");
  int depth = 0;
  for (const char c : text) {
    if (c == '<' || c == '(') ++depth;
    if (depth == 0) kept += c;
    if (c == '>' || c == ')') --depth;
  }
  // Only what was a declaration has a return type before its name.
  return kept.size() == text.size() ? text : kept.substr(kept.find_last_of(' ') + 1);
}

}  // namespace gemmtune::measure
