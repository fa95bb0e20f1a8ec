#include "core/datasheet.h"

namespace gemmtune {

const Datasheet* find_datasheet(std::string_view device) {
  // 132 SMs x 8192 FP8 operations a cycle x 1.83 GHz.
  static constexpr Datasheet kH100{"H100 SXM", 3350, 1978.9, 989.4, 1830};
  static constexpr Datasheet kH200{"H200", 4800, 1978.9, 989.4, 1830};
  const auto has = [&](std::string_view part) { return device.find(part) != device.npos; };
  if (has("H100 80GB HBM3") || has("H100 SXM")) return &kH100;  // other boards named H100 have HBM2e
  if (has("H200")) return &kH200;
  return nullptr;
}

}  // namespace gemmtune
