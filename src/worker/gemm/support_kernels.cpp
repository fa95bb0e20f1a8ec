#include "worker/gemm/support_kernels.h"

namespace gemmtune::gemm {

namespace {

unsigned blocks(std::int64_t items, std::int64_t per_block) {
  return static_cast<unsigned>((items + per_block - 1) / per_block);
}

template <typename... Arguments>
void run(CUkernel kernel, unsigned grid_x, unsigned grid_y, unsigned threads, cudaStream_t stream,
         Arguments... arguments) {
  launch::launch_with(kernel, {grid_x, grid_y, threads, 1, 0}, stream, arguments...);
}

// Grid-stride kernels: enough CTAs to fill any Hopper GPU several times.
constexpr unsigned kStrideGrid = 1056;
constexpr std::uint64_t kHoldLimitNs = 2'000'000'000;

}  // namespace

SupportKernels::SupportKernels(const std::string& cubin)
    : module_(cubin),
      make_rows_(module_.kernel("make_rows")),
      make_blocks_(module_.kernel("make_blocks")),
      make_c_bf16_(module_.kernel("make_c_bf16")),
      make_c_fp32_(module_.kernel("make_c_fp32")),
      to_bf16_(module_.kernel("to_bf16")),
      reference_(module_.kernel("reference_1d2d")),
      judge_bf16_(module_.kernel("judge_bf16")),
      judge_fp32_(module_.kernel("judge_fp32")),
      count_unequal_(module_.kernel("count_unequal")),
      count_gap_writes_(module_.kernel("count_gap_writes")),
      hold_stream_(module_.kernel("hold_stream")),
      stamp_clocks_(module_.kernel("stamp_clocks")) {}

void SupportKernels::make_rows(std::uint8_t* values, float* scales, std::int64_t padded_m, const Problem& p,
                               std::uint64_t seed, cudaStream_t stream) const {
  run(make_rows_, blocks(padded_m, 8), blocks(p.k, 128), 256, stream, values, scales,
      static_cast<std::uint32_t>(p.m), static_cast<std::uint32_t>(padded_m),
      static_cast<std::uint64_t>(p.a_stride()), static_cast<int>(p.data),
      static_cast<int>(p.recipe == Recipe::ue8m0), seed);
}

void SupportKernels::make_blocks(std::uint8_t* values, float* scales, const Problem& p, std::uint64_t seed,
                                 cudaStream_t stream) const {
  run(make_blocks_, blocks(p.n, 128), blocks(p.k, 128), 256, stream, values, scales,
      static_cast<std::uint32_t>(p.n), static_cast<std::uint64_t>(p.b_stride()), static_cast<int>(p.data),
      static_cast<int>(p.recipe == Recipe::ue8m0), seed);
}

void SupportKernels::make_c(void* c, double* reference, float* magnitude, const Problem& p,
                            std::uint64_t seed, cudaStream_t stream) const {
  run(p.out == OutputType::fp32 ? make_c_fp32_ : make_c_bf16_, kStrideGrid, 1, 256, stream, c, reference,
      magnitude, static_cast<std::uint64_t>(p.m * p.n), static_cast<std::uint32_t>(p.n),
      static_cast<std::uint64_t>(p.d_stride()), static_cast<int>(p.data), seed);
}

void SupportKernels::to_bf16(std::uint16_t* out, const std::uint8_t* values, const float* scales,
                             std::int64_t rows, std::int64_t k, std::int64_t pitch, std::int64_t scale_rows,
                             std::int64_t row_stride, std::int64_t k_stride, cudaStream_t stream) const {
  run(to_bf16_, blocks(rows, 8), blocks(k, 128), 256, stream, out, values, scales,
      static_cast<std::uint32_t>(rows), static_cast<std::uint64_t>(pitch),
      static_cast<std::uint32_t>(scale_rows), static_cast<std::uint32_t>(row_stride),
      static_cast<std::uint32_t>(k_stride));
}

void SupportKernels::reference(double* reference, float* magnitude, const std::uint8_t* a,
                               const std::uint8_t* b, const float* scales_a, const float* scales_b,
                               std::int64_t padded_m, const Problem& p, cudaStream_t stream) const {
  run(reference_, blocks(p.m, 64), blocks(p.n, 64), 256, stream, reference, magnitude, a, b, scales_a,
      scales_b, static_cast<std::uint32_t>(p.m), static_cast<std::uint32_t>(p.n),
      static_cast<std::uint32_t>(p.k), static_cast<std::uint32_t>(padded_m),
      static_cast<std::uint64_t>(p.a_stride()), static_cast<std::uint64_t>(p.b_stride()));
}

void SupportKernels::judge(Judgement* judgement, const void* d, const double* reference,
                           const float* magnitude, const Problem& p, cudaStream_t stream) const {
  run(p.out == OutputType::fp32 ? judge_fp32_ : judge_bf16_, kStrideGrid, 1, 256, stream, judgement, d,
      reference, magnitude, static_cast<std::uint64_t>(p.m * p.n), static_cast<std::uint32_t>(p.n),
      static_cast<std::uint64_t>(p.d_stride()));
}

void SupportKernels::count_unequal(std::uint32_t* count, const void* x, const void* y, std::int64_t bytes,
                                   cudaStream_t stream) const {
  run(count_unequal_, kStrideGrid, 1, 256, stream, count, x, y, static_cast<std::uint64_t>(bytes / 16));
}

void SupportKernels::count_gap_writes(std::uint32_t* count, const void* d, const Problem& p,
                                      cudaStream_t stream) const {
  if (p.d_stride() == p.n) return;
  run(count_gap_writes_, kStrideGrid, 1, 256, stream, count, d, static_cast<std::uint64_t>(p.m),
      static_cast<std::uint64_t>(p.n * p.out_bytes() / 16),
      static_cast<std::uint64_t>(p.d_stride() * p.out_bytes() / 16));
}

void SupportKernels::hold_stream(std::uint32_t* flag, cudaStream_t stream) const {
  run(hold_stream_, 1, 1, 1, stream, flag, kHoldLimitNs);
}

void SupportKernels::stamp_clocks(void* stamps, std::uint32_t sms, cudaStream_t stream) const {
  run(stamp_clocks_, sms, 1, 1, stream, stamps, sms);
}

}  // namespace gemmtune::gemm
