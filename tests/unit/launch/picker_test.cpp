// What a bundle answers where nobody tuned.
#include "launch/picker.h"

#include "fakes/cuda_driver.h"
#include "family/family.h"
#include "fixtures/bundles.h"
#include "launch/bundle.h"
#include "model/expected_time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace gemmtune::launch {
namespace {

namespace fake = fake_driver;
using test::operands;

PickModel model_of(const char* kernel, bool fp32_out = false) {
  return {kernel, fp32_out, false, std::string(kernel) == "dense_bf16" ? 8 : 128,
          std::vector<std::int64_t>(kTerms, 0)};
}

exports::BundleParts parts_with(std::vector<PickModel> models) {
  exports::BundleParts parts = test::parts_of(test::small_table());
  parts.picker = {model::h100_sxm(), {}, std::move(models)};
  return parts;
}

Index index_with(std::vector<PickModel> models) {
  return exports::index_of(test::small_table(), parts_with(std::move(models)));
}

EntryKey key(std::int64_t m, std::int64_t n, std::int64_t k, const char* kernel = "dense_1d2d") {
  EntryKey key;
  key.kernel = kernel;
  key.shape = {m, n, k, k, k, n};
  return key;
}

/// The configuration of an entry with what the picker changes of its launch.
Config config_of(const Picker::Picked& picked) {
  Config config = test::small_table().entries[picked.entry].config;
  config["num_sms"] = picked.recipe.most_ctas;
  config["raster"] = picked.recipe.raster;
  config["evict_first"] = picked.recipe.evict_first;
  return config;
}

TEST(Picker, chooses_among_the_cubins_of_the_kernel_and_form_and_each_once) {
  const Index index = index_with({model_of("dense_1d2d"), model_of("dense_bf16")});
  std::vector<std::uint32_t> entries;
  for (const Choice& choice : index.picker.choices) entries.push_back(choice.entry);
  // Not those in FP32 or that add (5, 6), not another launch of entry 1 (7), no dense_tensor, no groups.
  EXPECT_EQ(entries, (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 8}));
}

