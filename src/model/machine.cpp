#include "model/machine.h"

namespace gemmtune::model {

const SimulatedMachine& h100_sxm() {
  static const SimulatedMachine machine{{132,
                                         50 * 1024 * 1024,
                                         1755,
                                         1640,
                                         0.93,
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
                                          {939.49, 315.02}}},
                                        "h100-sxm",
                                        "simulated H100 SXM",
                                        232448,
                                        std::int64_t{80} * 1024 * 1024 * 1024,
                                        // Copy and FP8 as measured there; the rest are round figures.
                                        {3000, 3016, 5500, 1718, 800, 62, 2.2, 55},
                                        {700, 0.46, 23}};
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

}  // namespace gemmtune::model
