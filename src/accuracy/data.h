// What the operands hold: data that is made, after a distribution, or given.
#pragma once

#include "core/names.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gemmtune::accuracy {

/// Data that is made. A and B are normal where nothing else is said.
/// - uniform: in [-1, 1]; laplace; student_t: of 4 degrees of freedom; both factors
/// - outliers: a share of A's channels (columns of K) times a factor
/// - balanced: the same, and B's weaker by that factor there, so that no channel outweighs the others in D
/// - swiglu: A is silu(g) u, g and u normal
/// - gradient: A normal, times a small scale, times e^normal by row
/// - layer: stands in for a layer of a model, of which nothing here is read: A student-t times e^(0.7 normal)
///   by channel, one channel in 256 times 20; B normal times 0.02 e^(0.3 normal) by row
enum class Made { normal, uniform, laplace, student_t, outliers, balanced, swiglu, gradient, layer };

NameTable<Made> names(Made);

struct MadeData {
  Made kind = Made::normal;
  double share = 0.01;  ///< of channels that are outliers
  double factor = 30;   ///< by which they are larger
  double scale = 1e-6;  ///< of gradients
  bool operator==(const MadeData&) const = default;
};

/// Reads `normal`, `outliers:share=0.01,factor=30`, `gradient:scale=1e-6`. Throws UserError that begins with
/// the flag.
MadeData parse_data(const std::string& text);
std::string describe(const MadeData& data);

/// Of each kind one.
std::vector<MadeData> all_made_data();

/// Rows of a factor, K values each; any number of threads may ask.
class Matrix {
 public:
  virtual ~Matrix() = default;
  virtual std::int64_t rows() const = 0;
  virtual std::int64_t k() const = 0;
  /// As it was so many steps ago, of which it may know none.
  virtual void read_row(std::int64_t row, int steps_ago, std::span<float> into) const = 0;
};

enum class Factor { a, b };

std::unique_ptr<Matrix> make_matrix(const MadeData& data, Factor factor, std::int64_t rows, std::int64_t k,
                                    std::uint64_t seed);

}  // namespace gemmtune::accuracy
