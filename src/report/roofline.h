// Where a kernel stands against what its GPU can do: the roofline over compulsory bytes, and beside it where
// it stands by the bytes that its tiles ask of the L2, and by those that were counted. A point above a roof
// is an accounting error, not a fast kernel.
#pragma once

#include "core/ceilings.h"
#include "core/row.h"
#include "core/table.h"
#include "operation/operation.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::report {

struct Roof {
  enum class Level { hbm, l2, fp8, fp8_promoted, bf16 };
  Level level = Level::hbm;
  std::string label;
  double value = 0;         ///< GB/s of hbm and l2, else TFLOPS
  double sm_clock_mhz = 0;  ///< at which a rate in TFLOPS holds; 0: at any, as far as is known

  bool is_memory() const { return level == Level::hbm || level == Level::l2; }
};

/// Of one GPU. What was not measured is the datasheet's; what neither has is not there.
struct Roofs {
  std::vector<Roof> roofs;
  bool measured = false;
  bool simulated = false;
  std::string source;  ///< a sentence: where they come from
  /// Time to read so many bytes from a cold memory, measured by size, ascending: small kernels are held to
  /// it and not to the bandwidth of a long stream.
  std::vector<std::pair<double, double>> cold_read_bytes_us;

  const Roof* find(Roof::Level level) const;
};

/// `ceilings` of another device than `environment`'s are not used, and the source says so.
Roofs make_roofs(const Environment& environment, const std::optional<Ceilings>& ceilings);

/// What a kernel did and what it had to do.
struct Work {
  double flops = 0;
  double bytes = 0;                  ///< compulsory
  double read_bytes = 0;             ///< those of them that no cache can swallow: all but D
  std::optional<double> l2_bytes;    ///< asked of the L2, as counted or, where the tiles are known, by these
  std::optional<double> dram_bytes;  ///< counted, read and written
  double time_us = 0;
  double sm_clock_mhz = 0;  ///< 0: unknown
  bool cold = true;         ///< the operands were not in the L2
  bool flushed = true;      ///< by a memset before each launch
  /// Which rate of the tensor cores its product is held to; empty: of a kernel that is not known here.
  std::optional<operation::ComputeRoof> compute_roof = operation::ComputeRoof::fp8_promoted;
};

Work work_of(const Row& row);
/// Of a table without its journal, with the name of its policy: no clock, no bytes of the L2. Empty where the
/// table has no rates.
std::optional<Work> work_of(const TableEntry& entry, const std::string& policy);

struct Placement {
  double intensity = 0;  ///< FLOP per compulsory byte
  double tflops = 0;
  double attainable_tflops = 0;  ///< the lower of HBM's and arithmetic's roof over it, at its own clock
  std::string bound;             ///< label of that roof
  std::string above;             ///< label of a roof it is above of, which cannot be; empty: none
  /// FLOP per byte asked of the L2: to be shown, not a bound. SMs that ask for one line at a time may share
  /// an answer: on an H100 128x64 tiles of 512x2112x7168 ask for 181 MB in 17.5 us, 10 TB/s.
  std::optional<double> l2_intensity;
  std::optional<double> dram_intensity;  ///< FLOP per byte counted at the memory

  double percent() const { return 100 * tflops / attainable_tflops; }
};

/// Empty when no roof is known, or there is no time.
std::optional<Placement> place(const Roofs& roofs, const Work& work);

}  // namespace gemmtune::report
