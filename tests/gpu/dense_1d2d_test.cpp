// dense_1d2d on real hardware: every kind of data, every edge of M, N, K and the grid, a spread of
// configurations.
#include "gpu/rig.h"

namespace gemmtune::test {
namespace {

/// One configuration of each kind: warpgroups, waves, straddling widths, narrow store boxes, k-groups, both
/// multicasts, few SMs.
std::vector<Config> spread(const Problem& p) {
  std::vector<Config> list;
  const auto add = [&](int block_m, int block_n, int cluster_m = 1, int cluster_n = 1, int k_groups = 1) {
    const bool useful = (block_m == 64 || block_m - 64 < p.m) && (cluster_m == 1 || p.m > block_m) &&
                        (cluster_n == 1 || p.n > block_n) && k_groups <= p.k / 128;
    if (useful) list.push_back(config(p, block_m, block_n, cluster_m, cluster_n, 0, 8, 0, k_groups));
  };
  add(64, 16);
  add(64, 24);
  add(64, 64);
  add(64, 128, 1, 2);
  add(64, 136);
  add(64, 192);
  add(128, 32, 2, 1);
  add(128, 72);
  add(128, 112, 1, 2);
  add(128, 112, 2, 1);
  add(128, 128);
  add(128, 144, 2, 1);
  add(128, 160);
  add(128, 192, 1, 2);
  add(256, 40);
  add(256, 112, 2, 1);
  add(256, 128, 1, 2);
  add(256, 120);
  add(192, 104);
  add(192, 144, 2, 1);
  add(64, 32, 1, 1, 2);
  add(64, 96, 1, 2, 3);
  add(64, 72, 1, 1, 4);
  add(128, 80, 2, 1, 2);
  add(256, 56, 1, 1, 2);
  return list;
}

void expect_all_correct(const Problem& p) {
  SCOPED_TRACE(describe(p));
  const gemm::Operands operands = Rig::get().operands(p);
  for (const Config& c : spread(p)) {
    const Verdict verdict = Rig::get().verdict(operands, c);
    EXPECT_EQ(verdict.defect, "") << describe(c);
  }
}

TEST(Dense1d2d, is_right_on_normal_data) {
  expect_all_correct(problem(333, 2112, 1536));
}
TEST(Dense1d2d, is_right_at_large_k) {
  expect_all_correct(problem(512, 1024, 16384));
}
TEST(Dense1d2d, is_right_with_power_of_two_scales) {
  Problem p = problem(200, 576, 2048);
  p.recipe = Recipe::ue8m0;
  expect_all_correct(p);
}
TEST(Dense1d2d, gives_every_bit_of_scaled_integers) {
  expect_all_correct(problem(333, 2112, 1536, DataKind::integer));
}
TEST(Dense1d2d, gives_every_bit_of_unit_integers) {
  for (const int k : {128, 512, 2048, 16384})
    expect_all_correct(problem(200, 576, k, DataKind::integer_unit));
}
TEST(Dense1d2d, withstands_adversarial_scales) {
  expect_all_correct(problem(300, 704, 4096, DataKind::adversarial));
}
TEST(Dense1d2d, gives_zeros_for_zeros) {
  expect_all_correct(problem(128, 256, 512, DataKind::zeros));
}

TEST(Dense1d2d, is_right_at_the_edges) {
  for (const int m : {1, 3, 63, 65, 129, 4097})
    for (const int n : {8, 576, 2112})
      for (const int k : {128, 512}) expect_all_correct(problem(m, n, k, DataKind::integer));
  for (const int n : {8, 576}) expect_all_correct(problem(65, n, 16384, DataKind::normal));
}

TEST(Dense1d2d, is_right_for_any_number_of_sms) {
  const Problem p = problem(700, 1000, 640, DataKind::integer);
  const gemm::Operands operands = Rig::get().operands(p);
  for (const int num_sms : {1, 2, 3, 7, 31})
    EXPECT_EQ(Rig::get().verdict(operands, config(p, 128, 112, 1, 1, num_sms)).defect, "") << num_sms;
  for (const int num_sms : {2, 4, 22})
    EXPECT_EQ(Rig::get().verdict(operands, config(p, 128, 112, 2, 1, num_sms)).defect, "") << num_sms;
}

/// 72 k-blocks are two chunks of B's scales and a quarter: three a tile, so that tiles of a CTA begin with
/// either.
TEST(Dense1d2d, is_right_where_tiles_begin_with_either_chunk_of_scales) {
  const Problem p = problem(333, 1032, 9216);
  const gemm::Operands operands = Rig::get().operands(p);
  for (const int num_sms : {1, 3})
    for (const int block_n : {64, 112})
      EXPECT_EQ(Rig::get().verdict(operands, config(p, 128, block_n, 1, 1, num_sms)).defect, "")
          << num_sms << " SMs, " << block_n << " columns";
}

TEST(Dense1d2d, is_right_for_any_depth_and_raster) {
  const Problem p = problem(2100, 1000, 1152, DataKind::integer);
  const gemm::Operands operands = Rig::get().operands(p);
  for (const int stages : {2, 3, 5})
    for (const int raster : {1, 4, 16})
      EXPECT_EQ(Rig::get().verdict(operands, config(p, 128, 96, 1, 1, 0, raster, stages)).defect, "")
          << stages << " stages, raster " << raster;
}

TEST(Dense1d2d, addresses_more_than_two_to_the_31_elements) {
  expect_all_correct(problem(70000, 32768, 128, DataKind::integer));
}

}  // namespace
}  // namespace gemmtune::test
