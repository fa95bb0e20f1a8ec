#include "worker/quantise/matrix.h"

#include "util/format.h"
#include "util/integers.h"
#include "worker/gpu/check.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace gemmtune::quantise {

namespace {

constexpr std::size_t kGuard = 256;
constexpr int kPoison = 0xa5;

/// Without a size: of what a form does not write.
gpu::DeviceBuffer guarded(bool written, std::int64_t count, std::size_t bytes_each) {
  return written ? gpu::DeviceBuffer(static_cast<std::size_t>(count) * bytes_each + kGuard)
                 : gpu::DeviceBuffer();
}

void upload(const gpu::DeviceBuffer& to, const void* from) {
  gpu::check(cudaMemcpy(to.data(), from, to.bytes(), cudaMemcpyHostToDevice), "cudaMemcpy(to the device)");
}

std::vector<std::uint16_t> upper_halves(std::span<const float> values) {
  std::vector<std::uint16_t> halves(values.size());
  std::ranges::transform(values, halves.begin(), [](float value) {
    return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
  });
  return halves;
}

/// What lies there, less its guard.
template <typename T>
std::vector<T> download(const gpu::DeviceBuffer& from, const char* name, std::string& damage) {
  if (from.bytes() == 0) return {};
  std::vector<std::uint8_t> guard(kGuard);
  std::vector<T> found((from.bytes() - kGuard) / sizeof(T));
  gpu::check(cudaMemcpy(found.data(), from.data(), from.bytes() - kGuard, cudaMemcpyDeviceToHost),
             "cudaMemcpy(from the device)");
  gpu::check(cudaMemcpy(guard.data(), from.as<std::uint8_t>() + from.bytes() - kGuard, kGuard,
                        cudaMemcpyDeviceToHost),
             "cudaMemcpy(guard)");
  if (!std::ranges::all_of(guard, [](std::uint8_t byte) { return byte == kPoison; }))
    damage = formatted("{} were written past their end", name);
  return found;
}

/// Of values by row and column, of scales by index alone where `width` is 0.
template <typename T>
std::string first_difference(const std::vector<T>& found, const std::vector<T>& wanted, const char* name,
                             std::int64_t width) {
  if (found.size() != wanted.size())
    return formatted("{} {} instead of {}", found.size(), name, wanted.size());
  const auto bits = [](T value) {
    if constexpr (sizeof(T) == 4)
      return std::bit_cast<std::uint32_t>(value);
    else
      return static_cast<std::uint32_t>(value);
  };
  std::size_t count = 0, first = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (bits(found[i]) != bits(wanted[i]) && count++ == 0) first = i;
  if (count == 0) return "";
  const auto at = static_cast<std::int64_t>(first);
  const std::string place = width == 0 ? formatted("{}", at) : formatted("{}, {}", at / width, at % width);
  return formatted("{} of {} {} differ, the first at {}: {:#x} instead of {:#x}", count, wanted.size(), name,
                   place, bits(found[first]), bits(wanted[first]));
}

}  // namespace

DeviceMatrix::DeviceMatrix(const QuantiserKind& kind, QuantiserForm form, const accuracy::MatrixView& matrix,
                           std::uint64_t seed)
    : form_(form),
      rows_(matrix.rows),
      columns_(matrix.columns),
      seed_(seed),
      from_(static_cast<std::size_t>(matrix.rows * matrix.columns * kind.input_bytes())) {
  const std::int64_t groups = columns_ / kQuantiserGroup, blocks = ceil_div(rows_, kQuantiserGroup);
  const bool turns = form == QuantiserForm::both;
  values_ = guarded(true, rows_ * columns_, 1);
  scales_ =
      guarded(true, groups * (form == QuantiserForm::block ? blocks : round_up(rows_, 4)), sizeof(float));
  turned_ = guarded(turns, columns_ * blocks * kQuantiserGroup, 1);
  turned_scales_ = guarded(turns, columns_ * blocks, sizeof(float));
  if (kind.input == OutputType::bf16)
    upload(from_, upper_halves(matrix.values).data());
  else
    upload(from_, matrix.values.data());
}

Tensors DeviceMatrix::tensors() const {
  Tensors t;
  t.from = from_.data(), t.pitch = columns_;
  t.values = values_.as<std::uint8_t>(), t.values_pitch = columns_;
  t.scales = scales_.as<float>();
  t.turned = turned_.as<std::uint8_t>(), t.turned_pitch = round_up(rows_, kQuantiserGroup);
  t.turned_scales = turned_scales_.as<float>();
  t.rows = rows_, t.columns = columns_, t.seed = seed_;
  return t;
}

void DeviceMatrix::poison() const {
  for (const gpu::DeviceBuffer* buffer : {&values_, &scales_, &turned_, &turned_scales_})
    if (buffer->bytes() != 0)
      gpu::check(cudaMemset(buffer->data(), kPoison, buffer->bytes()), "cudaMemset(poison)");
  gpu::check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
}

Written DeviceMatrix::read(std::string& damage) const {
  damage.clear();
  return {{download<std::uint8_t>(values_, "values", damage), download<float>(scales_, "scales", damage)},
          {download<std::uint8_t>(turned_, "transposed values", damage),
           download<float>(turned_scales_, "transposed scales", damage)}};
}

Written wanted(const QuantiserKind& kind, QuantiserForm form, const accuracy::MatrixView& matrix,
               std::uint64_t seed) {
  const accuracy::QuantiserRules rules{kind.scale == Recipe::ue8m0, kind.stochastic, seed};
  Written written;
  written.plain =
      form == QuantiserForm::block ? quantise_blocks(matrix, rules) : quantise_rows(matrix, rules);
  if (form == QuantiserForm::both) written.turned = quantise_turned(matrix, rules);
  return written;
}

std::string difference(const Written& found, const Written& wanted, std::int64_t rows, std::int64_t columns) {
  for (const std::string& what :
       {first_difference(found.plain.values, wanted.plain.values, "values", columns),
        first_difference(found.plain.scales, wanted.plain.scales, "scales", 0),
        first_difference(found.turned.values, wanted.turned.values, "transposed values",
                         round_up(rows, kQuantiserGroup)),
        first_difference(found.turned.scales, wanted.turned.scales, "transposed scales", 0)})
    if (!what.empty()) return what;
  return "";
}

}  // namespace gemmtune::quantise
