#include "worker/gpu/nvml.h"

#include <algorithm>
#include <dlfcn.h>

namespace gemmtune::gpu {

namespace {

// From NVIDIA's documentation of NVML; the numbers are part of its ABI.
constexpr unsigned kClockSm = 1;
constexpr unsigned kTemperatureOfGpu = 0;
constexpr int kSuccess = 0;

using GetUnsigned = int (*)(void*, unsigned*);
using GetClock = int (*)(void*, unsigned, unsigned*);
using GetTemperature = int (*)(void*, unsigned, unsigned*);
using GetLong = int (*)(void*, unsigned long long*);
using GetMig = int (*)(void*, unsigned*, unsigned*);

}  // namespace

Health worse_of(const Health& one, const Health& other) {
  return {std::max(one.power_w, other.power_w), std::max(one.temperature_c, other.temperature_c),
          one.throttle | other.throttle};
}

template <typename Function>
Function Nvml::find(const char* name) const {
  return library_ == nullptr ? nullptr : reinterpret_cast<Function>(dlsym(library_, name));
}

Nvml::Nvml(const std::string& pci_bus_id) {
  library_ = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  const auto init = find<int (*)()>("nvmlInit_v2");
  const auto by_bus_id = find<int (*)(const char*, void**)>("nvmlDeviceGetHandleByPciBusId_v2");
  if (init == nullptr || by_bus_id == nullptr || init() != kSuccess) return;
  if (by_bus_id(pci_bus_id.c_str(), &device_) != kSuccess) device_ = nullptr;
}

Nvml::~Nvml() {
  if (const auto shutdown = find<int (*)()>("nvmlShutdown")) shutdown();
}

Health Nvml::health() const {
  Health health;
  if (device_ == nullptr) return health;
  unsigned value = 0;
  unsigned long long reasons = 0;
  if (const auto f = find<GetUnsigned>("nvmlDeviceGetPowerUsage"); f && f(device_, &value) == kSuccess)
    health.power_w = value / 1000.0;
  if (const auto f = find<GetTemperature>("nvmlDeviceGetTemperature");
      f && f(device_, kTemperatureOfGpu, &value) == kSuccess)
    health.temperature_c = value;
  if (const auto f = find<GetLong>("nvmlDeviceGetCurrentClocksThrottleReasons");
      f && f(device_, &reasons) == kSuccess)
    health.throttle = static_cast<std::int64_t>(reasons);
  return health;
}

double Nvml::total_energy_j() const {
  unsigned long long millijoules = 0;
  const auto f = find<GetLong>("nvmlDeviceGetTotalEnergyConsumption");
  return device_ && f && f(device_, &millijoules) == kSuccess ? static_cast<double>(millijoules) / 1000 : 0;
}

double Nvml::power_limit_w() const {
  unsigned milliwatts = 0;
  const auto f = find<GetUnsigned>("nvmlDeviceGetEnforcedPowerLimit");
  return device_ && f && f(device_, &milliwatts) == kSuccess ? milliwatts / 1000.0 : 0;
}

double Nvml::max_sm_clock_mhz() const {
  unsigned mhz = 0;
  const auto f = find<GetClock>("nvmlDeviceGetMaxClockInfo");
  return device_ && f && f(device_, kClockSm, &mhz) == kSuccess ? mhz : 0;
}

bool Nvml::mig() const {
  unsigned current = 0, pending = 0;
  const auto f = find<GetMig>("nvmlDeviceGetMigMode");
  return device_ && f && f(device_, &current, &pending) == kSuccess && current != 0;
}

std::string Nvml::driver_version() const {
  char version[96] = "";
  const auto f = find<int (*)(char*, unsigned)>("nvmlSystemGetDriverVersion");
  return f && f(version, sizeof version) == kSuccess ? version : "";
}

}  // namespace gemmtune::gpu
