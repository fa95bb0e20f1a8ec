#include "family/unscaled.h"

namespace gemmtune::family {

int widest_columns_unscaled(const GemmConfig& c) {
  const bool splits = c.split_k > 1;  // sums on their way to other CTAs take registers
  if (c.ping_pong) {
    const bool adds = c.loads_c();
    return c.rows() == 64    ? 256
           : c.rows() == 128 ? (adds ? 128 : 192)
           : c.rows() == 192 ? (adds ? 96 : 128)
                             : (adds ? 64 : 96);
  }
  if (c.rows() == 256 && c.k_groups == 1) return splits ? 112 : c.loads_c() ? 144 : 192;
  if (c.rows() == 256) return splits ? 48 : 80;
  if (c.math_warpgroups() == 3) return splits ? 120 : 192;
  if (c.math_warpgroups() == 4) return splits ? 64 : 112;
  return 256;
}

}  // namespace gemmtune::family
