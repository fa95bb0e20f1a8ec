#include "core/freshness.h"

#include "fixtures/reports.h"

#include <gtest/gtest.h>

namespace gemmtune {
namespace {

Table made_here() {
  Table table = fixtures::sample_table();
  Environment& e = table.environment;
  e.uuid = "GPU-1", e.power_limit_w = 700, e.nvrtc = "13.0";
  e.source_hashes = {{"dense_1d2d", "a"}, {"dense_bf16", "b"}, {kCeilings, "c"}};
  table.policy = "cold_memset512x7-cupti-burst-w1t3-n15to200-p0.003";
  return table;
}

std::string said_of(const Environment& now, std::string_view policy = {}) {
  return sentence(standing_of(made_here(), now, policy));
}

Environment here() {
  return made_here().environment;
}

TEST(Standing, is_fresh_where_nothing_differs_that_times_depend_on) {
  EXPECT_EQ(said_of(here(), made_here().policy), "FRESH");
  Environment now = here();
  now.host = "another", now.revision = "another", now.cublaslt = "another", now.kernels = "another";
  now.source_hashes["dense_bf16"] = "of no entry";
  now.source_hashes[kCeilings] = "of no kernel";
  EXPECT_EQ(said_of(now, "cold_memset512x7-cupti-burst-w1t3-n15to60-p0.005"), "FRESH")
      << "how many samples there are is no other policy";
}

TEST(Standing, is_to_be_looked_at_where_the_machine_or_its_compiler_differs) {
  const auto with = [](const auto& change) {
    Environment now = here();
    change(now);
    return said_of(now);
  };
  EXPECT_EQ(with([](Environment& e) { e.driver = "590.2"; }), "RE-VALIDATE: driver 580.1, now 590.2");
  EXPECT_EQ(with([](Environment& e) { e.uuid = "GPU-2"; }), "RE-VALIDATE: board GPU-1, now GPU-2");
  EXPECT_EQ(with([](Environment& e) { e.power_limit_w = 500; }), "RE-VALIDATE: power limit 700 W, now 500 W");
  EXPECT_EQ(with([](Environment& e) { e.nvrtc = "13.1"; }), "RE-VALIDATE: NVRTC 13.0, now 13.1");
  EXPECT_EQ(said_of(here(), "warm-event-burst-w1t3-n30"),
            "RE-VALIDATE: policy cold_memset512x7-cupti-burst-w1t3, now warm-event-burst-w1t3");
}

TEST(Standing, is_stale_where_kernels_or_the_device_differ) {
  Environment now = here();
  now.source_hashes["dense_1d2d"] = "changed";
  now.driver = "590.2";
  EXPECT_EQ(said_of(now), "STALE: dense_1d2d is made of other sources now; driver 580.1, now 590.2");
  now = here();
  now.device = "Other GPU", now.sms = 78;
  EXPECT_EQ(said_of(now), "STALE: device Test GPU, now Other GPU");
  now = here();
  now.sms = 78;
  EXPECT_EQ(said_of(now), "STALE: SMs 132, now 78") << "a slice of it";
}

TEST(Standing, counts_all_of_kernels_where_a_table_does_not_say_what_its_kernel_is_made_of) {
  Table table = made_here();
  table.environment.source_hashes.clear();
  EXPECT_EQ(standing_of(table, here()).freshness, Freshness::fresh);
  Environment now = here();
  now.kernels = "kernels2";
  EXPECT_EQ(sentence(standing_of(table, now)),
            "STALE: kernels/ has changed, and the table does not say which of it dense_1d2d is made of");
}

/// `made_here` with machine code, and what it compiles to: all the same, by another text.
Table with_code() {
  Table table = made_here();
  table.entries.resize(3);
  for (std::size_t i = 0; i < table.entries.size(); ++i)
    table.entries[i].kernel_hash = "then", table.entries[i].code_hash = "code" + std::to_string(i);
  return table;
}

std::vector<CubinNow> compiled(const Table& table) {
  std::vector<CubinNow> cubins;
  for (const TableEntry& entry : table.entries) cubins.push_back({"now", entry.code_hash});
  return cubins;
}

Environment of_other_text() {
  Environment now = here();
  now.source_hashes["dense_1d2d"] = "changed";
  return now;
}

TEST(Standing, is_of_the_machine_code_where_that_is_known) {
  const Table table = with_code();
  std::vector<CubinNow> cubins = compiled(table);
  const auto judged = [&](const Table& judged_table) {
    return standing_of(judged_table, of_other_text(), {}, cubins);
  };
  EXPECT_EQ(sentence(judged(table)), "FRESH");
  EXPECT_EQ(judged(table).same_code, std::vector<std::string>{"dense_1d2d"});
  cubins[1] = {};
  EXPECT_EQ(sentence(judged(table)),
            "STALE: dense_1d2d is made of other sources now (2 of 3 winners are known to be the same machine "
            "code)");
  EXPECT_TRUE(judged(table).same_code.empty());
  Table without_code = table;
  for (TableEntry& entry : without_code.entries) entry.code_hash.clear();
  cubins[1] = {"now", "other"};
  EXPECT_EQ(sentence(judged(table)),
            "STALE: dense_1d2d compiles to other machine code now for 1 of 3 winners, to the same for 2");
  EXPECT_EQ(sentence(standing_of(table, here(), {}, cubins)), sentence(judged(table)))
      << "of the same text, by a compiler of the same name";
  EXPECT_EQ(sentence(judged(without_code)), "STALE: dense_1d2d is made of other sources now")
      << "a table that does not know its machine code";
  EXPECT_EQ(
      sentence(standing_of(table, of_other_text())),
      "STALE: dense_1d2d is made of other sources now (export --format bundle compares its machine code)");
}

TEST(Standing, of_the_same_machine_code_depends_on_the_machine_and_not_on_the_compiler) {
  const Table table = with_code();
  Environment now = of_other_text();
  now.nvrtc = "13.1";
  EXPECT_EQ(sentence(standing_of(table, now, {}, compiled(table))), "FRESH");
  EXPECT_NE(sentence(standing_of(table, now)).find("; NVRTC 13.0, now 13.1"), std::string::npos);
  now.driver = "590.2";
  EXPECT_EQ(sentence(standing_of(table, now, {}, compiled(table))), "RE-VALIDATE: driver 580.1, now 590.2");
  now.device = "Other GPU";
  EXPECT_EQ(standing_of(table, now, {}, compiled(table)).freshness, Freshness::stale);
}

TEST(SameCode, is_of_the_code_where_both_know_it_else_of_all_that_makes_a_cubin) {
  TableEntry entry;
  entry.kernel_hash = "then";
  EXPECT_EQ(same_code(entry, {}), SameCode::unknown);
  EXPECT_EQ(same_code(entry, {"then", "code"}), SameCode::same);
  EXPECT_EQ(same_code(entry, {"now", "code"}), SameCode::unknown);
  entry.code_hash = "code";
  EXPECT_EQ(same_code(entry, {"now", "code"}), SameCode::same);
  EXPECT_EQ(same_code(entry, {"then", "other"}), SameCode::other);
  EXPECT_EQ(same_code(entry, {"then", ""}), SameCode::same);
  EXPECT_EQ(same_code(entry, {"now", ""}), SameCode::unknown);
}

TEST(Standing, takes_nothing_unknown_for_a_difference) {
  EXPECT_EQ(said_of(Environment{}), "FRESH");
  Table unknown = made_here();
  unknown.environment = {};
  EXPECT_EQ(standing_of(unknown, here()).freshness, Freshness::fresh);
}

}  // namespace
}  // namespace gemmtune
