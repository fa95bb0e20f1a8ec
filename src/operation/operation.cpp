#include "operation/operation.h"

#include "util/error.h"
#include "util/integers.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace gemmtune::operation {

std::span<const Operation* const> all() {
  static constexpr const Operation* kAll[] = {&kDense1d2d, &kDenseBf16, &kDenseTensor};
  return kAll;
}

const Operation* find(std::string_view kernel) {
  for (const Operation* operation : all())
    if (operation->kernel == kernel) return operation;
  return nullptr;
}

const Operation& of(const Problem& problem) {
  const Operation* found = find(problem.kernel);
  if (found == nullptr)
    ensure(false, "no operation " + problem.kernel);  // asked for millions of times a plan
  return *found;
}

std::int64_t element_bytes(ElementType type) {
  return type == ElementType::bf16 ? 2 : 1;
}

bool multiplies_fp8(const Problem& problem) {
  const Operation* found = find(problem.kernel);
  return found == nullptr || found->factors.a.type == ElementType::e4m3;
}

std::int64_t scale_count(const Factor& factor, std::int64_t rows, std::int64_t k) {
  switch (factor.scales) {
    case Granularity::none:
      return 0;
    case Granularity::tensor:
      return 1;
    case Granularity::row_128:
      return round_up(rows, 4) * ceil_div(k, 128);
    case Granularity::block_128:
      return ceil_div(rows, 128) * ceil_div(k, 128);
  }
  return 0;
}

std::int64_t flops(const Problem& p) {
  return 2 * p.m * p.n * p.k;
}

std::int64_t output_bytes(const Problem& p) {
  return (p.accumulate ? 2 : 1) * p.m * p.n * p.out_bytes();
}

std::int64_t bytes(const Factors& factors, const Problem& p) {
  const auto of = [&](const Factor& factor, std::int64_t rows) {
    return rows * p.k * element_bytes(factor.type) + 4 * scale_count(factor, rows, p.k);
  };
  return of(factors.a, p.m) + of(factors.b, p.n) + output_bytes(p);
}

std::int64_t bytes(const Problem& problem) {
  return bytes(of(problem).factors, problem);
}

double error_rms_limit(const Gates& gates, OutputType out, std::int64_t k) {
  const auto value = [out](const Gates::RmsLimit& limit) {
    return out == OutputType::fp32 ? limit.fp32 : limit.bf16;
  };
  const auto above = std::ranges::lower_bound(gates.error_rms, k, {}, &Gates::RmsLimit::k);
  if (above == gates.error_rms.end()) return value(gates.error_rms.back());
  if (above == gates.error_rms.begin()) return value(*above);
  const Gates::RmsLimit& below = *(above - 1);
  const double part = std::log(static_cast<double>(k) / static_cast<double>(below.k)) /
                      std::log(static_cast<double>(above->k) / static_cast<double>(below.k));
  return value(below) * std::pow(value(*above) / value(below), part);
}

double error_max_limit(const Gates& gates, DataKind data, std::int64_t k) {
  const bool biased = data == DataKind::adversarial || data == DataKind::integer_unit;
  const Gates::MaxLimit& limit = biased ? gates.error_max_biased : gates.error_max;
  return limit.factor * std::pow(static_cast<double>(std::max<std::int64_t>(k, 128)), limit.power);
}

bool is_exact(const Gates& gates, DataKind data) {
  return std::ranges::find(gates.exact, data) != gates.exact.end();
}

}  // namespace gemmtune::operation
