#include "export/formats.h"

#include "util/error.h"
#include "util/text.h"

#include <array>
#include <vector>

namespace gemmtune::exports {

std::span<const Format> formats() {
  static constexpr auto kFormats = std::to_array<Format>({
      {"json", "the table itself, gemmtune.table/1", Needs::table, false, write_json, read_back_json},
      {"csv", "the table, one line a problem", Needs::table, false, write_csv, read_back_csv},
      {"cpp-header", "constexpr find(kernel, m, n, k); C++17, no dependency", Needs::table, false,
       write_cpp_header, read_back_cpp_header},
      {"python", "the same as a module; Python 3, no dependency", Needs::table, false, write_python,
       read_back_python},
      {"t4", "every configuration, schema T4 1.0.0; a file a problem", Needs::rows, true, write_t4,
       read_back_t4},
      {"kernel-tuner", "the same as caches for Kernel Tuner's tune_cache", Needs::rows, true,
       write_kernel_tuner, read_back_kernel_tuner},
      {"nvbench", "winners and libraries, for nvbench-compare; samples beside -o", Needs::rows, false,
       write_nvbench, read_back_nvbench},
      {"cutlass-csv", "every configuration in the columns of CUTLASS's profiler", Needs::rows, false,
       write_cutlass_csv, read_back_cutlass_csv},
      {"parquet", "every row, a column a field; of builds with Apache Arrow", Needs::rows, false,
       write_parquet, read_back_parquet},
      {"bundle", "cubins of the winners, with a loader for C, C++ and Python", Needs::table, true},
      {"vllm-check", "no file: what vLLM will do with its files in --configs DIR", Needs::table, false,
       nullptr, nullptr, check_vllm},
      {"sglang-check", "no file: what SGLang will do with its files there", Needs::table, false, nullptr,
       nullptr, check_sglang},
  });
  return kFormats;
}

const Format& find_format(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Format& format : formats()) {
    if (format.name == name) return format;
    known.push_back(format.name);
  }
  throw UserError("unknown format \"" + printable(name) + "\"" + did_you_mean(name, known));
}

}  // namespace gemmtune::exports
