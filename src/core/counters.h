// What the GPU itself counts while one launch runs, to be set beside what the launch must move and compute.
#pragma once

#include <array>
#include <optional>
#include <span>

namespace gemmtune {

/// Of one launch in the state of the L2 that the row's policy asks for; of a problem over groups the mean
/// over the draws of their sizes, one launch each. Empty: this GPU does not count it.
struct Counters {
  std::optional<double> dram_read_bytes;
  std::optional<double> dram_write_bytes;  ///< what others left dirty in the L2 included, once pushed out
  std::optional<double> l2_bytes;          ///< asked of the L2
  std::optional<double> sm_read_bytes;     ///< that reached SMs: what a multicast brings to two counts twice
  std::optional<double> multicast_bytes;   ///< those of them that multicasts brought
  std::optional<double> fp8_ops;           ///< of the tensor cores, two a multiply-add, padding included
  std::optional<double> tensor_active_percent;  ///< of the cycles in which the SMs had warps
};

struct CounterField {
  const char* key;     ///< in rows; frozen
  const char* metric;  ///< as CUPTI and ncu call it
  std::optional<double> Counters::*value;
};

/// All of them take one pass on an H100: one more launch.
inline constexpr std::array kCounterFields = {
    CounterField{"dram_read_bytes", "dram__bytes_read.sum", &Counters::dram_read_bytes},
    CounterField{"dram_write_bytes", "dram__bytes_write.sum", &Counters::dram_write_bytes},
    CounterField{"l2_bytes", "lts__t_bytes.sum", &Counters::l2_bytes},
    CounterField{"sm_read_bytes", "l1tex__m_xbar2l1tex_read_bytes.sum", &Counters::sm_read_bytes},
    CounterField{"multicast_bytes", "l1tex__m_xbar2l1tex_read_bytes_mem_global_op_tma_ld_dest_multicast.sum",
                 &Counters::multicast_bytes},
    CounterField{"fp8_ops", "sm__ops_path_tensor_src_fp8.sum", &Counters::fp8_ops},
    CounterField{"tensor_active_percent", "sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active",
                 &Counters::tensor_active_percent}};

/// Of at least one; what one of them lacks is empty.
inline Counters mean_of(std::span<const Counters> counters) {
  Counters mean;
  for (const CounterField& field : kCounterFields) {
    double sum = 0;
    bool known = true;
    for (const Counters& one : counters) {
      known = known && one.*field.value;
      sum += (one.*field.value).value_or(0);
    }
    if (known) mean.*field.value = sum / static_cast<double>(counters.size());
  }
  return mean;
}

}  // namespace gemmtune
