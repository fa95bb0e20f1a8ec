#include "worker/gemm/support_kernels.h"

#include "worker/gemm/grouped.h"
#include "worker/gpu/check.h"

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

/// As kernels/support/ names what it does for such factors: "e4m3_row_128".
std::string name_of(const operation::Factor& factor) {
  const std::string type = factor.type == operation::ElementType::bf16 ? "bf16" : "e4m3";
  switch (factor.scales) {
    case operation::Granularity::none:
      return type + "_none";
    case operation::Granularity::tensor:
      return type + "_tensor";
    case operation::Granularity::row_128:
      return type + "_row_128";
    case operation::Granularity::block_128:
      return type + "_block_128";
  }
  return type;
}

/// Of kernels in which a warp makes four values a lane of a row; of blocks a CTA makes 128 rows.
unsigned rows_a_cta(const operation::Factor& factor) {
  return factor.scales == operation::Granularity::block_128 ? 128 : 8;
}

std::uint32_t number(std::int64_t value) {
  return static_cast<std::uint32_t>(value);
}

}  // namespace

SupportKernels::SupportKernels(const std::string& cubin)
    : module_(cubin),
      find_amax_(module_.kernel("find_amax")),
      finish_tensor_scale_(module_.kernel("finish_tensor_scale")),
      make_c_bf16_(module_.kernel("make_c_bf16")),
      make_c_fp32_(module_.kernel("make_c_fp32")),
      judge_bf16_(module_.kernel("judge_bf16")),
      judge_fp32_(module_.kernel("judge_fp32")),
      count_unequal_(module_.kernel("count_unequal")),
      count_gap_writes_(module_.kernel("count_gap_writes")),
      hold_stream_(module_.kernel("hold_stream")),
      stamp_clocks_(module_.kernel("stamp_clocks")) {}

FactorShape shape_of_a(const Problem& p) {
  return {operation::of(p).factors.a, 0, has_a_by_group(p) ? p.max_m : rows_of_a(p), columns_of_a(p),
          stride_of_a(p)};
}

FactorShape shape_of_b(const Problem& p) {
  return {operation::of(p).factors.b, 1, p.n, columns_of_a(p), stride_of_b(p)};
}

void SupportKernels::make_factor(const FactorShape& shape, const FactorPlace& place, const Problem& p,
                                 std::uint64_t seed, cudaStream_t stream) const {
  const int kind = static_cast<int>(p.data), powers_of_two = static_cast<int>(p.recipe == Recipe::ue8m0);
  if (shape.factor.scales == operation::Granularity::tensor) {
    gpu::check(cudaMemsetAsync(place.scales, 0, sizeof(float), stream), "cudaMemsetAsync(amax)");
    run(find_amax_, kStrideGrid, 1, 256, stream, place.scales, shape.matrix, number(shape.rows),
        number(shape.k), kind, seed);
    run(finish_tensor_scale_, 1, 1, 1, stream, place.scales, shape.matrix, kind, powers_of_two, seed);
  }
  const std::string name = "make_" + name_of(shape.factor);
  // Scales by row are made of the rows that pad them, too.
  run(module_.kernel(name.c_str()), blocks(shape.padded_rows(), rows_a_cta(shape.factor)),
      blocks(shape.k, 128), 256, stream, place.values, place.scales, shape.matrix, number(shape.rows),
      number(shape.padded_rows()), number(shape.k), static_cast<std::uint64_t>(shape.pitch), kind,
      powers_of_two, seed);
}

void SupportKernels::make_c(void* c, double* reference, float* magnitude, const Problem& p,
                            std::uint64_t seed, cudaStream_t stream) const {
  run(p.out == OutputType::fp32 ? make_c_fp32_ : make_c_bf16_, kStrideGrid, 1, 256, stream, c, reference,
      magnitude, static_cast<std::uint64_t>(rows_of_d(p) * p.n), static_cast<std::uint32_t>(p.n),
      static_cast<std::uint64_t>(p.d_stride()), static_cast<int>(p.data), seed);
}

void SupportKernels::to_bf16(std::uint16_t* out, const FactorShape& shape, const FactorPlace& place,
                             cudaStream_t stream) const {
  const std::string name = "to_bf16_" + name_of(shape.factor);
  run(module_.kernel(name.c_str()), blocks(shape.rows, 8), blocks(shape.k, 128), 256, stream, out,
      place.values, place.scales, number(shape.rows), number(shape.padded_rows()), number(shape.k),
      static_cast<std::uint64_t>(shape.pitch));
}

void SupportKernels::reference(double* reference, float* magnitude, const FactorShape& a,
                               const FactorPlace& place_a, const FactorShape& b, const FactorPlace& place_b,
                               cudaStream_t stream) const {
  const std::string name = "reference_" + name_of(a.factor) + "_" + name_of(b.factor);
  run(module_.kernel(name.c_str()), blocks(a.rows, 64), blocks(b.rows, 64), 256, stream, reference, magnitude,
      place_a.values, place_a.scales, number(a.rows), number(a.padded_rows()),
      static_cast<std::uint64_t>(a.pitch), place_b.values, place_b.scales, number(b.rows),
      number(b.padded_rows()), static_cast<std::uint64_t>(b.pitch), number(a.k));
}

void SupportKernels::judge(Judgement* judgement, const void* d, const double* reference,
                           const float* magnitude, std::int64_t rows, const Problem& p,
                           cudaStream_t stream) const {
  run(p.out == OutputType::fp32 ? judge_fp32_ : judge_bf16_, kStrideGrid, 1, 256, stream, judgement, d,
      reference, magnitude, static_cast<std::uint64_t>(rows * p.n), static_cast<std::uint32_t>(p.n),
      static_cast<std::uint64_t>(p.d_stride()));
}

void SupportKernels::count_unequal(std::uint32_t* count, const void* x, const void* y, std::int64_t bytes,
                                   cudaStream_t stream) const {
  run(count_unequal_, kStrideGrid, 1, 256, stream, count, x, y, static_cast<std::uint64_t>(bytes / 16));
}

void SupportKernels::count_gap_writes(std::uint32_t* count, const void* d, std::int64_t rows,
                                      const Problem& p, cudaStream_t stream) const {
  if (p.d_stride() == p.n) return;
  run(count_gap_writes_, kStrideGrid, 1, 256, stream, count, d, static_cast<std::uint64_t>(rows),
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
