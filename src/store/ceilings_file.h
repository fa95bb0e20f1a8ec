// ceilings.json of a result folder (gemmtune.ceilings/1): what that GPU can do, as measured on it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gemmtune::store {

struct MeasuredCeiling {
  std::string name;    ///< "hbm_read", "fp8_wgmma", ...
  std::string regime;  ///< "burst", "sustained"; empty where it makes no difference
  double value = 0;
  std::string unit;  ///< "GB/s", "TFLOPS", "us"
  std::optional<double> sm_clock_mhz;
  std::optional<double> bytes;  ///< of the buffer, where a size matters
};

struct MeasuredCeilings {
  std::string device;
  bool simulated = false;
  std::string timestamp;
  std::vector<MeasuredCeiling> ceilings;
};

/// Of the results `path`, a folder or a file in it: ceilings.json in that folder, or else in the folder
/// above, where what holds for all results of one device may lie. Empty when there is none. What this version
/// does not know is left out. Throws UserError for a file that is no gemmtune.ceilings/1.
std::optional<MeasuredCeilings> read_measured_ceilings(const std::filesystem::path& path);

}  // namespace gemmtune::store
