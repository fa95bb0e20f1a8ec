// What quantisers are tried on: matrices in which something is at an edge, each with its name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gemmtune::accuracy {

struct QuantiserCase {
  std::string name;
  std::int64_t rows = 0, columns = 0;
  std::vector<float> values;
};

/// Zeros of both signs, denormals, infinities, NaN, amax below the clamp, magnitudes near amax, halves
/// between neighbours, normal data, exponents far apart, all bit patterns. `bf16`: values are such. The
/// numbers of rows are multiples of nothing.
std::vector<QuantiserCase> quantiser_cases(bool bf16);

/// Normal data of any size, for what is timed.
std::vector<float> quantiser_data(std::int64_t rows, std::int64_t columns, bool bf16, std::uint64_t seed,
                                  unsigned threads = 0);

}  // namespace gemmtune::accuracy
