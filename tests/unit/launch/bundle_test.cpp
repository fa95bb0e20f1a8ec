// The loader of bundles on a driver that only takes notes: which entry a problem gets, and how each kernel is
// launched.
#include "launch/bundle.h"

#include "unit/launch/bundle_fixture.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace gemmtune::launch {
namespace {

namespace fake = fake_driver;
using test::operands;

TEST_F(BundleTest, loads_every_kernel_when_it_is_opened_and_unloads_it_at_the_end) {
  {
    const Bundle bundle(folder_.path());
    EXPECT_EQ(bundle.index().entries.size(), 15u);
    EXPECT_EQ(bundle.note(), "");
    EXPECT_EQ(fake::modules_alive(), 14);
  }
  EXPECT_EQ(fake::modules_alive(), 0);
}

TEST_F(BundleTest, says_which_entry_a_problem_gets) {
  const Bundle bundle(folder_.path());
  const auto found = bundle.find("dense_1d2d", 64, 2112, 7168, {});
  EXPECT_EQ(found.match, GEMMTUNE_EXACT);
  EXPECT_EQ(found.entry, 1);
  EXPECT_EQ(found.tuned_m, 64);
  EXPECT_DOUBLE_EQ(found.time_us, 9.564);
  EXPECT_EQ(found.grid, 33u);
  EXPECT_EQ(found.threads, 256u);
  EXPECT_EQ(bundle.find("dense_1d2d", 2, 2112, 7168, {}).match, GEMMTUNE_BUCKET);
  EXPECT_EQ(bundle.find("dense_1d2d", 513, 2112, 7168, {}).match, GEMMTUNE_LARGEST);
  EXPECT_EQ(bundle.find("dense_1d2d", 513, 2112, 7168, {}).entry, 2);
  gemmtune_operands form{};
  form.size = sizeof form;
  form.fp32_out = 1;
  EXPECT_EQ(bundle.find("dense_1d2d", 1, 2112, 7168, form).entry, 5);
  form = {};
  form.d_stride = 4096;
  EXPECT_EQ(bundle.find("dense_1d2d", 1, 2112, 7168, form).entry, 7);
  form.d_stride = 2112;  // no gap, said at length
  EXPECT_EQ(bundle.find("dense_1d2d", 64, 2112, 7168, form).entry, 1);
}

TEST_F(BundleTest, refuses_what_it_has_no_kernel_for_and_says_what_it_has) {
  Bundle bundle(folder_.path());
  const auto code = [&](const char* kernel, std::int64_t m, std::int64_t n, std::int64_t k) {
    return code_of([&] { bundle.gemm(kernel, m, n, k, operands(), nullptr); });
  };
  EXPECT_EQ(code("dense_1d2d", 64, 2112, 512), GEMMTUNE_UNKNOWN_PROBLEM);
  EXPECT_TRUE(says("no entry for dense_1d2d:n=2112,k=512")) << message_;
  EXPECT_TRUE(says("dense_1d2d:n=4096,k=7168")) << message_;
  EXPECT_EQ(code("dense_9d9d", 64, 2112, 7168), GEMMTUNE_UNKNOWN_PROBLEM);
  EXPECT_TRUE(says("dense_9d9d")) << message_;
  EXPECT_EQ(code("dense_1d2d", 0, 2112, 7168), GEMMTUNE_BAD_ARGUMENT);
  EXPECT_EQ(code("dense_1d2d", std::int64_t{1} << 31, 2112, 7168), GEMMTUNE_BAD_ARGUMENT);
  EXPECT_EQ(code(nullptr, 64, 2112, 7168), GEMMTUNE_BAD_ARGUMENT);
  auto x = operands();
  x.fp32_out = x.accumulate = 1;
  EXPECT_EQ(code_of([&] { bundle.gemm("dense_1d2d", 64, 2112, 7168, x, nullptr); }),
            GEMMTUNE_UNKNOWN_PROBLEM);
  EXPECT_TRUE(says("other forms")) << message_;
  EXPECT_TRUE(fake::launches().empty());
}

TEST_F(BundleTest, names_the_pointer_that_is_null_or_not_aligned) {
  Bundle bundle(folder_.path());
  const auto code = [&](const gemmtune_operands& x) {
    return code_of([&] { bundle.gemm("dense_1d2d", 64, 2112, 7168, x, nullptr); });
  };
  const auto moved = [](const void* pointer) { return static_cast<const char*>(pointer) + 8; };
  auto x = operands();
  x.a = moved(x.a);
  EXPECT_EQ(code(x), GEMMTUNE_BAD_ALIGNMENT);
  EXPECT_EQ(message_, "a is not aligned to 16 bytes");
  x = operands();
  x.d = const_cast<char*>(moved(x.d));
  EXPECT_EQ(code(x), GEMMTUNE_BAD_ALIGNMENT);
  x = operands();
  x.scales_a = reinterpret_cast<const float*>(moved(x.scales_a));
  EXPECT_EQ(code(x), GEMMTUNE_BAD_ALIGNMENT);
  x = operands();
  x.scales_b = reinterpret_cast<const float*>(0x3002);
  EXPECT_EQ(code(x), GEMMTUNE_BAD_ALIGNMENT);
  x = operands();
  x.b = nullptr;
  EXPECT_EQ(code(x), GEMMTUNE_BAD_ARGUMENT);
  EXPECT_EQ(message_, "b is null");
}

TEST_F(BundleTest, makes_tensor_maps_once_for_the_same_pointers_and_shape) {
  Bundle bundle(folder_.path());
  for (int i = 0; i < 5; ++i) bundle.gemm("dense_1d2d", 64, 2112, 7168, operands(), nullptr);
  EXPECT_EQ(fake::encoded_maps().size(), 6u);
  bundle.gemm("dense_1d2d", 63, 2112, 7168, operands(), nullptr);
  EXPECT_EQ(fake::encoded_maps().size(), 12u);
  auto x = operands();
  x.d = reinterpret_cast<void*>(0x90000);
  bundle.gemm("dense_1d2d", 64, 2112, 7168, x, nullptr);
  EXPECT_EQ(fake::encoded_maps().size(), 18u);
  x.fp32_out = 1;
  bundle.gemm("dense_1d2d", 64, 2112, 7168, x, nullptr);
  EXPECT_EQ(fake::encoded_maps().size(), 24u);
  EXPECT_EQ(fake::launches().size(), 8u);
}

TEST_F(BundleTest, finds_and_launches_each_of_its_kernels) {
  Bundle bundle(folder_.path());
  EXPECT_EQ(bundle.find("dense_bf16", 64, 2112, 7168, operands()).entry, 8);
  EXPECT_EQ(bundle.find("dense_tensor", 65, 2112, 7168, operands()).match, GEMMTUNE_LARGEST);
  // The same sizes and pointers: what differs is the kernel.
  auto x = operands();
  for (const char* kernel : {"dense_1d2d", "dense_bf16", "dense_tensor"})
    for (int i = 0; i < 2; ++i) bundle.gemm(kernel, 64, 2112, 7168, x, nullptr);
  const auto launches = fake::launches();
  ASSERT_EQ(launches.size(), 6u);
  for (const std::size_t i : {0, 2, 4}) EXPECT_EQ(launches[i].entry, launches[i + 1].entry);
  EXPECT_EQ(launches[2].entry, "dense_bf16");
  EXPECT_EQ(launches[4].entry, "dense_tensor");
  x.scales_a = x.scales_b = nullptr;
  bundle.gemm("dense_bf16", 64, 2112, 7168, x, nullptr);
  EXPECT_THROW(bundle.gemm("dense_tensor", 64, 2112, 7168, x, nullptr), BundleError);
  try {
    bundle.gemm("dense_9d9d", 64, 2112, 7168, x, nullptr);
    FAIL();
  } catch (const BundleError& error) {
    EXPECT_EQ(error.code(), GEMMTUNE_UNKNOWN_PROBLEM);
    EXPECT_STREQ(error.what(),
                 "there is no kernel \"dense_9d9d\" in the bundle; it has dense_1d2d dense_bf16 dense_tensor "
                 "grouped_contiguous_1d2d grouped_masked_1d2d dense_1d1d k_grouped_1d1d");
  }
}

TEST_F(BundleTest, launches_a_gradient_of_weights_with_maps_of_both_scales) {
  Bundle bundle(folder_.path());
  auto x = operands();
  x.fp32_out = x.accumulate = 1;
  EXPECT_EQ(code_of([&] { bundle.gemm("dense_1d1d", 2112, 7168, 4096, x, nullptr); }),
            GEMMTUNE_BAD_ALIGNMENT);
  EXPECT_EQ(message_, "scales_b is not aligned to 16 bytes");
  x.scales_b = reinterpret_cast<const float*>(0x3000);
  bundle.gemm("dense_1d1d", 2112, 7168, 4096, x, nullptr);
  ASSERT_EQ(fake::launches().size(), 1u);
  EXPECT_EQ(fake::launches()[0].entry, "dense_1d1d");
  const auto maps = fake::encoded_maps();
  ASSERT_EQ(maps.size(), 7u);
  // By the place of the argument: A, its tail, B, scales of A, of its tail, of B, D.
  const fake::EncodedMap& scales_b = maps.at(fake::launches()[0].arguments.at(5));
  EXPECT_EQ(scales_b.address, 0x3000u);
  EXPECT_EQ(scales_b.dimensions[0], 7168u);
  EXPECT_EQ(scales_b.dimensions[1], 32u);
  EXPECT_EQ(scales_b.strides[0], 4u * 7168);
  EXPECT_EQ(scales_b.box[0], 128u);
  EXPECT_EQ(scales_b.box[1], 1u);
}

TEST_F(BundleTest, finds_groups_by_their_layout_number_and_step) {
  const Bundle bundle(folder_.path());
  const auto find = [&](const char* kernel, std::int64_t m, const gemmtune_operands& x) {
    return bundle.find(kernel, m, 2112, 7168, x);
  };
  const char* const contiguous = "grouped_contiguous_1d2d";
  EXPECT_EQ(find(contiguous, 192, grouped_operands(GEMMTUNE_GROUP_INDICES, 64)).entry, 10);
  EXPECT_EQ(find(contiguous, 120, grouped_operands(GEMMTUNE_GROUP_ENDS, 1)).entry, 11);
  const auto found = find("grouped_masked_1d2d", 390, grouped_operands(GEMMTUNE_GROUP_COUNTS, 130));
  EXPECT_EQ(found.entry, 12);
  EXPECT_EQ(found.tuned_m, 40);
  EXPECT_EQ(found.match, GEMMTUNE_LARGEST);  // 130 rows a group, as far as one knows
  auto expecting = grouped_operands(GEMMTUNE_GROUP_COUNTS, 130);
  expecting.rows_of_a_group = 40;
  EXPECT_EQ(find("grouped_masked_1d2d", 390, expecting).match, GEMMTUNE_EXACT);

  for (auto [layout, step, groups] : {std::tuple{GEMMTUNE_GROUP_ENDS, 64, 3},
                                      {GEMMTUNE_GROUP_INDICES, 32, 3},
                                      {GEMMTUNE_GROUP_INDICES, 64, 4}}) {
    auto x = grouped_operands(layout, step);
    x.groups = groups;
    EXPECT_EQ(code_of([&] { find(contiguous, 192, x); }), GEMMTUNE_UNKNOWN_PROBLEM);
    EXPECT_TRUE(says("grouped_contiguous_1d2d:n=2112,k=7168,groups=3,alignment=64,layout=indices"))
        << message_;
  }
  EXPECT_EQ(code_of([&] { find(contiguous, 192, operands()); }), GEMMTUNE_UNKNOWN_PROBLEM);
}

gemmtune_operands k_grouped_operands() {
  gemmtune_operands x = grouped_operands(GEMMTUNE_GROUP_ENDS_OF_K, 128);
  x.scales_b = reinterpret_cast<const float*>(0x3000);
  x.fp32_out = x.accumulate = 1;
  return x;
}

TEST_F(BundleTest, launches_groups_along_k_with_a_map_of_every_d) {
  Bundle bundle(folder_.path());
  const auto x = k_grouped_operands();
  bundle.gemm("k_grouped_1d1d", 2112, 7168, 10240, x, nullptr);
  ASSERT_EQ(fake::launches().size(), 1u);
  const fake::Launched launched = fake::launches()[0];
  EXPECT_EQ(launched.entry, "k_grouped_1d1d");
  EXPECT_EQ(launched.arguments.at(9), 10240u);
  EXPECT_EQ(launched.arguments.at(11), 0x50004u);
  EXPECT_EQ(launched.arguments.at(12), 3u);
  EXPECT_EQ(launched.arguments.at(13), 128u);
  const auto maps = fake::encoded_maps();
  const fake::EncodedMap& a = maps.at(launched.arguments.at(0));
  EXPECT_EQ(a.dimensions[0], 10240u);
  EXPECT_EQ(a.strides[0], 10240u);
  const fake::EncodedMap& d = maps.at(launched.arguments.at(6));
  ASSERT_EQ(d.rank, 3u);
  EXPECT_EQ(d.dimensions, (std::vector<std::uint64_t>{7168, 2112, 3}));
  EXPECT_EQ(d.strides, (std::vector<std::uint64_t>{4u * 7168, 4ull * 7168 * 2112}));
  EXPECT_EQ(d.box, (std::vector<std::uint32_t>{32, 64, 1}));
}

/// How far apart groups begin is an argument of the launch: every entry takes every multiple of 128.
TEST_F(BundleTest, groups_along_k_begin_at_any_multiple_of_128) {
  Bundle bundle(folder_.path());
  auto x = k_grouped_operands();
  for (const std::int64_t step : {256, 128}) {
    x.group_step = step;
    EXPECT_EQ(bundle.find("k_grouped_1d1d", 2112, 7168, 3 * 4096, x).entry, 14);
    bundle.gemm("k_grouped_1d1d", 2112, 7168, 10240, x, nullptr);
  }
  ASSERT_EQ(fake::launches().size(), 2u);
  EXPECT_EQ(fake::launches()[0].arguments.at(13), 256u);
  EXPECT_EQ(fake::launches()[1].arguments.at(13), 128u);
}

/// M and N are a layer's and stay; K of a group differs from step to step.
TEST_F(BundleTest, finds_groups_along_k_by_their_k) {
  Table table = test::small_table();
  table.entries.push_back(table.entries.back());
  table.entries.back().problem.group_sizes = {1024, 1024, 1024};
  set_size_from_groups(table.entries.back().problem);
  table.entries.back().kernel_hash = "hash15";
  for (const auto& [name, bytes] : exports::export_bundle(table, test::parts_of(table)))
    write_file_atomic(folder_.file(name), bytes);
  const Bundle bundle(folder_.path());
  auto x = k_grouped_operands();
  const auto find = [&](std::int64_t m, std::int64_t k) {
    return bundle.find("k_grouped_1d1d", m, 7168, k, x);
  };
  EXPECT_EQ(find(2112, 3 * 4096).entry, 14);
  EXPECT_EQ(find(2112, 3 * 4096).match, GEMMTUNE_EXACT);
  EXPECT_EQ(find(2112, 3 * 4096).tuned_m, 4096);
  EXPECT_EQ(find(2112, 3 * 2048).match, GEMMTUNE_BUCKET);
  EXPECT_EQ(find(2112, 3 * 512).entry, 15);
  EXPECT_EQ(find(2112, 3 * 8192).match, GEMMTUNE_LARGEST);
  x.rows_of_a_group = 1024;
  EXPECT_EQ(find(2112, 3 * 8192).entry, 15);
  EXPECT_EQ(code_of([&] { find(2048, 3 * 4096); }), GEMMTUNE_UNKNOWN_PROBLEM);
  EXPECT_TRUE(says("k_grouped_1d1d:n=7168,m=2112,out=fp32,accumulate=true,groups=3")) << message_;
  for (const auto& change : {+[](gemmtune_operands& y) { y.group_step = 64; },
                             +[](gemmtune_operands& y) { y.a_stride = 20480; }}) {
    x = k_grouped_operands();
    change(x);
    EXPECT_EQ(code_of([&] { find(2112, 3 * 4096); }), GEMMTUNE_BAD_ARGUMENT);
  }
  x = k_grouped_operands();
  EXPECT_EQ(code_of([&] { find(2112, 3 * 4096 + 64); }), GEMMTUNE_BAD_ARGUMENT);
}

/// More groups take more shared memory of the same cubin, whichever entry comes last.
TEST_F(BundleTest, lets_a_shared_cubin_have_what_its_largest_entry_needs) {
  Table table = test::small_table();
  const auto masked = table.entries.end() - 3;
  TableEntry more = *masked;
  more.problem.group_sizes.assign(40, 40);
  more.problem.groups = 40;
  table.entries.insert(masked, more);
  for (const auto& [name, bytes] : exports::export_bundle(table, test::parts_of(table)))
    write_file_atomic(folder_.file(name), bytes);
  Bundle bundle(folder_.path());
  auto x = grouped_operands(GEMMTUNE_GROUP_COUNTS, 130);
  for (const int groups : {40, 3}) {
    x.groups = groups;
    bundle.gemm("grouped_masked_1d2d", 130 * groups, 2112, 7168, x, nullptr);
  }
  const auto launches = fake::launches();
  ASSERT_EQ(launches.size(), 2u);
  EXPECT_EQ(launches[0].smem_bytes, launches[1].smem_bytes + 37 * 12);
  for (const fake::Launched& launched : launches) EXPECT_LE(launched.smem_bytes, launched.smem_allowed);
}

TEST_F(BundleTest, refuses_groups_that_do_not_fit_their_rows) {
  Bundle bundle(folder_.path());
  const auto code = [&](std::int64_t m, const gemmtune_operands& x) {
    return code_of([&] { bundle.gemm("grouped_masked_1d2d", m, 2112, 7168, x, nullptr); });
  };
  auto x = grouped_operands(GEMMTUNE_GROUP_COUNTS, 130);
  EXPECT_EQ(code(390, x), GEMMTUNE_OK);
  EXPECT_EQ(code(389, x), GEMMTUNE_BAD_ARGUMENT);
  EXPECT_TRUE(says("not the room of 3 groups of 130 rows")) << message_;
  x.group_rows = nullptr;
  EXPECT_EQ(code(390, x), GEMMTUNE_BAD_ARGUMENT);
  EXPECT_TRUE(says("group_rows is null")) << message_;
  x = grouped_operands(GEMMTUNE_GROUP_INDICES, 64);
  EXPECT_EQ(code(100, x), GEMMTUNE_BAD_ARGUMENT);
  for (const int groups : {0, -1, 65537}) {
    x = grouped_operands(GEMMTUNE_GROUP_ENDS, 1);
    x.groups = groups;
    EXPECT_EQ(code(100, x), GEMMTUNE_BAD_ARGUMENT) << groups;
  }
  x = grouped_operands(5, 1);
  EXPECT_EQ(code(100, x), GEMMTUNE_BAD_ARGUMENT);
  x = grouped_operands(GEMMTUNE_GROUP_ENDS, 0);
  EXPECT_EQ(code(100, x), GEMMTUNE_BAD_ARGUMENT);
}

/// What was exported before kernels had maps for the tail is launched as it was then.
TEST_F(BundleTest, opens_the_first_schema) {
  fake::Device device;
  device.without_tails = true;
  fake::reset(device);
  Bundle bundle(std::string(GEMMTUNE_SOURCE_DIR) + "/results/h100-sxm/dsv3-bundle");
  bundle.gemm("dense_1d2d", 4097, 2112, 7168, operands(), nullptr);
  const auto maps = fake::encoded_maps();
  ASSERT_EQ(maps.size(), 4u);
  const auto launches = fake::launches();
  ASSERT_EQ(launches.size(), 1u);
  const auto& arguments = launches[0].arguments;
  EXPECT_EQ(arguments[5], 4097u);
  EXPECT_EQ(arguments[9], maps.at(arguments[0]).box[1]);
  EXPECT_EQ(arguments[10], maps.at(arguments[2]).box[0]);
}

}  // namespace
}  // namespace gemmtune::launch
