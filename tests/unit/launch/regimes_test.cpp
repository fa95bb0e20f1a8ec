// Which entry a bundle gives for launches back to back.
#include "launch/bundle.h"
#include "unit/launch/bundle_fixture.h"
#include "util/hash.h"

#include <gtest/gtest.h>

namespace gemmtune::launch {
namespace {

namespace fake = fake_driver;

/// small_table() with a winner back to back for its third entry, and for the one over groups that are
/// counted.
Table both_regimes() {
  Table table = test::small_table();
  for (const std::size_t i : {std::size_t{2}, std::size_t{12}}) {
    TableEntry& entry = table.entries[i];
    entry.sustained =
        SustainedWinner{entry.config, "sustained" + std::to_string(i), "", "blocks", 11, 10.5, 11.5};
    entry.sustained->config["cluster_n"] = i == 2 ? 2 : 1;
    entry.sustained->config["num_sms"] = i == 2 ? 88 : 64;
  }
  // One that both regimes agree on.
  table.entries[3].sustained = SustainedWinner{table.entries[3].config, "hash3", "", "blocks", 9, 9, 9};
  return table;
}

class RegimesTest : public BundleTest {
 protected:
  RegimesTest() {
    const Table table = exports::with_sustained(both_regimes());
    exports::BundleParts parts = test::parts_of(table);
    parts.sustained = 2;
    for (const auto& [name, bytes] : exports::export_bundle(table, parts))
      write_file_atomic(folder_.file(name), bytes);
  }
  gemmtune_found find(int regime, std::int64_t m, std::int64_t n = 2112, const gemmtune_operands& form = {}) {
    return Bundle(folder_.path(), regime)
        .find(form.groups > 0 ? "grouped_masked_1d2d" : "dense_1d2d", m, n, 7168, form);
  }
};

TEST_F(RegimesTest, the_regime_says_which_of_two_winners_a_problem_gets) {
  EXPECT_EQ(find(GEMMTUNE_BURST, 512).entry, 2);
  const gemmtune_found found = find(GEMMTUNE_SUSTAINED, 512);
  EXPECT_EQ(found.entry, 15);
  EXPECT_EQ(found.match, GEMMTUNE_EXACT);
  EXPECT_EQ(found.cluster, 2u);
  EXPECT_DOUBLE_EQ(found.time_us, 11);
  Bundle bundle(folder_.path(), GEMMTUNE_SUSTAINED);
  bundle.gemm("dense_1d2d", 512, 2112, 7168, test::operands(), nullptr);
  EXPECT_EQ(fake::launches().back().cluster, 2u);
}

TEST_F(RegimesTest, without_another_winner_it_changes_nothing) {
  for (const std::int64_t m : {1, 64})
    EXPECT_EQ(find(GEMMTUNE_SUSTAINED, m).entry, find(GEMMTUNE_BURST, m).entry);
  EXPECT_EQ(find(GEMMTUNE_SUSTAINED, 4096, 4096).entry, 3);
}

TEST_F(RegimesTest, an_m_between_gets_what_the_next_tuned_one_has_there) {
  EXPECT_EQ(find(GEMMTUNE_SUSTAINED, 65).entry, 15) << "512 is the next, and not the next that differs";
  EXPECT_EQ(find(GEMMTUNE_SUSTAINED, 65).match, GEMMTUNE_BUCKET);
  EXPECT_EQ(find(GEMMTUNE_SUSTAINED, 2000).entry, 15);
  EXPECT_EQ(find(GEMMTUNE_SUSTAINED, 2000).match, GEMMTUNE_LARGEST);
  EXPECT_EQ(find(GEMMTUNE_SUSTAINED, 2).entry, 1);
}

TEST_F(RegimesTest, groups_have_both_too) {
  const gemmtune_operands form = grouped_operands(GEMMTUNE_GROUP_COUNTS, 130);
  EXPECT_EQ(find(GEMMTUNE_BURST, 390, 2112, form).entry, 12);
  EXPECT_EQ(find(GEMMTUNE_SUSTAINED, 390, 2112, form).entry, 16);
}

TEST_F(RegimesTest, only_such_a_bundle_has_the_new_schema) {
  EXPECT_STREQ(read_index(folder_.path()).schema(), "gemmtune.bundle/4");
  const test::BundleFolder plain;  // the same folder
  EXPECT_STREQ(read_index(plain.path()).schema(), "gemmtune.bundle/2");
  EXPECT_EQ(Bundle(plain.path(), GEMMTUNE_SUSTAINED).find("dense_1d2d", 512, 2112, 7168, {}).entry, 2);
}

TEST_F(RegimesTest, an_index_whose_schema_knows_no_regimes_is_refused_with_them) {
  std::string text = *read_whole(folder_.path() + "/index.txt");
  const std::string body = text.substr(text.find('\n') + 1);
  for (const char* schema : {kBundleSchema, kPickerBundleSchema}) {
    write_file_atomic(folder_.file("index.txt"), std::string(schema) + " " + sha256(body) + "\n" + body);
    EXPECT_EQ(code_of_opening(), GEMMTUNE_DAMAGED) << schema;
  }
}

TEST_F(RegimesTest, another_number_is_no_regime) {
  EXPECT_EQ(code_of([&] { Bundle(folder_.path(), 2); }), GEMMTUNE_BAD_ARGUMENT);
}

TEST_F(RegimesTest, what_is_not_there_is_told_with_what_is_in_bursts) {
  EXPECT_EQ(code_of([&] { find(GEMMTUNE_SUSTAINED, 64, 2120); }), GEMMTUNE_UNKNOWN_PROBLEM);
  EXPECT_EQ(message_.find("n=2112,k=7168"),
            message_.rfind("n=2112,k=7168", message_.find("n=2112,k=7168") + 8));
}

}  // namespace
}  // namespace gemmtune::launch
