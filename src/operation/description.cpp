// What follows from the description of an operation.
#include "core/groups.h"
#include "operation/operation.h"
#include "util/error.h"
#include "util/integers.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace gemmtune::operation {

const Operation* find(std::string_view kernel) {
  for (const Operation* operation : all())
    if (operation->kernel == kernel) return operation;
  return nullptr;
}

const Operation& of(const Problem& problem) {
  thread_local const Operation* last = nullptr;  // asked for millions of times a plan, mostly of the same
  if (last != nullptr && last->kernel == problem.kernel) return *last;
  const Operation* found = last = find(problem.kernel);
  if (found == nullptr)
    ensure(false, "no operation " + problem.kernel);  // not a sentence for each that is found
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

namespace {

/// With its scales.
std::int64_t bytes_of(const Factor& factor, std::int64_t rows, std::int64_t k) {
  return rows * k * element_bytes(factor.type) + 4 * scale_count(factor, rows, k);
}

/// Of a mean over draws.
std::int64_t whole(double value) {
  return std::llround(value);
}

std::int64_t bytes_of_groups(const Factors& factors, const Problem& p) {
  const GroupFigures& figures = figures_of_groups(p);
  if (shares_out_inner(p)) {
    const std::int64_t k = whole(figures.useful);
    return bytes_of(factors.a, p.m, k) + bytes_of(factors.b, p.n, k) + output_bytes(p);
  }
  const auto weights = static_cast<double>(bytes_of(factors.b, p.n, p.k));
  return bytes_of(factors.a, whole(figures.useful), p.k) + whole(figures.with_rows * weights) +
         output_bytes(p);
}

}  // namespace

std::int64_t flops(const Problem& p) {
  if (!is_grouped(p)) return 2 * p.m * p.n * p.k;
  const double inner = static_cast<double>(shares_out_inner(p) ? p.m : p.k);
  return whole(2 * useful_rows(p) * static_cast<double>(p.n) * inner);
}

std::int64_t output_bytes(const Problem& p) {
  return (p.accumulate ? 2 : 1) * (is_grouped(p) ? whole(written_bytes(p)) : p.m * p.n * p.out_bytes());
}

std::int64_t bytes(const Factors& factors, const Problem& p) {
  if (is_grouped(p)) return bytes_of_groups(factors, p);
  return bytes_of(factors.a, p.m, p.k) + bytes_of(factors.b, p.n, p.k) + output_bytes(p);
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
