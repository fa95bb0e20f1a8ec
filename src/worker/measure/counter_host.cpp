#include "worker/measure/counter_host.h"

#include <cupti_result.h>

#include <dlfcn.h>
#include <filesystem>
#include <utility>

namespace gemmtune::measure {

namespace {

/// CUPTI loads it by its name alone, which finds it beside CUPTI only where ld.so looks there. Loaded before,
/// by its path, it is found by that name.
void load_beside_cupti(const char* library) {
  Dl_info cupti{};
  if (dladdr(reinterpret_cast<const void*>(&cuptiProfilerHostInitialize), &cupti) == 0) return;
  const auto path = std::filesystem::path(cupti.dli_fname).parent_path() / library;
  dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);  // where it is not, CUPTI says what it lacks
}

/// CUPTI takes lists of names that it does not change, without const.
const char** names(std::span<const char* const> metrics) {
  return const_cast<const char**>(metrics.data());
}

}  // namespace

std::string counter_trouble(CUptiResult result) {
  const std::string privilege =
      "run as root or with CAP_SYS_ADMIN, or load the driver with NVreg_RestrictProfilingToAdminUsers=0 (a "
      "line `options nvidia NVreg_RestrictProfilingToAdminUsers=0` in /etc/modprobe.d, then a reboot)";
  switch (result) {
    case CUPTI_ERROR_INSUFFICIENT_PRIVILEGES:
    case CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES:
      return "the driver lets administrators alone read them: " + privilege;
    case CUPTI_ERROR_UNKNOWN:
      return "CUPTI_ERROR_UNKNOWN, which may be a privilege that is missing: " + privilege;
    case CUPTI_ERROR_HARDWARE_BUSY:
    case CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED:
    case CUPTI_ERROR_NOT_COMPATIBLE:
      return "something else reads them: another profiler around this program, or one that watches the GPU "
             "(DCGM does: `dcgmi profile --pause`)";
    case CUPTI_ERROR_NOT_INITIALIZED:
      return "CUPTI does not find libnvperf_host.so: it belongs beside libcupti.so";
    case CUPTI_ERROR_MIG_DEVICE_NOT_SUPPORTED:
      return "a MIG device does not show them";
    default:
      break;
  }
  const char* name = nullptr;
  cuptiGetResultString(result, &name);
  return name == nullptr ? "unknown error" : name;
}

CounterError::CounterError(CUptiResult result, const char* call)
    : std::runtime_error(counter_trouble(result) + " [" + call + "]") {}

CounterHost::CounterHost(const std::string& chip, Image available) : available_(std::move(available)) {
  load_beside_cupti("libnvperf_host.so");
  CUpti_Profiler_Host_Initialize_Params params{};
  params.structSize = CUpti_Profiler_Host_Initialize_Params_STRUCT_SIZE;
  params.profilerType = CUPTI_PROFILER_TYPE_RANGE_PROFILER;
  params.pChipName = chip.c_str();
  params.pCounterAvailabilityImage = available_.empty() ? nullptr : available_.data();
  check(cuptiProfilerHostInitialize(&params), "cuptiProfilerHostInitialize");
  object_ = params.pHostObject;
}

CounterHost::~CounterHost() {
  CUpti_Profiler_Host_Deinitialize_Params params{};
  params.structSize = CUpti_Profiler_Host_Deinitialize_Params_STRUCT_SIZE;
  params.pHostObject = object_;
  cuptiProfilerHostDeinitialize(&params);
}

Image CounterHost::configure(std::span<const char* const> metrics) {
  CUpti_Profiler_Host_ConfigAddMetrics_Params add{};
  add.structSize = CUpti_Profiler_Host_ConfigAddMetrics_Params_STRUCT_SIZE;
  add.pHostObject = object_;
  add.ppMetricNames = names(metrics);
  add.numMetrics = metrics.size();  // at once: one by one each takes a pass of its own
  check(cuptiProfilerHostConfigAddMetrics(&add), "cuptiProfilerHostConfigAddMetrics");
  CUpti_Profiler_Host_GetConfigImageSize_Params size{};
  size.structSize = CUpti_Profiler_Host_GetConfigImageSize_Params_STRUCT_SIZE;
  size.pHostObject = object_;
  check(cuptiProfilerHostGetConfigImageSize(&size), "cuptiProfilerHostGetConfigImageSize");
  Image config(size.configImageSize);
  CUpti_Profiler_Host_GetConfigImage_Params get{};
  get.structSize = CUpti_Profiler_Host_GetConfigImage_Params_STRUCT_SIZE;
  get.pHostObject = object_;
  get.configImageSize = config.size();
  get.pConfigImage = config.data();
  check(cuptiProfilerHostGetConfigImage(&get), "cuptiProfilerHostGetConfigImage");
  return config;
}

std::vector<double> CounterHost::evaluate(const Image& counted, std::span<const char* const> metrics) const {
  std::vector<double> values(metrics.size());
  CUpti_Profiler_Host_EvaluateToGpuValues_Params params{};
  params.structSize = CUpti_Profiler_Host_EvaluateToGpuValues_Params_STRUCT_SIZE;
  params.pHostObject = object_;
  params.pCounterDataImage = counted.data();
  params.counterDataImageSize = counted.size();
  params.rangeIndex = 0;
  params.ppMetricNames = names(metrics);
  params.numMetrics = metrics.size();
  params.pMetricValues = values.data();
  check(cuptiProfilerHostEvaluateToGpuValues(&params), "cuptiProfilerHostEvaluateToGpuValues");
  return values;
}

bool can_count(const std::string& chip, const Image& available, const char* metric) {
  CounterHost host(chip, available);  // of its own: an object that has refused a metric takes no other
  try {
    host.configure({&metric, 1});
    return true;
  } catch (const CounterError&) {
    return false;
  }
}

}  // namespace gemmtune::measure
