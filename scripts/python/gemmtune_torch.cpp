// The operators of gemmtune_torch.py without Python in the call: gemmtune_torch_native.py builds it and tells
// it of bundles. Schemas, and what tells a caller which operand does not fit, are in gemmtune_torch.py.
#include "gemmtune.h"

#include <ATen/core/Tensor.h>
#include <array>
#include <atomic>
#include <c10/core/DeviceGuard.h>
#include <c10/util/Exception.h>
#include <cstdint>
#include <dlfcn.h>
#include <string>
#include <torch/library.h>

// Tests register the operators for the CPU.
#ifndef GEMMTUNE_TORCH_KEY
#define GEMMTUNE_TORCH_KEY CUDA
#endif

namespace {

using at::Tensor;

constexpr std::int64_t kBlock = 128;  // of K, and of rows of B, that a scale is for

/// A bundle and the functions of its library.
struct Loaded {
  gemmtune_bundle* bundle;
  std::uint64_t
      skipped_bytes;  ///< of gemmtune_operands, at its front: 8 where the library is of before ABI 2
  decltype(&gemmtune_gemm) gemm;
  decltype(&gemmtune_error_text) error_text;
  decltype(&gemmtune_last_error) last_error;
};

/// By device index + 1: tensors of the CPU have -1. What is replaced stays: graphs and threads may hold it.
std::array<std::atomic<const Loaded*>, 65> loaded{};

/// Throws as TORCH_CHECK does, but without a stack of C++: taking it walks every frame of the process,
/// Python's too, for a text that is hardly ever shown.
template <typename Error>
[[noreturn]] void refuse(const std::string& message) {
  throw Error(message, {}, nullptr);
}

/// Of PyTorch, on a device. In libtorch_cuda, which this does not link: it is built without CUDA's headers.
CUstream_st* current_stream(const at::Device& device) {
  using Current = std::int32_t (*)(std::int32_t device, void** stream);
  static const auto current = [] {
    void* const library = dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
    return reinterpret_cast<Current>(library ? dlsym(library, "aoti_torch_get_current_cuda_stream")
                                             : nullptr);
  }();
  void* stream = nullptr;
  if (device.is_cuda() && !(current && current(device.index(), &stream) == 0))
    refuse<c10::Error>("gemmtune: no current stream");
  return static_cast<CUstream_st*>(stream);
}

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// Rows that follow each other and do not overlap.
bool has_rows(const Tensor& x) {
  return x.dim() == 2 && x.stride(1) == 1 && (x.size(0) <= 1 || x.stride(0) >= x.size(1));
}

/// From row to row; 0 (no gap) for a single row, whose stride torch leaves to chance.
std::int64_t row_stride(const Tensor& x) {
  return x.size(0) > 1 ? x.stride(0) : 0;
}

bool is(const Tensor& x, at::ScalarType type, const at::Device& device) {
  return x.scalar_type() == type && x.device() == device;
}

bool are_scales(const Tensor& x, at::IntArrayRef sizes, const at::Device& device) {
  return is(x, at::kFloat, device) && x.sizes() == sizes && x.is_contiguous();
}

std::string described(at::IntArrayRef numbers) {
  std::string text;
  for (const std::int64_t number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return '[' + text + ']';
}

/// "a Float8_e4m3fn [10, 256] by [256, 1] on cuda:0", for a refusal.
std::string described(const char* name, const Tensor& x) {
  return std::string(" ") + name + ' ' + c10::toString(x.scalar_type()) + ' ' + described(x.sizes()) +
         " by " + described(x.strides()) + " on " + x.device().str();
}

std::string described(const Tensor& a, const Tensor& a_scale, const Tensor& b, const Tensor& b_scale,
                      const Tensor& out) {
  return described("a", a) + ',' + described("a_scale", a_scale) + ',' + described("b", b) + ',' +
         described("b_scale", b_scale) + ',' + described("out", out);
}

gemmtune_operands operands(const Tensor& a, const Tensor& a_scale, const Tensor& b, const Tensor& b_scale,
                           const Tensor& out) {
  gemmtune_operands x{};
  x.size = sizeof x;
  x.a = a.const_data_ptr();
  x.b = b.const_data_ptr();
  x.scales_a = static_cast<const float*>(a_scale.const_data_ptr());
  x.scales_b = static_cast<const float*>(b_scale.const_data_ptr());
  x.d = out.mutable_data_ptr();
  return x;
}

/// What the bundle refused, in words; empty: it was queued. The device is the caller's again behind it.
std::string refusal(const Loaded& with, const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                    const gemmtune_operands& x, const at::Device& device) {
  const c10::DeviceGuard guard(device);
  const auto* const told = reinterpret_cast<const char*>(&x) + with.skipped_bytes;
  const int code = with.gemm(with.bundle, kernel, m, n, k, reinterpret_cast<const gemmtune_operands*>(told),
                             current_stream(device));
  if (code == GEMMTUNE_OK) return {};
  const std::string particulars = with.last_error();  // first: the next failure on this thread replaces it
  return "gemmtune " + std::to_string(code) + ": " + with.error_text(code) + ": " + particulars;
}

/// The code is in the text, where code_of() of gemmtune_torch.py reads it.
void launch(const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k, const gemmtune_operands& x,
            const at::Device& device) {
  const auto place = static_cast<std::size_t>(device.index() + 1);
  const Loaded* const with = place < loaded.size() ? loaded[place].load(std::memory_order_acquire) : nullptr;
  if (with == nullptr)
    refuse<c10::Error>("no bundle is loaded for " + device.str() +
                       "; call gemmtune_torch.load(folder) first");
  const std::string refused = refusal(*with, kernel, m, n, k, x, device);
  if (!refused.empty()) refuse<c10::Error>(refused);
}

void fp8_gemm_nt(const Tensor& a, const Tensor& a_scale, const Tensor& b, const Tensor& b_scale, Tensor out,
                 bool accumulate) {
  const at::Device device = a.device();
  const bool is_matrix = has_rows(a) && has_rows(b) && has_rows(out) && a.size(1) == b.size(1) &&
                         out.size(0) == a.size(0) && out.size(1) == b.size(0);
  if (!is_matrix)
    refuse<c10::ValueError>("fp8_gemm_nt: a [M, K], b [N, K] and out [M, N] do not fit:" +
                            described(a, a_scale, b, b_scale, out));
  const std::int64_t m = a.size(0), n = b.size(0), k = a.size(1);
  const bool is_fp32 = out.scalar_type() == at::kFloat;
  const bool fits = is(a, at::kFloat8_e4m3fn, device) && is(b, at::kFloat8_e4m3fn, device) &&
                    is(out, is_fp32 ? at::kFloat : at::kBFloat16, device) &&
                    are_scales(a_scale, {k / kBlock, round_up(m, 4)}, device) &&
                    are_scales(b_scale, {round_up(n, kBlock) / kBlock, k / kBlock}, device);
  if (!fits)
    refuse<c10::ValueError>(
        "fp8_gemm_nt: an operand is of another type, size or device than it must be; a_scale is [K/128, M "
        "rounded up to 4], b_scale [N/128, K/128]:" +
        described(a, a_scale, b, b_scale, out));
  if (m == 0) return;
  gemmtune_operands x = operands(a, a_scale, b, b_scale, out);
  x.a_stride = row_stride(a);
  x.b_stride = row_stride(b);
  x.d_stride = row_stride(out);
  x.fp32_out = is_fp32;
  x.accumulate = accumulate;
  launch("dense_1d2d", m, n, k, x, device);
}

/// What no kernel over groups takes, whose rows of A are [..., K]; `a_scale` and `group_rows` have these
/// sizes.
void check_groups(const char* name, const Tensor& a, const Tensor& a_scale, const Tensor& b,
                  const Tensor& b_scale, const Tensor& out, const char* rows_name, const Tensor& group_rows,
                  at::IntArrayRef a_scale_sizes, std::int64_t rows_told) {
  const at::Device device = a.device();
  const bool fits =
      b.dim() == 3 && a.size(-1) == b.size(2) && out.dim() == a.dim() && out.size(-1) == b.size(1) &&
      out.sizes().slice(0, out.dim() - 1) == a.sizes().slice(0, a.dim() - 1) && a.is_contiguous() &&
      b.is_contiguous() && out.is_contiguous() && is(a, at::kFloat8_e4m3fn, device) &&
      is(b, at::kFloat8_e4m3fn, device) && is(out, at::kBFloat16, device) &&
      are_scales(a_scale, a_scale_sizes, device) &&
      are_scales(b_scale, {b.size(0), round_up(b.size(1), kBlock) / kBlock, b.size(2) / kBlock}, device) &&
      is(group_rows, at::kInt, device) && group_rows.dim() == 1 && group_rows.size(0) == rows_told &&
      group_rows.is_contiguous();
  if (!fits)
    refuse<c10::ValueError>(
        std::string(name) +
        ": an operand is of another type, size or device than it must be, or not contiguous:" +
        described(a, a_scale, b, b_scale, out) + ',' + described(rows_name, group_rows));
}

void launch_groups(const char* kernel, const Tensor& a, const Tensor& b, gemmtune_operands x,
                   const Tensor& group_rows, int layout, std::int64_t step, std::int64_t expected_m) {
  const std::int64_t rows = a.numel() / a.size(-1);
  if (rows == 0) return;
  x.group_rows = static_cast<const std::int32_t*>(group_rows.const_data_ptr());
  x.group_layout = layout;
  x.groups = static_cast<std::int32_t>(b.size(0));
  x.group_step = step;
  x.rows_of_a_group = expected_m;
  launch(kernel, rows, b.size(1), b.size(2), x, a.device());
}

void fp8_gemm_grouped_contiguous(const Tensor& a, const Tensor& a_scale, const Tensor& b,
                                 const Tensor& b_scale, Tensor out, const Tensor& group_rows, bool by_ends,
                                 std::int64_t alignment, std::int64_t expected_m) {
  constexpr const char* kName = "fp8_gemm_grouped_contiguous";
  if (a.dim() != 2 || b.dim() != 3)
    refuse<c10::ValueError>(std::string(kName) + ": a is [M, K], b [groups, N, K]");
  check_groups(kName, a, a_scale, b, b_scale, out, "group_rows", group_rows,
               {a.size(1) / kBlock, round_up(a.size(0), 4)}, by_ends ? b.size(0) : a.size(0));
  launch_groups("grouped_contiguous_1d2d", a, b, operands(a, a_scale, b, b_scale, out), group_rows,
                by_ends ? GEMMTUNE_GROUP_ENDS : GEMMTUNE_GROUP_INDICES, alignment, expected_m);
}

void fp8_gemm_grouped_masked(const Tensor& a, const Tensor& a_scale, const Tensor& b, const Tensor& b_scale,
                             Tensor out, const Tensor& masked_m, std::int64_t expected_m) {
  constexpr const char* kName = "fp8_gemm_grouped_masked";
  if (a.dim() != 3 || b.dim() != 3 || a.size(0) != b.size(0))
    refuse<c10::ValueError>(std::string(kName) + ": a is [groups, max_m, K] and b [groups, N, K]");
  check_groups(kName, a, a_scale, b, b_scale, out, "masked_m", masked_m,
               {a.size(0), a.size(2) / kBlock, round_up(a.size(1), 4)}, a.size(0));
  launch_groups("grouped_masked_1d2d", a, b, operands(a, a_scale, b, b_scale, out), masked_m,
                GEMMTUNE_GROUP_COUNTS, a.size(1), expected_m);
}

void fp8_gemm_k_grouped(const Tensor& a, const Tensor& a_scale, const Tensor& b, const Tensor& b_scale,
                        Tensor out, const Tensor& group_ends, bool accumulate, std::int64_t expected_k) {
  const at::Device device = a.device();
  const bool is_fp32 = out.scalar_type() == at::kFloat;
  const bool fits =
      a.dim() == 2 && b.dim() == 2 && out.dim() == 3 && group_ends.dim() == 1 && a.size(1) == b.size(1) &&
      out.size(0) == group_ends.size(0) && out.size(1) == a.size(0) && out.size(2) == b.size(0) &&
      a.is_contiguous() && b.is_contiguous() && out.is_contiguous() && group_ends.is_contiguous() &&
      is(a, at::kFloat8_e4m3fn, device) && is(b, at::kFloat8_e4m3fn, device) &&
      is(out, is_fp32 ? at::kFloat : at::kBFloat16, device) && is(group_ends, at::kInt, device) &&
      are_scales(a_scale, {a.size(1) / kBlock, round_up(a.size(0), 4)}, device) &&
      are_scales(b_scale, {b.size(1) / kBlock, round_up(b.size(0), 4)}, device);
  if (!fits)
    refuse<c10::ValueError>(
        "fp8_gemm_k_grouped: an operand is of another type, size or device than it must be, or not "
        "contiguous:" +
        described(a, a_scale, b, b_scale, out) + ',' + described("group_ends", group_ends));
  if (a.size(1) == 0) {
    if (!accumulate) out.zero_();
    return;
  }
  gemmtune_operands x = operands(a, a_scale, b, b_scale, out);
  x.fp32_out = is_fp32;
  x.accumulate = accumulate;
  x.group_rows = static_cast<const std::int32_t*>(group_ends.const_data_ptr());
  x.group_layout = GEMMTUNE_GROUP_ENDS_OF_K;
  x.groups = static_cast<std::int32_t>(group_ends.size(0));
  x.group_step = kBlock;
  x.rows_of_a_group = expected_k;
  launch("k_grouped_1d1d", a.size(0), b.size(0), a.size(1), x, device);
}

}  // namespace

TORCH_LIBRARY_IMPL(gemmtune, GEMMTUNE_TORCH_KEY, m) {
  m.impl("fp8_gemm_nt", fp8_gemm_nt);
  m.impl("fp8_gemm_grouped_contiguous", fp8_gemm_grouped_contiguous);
  m.impl("fp8_gemm_grouped_masked", fp8_gemm_grouped_masked);
  m.impl("fp8_gemm_k_grouped", fp8_gemm_k_grouped);
}

/// From now on the products of a device are the bundle's, with the functions of its library. 0: done; 1: no
/// such device.
extern "C" int gemmtune_torch_use(int device, gemmtune_bundle* bundle, std::uint64_t skipped_bytes,
                                  decltype(&gemmtune_gemm) gemm, decltype(&gemmtune_error_text) error_text,
                                  decltype(&gemmtune_last_error) last_error) {
  const auto place = static_cast<std::size_t>(device + 1);
  if (place >= loaded.size()) return 1;
  loaded[place].store(new Loaded{bundle, skipped_bytes, gemm, error_text, last_error},
                      std::memory_order_release);
  return 0;
}
