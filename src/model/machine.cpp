#include "model/machine.h"

namespace gemmtune::model {

const SimulatedMachine& h100_sxm() {
  static const SimulatedMachine machine{"h100-sxm",
                                        "simulated H100 SXM",
                                        132,
                                        232448,
                                        50 * 1024 * 1024,
                                        std::int64_t{80} * 1024 * 1024 * 1024,
                                        1755,
                                        0.93,
                                        1640,
                                        {{4.13, 4.06},
                                         {7.32, 5.34},
                                         {14.68, 7.93},
                                         {15.14, 8.26},
                                         {16.78, 8.64},
                                         {29.36, 13.31},
                                         {37.75, 16.26},
                                         {58.69, 23.84},
                                         {117.44, 43.46},
                                         {234.9, 86.66},
                                         {939.49, 315.02}}};
  return machine;
}

std::vector<const SimulatedMachine*> machines() {
  return {&h100_sxm()};
}

const SimulatedMachine* find_machine(const std::string& name) {
  for (const SimulatedMachine* machine : machines())
    if (machine->name == name) return machine;
  return nullptr;
}

double cold_read_floor_us(const SimulatedMachine& machine, double bytes) {
  const double megabytes = bytes * 1e-6;
  std::pair<double, double> left{0, machine.empty_kernel_us};
  double slope = 0;
  for (const auto& right : machine.cold_read_mb_us) {
    slope = (right.second - left.second) / (right.first - left.first);
    if (megabytes <= right.first) break;
    left = right;
  }
  return left.second + slope * (megabytes - left.first);
}

}  // namespace gemmtune::model
