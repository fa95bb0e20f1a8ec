#include "family/family.h"

#include "family/dense_1d2d.h"
#include "util/error.h"
#include "util/text.h"

#include <array>

namespace gemmtune::family {

std::int64_t bf16_bytes(const Problem& p) {
  return 2 * (p.m * p.k + p.n * p.k) + output_traffic_bytes(p);
}

std::int64_t output_traffic_bytes(const Problem& p) {
  return (p.accumulate ? 2 : 1) * p.m * p.n * p.out_bytes();
}

std::span<const Family* const> all() {
  static const std::array<const Family*, 1> families = {&dense_1d2d()};
  return families;
}

const Family* find(std::string_view kernel) {
  for (const Family* family : all())
    if (family->kernel() == kernel) return family;
  return nullptr;
}

const Family& require(std::string_view kernel) {
  if (const Family* family = find(kernel)) return *family;
  std::vector<std::string_view> names;
  for (const Family* family : all()) names.push_back(family->kernel());
  throw UserError("unknown kernel \"" + printable(kernel) + "\"" + did_you_mean(kernel, names) +
                  "; `gemmtune list` shows the kernels of this build");
}

}  // namespace gemmtune::family
