// The model of the tensor core against the errors that kernels/README.md says were measured on an H100.
#include "accuracy/assess.h"

#include <chrono>
#include <gtest/gtest.h>

namespace gemmtune::accuracy {

namespace {
TEST(Try, out) {
  for (const char* text : {"e4m3:scaling=1d2d","e4m3:scaling=tensor,promote=256", "e4m3:scaling=tensor","bf16"})
    for (std::int64_t k : {128, 512, 2048, 7168, 16384}) {
      const Recipe recipe = parse_recipe(text, OutputType::bf16);
      const auto a = make_matrix({}, Factor::a, 128, k, 1), b = make_matrix({}, Factor::b, 128, k, 1);
      const auto t0 = std::chrono::steady_clock::now();
      const auto all = assess(*a, *b, std::vector{recipe}, {.threads=1});
      const Assessment& x = all[0];
      printf("%s k %ld: total %.4g quant %.4g acc %.4g out %.4g mean %.3g max %.3g cos %.6f snr %.2f  %.2f s\n", text, k, *x.total.relative_rms,
             *x.quantisation.relative_rms, *x.accumulation.relative_rms, x.output.relative_rms.value_or(0), x.total.mean_absolute,*x.total.max_over_sum,*x.total.cosine,*x.total.snr_db,
             std::chrono::duration<double>(std::chrono::steady_clock::now() - t0).count());
    }
}
}
}
