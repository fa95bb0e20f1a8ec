// Bundles as files: what is refused, that index and manifest say the same and the check of it notices when
// they do not, and that the loader looks up as tables do. The launches are in unit/launch.
#include "export/bundle.h"

#include "core/fields_of_problem.h"
#include "fixtures/bundles.h"
#include "launch/lookup.h"
#include "store/table.h"
#include "util/error.h"
#include "util/hash.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <random>

namespace gemmtune::exports {
namespace {

using test::parts_of;
using test::small_table;

std::string refusal(const Table& table, const BundleParts& parts) {
  try {
    export_bundle(table, parts);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

std::map<std::string, std::string> files_of(const Table& table) {
  std::map<std::string, std::string> files;
  for (const auto& [name, bytes] : export_bundle(table, parts_of(table))) files[name] = bytes;
  return files;
}

TEST(Bundle, holds_each_cubin_once_with_manifest_index_and_loader) {
  const auto files = files_of(small_table());
  EXPECT_EQ(files.size(), 5u + 14u);
  for (const char* name : {"manifest.json", "index.txt", "gemmtune.h", "gemmtune.hpp", "libgemmtune.so"})
    EXPECT_TRUE(files.contains(name)) << name;
  EXPECT_EQ(files.at("cubins/hash1.cubin"), "cubin of hash1");
  const auto manifest = nlohmann::json::parse(files.at("manifest.json"));
  EXPECT_EQ(manifest["cubins"].size(), 14u);
  EXPECT_EQ(manifest["entries"][1]["cubin"], manifest["entries"][7]["cubin"]);
}

TEST(Bundle, is_refused_for_simulated_and_empty_tables) {
  Table table = small_table();
  table.simulated = true;
  EXPECT_NE(refusal(table, parts_of(table)).find("simulated"), std::string::npos);
  EXPECT_NE(refusal({}, {}).find("no entries"), std::string::npos);
}

TEST(Bundle, is_refused_for_a_kernel_that_its_loader_cannot_launch) {
  Table table = small_table();
  table.entries[1].problem.kernel = "unheard_of";
  EXPECT_EQ(refusal(table, parts_of(table)).rfind("unheard_of:m=64", 0), 0u)
      << refusal(table, parts_of(table));
}

TEST(Bundle, is_refused_when_the_cubins_are_not_those_that_were_timed) {
  const Table table = small_table();
  BundleParts parts = parts_of(table);
  parts.cubins[2].kernel_hash = "other";
  EXPECT_NE(refusal(table, parts).find("measured with cubin hash2"), std::string::npos)
      << refusal(table, parts);
  parts.stale = true;
  EXPECT_EQ(refusal(table, parts), "");
  const launch::Index index = index_of(table, parts);
  EXPECT_EQ(index.entries[2].time_ns, 0);
  EXPECT_EQ(index.entries[1].time_ns, 9564);
}

TEST(Bundle, takes_cubins_of_the_same_machine_code_with_their_times_and_refuses_others) {
  Table table = small_table();
  BundleParts parts = parts_of(table);
  table.entries[2].code_hash = "code2";
  parts.cubins[2].kernel_hash = "of_other_text";
  parts.cubins[2].code_hash = "code2";
  EXPECT_EQ(refusal(table, parts), "");
  EXPECT_GT(index_of(table, parts).entries[2].time_ns, 0);
  parts.cubins[2].code_hash = "code3";
  EXPECT_NE(refusal(table, parts)
                .find("measured with machine code code2, and these kernels and this NVRTC make "
                      "code3"),
            std::string::npos)
      << refusal(table, parts);
  parts.stale = true;
  EXPECT_EQ(refusal(table, parts), "");
  EXPECT_EQ(index_of(table, parts).entries[2].time_ns, 0);
  EXPECT_GT(index_of(table, parts).entries[1].time_ns, 0);
}

TEST(Bundle, leaves_out_entries_that_no_lookup_finds) {
  Table table = small_table();
  TableEntry integers = table.entries[0];
  integers.problem.data = DataKind::integer;
  table.entries.push_back(integers);
  const auto manifest = nlohmann::json::parse(files_of(table).at("manifest.json"));
  EXPECT_EQ(manifest["entries"].size(), small_table().entries.size());
}

TEST(Bundle, loader_finds_what_the_table_does_on_random_questions) {
  const Table table = small_table();
  const launch::Index index = launch::parse_index(files_of(table).at("index.txt"));
  const launch::EntryLookup loader(index.entries);
  std::mt19937 random(7);
  const auto one_of = [&](std::initializer_list<std::int64_t> values) {
    return values.begin()[random() % values.size()];
  };
  int found = 0;
  for (int i = 0; i < 20000; ++i) {
    Problem p;
    p.m = one_of({1, 2, 63, 64, 65, 255, 256, 257, 511, 512, 513, 4095, 4096, 4097,
                  1 + static_cast<std::int64_t>(random() % 8192)});
    p.n = one_of({2112, 4096, 576});
    p.k = one_of({7168, 512});
    p.out = random() % 3 == 0 ? OutputType::fp32 : OutputType::bf16;
    p.accumulate = random() % 3 == 0;
    if (random() % 3 == 0) p.d_pitch = 4096;
    if (p.d_pitch == p.n) p.d_pitch = 0;
    const launch::EntryKey key{p.kernel,
                               {p.m, p.n, p.k, p.a_stride(), p.b_stride(), p.d_stride()},
                               p.out == OutputType::fp32,
                               p.accumulate};
    const store::Lookup wanted = store::lookup(table, p);
    try {
      const auto answer = loader.find(key);
      ++found;
      ASSERT_EQ(&table.entries[answer.entry], wanted.entry) << describe(p);
      ASSERT_EQ(answer.match == GEMMTUNE_EXACT, wanted.match == store::Match::exact) << describe(p);
      ASSERT_EQ(answer.match == GEMMTUNE_LARGEST, p.m > wanted.entry->problem.m) << describe(p);
    } catch (const launch::BundleError& error) {
      ASSERT_EQ(error.code(), GEMMTUNE_UNKNOWN_PROBLEM);
      ASSERT_EQ(wanted.match, store::Match::none) << describe(p);
    }
  }
  EXPECT_GT(found, 2000);
}

/// The loader, which knows nothing of core/, has a list of its own.
TEST(Bundle, loader_tells_the_same_fields_of_a_problem_as_everyone_else) {
  Problem asked = small_table().entries[0].problem;
  asked.kernel = "another";
  for (const ProblemField& field : kProblemFields)
    if ((field.is & ProblemField::kForm) != 0 && (field.is & ProblemField::kSelects) != 0 &&
        (field.is & ProblemField::kGroups) == 0)
      set_field(asked, field,
                std::holds_alternative<bool Problem::*>(field.member) ? "true"
                : field.columns != nullptr                            ? "16384"
                                                                      : "fp32");
  const launch::Index index = index_of(small_table(), parts_of(small_table()));
  launch::EntryKey key;
  key.kernel = asked.kernel;
  key.shape = {asked.m, asked.n, asked.k, asked.a_stride(), asked.b_stride(), asked.d_stride()};
  key.fp32_out = key.accumulate = true;
  std::string expected = describe(asked);
  expected.replace(expected.find("m="), expected.find("n=") - expected.find("m="), "");
  try {
    launch::EntryLookup(index.entries).find(key);
    ADD_FAILURE() << "found " << describe(asked);
  } catch (const launch::BundleError& error) {
    EXPECT_NE(std::string(error.what()).find("no entry for " + expected + ";"), std::string::npos)
        << error.what();
  }
}

TEST(Bundle, index_reads_back_as_it_was) {
  const Table table = small_table();
  const launch::Index index = index_of(table, parts_of(table));
  const launch::Index again = launch::parse_index(to_text(index));
  EXPECT_EQ(to_text(again), to_text(index));
  EXPECT_EQ(again.gpu.name, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(again.entries[3].recipe.cluster_m, 2u);
}

TEST(Bundle, index_with_any_byte_changed_or_cut_is_refused) {
  const std::string good = files_of(small_table()).at("index.txt");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    EXPECT_THROW(launch::parse_index(bad), launch::BundleError) << i;
    EXPECT_THROW(launch::parse_index(good.substr(0, i)), launch::BundleError) << i;
  }
}

/// Behind a right hash: what another exporter, or a bug of ours, might have written.
TEST(Bundle, index_with_a_wrong_line_is_refused_with_its_place) {
  const auto complaint = [](const std::string& body) {
    try {
      launch::parse_index(std::string(launch::kBundleSchema) + " " + sha256(body) + "\n" + body);
    } catch (const launch::BundleError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string good = files_of(small_table()).at("index.txt");
  const std::string body = good.substr(good.find('\n') + 1);
  EXPECT_EQ(complaint(body), "");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = body;
    return changed.replace(changed.find(from), from.size(), to);
  };
  EXPECT_EQ(complaint(with(" m=1 ", " m=-1 ")), "index.txt:17: cannot be read at \"m\"");
  EXPECT_EQ(complaint(with(" m=1 ", " m=99999999999999999999 ")), "index.txt:17: cannot be read at \"m\"");
  EXPECT_EQ(complaint(with(" cubin=0 ", " cubin=14 ")), "index.txt:17: cannot be read at \"cubin\"");
  EXPECT_EQ(complaint(with(" accumulate=0 ", " accumulate=2 ")),
            "index.txt:17: cannot be read at \"accumulate\"");
  EXPECT_EQ(complaint(with(" block_m=8 ", " block_m=0 ")), "index.txt:17: cannot be read at \"block_m\"");
  EXPECT_EQ(complaint(with(" block_m=8 ", " ")), "index.txt:17: cannot be read at \"block_m\"");
  EXPECT_EQ(complaint(with(" groups=3 ", " groups=65537 ")), "index.txt:27: cannot be read at \"groups\"");
  EXPECT_EQ(complaint(with(" groups=3 ", " groups=0 ")), "index.txt:27: cannot be read at \"group_layout\"");
  EXPECT_EQ(complaint(with(" group_layout=1 ", " group_layout=5 ")),
            "index.txt:27: cannot be read at \"group_layout\"");
  EXPECT_EQ(complaint(with(" group_step=64 ", " group_step=0 ")),
            "index.txt:27: cannot be read at \"group_layout\"");
  EXPECT_EQ(complaint(with("grouped ", "entry ")), "index.txt:27: cannot be read at \"cubin\"");
  EXPECT_EQ(complaint(with("gpu ", "cpu ")), "index.txt:2: cannot be read at \"the first word\"");
  EXPECT_NE(
      complaint(with(" scaling=1", " scaling=7")).find("\"dense_1d2d\", which this loader cannot launch"),
      std::string::npos);
  EXPECT_EQ(complaint(with(" cluster_m=1 ", " cluster_m=65536 ")),
            "index.txt:17: cannot be read at \"block_m\"");
  EXPECT_EQ(complaint(with(" smem_bytes=", " smem_bytes=4294967295")),
            "index.txt:17: cannot be read at \"smem_bytes\"");
  EXPECT_EQ(complaint(body.substr(body.find("entry"))).substr(0, 42),
            "index.txt:2: cannot be read at \"cubin\"");
}

TEST(Bundle, check_notices_files_that_do_not_agree) {
  const Table table = small_table();
  const auto broken = [&](const std::string& file, const std::string& from, const std::string& to) {
    auto files = export_bundle(table, parts_of(table));
    for (File& each : files)
      if (each.name == file) {
        const std::size_t at = each.bytes.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        each.bytes.replace(at, from.size(), to);
      }
    EXPECT_THROW(check_bundle(files, table), std::exception) << file << ": " << from;
  };
  EXPECT_NO_THROW(check_bundle(export_bundle(table, parts_of(table)), table));
  broken("cubins/hash1.cubin", "hash1", "hash2");
  broken("manifest.json", "\"m\": 64", "\"m\": 65");
  broken("manifest.json", "\"threads\": ", "\"threads\": 1");
  broken("manifest.json", "\"most_ctas\": ", "\"most_ctas\": 1");
  broken("manifest.json", "\"sms\": 132", "\"sms\": 131");
  broken("manifest.json", "cubins/hash2.cubin", "cubins/hash3.cubin");
}

TEST(Bundle, check_notices_a_lookup_that_differs_from_the_tables) {
  const Table table = small_table();
  const auto files = export_bundle(table, parts_of(table));
  Table other = table;
  std::swap(other.entries[0].problem.m, other.entries[1].problem.m);
  EXPECT_THROW(check_bundle(files, other), InternalError);
}

TEST(Bundle, says_which_m_gets_what) {
  const Table table = small_table();
  const std::string text = what_every_m_gets(index_of(table, parts_of(table)));
  EXPECT_NE(text.find("dense_1d2d n=2112 k=7168: m 1, 2-64, 65-512, more as 512\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("dense_1d2d n=4096 k=7168: m 1-256, 257-4096, more as 4096\n"), std::string::npos)
      << text;
}

TEST(LoaderHeader, is_one_file_without_includes_of_ours_but_the_c_header) {
  const std::string header = loader_header();
  EXPECT_EQ(header.find("#include \"launch/"), std::string::npos);
  EXPECT_EQ(header.find("#include \"util/"), std::string::npos);
  EXPECT_EQ(header.find("#pragma once"), header.rfind("#pragma once"));
  EXPECT_NE(header.find("class Bundle"), std::string::npos);
}

TEST(Bundle, with_winners_of_another_regime_leaves_out_those_of_entries_that_no_lookup_finds) {
  Table table = small_table();
  table.entries[0].sustained = SustainedWinner{table.entries[0].config, "hash0b", "", "blocks", 9, 9, 9};
  table.entries[0].sustained->config["num_sms"] = 20;
  table.entries.push_back(table.entries[0]);
  table.entries.back().problem.data = DataKind::integer;
  const std::size_t in_bursts = table.entries.size();
  table = with_sustained(table);
  ASSERT_EQ(table.entries.size(), in_bursts + 2);
  BundleParts parts = parts_of(table);
  parts.sustained = 2;
  std::map<std::string, std::string> files;
  for (const auto& [name, bytes] : export_bundle(table, parts)) files[name] = bytes;
  const auto manifest = nlohmann::json::parse(files.at("manifest.json"));
  EXPECT_EQ(manifest["schema"], "gemmtune.bundle/4");
  EXPECT_EQ(manifest["entries"].size(), small_table().entries.size() + 1);
  EXPECT_EQ(manifest["entries"].back()["regime"], "sustained");
  EXPECT_EQ(manifest["entries"].back()["config"]["num_sms"], 20);
  EXPECT_FALSE(manifest["entries"][0].contains("regime"));
  const std::string says = what_every_m_gets(launch::parse_index(files.at("index.txt")));
  EXPECT_NE(says.find("dense_1d2d n=2112 k=7168 back to back: m 1, others as in bursts"), std::string::npos)
      << says;
}

}  // namespace
}  // namespace gemmtune::exports
