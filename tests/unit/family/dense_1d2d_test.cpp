#include "dense_1d2d_configs.h"
#include "family/gemm_config.h"
#include "util/error.h"

#include <set>

namespace gemmtune::family {
namespace {

/// The square with D in this form.
Problem form(OutputType out, bool accumulate) {
  Problem p = kSquare;
  p.out = out, p.accumulate = accumulate;
  return p;
}

std::string unsupported(const Problem& p) {
  const auto violation = dense_1d2d().unsupported(p);
  return violation ? std::string(violation->constraint) : "supported";
}

TEST(Dense1d2d, each_constraint_forbids_what_it_names) {
  EXPECT_EQ(broken(kLegal), "legal");
  EXPECT_EQ(broken(with({{"block_m", 96}})), "wgmma_rows");
  EXPECT_EQ(broken(with({{"block_m", 320}})), "wgmma_rows");
  EXPECT_EQ(broken(with({{"block_m", 192}})), "legal");
  EXPECT_EQ(broken(with({{"k_groups", 0}})), "math_warpgroups");
  EXPECT_EQ(broken(with({{"k_groups", 3}})), "math_warpgroups");
  EXPECT_EQ(broken(with({{"k_groups", 2}})), "registers");
  EXPECT_EQ(broken(with({{"k_groups", 2}, {"block_n", 88}})), "legal");
  EXPECT_EQ(broken(with({{"block_n", 12}})), "wgmma_columns");
  EXPECT_EQ(broken(with({{"block_n", 8}})), "wgmma_columns");
  EXPECT_EQ(broken(with({{"block_n", 264}})), "wgmma_columns");
  EXPECT_EQ(broken(with({{"block_m", 256}, {"block_n", 192}})), "registers");
  EXPECT_EQ(broken(with({{"block_n", 152}})), "scale_columns");
  EXPECT_EQ(broken(with({{"cluster_m", 2}, {"cluster_n", 2}})), "cluster_of_two");
  EXPECT_EQ(broken(with({{"cluster_m", 0}})), "cluster_of_two");
  EXPECT_EQ(broken(with({{"cluster_m", 2}, {"block_n", 72}})), "multicast_half");
  EXPECT_EQ(broken(with({{"stages", 1}})), "stages_value");
  EXPECT_EQ(broken(with({{"stages", 33}})), "stages_value");
  EXPECT_EQ(broken(with({{"stages", 12}})), "shared_memory");
  EXPECT_EQ(broken(with({{"num_sms", 0}})), "num_sms_value");
  EXPECT_EQ(broken(with({{"num_sms", 133}})), "num_sms_value");
  EXPECT_EQ(broken(with({{"num_sms", 131}, {"cluster_n", 2}})), "num_sms_value");
  EXPECT_EQ(broken(with({{"raster", 6}})), "raster_value");
  EXPECT_EQ(broken(with({{"raster", 128}})), "raster_value");
}

TEST(Dense1d2d, each_constraint_of_configuration_and_problem_together_forbids_what_it_names) {
  EXPECT_EQ(waste(kLegal, problem(64, 32768, 512)), "rows_used");
  EXPECT_EQ(waste(kLegal, problem(65, 32768, 512)), "worth it");
  EXPECT_EQ(broken(with({{"k_groups", 2}, {"block_n", 64}}), problem(4096, 32768, 128)), "k_blocks_used");
  EXPECT_EQ(waste(with({{"cluster_m", 2}}), problem(128, 32768, 512)), "cluster_rows");
  EXPECT_EQ(waste(with({{"cluster_n", 2}}), problem(32768, 128, 512)), "cluster_columns");
  EXPECT_EQ(waste(kLegal, problem(1024, 1024, 512)), "idle_sms");
  EXPECT_EQ(waste(with({{"raster", 16}}), problem(1024, 4096, 512)), "raster_repeats");
  EXPECT_EQ(waste(with({{"raster", 16}}), problem(1152, 4096, 512)), "worth it");
}

TEST(Dense1d2d, a_configuration_has_exactly_the_kernels_parameters) {
  Config missing = kLegal;
  missing.erase("raster");
  EXPECT_EQ(broken(missing), "parameters");
  EXPECT_EQ(broken(with({{"split_m", 2}})), "parameters");
  EXPECT_EQ(broken(with({{"raster", -8}})), "parameters");
  EXPECT_EQ(broken(with({{"raster", 1'000'001}})), "parameters");
}

TEST(Dense1d2d, says_which_problems_it_cannot_compute) {
  EXPECT_EQ(unsupported(kSquare), "supported");
  EXPECT_EQ(unsupported(problem(1, 8, 128)), "supported");
  EXPECT_EQ(unsupported(problem(0, 8, 128)), "problem_size");
  EXPECT_EQ(unsupported(problem(1, 8, std::int64_t{1} << 31)), "problem_size");
  EXPECT_EQ(unsupported(problem(1, 8, 2880)), "k_multiple_128");
  EXPECT_EQ(unsupported(problem(1, 12, 128)), "n_multiple_8");
  EXPECT_EQ(unsupported(form(OutputType::fp32, true)), "supported");
}

TEST(Dense1d2d, rows_may_lie_apart_where_tma_finds_them) {
  const auto with_pitch = [](std::int64_t Problem::*pitch, std::int64_t value, OutputType out) {
    Problem p = form(out, false);
    p.*pitch = value;
    return unsupported(p);
  };
  using enum OutputType;
  for (const OutputType out : {bf16, fp32}) {
    EXPECT_EQ(with_pitch(&Problem::a_pitch, 4096 + 16, out), "supported");
    EXPECT_EQ(with_pitch(&Problem::a_pitch, 4096 + 8, out), "a_pitch");
    EXPECT_EQ(with_pitch(&Problem::b_pitch, 4096 + 16, out), "supported");
    EXPECT_EQ(with_pitch(&Problem::b_pitch, 4096 + 24, out), "b_pitch");
    EXPECT_EQ(with_pitch(&Problem::b_pitch, 4096 - 16, out), "b_pitch");
    EXPECT_EQ(with_pitch(&Problem::d_pitch, 4096 + 8, out), "supported");
    EXPECT_EQ(with_pitch(&Problem::d_pitch, 4096 + 6, out), "d_pitch");
    EXPECT_EQ(with_pitch(&Problem::d_pitch, std::int64_t{1} << 31, out), "d_pitch");
  }
  Problem far = problem(std::int64_t{1} << 30, 8, 128);
  far.d_pitch = std::int64_t{1} << 30;
  EXPECT_EQ(unsupported(far), "problem_size");
  EXPECT_EQ(with_pitch(&Problem::d_pitch, 4096 + 4, fp32), "supported");
  EXPECT_EQ(with_pitch(&Problem::d_pitch, 4096 + 4, bf16), "d_pitch");
}

TEST(Dense1d2d, another_form_of_d_is_another_kernel_but_no_other_configuration) {
  EXPECT_EQ(dense_1d2d().compiled(kLegal, form(OutputType::fp32, false)).at("out_fp32"), 1);
  const Config both = dense_1d2d().compiled(kLegal, form(OutputType::fp32, true));
  EXPECT_EQ(describe(both),
            "accumulate=1,block_m=128,block_n=128,cluster_m=1,cluster_n=1,k_groups=1,out_fp32=1,split_k=1,"
            "stages=4,swap_ab=0");
  EXPECT_EQ(broken(with({{"out_fp32", 1}}), form(OutputType::fp32, false)), "parameters");
}

/// A tile of D in FP32 takes twice the room; C in BF16 comes to where D will be, with a barrier a row
/// warpgroup. Where K is split, D has the place of the others' sums, which are FP32 anyway.
TEST(Dense1d2d, the_form_of_d_decides_on_its_room_in_shared_memory) {
  const auto smem_bytes = [](const Config& config, OutputType out, bool accumulate) {
    return dense_1d2d().launch_shape(config, form(out, accumulate)).smem_bytes;
  };
  using enum OutputType;
  const std::int64_t ring = 4 * (16384 + 16384 + 512 + 16) + kScalesB;
  EXPECT_EQ(smem_bytes(kLegal, bf16, false), ring + 128 * 128 * 2);
  EXPECT_EQ(smem_bytes(kLegal, bf16, true), ring + 128 * 128 * 2 + 2 * 8);
  EXPECT_EQ(smem_bytes(kLegal, fp32, false), ring + 128 * 128 * 4);
  EXPECT_EQ(smem_bytes(kLegal, fp32, true), ring + 128 * 128 * 4);
  const Config split = with({{"split_k", 2}, {"num_sms", 2}});
  EXPECT_EQ(smem_bytes(split, fp32, true), smem_bytes(split, bf16, false));
  EXPECT_EQ(smem_bytes(split, bf16, true), smem_bytes(split, bf16, false) + 2 * 8);
  const Config narrower = with({{"block_n", 112}, {"stages", 6}});
  EXPECT_EQ(resolve("stages", "max", narrower, form(bf16, false)), 6);
  EXPECT_EQ(resolve("stages", "max", narrower, form(fp32, false)), 5);
  EXPECT_EQ(broken(narrower, form(bf16, false)), "legal");
  EXPECT_EQ(broken(narrower, form(fp32, false)), "shared_memory");
  EXPECT_EQ(broken(with({{"block_m", 256}, {"stages", 2}}), form(fp32, true)), "legal");
  EXPECT_EQ(broken(with({{"block_m", 256}, {"stages", 3}}), form(fp32, true)), "shared_memory");
}

TEST(Dense1d2d, adding_c_takes_registers_of_the_widest_tiles) {
  using enum OutputType;
  const Config tall = with({{"block_m", 256}, {"block_n", 120}, {"stages", 2}});
  EXPECT_EQ(broken(tall, form(bf16, false)), "legal");
  EXPECT_EQ(broken(tall, form(bf16, true)), "registers");
  EXPECT_EQ(broken(with({{"block_m", 256}, {"stages", 2}}), form(bf16, true)), "legal");
  const Config three = with({{"block_m", 192}, {"block_n", 144}, {"stages", 2}});
  EXPECT_EQ(broken(three, form(bf16, true)), "registers");
  EXPECT_EQ(broken(three, form(fp32, true)), "legal");
  for (const auto& [out, accumulate] : {std::pair{bf16, true}, std::pair{fp32, false}}) {
    Problem few = form(out, accumulate);
    few.m = 256, few.n = 512;
    const Config split = with(
        {{"block_m", 256}, {"block_n", 48}, {"k_groups", 2}, {"split_k", 3}, {"stages", 2}, {"num_sms", 3}});
    EXPECT_EQ(broken(split, few), "registers");
    Config narrower = split;
    narrower["block_n"] = 40;
    EXPECT_EQ(broken(narrower, few), "legal");
  }
}

TEST(Dense1d2d, boxes_of_d_are_as_wide_as_their_swizzle_allows) {
  const auto boxes = [](std::int64_t block_n, OutputType out) {
    const auto c = GemmConfig::from(with({{"block_n", block_n}}), form(out, false));
    return std::pair(c.store_columns(), c.store_swizzle_bytes());
  };
  using Box = std::pair<int, int>;
  EXPECT_EQ(boxes(128, OutputType::bf16), Box(64, 128));
  EXPECT_EQ(boxes(96, OutputType::bf16), Box(32, 64));
  EXPECT_EQ(boxes(112, OutputType::bf16), Box(16, 32));
  EXPECT_EQ(boxes(72, OutputType::bf16), Box(8, 0));
  EXPECT_EQ(boxes(128, OutputType::fp32), Box(32, 128));
  EXPECT_EQ(boxes(112, OutputType::fp32), Box(16, 0));
  EXPECT_EQ(boxes(72, OutputType::fp32), Box(8, 0));
}

TEST(Dense1d2d, max_stages_is_the_most_that_fit) {
  const auto stages = resolve("stages", "max", kLegal);
  ASSERT_TRUE(stages);
  EXPECT_EQ(broken(with({{"stages", *stages}})), "legal");
  EXPECT_EQ(broken(with({{"stages", *stages + 1}})), "shared_memory");
}

TEST(Dense1d2d, tile_stages_are_a_tiles_k_blocks_where_they_fit) {
  const Config config = with({{"block_m", 64}, {"block_n", 64}});
  EXPECT_EQ(resolve("stages", "tile", config, problem(64, 32768, 512)), 4);
  EXPECT_EQ(resolve("stages", "tile", config, problem(64, 32768, 1536)), 12);
  EXPECT_EQ(resolve("stages", "tile", config, problem(64, 32768, 1664)), 13);
  EXPECT_EQ(resolve("stages", "tile", config, problem(64, 32768, 7168)), std::nullopt);
  EXPECT_EQ(resolve("stages", "tile", config, problem(64, 32768, 128)), std::nullopt) << "a ring has two";
  EXPECT_EQ(resolve("stages", "max", with({{"block_m", 32}, {"split_k", 2}}), problem(64, 2112, 640)),
            std::nullopt);
  Config two_groups = config, split = config;
  two_groups["k_groups"] = 2;
  split["split_k"] = 2;
  EXPECT_EQ(resolve("stages", "tile", two_groups, problem(64, 2112, 640)), 6);
  EXPECT_EQ(resolve("stages", "tile", split, problem(64, 2112, 640)), 3);
}

TEST(Dense1d2d, words_for_num_sms_are_whole_clusters_and_no_more_than_there_are_tiles) {
  EXPECT_EQ(resolve("num_sms", "all", kLegal), 132);
  EXPECT_EQ(resolve("num_sms", "all", kLegal, problem(128, 1024, 512)), 8);
  EXPECT_EQ(resolve("num_sms", "all", with({{"cluster_n", 2}}), problem(128, 1152, 512)), 10);
  // 1024 tiles take 8 waves of 132; 128 CTAs are the fewest that take no more.
  EXPECT_EQ(resolve("num_sms", "minimal", kLegal), 128);
}

TEST(Dense1d2d, words_have_no_value_where_other_parameters_are_absurd) {
  EXPECT_EQ(resolve("num_sms", "minimal", with({{"cluster_m", 200}})), std::nullopt);
  EXPECT_EQ(resolve("num_sms", "all", with({{"cluster_m", 65536}, {"cluster_n", 65536}})), std::nullopt);
  EXPECT_EQ(resolve("stages", "max", with({{"block_m", 0}})), std::nullopt);
  EXPECT_EQ(broken(with({{"cluster_m", 65536}, {"cluster_n", 65536}})), "cluster_of_two");
  EXPECT_EQ(resolve("stages", "all", kLegal), std::nullopt);
}

TEST(Dense1d2d, swapped_tiles_have_weights_as_rows_and_few_tokens_as_columns) {
  const Problem few = problem(64, 4096, 512);
  const auto swapped = [](std::int64_t block_m, std::int64_t block_n) {
    return with({{"swap_ab", 1}, {"block_m", block_m}, {"block_n", block_n}, {"num_sms", 8}});
  };
  EXPECT_EQ(broken(swapped(64, 64), few), "legal");
  EXPECT_EQ(broken(swapped(32, 64), few), "legal");
  EXPECT_EQ(waste(swapped(24, 64), few), "swap_ab_tokens");
  EXPECT_EQ(waste(swapped(72, 64), few), "rows_used");
  EXPECT_EQ(broken(swapped(64, 96), few), "wgmma_rows");
  EXPECT_EQ(broken(swapped(0, 64), few), "wgmma_columns");
  EXPECT_EQ(broken(swapped(8, 64), problem(1, 4096, 512)), "legal");
  EXPECT_EQ(broken(swapped(96, 256), problem(96, 4096, 512)), "legal");
  EXPECT_EQ(broken(swapped(104, 256), problem(104, 4096, 512)), "registers");
  EXPECT_EQ(broken(with({{"swap_ab", 2}})), "swap_ab_value");
  Problem fp32 = few;
  fp32.out = OutputType::fp32;
  EXPECT_EQ(broken(swapped(64, 64), fp32), "swap_ab_form");
  Config shared = swapped(40, 64);
  shared["cluster_n"] = 2;
  EXPECT_EQ(broken(shared, few), "multicast_half");
}

TEST(Dense1d2d, a_swapped_tile_has_a_warpgroup_each_64_weights_and_whole_lines_of_scales) {
  const Problem few = problem(16, 4096, 512);
  const Config config = with({{"swap_ab", 1}, {"block_m", 16}, {"block_n", 128}, {"stages", 2}});
  const LaunchShape shape = dense_1d2d().launch_shape(config, few);
  EXPECT_EQ(shape.threads, 384u);
  EXPECT_EQ(shape.smem_bytes, 16 * 128 * 2 + 2 * (16 * 128 + 128 * 128 + 128 + 16) + kScalesB);
  const auto c = GemmConfig::from(config, few);
  EXPECT_EQ(c.store_columns(), 64);
  EXPECT_EQ(c.store_rows(), 16);
}

TEST(Dense1d2d, what_is_read_once_is_evicted_first) {
  EXPECT_EQ(resolve("evict_first", "once", kLegal, problem(128, 4096, 512)), 1);
  EXPECT_EQ(resolve("evict_first", "once", kLegal, problem(129, 4096, 512)), 0);
  EXPECT_EQ(resolve("evict_first", "once", with({{"cluster_m", 2}}), problem(256, 4096, 512)), 1);
}

TEST(Dense1d2d, what_one_band_reads_is_evicted_first_beside_a_small_output) {
  const Config one_raster = with({{"raster", 8}});
  EXPECT_EQ(resolve("evict_first", "band", one_raster, problem(128, 4096, 512)), 1);
  EXPECT_EQ(resolve("evict_first", "band", one_raster, problem(1024, 4096, 512)), 1);
  EXPECT_EQ(resolve("evict_first", "band", one_raster, problem(1025, 4096, 512)), 0) << "two bands";
  EXPECT_EQ(resolve("evict_first", "band", one_raster, problem(1024, 6104, 512)), 0) << "D of 12.5 MB";
  EXPECT_EQ(resolve("evict_first", "band", one_raster, problem(128, 48832, 512)), 0);
}

TEST(Dense1d2d, what_is_read_again_later_is_not_evicted_first) {
  const Problem one_tile = problem(128, 33 * 512, 512), one_band = problem(1024, 4096, 512);
  for (const int good : {0, 1}) EXPECT_EQ(waste(with({{"evict_first", good}}), one_tile), "worth it");
  EXPECT_EQ(waste(with({{"evict_first", 2}}), one_tile), "evict_a_again");
  for (const int good : {0, 1, 2}) EXPECT_EQ(waste(with({{"evict_first", good}}), one_band), "worth it");
  for (const int again : {1, 2})
    EXPECT_EQ(waste(with({{"evict_first", again}}), problem(1025, 4096, 512)), "evict_b_again");
  EXPECT_EQ(broken(with({{"evict_first", 3}}), one_band), "evict_first_value");
}

TEST(Dense1d2d, launch_arguments_are_not_compiled) {
  const Config compiled = dense_1d2d().compiled(kLegal, kSquare);
  EXPECT_EQ(describe(compiled),
            "block_m=128,block_n=128,cluster_m=1,cluster_n=1,k_groups=1,split_k=1,stages=4,swap_ab=0");
}

TEST(Dense1d2d, k_groups_add_warpgroups_and_room_for_their_sums_and_share_out_whole_stages) {
  const Config two = with({{"block_m", 64}, {"block_n", 64}, {"k_groups", 2}});
  const Config one = with({{"block_m", 64}, {"block_n", 64}});
  EXPECT_EQ(dense_1d2d().launch_shape(two, kSquare).threads, 384u);
  EXPECT_EQ(dense_1d2d().launch_shape(two, kSquare).smem_bytes,
            dense_1d2d().launch_shape(one, kSquare).smem_bytes + 64 * 64 * 4);
  EXPECT_EQ(broken(with({{"block_n", 64}, {"k_groups", 2}, {"stages", 3}})), "stages_value");
  EXPECT_EQ(resolve("stages", "max", two).value() % 2, 0);
}

TEST(Dense1d2d, launches_a_producer_and_one_or_two_math_warpgroups) {
  EXPECT_EQ(dense_1d2d().launch_shape(kLegal, kSquare).threads, 384u);
  EXPECT_EQ(dense_1d2d().launch_shape(with({{"block_m", 64}}), kSquare).threads, 256u);
  const LaunchShape pair = dense_1d2d().launch_shape(with({{"cluster_n", 2}}), kSquare);
  EXPECT_EQ(pair.cluster, 2u);
  EXPECT_EQ(pair.grid, 132u);
  EXPECT_LE(pair.smem_bytes, hopper_limits().smem_bytes);
}

TEST(Families, each_is_found_by_its_name_and_an_unknown_one_suggested) {
  std::set<std::string_view> kernels;
  for (const Family* family : all()) {
    EXPECT_EQ(find(family->kernel()), family);
    EXPECT_TRUE(kernels.insert(family->kernel()).second);
  }
  EXPECT_EQ(find("no_such"), nullptr);
  try {
    require("dense_1d2e");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"dense_1d2d\"?"), std::string::npos);
  }
}

