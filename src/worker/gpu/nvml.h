// Clocks, power, energy, temperature and throttle reasons, from NVML through dlopen: the toolkit's wheels
// have neither its header nor a stub.
#pragma once

#include <cstdint>
#include <string>

namespace gemmtune::gpu {

/// Zeros where NVML or the figure is not there.
struct Health {
  double power_w = 0;
  double temperature_c = 0;
  std::int64_t throttle = 0;  ///< nvmlClocksEventReasons, a bit mask
};

/// The larger figures of two, and the reasons of both.
Health worse_of(const Health& one, const Health& other);

class Nvml {
 public:
  /// For the device with this PCI bus id ("0000:3b:00.0").
  explicit Nvml(const std::string& pci_bus_id);
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  Health health() const;
  /// What the board has used since the driver was loaded; refreshed every some 10 to 100 ms. 0: unknown.
  double total_energy_j() const;
  double power_limit_w() const;
  double max_sm_clock_mhz() const;
  bool mig() const;
  std::string driver_version() const;

 private:
  template <typename Function>
  Function find(const char* name) const;

  void* library_ = nullptr;
  void* device_ = nullptr;
};

}  // namespace gemmtune::gpu
