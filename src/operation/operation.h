// What is computed: one file an operation, data alone. Operands, limits of the gates, roof, bytes and
// baselines are read from here by everything else; how it is computed is family/'s. An operation has one
// kernel, whose name files hold for both.
#pragma once

#include "core/names.h"
#include "core/problem.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace gemmtune::operation {

enum class ElementType { e4m3, bf16 };

/// How many neighbouring elements of a factor share an FP32 scale: none has one, all of them, 128 of K in a
/// row, or those in 128 rows.
enum class Granularity { none, tensor, row_128, block_128 };

/// A [M,K] or B [N,K], rows of K contiguous elements.
struct Factor {
  ElementType type = ElementType::e4m3;
  Granularity scales = Granularity::none;
  bool operator==(const Factor&) const = default;
};

struct Factors {
  Factor a, b;
  bool operator==(const Factors&) const = default;
};

/// Which measured rate of the tensor cores bounds a product.
enum class ComputeRoof { fp8_promoted, fp8, bf16 };

/// What groups share out: rows of one A and D, one group behind the other; rows of an A and a D that have
/// room for `max_m` rows a group; K.
enum class Groups { none, contiguous, masked, inner };

/// Limits that right kernels keep, calibrated on hardware beside planted defects: kernels/README.md.
struct Gates {
  /// `error_rms` at one K: of BF16 output beyond its own rounding, and of FP32 output. Between two K the
  /// limit goes as a power of K; outside of all it stays.
  struct RmsLimit {
    std::int64_t k;
    double bf16, fp32;
  };
  std::span<const RmsLimit> error_rms;
  /// Of `error_max`: `factor` * max(K, 128) ^ `power`.
  struct MaxLimit {
    double factor, power;
  };
  MaxLimit error_max{};
  MaxLimit error_max_biased{};  ///< of data whose errors do not average out: the adversary, sums of one sign
  /// Data that right kernels reproduce bit by bit.
  std::span<const DataKind> exact;
};

struct Operation {
  std::string_view kernel;       ///< "dense_1d2d"
  std::string_view description;  ///< one line for `gemmtune list`
  Factors factors;
  ComputeRoof roof;
  std::int64_t k_multiple = 1;  ///< of K, with the constraint's name and reason
  std::string_view k_constraint, k_reason;
  Gates gates;
  std::span<const std::string_view> baselines;  ///< providers that are raced beside it
  Groups groups = Groups::none;
};

// Those of this build are in all().
extern const Operation kDense1d1d;
extern const Operation kDense1d2d;
extern const Operation kDenseBf16;
extern const Operation kDenseTensor;
extern const Operation kGroupedContiguous1d2d;
extern const Operation kGroupedMasked1d2d;
extern const Operation kKGrouped1d1d;

std::span<const Operation* const> all();

/// Null when there is no such kernel.
const Operation* find(std::string_view kernel);

/// Of a problem that has been read: throws InternalError when there is no such kernel.
const Operation& of(const Problem& problem);

std::int64_t element_bytes(ElementType type);

/// Whether the tensor cores count its operations as FP8. True of a kernel that is not known here: it was
/// written when there was no other.
bool multiplies_fp8(const Problem& problem);

/// FP32 scales of a factor of so many rows, as they lie in memory: of `row_128` [k/128][rows rounded up to
/// 4], so that TMA's rows are multiples of 16 bytes; of `block_128` [rows/128 rounded up][k/128].
std::int64_t scale_count(const Factor& factor, std::int64_t rows, std::int64_t k);

/// Useful work, 2 M N K; padding is not counted. Of groups, here and below: the mean over their draws.
std::int64_t flops(const Problem& problem);

/// D once, and C where it is accumulated; rows that groups own.
std::int64_t output_bytes(const Problem& problem);

/// Compulsory traffic of a product with such factors: both with their scales once, and the output. Of groups
/// the rows that they own, and B of those that have rows.
std::int64_t bytes(const Factors& factors, const Problem& problem);

/// Of the problem's own operation.
std::int64_t bytes(const Problem& problem);

/// Limits at this K.
double error_rms_limit(const Gates& gates, OutputType out, std::int64_t k);
double error_max_limit(const Gates& gates, DataKind data, std::int64_t k);
bool is_exact(const Gates& gates, DataKind data);

}  // namespace gemmtune::operation