TEST(CtasPerSm, are_as_many_as_registers_threads_and_shared_memory_leave_room_for) {
  const auto fit = [](unsigned threads, std::int64_t smem_bytes, int registers) {
    return ctas_per_sm({132, 1, threads, smem_bytes}, registers);
  };
  EXPECT_EQ(fit(384, 200000, 168), 1);
  EXPECT_EQ(fit(256, 0, 128), 2) << "all 65536 registers";
  EXPECT_EQ(fit(256, 0, 129), 1);
  EXPECT_EQ(fit(128, 0, 169), 2) << "registers come in eights: three times 169 would fit, 176 do not";
  EXPECT_EQ(fit(128, 113 * 1024, 32), 2) << "228 KiB, one of each CTA reserved";
  EXPECT_EQ(fit(128, 113 * 1024 + 1, 32), 1);
  EXPECT_EQ(fit(1024, 0, 16), 2) << "2048 threads";
  EXPECT_EQ(fit(32, 0, 16), 32);
  EXPECT_EQ(fit(384, 200000, 0), 0) << "unknown";
}

TEST(Dense1d2d, stores_d_in_parts_where_that_leaves_room_for_a_stage) {
  const Config large = with({{"block_m", 256}, {"num_sms", 128}, {"stages", 3}});
  EXPECT_EQ(broken(with({{"store_buffers", 0}})), "legal") << "as without it";
  for (const int buffers : {1, 9, -1})
    EXPECT_EQ(broken(with({{"store_buffers", buffers}})), buffers < 0 ? "parameters" : "store_buffers_value");
  EXPECT_EQ(broken(with({{"store_buffers", 2}, {"swap_ab", 1}})), "store_buffers_form");
  EXPECT_EQ(broken(with({{"store_buffers", 2}, {"split_k", 2}})), "store_buffers_form");
  Problem added = kSquare;
  added.accumulate = true;
  EXPECT_EQ(broken(with({{"store_buffers", 2}}), added), "store_buffers_form") << "C lies where D will";
  added.out = OutputType::fp32;
  EXPECT_EQ(broken(with({{"store_buffers", 2}}), added), "legal");
  EXPECT_EQ(broken(with({{"store_buffers", 2}, {"block_n", 112}})), "store_buffers_columns");

  Config in_parts = large;
  in_parts["store_buffers"] = 2;
  EXPECT_EQ(waste(in_parts), "store_buffers_room") << "three stages fit beside 64 KB";
  Config deeper = large;
  deeper["stages"] = 4;
  EXPECT_EQ(broken(deeper), "shared_memory");
  deeper["store_buffers"] = 2;
  EXPECT_EQ(waste(deeper), "worth it");
  EXPECT_EQ(resolve("stages", "max", in_parts), 4);
  EXPECT_EQ(GemmConfig::from(in_parts, kSquare).store_columns(), 32);
  EXPECT_EQ(GemmConfig::from(large, kSquare).smem_bytes() - GemmConfig::from(in_parts, kSquare).smem_bytes(),
            2 * (2 * 64 * 128 * 2 - 2 * 64 * 32 * 2))
      << "of two warpgroups, two waves each, and two parts each";
}

}  // namespace
}  // namespace gemmtune::family