TEST(Picker, takes_what_its_model_expects_to_be_fastest_and_launches_it_legally) {
  const Index index = index_with({model_of("dense_1d2d")});
  const Picker picker(index);
  const DeviceLimits limits = hopper_limits();
  const family::Family& family = family::require("dense_1d2d");
  for (const std::int64_t m : {1, 3, 65, 300, 1000, 5000, 100'000})
    for (const std::int64_t n : {8, 520, 4096, 32768})
      for (const std::int64_t k : {128, 512, 7168}) {
        const auto picked = picker.pick(key(m, n, k));
        ASSERT_TRUE(picked) << m << " " << n << " " << k;
        Problem problem;
        problem.m = m, problem.n = n, problem.k = k;
        const Config config = config_of(*picked);
        const auto violation = family.illegal(config, problem, limits);
        EXPECT_FALSE(violation) << describe(problem) << ": " << (violation ? violation->sentence() : "");
        // Without a correction it is the analytic model, the tool's and the loader's.
        const double expected_us =
            model::expected_time(model::h100_sxm(), problem, config, L2Policy::cold_memset512).time_us;
        EXPECT_NEAR(picked->expected_us, expected_us, 1e-9 * expected_us) << describe(problem);
        for (const Choice& choice : index.picker.choices) {
          Config other = test::small_table().entries[choice.entry].config;
          other["num_sms"] = family.resolve("num_sms", "minimal", other, problem, limits).value();
          other["raster"] = 8;
          other["evict_first"] = family.resolve("evict_first", "band", other, problem, limits).value();
          if (family.illegal(other, problem, limits)) continue;
          EXPECT_LE(
              picked->expected_us,
              1.000001 *
                  model::expected_time(model::h100_sxm(), problem, other, L2Policy::cold_memset512).time_us)
              << describe(problem) << " " << choice.entry;
        }
      }
}

TEST(Picker, follows_its_coefficients) {
  PickModel model = model_of("dense_1d2d");
  const auto picked = [&](std::int64_t m) {
    const Index index = index_with({model});
    return index.entries[Picker(index).pick(key(m, 4096, 7168))->entry].recipe;
  };
  // Terms 2 + 2 * 8 and 2 + 2 * 15: ln(split_k), and whether tokens are wgmma's columns.
  model.coefficients[2 + 2 * 8] = -20'000'000'000;
  EXPECT_EQ(picked(5000).split_k, 2u);
  model.coefficients[2 + 2 * 8] = 20'000'000'000;
  model.coefficients[2 + 2 * 15] = 20'000'000'000;
  EXPECT_EQ(picked(1).split_k, 1u);
}

/// k_groups 1 and split_k 2 of entry 0 are more than the one k-block of K 128.
TEST(Picker, leaves_out_cubins_that_share_out_more_than_there_is) {
  PickModel model = model_of("dense_1d2d");
  model.coefficients[2 + 2 * 8] = -20'000'000'000;
  const Index index = index_with({model});
  EXPECT_EQ(Picker(index).pick(key(5, 512, 256))->entry, 0u);
  EXPECT_NE(Picker(index).pick(key(5, 512, 128))->entry, 0u);
}

TEST(Picker, has_no_answer_for_sizes_that_no_kernel_takes) {
  const Index index = index_with({model_of("dense_1d2d"), model_of("dense_bf16")});
  const Picker picker(index);
  EXPECT_TRUE(picker.pick(key(5, 512, 512)));
  EXPECT_FALSE(picker.pick(key(5, 512, 500)));
  EXPECT_FALSE(picker.pick(key(5, 510, 512)));
  EXPECT_TRUE(picker.pick(key(5, 512, 504, "dense_bf16")));
  EXPECT_FALSE(picker.pick(key(5, 512, 500, "dense_bf16")));
  EntryKey asked = key(5, 512, 512);
  asked.shape.a_stride = 520;
  EXPECT_FALSE(picker.pick(asked));
  asked.shape.a_stride = 528;
  EXPECT_TRUE(picker.pick(asked));
  asked.shape.d_stride = 500;
  EXPECT_FALSE(picker.pick(asked));
  asked = key(5, 512, 512);
  asked.fp32_out = true;
  EXPECT_FALSE(picker.pick(asked));
}

/// A bundle on disk with models.
class PickingBundle : public testing::Test {
 protected:
  PickingBundle() {
    fake::reset();
    for (const auto& [name, bytes] : exports::export_bundle(
             test::small_table(), parts_with({model_of("dense_1d2d"), model_of("dense_bf16")})))
      write_file_atomic(folder_.file(name), bytes);
  }

  int code_with(const Index& index) {
    write_file_atomic(folder_.file("index.txt"), exports::to_text(index));
    try {
      Bundle bundle(folder_.path());
      return GEMMTUNE_OK;
    } catch (const BundleError& error) {
      return error.code();
    }
  }

  test::BundleFolder folder_;
};

TEST_F(PickingBundle, answers_where_nobody_tuned_and_leaves_tuned_problems_alone) {
  Bundle bundle(folder_.path());
  EXPECT_EQ(bundle.find("dense_1d2d", 64, 2112, 7168, {}).match, GEMMTUNE_EXACT);
  EXPECT_EQ(bundle.find("dense_1d2d", 65, 2112, 7168, {}).match, GEMMTUNE_BUCKET);
  for (const auto& [m, n, k] : {std::tuple{513, 2112, 7168}, {77, 2112, 512}, {1, 8, 128}}) {
    const auto found = bundle.find("dense_1d2d", m, n, k, {});
    EXPECT_EQ(found.match, GEMMTUNE_PICKED);
    EXPECT_EQ(found.tuned_m, 0);
    EXPECT_EQ(found.time_us, 0);
    bundle.gemm("dense_1d2d", m, n, k, operands(), nullptr);
    EXPECT_EQ(fake::launches().back().entry, "dense_1d2d");
    EXPECT_EQ(fake::launches().back().grid, found.grid);
  }
  // No model of these.
  EXPECT_EQ(bundle.find("dense_tensor", 65, 2112, 7168, operands()).match, GEMMTUNE_LARGEST);
  EXPECT_THROW(bundle.find("dense_tensor", 64, 512, 512, operands()), BundleError);
  gemmtune_operands form{};
  form.fp32_out = 1;
  EXPECT_THROW(bundle.find("dense_1d2d", 64, 512, 512, form), BundleError);
}

TEST_F(PickingBundle, is_refused_where_its_choices_are_none) {
  const Index index = read_index(folder_.path());
  EXPECT_STREQ(index.schema(), kPickerBundleSchema);
  EXPECT_EQ(code_with(index), GEMMTUNE_OK);
  Index changed = index;
  changed.picker.choices[0].entry = 14;
  EXPECT_EQ(code_with(changed), GEMMTUNE_DAMAGED) << "no such entry";
  changed.picker.choices[0].entry = 10;
  EXPECT_EQ(code_with(changed), GEMMTUNE_DAMAGED) << "an entry over groups";
  changed = index;
  changed.picker.choices[0].stages = 0;
  EXPECT_EQ(code_with(changed), GEMMTUNE_DAMAGED);
  changed = index;
  changed.picker.machine.sms = 1;
  EXPECT_EQ(code_with(changed), GEMMTUNE_DAMAGED) << "clusters of two on one SM";
  changed = index;
  changed.picker.machine.cold_read_mb_us.clear();
  EXPECT_EQ(code_with(changed), GEMMTUNE_DAMAGED);
  changed = index;
  std::swap(changed.picker.machine.cold_read_mb_us[1], changed.picker.machine.cold_read_mb_us[2]);
  EXPECT_EQ(code_with(changed), GEMMTUNE_DAMAGED) << "sizes ascend";
  changed = index;
  changed.picker.models[0].coefficients.pop_back();
  EXPECT_EQ(code_with(changed), GEMMTUNE_NOT_A_BUNDLE) << "another loader's model";
}

/// By the median of many; the limits are those of an idle machine times four.
TEST_F(PickingBundle, picks_within_microseconds) {
  Index index = read_index(folder_.path());
  while (index.picker.choices.size() < 32) index.picker.choices.push_back(index.picker.choices.front());
  const Picker picker(index);
  std::vector<double> times_us;
  for (int i = 1; i < 500; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(picker.pick(key(i, 4096, 7168)));
    times_us.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times_us.begin(), times_us.begin() + 250, times_us.end());
  RecordProperty("median_us", std::to_string(times_us[250]));
  EXPECT_LT(times_us[250], 4 * 20);
}

}  // namespace
}  // namespace gemmtune::launch
