#include "store/journal.h"

#include "core/serialise.h"
#include "fixtures/rows.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <zlib.h>

namespace gemmtune::store {
namespace {

using namespace fixtures;

std::string line(const auto& record) {
  return to_json(record).dump() + "\n";
}

RunEnd end_of(const std::string& run_id) {
  RunEnd end;
  end.run_id = run_id;
  end.timestamp = timestamp(50);
  end.candidates = 3;
  end.pruned = {{"shared_memory", 7}};
  end.wall_s = {{"compile", 1.5}};
  return end;
}

Journal read_text(const ScratchFolder& folder, const std::string& text) {
  write_text(folder / "journal.jsonl", text);
  return read_journal(folder / "journal.jsonl");
}

void write_gzip(const std::filesystem::path& path, const std::string& text) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
}

/// Everything that a reader sees, as text.
std::string contents(const Journal& journal) {
  std::string text;
  for (const auto& h : journal.headers) text += line(h);
  for (const auto& r : journal.rows) text += line(r);
  for (const auto& e : journal.ends) text += line(e);
  return text;
}

TEST(Journal, keeps_the_header_and_the_end_of_every_run) {
  // As long as real ones are: longer than the strings that are kept in place.
  const std::string first = "0123456789abcdef", second = "fedcba9876543210";
  const ScratchFolder folder;
  const Journal journal = read_text(
      folder, line(header(first, 1)) + line(end_of(first)) + line(header(second, 2)) + line(end_of(second)));
  ASSERT_EQ(journal.headers.size(), 2u);
  EXPECT_EQ(journal.headers[0].run_id, first);
  EXPECT_EQ(journal.headers[1].run_id, second);
  EXPECT_EQ(journal.ends.size(), 2u);
}

TEST(Journal, reads_what_was_written) {
  const ScratchFolder folder;
  {
    JournalWriter writer(folder / "journal.jsonl");
    writer.write(header());
    writer.write(row(64, config(64), 10.5, Stage::screen, 1));
    writer.write(failed_row(64, config(96), Invalidity::compile, "spills 16 bytes \"|\n"));
    writer.write(end_of("run1"));
  }
  const Journal journal = read_journal(folder / "journal.jsonl");
  EXPECT_TRUE(journal.damaged.empty());
  ASSERT_EQ(journal.rows.size(), 2u);
  ASSERT_EQ(journal.headers.size(), 1u);
  EXPECT_EQ(journal.headers[0].environment.driver, "580.1");
  EXPECT_EQ(journal.ends.at(0).pruned.at("shared_memory"), 7);
  const auto failed = std::find_if(journal.rows.begin(), journal.rows.end(),
                                   [](const Row& r) { return r.invalidity == Invalidity::compile; });
  ASSERT_NE(failed, journal.rows.end());
  EXPECT_EQ(failed->reason, "spills 16 bytes \"|\n");
  EXPECT_FALSE(failed->time_us);
}

TEST(Journal, reads_the_longest_rows_that_are_written) {
  const ScratchFolder folder;
  Row raced = row(64, config(64), 10);
  for (int i = 0; i < 100'000; ++i) raced.samples_us.push_back(10.0 / 3 + i * 1e-9);
  Row failed = failed_row(64, config(96), Invalidity::compile, "");
  for (int i = 0; i < 1'000'000; ++i) failed.reason += "\u00e9 ";
  RunHeader run = header();
  run.command = std::string(2'000'000, 'x');
  {
    JournalWriter writer(folder / "journal.jsonl");
    writer.write(run);
    writer.write(raced);
    writer.write(failed);
  }
  const Journal journal = read_journal(folder / "journal.jsonl");
  EXPECT_EQ(journal.damaged, std::vector<std::string>{});
  ASSERT_EQ(journal.rows.size(), 2u);
  ASSERT_EQ(journal.headers.size(), 1u);
  EXPECT_LE(journal.headers[0].command.size(), std::size_t{64} << 10);
  for (const Row& read : journal.rows) {
    if (read.invalidity == Invalidity::correct) {
      EXPECT_EQ(read.samples_us, raced.samples_us);
      continue;
    }
    EXPECT_LE(read.reason.size(), std::size_t{64} << 10);
    EXPECT_TRUE(read.reason.starts_with("\u00e9 \u00e9 "));
    EXPECT_TRUE(read.reason.ends_with(" ... (3000000 bytes in all)"))
        << read.reason.substr(read.reason.size() - 99);
    EXPECT_EQ(read.reason.find("\ufffd"), std::string::npos) << "a character was cut";
  }
}

TEST(Journal, writes_no_record_that_is_too_long_to_be_read) {
  const ScratchFolder folder;
  Row raced = row(64, config(64), 10);
  raced.samples_us.assign(2'000'000, 10.0 / 3);
  JournalWriter writer(folder / "journal.jsonl");
  EXPECT_THROW(writer.write(raced), UserError);
  EXPECT_EQ(std::filesystem::file_size(folder / "journal.jsonl"), 0u);
}

/// Of every byte one bit, each in turn.
TEST(Journal, notices_every_changed_bit) {
  const ScratchFolder folder;
  {
    JournalWriter writer(folder / "journal.jsonl");
    writer.write(header());
    writer.write(row(64, config(64), 10.5));
    writer.write(row(64, config(96), 11.5));
    writer.write(end_of("run1"));
  }
  const std::string text = read_file(folder / "journal.jsonl");
  const Journal whole = read_text(folder, text);
  EXPECT_EQ(whole.unchecked, 0u);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    const Journal journal = read_text(folder, flipped);
    // A changed key of the first line's checksum makes that line one of an earlier revision, with its
    // figures.
    EXPECT_TRUE(!journal.damaged.empty() || (journal.unchecked == 1 && contents(journal) == contents(whole)))
        << "byte " << i;
    for (const Row& r : journal.rows)
      EXPECT_TRUE(line(r) == line(whole.rows[0]) || line(r) == line(whole.rows[1])) << "byte " << i;
  }
}

TEST(Journal, reads_and_counts_lines_of_revisions_without_checksums) {
  const ScratchFolder folder;
  const Journal journal =
      read_text(folder, line(header()) + line(row(1, config(64), 10)) + line(end_of("run1")));
  EXPECT_EQ(journal.rows.size(), 1u);
  EXPECT_EQ(journal.unchecked, 3u);
  EXPECT_TRUE(journal.damaged.empty());
}

TEST(Journal, a_line_that_another_program_wrote_with_our_checksum_is_damaged) {
  const ScratchFolder folder;
  JournalWriter(folder / "journal.jsonl").write(row(1, config(64), 10));
  Json changed = Json::parse(read_file(folder / "journal.jsonl"));
  changed["time_us"] = 9;
  const Journal journal = read_text(folder, changed.dump() + "\n");
  EXPECT_TRUE(journal.rows.empty());
  EXPECT_EQ(journal.damaged,
            std::vector<std::string>{"journal.jsonl:1: its checksum does not fit: it has changed "
                                     "since it was written"});
  std::string spaced = changed.dump();
  spaced.insert(spaced.size() - 1, " ");
  EXPECT_EQ(read_text(folder, spaced + "\n").damaged.size(), 1u);
  changed.erase("checksum");
  EXPECT_EQ(read_text(folder, changed.dump() + "\n").rows.at(0).time_us, 9);
}

TEST(Journal, keeps_everything_before_a_tear_at_any_byte) {
  const ScratchFolder folder;
  const std::vector<std::string> lines = {line(header()), line(row(1, config(64), 10, Stage::screen, 1)),
                                          line(row(2, config(64), 10, Stage::screen, 2)),
                                          line(end_of("run1"))};
  std::string text;
  for (const auto& l : lines) text += l;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const Journal journal = read_text(folder, text.substr(0, cut));
    std::size_t whole = 0, start = 0;  // lines before the tear; the newline itself may be what is missing
    while (whole < lines.size() && start + lines[whole].size() - 1 <= cut) start += lines[whole++].size();
    EXPECT_EQ(journal.headers.size() + journal.rows.size() + journal.ends.size(), whole) << "cut at " << cut;
    const bool torn = whole < lines.size() && cut > start;
    EXPECT_EQ(journal.damaged.size(), torn ? 1u : 0u) << "cut at " << cut;
  }
}

TEST(Journal, goes_on_in_order_after_the_clock_was_set_back) {
  const ScratchFolder folder;
  Row future = row(1, config(64), 20);
  future.timestamp = "2999-12-31T23:59:59.998Z";
  Row now = row(1, config(64), 10), later = row(2, config(64), 10);
  {
    JournalWriter writer(folder / "journal.jsonl");
    writer.write(future);
    writer.go_on_after(read_journal(folder / "journal.jsonl"));
    writer.write(header("run2"));
    writer.write(now);
    writer.write(later);
    later.problem.m = 3;
    later.timestamp = "3999-01-01T00:00:00.000Z";
    writer.write(later);
  }
  const Journal journal = read_journal(folder / "journal.jsonl");
  ASSERT_EQ(journal.rows.size(), 3u);
  EXPECT_EQ(journal.rows[0].time_us, 10) << "the later line stands";
  EXPECT_EQ(journal.headers.at(0).timestamp, "2999-12-31T23:59:59.999Z");
  EXPECT_EQ(journal.rows[0].timestamp, "3000-01-01T00:00:00.000Z");
  EXPECT_EQ(journal.rows[1].timestamp, "3000-01-01T00:00:00.001Z");
  EXPECT_EQ(journal.rows[2].timestamp, "3999-01-01T00:00:00.000Z") << "the clock is right again";
}

TEST(Journal, is_appended_to_after_a_tear) {
  const ScratchFolder folder;
  const std::string torn = line(row(1, config(64), 10)).substr(0, 100);
  write_text(folder / "journal.jsonl", line(header()) + torn);
  JournalWriter(folder / "journal.jsonl").write(row(2, config(64), 10));
  const Journal journal = read_journal(folder / "journal.jsonl");
  ASSERT_EQ(journal.rows.size(), 1u);
  EXPECT_EQ(journal.rows[0].problem.m, 2);
  EXPECT_EQ(journal.damaged, std::vector<std::string>{"journal.jsonl:2: not JSON"});
}

TEST(Journal, skips_and_names_damaged_lines) {
  const ScratchFolder folder;
  std::string wrong_type = line(row(1, config(64), 10));
  wrong_type.replace(wrong_type.find("\"gemmtune\""), 10, "17");
  const Journal journal = read_text(folder, line(header()) + "{\"record\":\"row\"\x01\n" + wrong_type +
                                                "[]\n{}\n\n" + line(row(2, config(64), 10)));
  EXPECT_EQ(journal.rows.size(), 1u);
  EXPECT_EQ(journal.damaged, (std::vector<std::string>{
                                 "journal.jsonl:2: not JSON", "journal.jsonl:3: wrong type of \"provider\"",
                                 "journal.jsonl:4: not an object", "journal.jsonl:5: no \"record\""}));
}

TEST(Journal, skips_a_line_of_deeply_nested_lists) {
  const ScratchFolder folder;
  const std::string deep =
      "{\"record\":\"row\",\"problem\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}\n";
  const Journal journal = read_text(folder, line(header()) + deep + line(row(1, config(64), 10)));
  EXPECT_EQ(journal.rows.size(), 1u);
  EXPECT_EQ(journal.damaged, std::vector<std::string>{"journal.jsonl:2: JSON nested deeper than 64 levels"});
}

TEST(Journal, skips_a_row_whose_times_are_none) {
  const ScratchFolder folder;
  for (const char* time : {"0", "-1", "5e-324", "1e300"})
    for (const char* key : {"time_us", "time_us_low", "time_us_high", "samples_us"}) {
      Json bad = to_json(row(1, config(64), 10));
      bad[key] = Json::parse(key == std::string("samples_us") ? "[10," + std::string(time) + "]" : time);
      const Journal journal =
          read_text(folder, line(header()) + bad.dump() + "\n" + line(row(2, config(64), 10)));
      EXPECT_EQ(journal.rows.size(), 1u);
      EXPECT_EQ(journal.damaged, std::vector<std::string>{"journal.jsonl:2: \"" + std::string(key) +
                                                          "\" is no time of a launch"});
    }
}

TEST(Journal, ignores_keys_and_records_of_later_minor_versions) {
  const ScratchFolder folder;
  Json later = to_json(row(1, config(64), 10));
  later["brightness"] = "high";
  const Journal journal = read_text(folder, line(header()) + later.dump() + "\n{\"record\":\"weather\"}\n");
  EXPECT_EQ(journal.rows.size(), 1u);
  EXPECT_TRUE(journal.damaged.empty());
}

TEST(Journal, refuses_another_major_version) {
  const ScratchFolder folder;
  std::string text = line(header());
  text.replace(text.find("journal/1"), 9, "journal/2");
  try {
    read_text(folder, text);
    FAIL() << "was read";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what())
                  .find("its schema is gemmtune.journal/2; this version of gemmtune reads "
                        "gemmtune.journal/1"),
              std::string::npos)
        << error.what();
  }
}

TEST(Journal, skips_a_line_longer_than_any_record) {
  const ScratchFolder folder;
  const std::string longest =
      "{\"record\":\"x\",\"pad\":\"" + std::string(std::size_t{16} << 20, 'x') + "\"}\n";
  const Journal journal = read_text(folder, line(header()) + longest + line(row(1, config(64), 10)));
  EXPECT_EQ(journal.rows.size(), 1u);
  EXPECT_EQ(journal.damaged, std::vector<std::string>{"journal.jsonl:2: longer than 16 MiB"});
}

TEST(Journal, of_two_rows_with_one_id_the_later_stands) {
  const ScratchFolder folder;
  const std::string early = line(row(1, config(64), 10, Stage::final, 1));
  const std::string late = line(row(1, config(64), 20, Stage::final, 2));
  for (const std::string& text : {early + late, late + early}) {
    const Journal journal = read_text(folder, text);
    ASSERT_EQ(journal.rows.size(), 1u);
    EXPECT_EQ(journal.rows[0].time_us, 20);
  }
}

TEST(Journal, merges_to_the_same_in_any_order) {
  const ScratchFolder folder;
  // Rows 1 and 2 of the files share an id and a timestamp, so the hash of the line decides.
  write_text(folder / "a.jsonl", line(header("run1", 0)) + line(row(1, config(64), 10)) +
                                     line(row(2, config(64), 10, Stage::final, 9)) + line(end_of("run1")));
  write_text(folder / "b.jsonl", line(header("run2", 3)) + line(row(1, config(64), 11)) +
                                     line(row(3, config(64), 10, Stage::final, 4)));
  write_text(folder / "c.jsonl", line(row(1, config(64), 12)) + line(header("run1", 0)));
  std::vector<std::filesystem::path> paths = {folder / "a.jsonl", folder / "b.jsonl", folder / "c.jsonl"};
  const std::string expected = contents(read_journals(paths));
  EXPECT_EQ(read_journals(paths).rows.size(), 3u);
  EXPECT_EQ(read_journals(paths).headers.back().run_id, "run2");
  while (std::next_permutation(paths.begin(), paths.end()))
    EXPECT_EQ(contents(read_journals(paths)), expected);
}

TEST(Journal, reads_gzip) {
  const ScratchFolder folder;
  const std::string text = line(header()) + line(row(1, config(64), 10)) + line(row(2, config(64), 10));
  write_gzip(folder / "journal.jsonl.gz", text);
  EXPECT_EQ(contents(read_journal(find_journal(folder.path()))), contents(read_text(folder, text)));
}

TEST(Journal, keeps_the_whole_lines_of_a_gzip_cut_anywhere) {
  const ScratchFolder folder;
  std::string text = line(header());
  for (int m = 1; m < 200; ++m) text += line(row(m, config(64), m));
  write_gzip(folder / "whole.gz", text);
  const std::string packed = read_file(folder / "whole.gz");
  for (std::size_t cut = 20; cut < packed.size(); cut += 499) {
    write_text(folder / "cut.gz", packed.substr(0, cut));
    const Journal journal = read_journal(folder / "cut.gz");
    EXPECT_LE(journal.rows.size(), 199u);
    ASSERT_FALSE(journal.damaged.empty()) << "cut at " << cut;
    EXPECT_NE(journal.damaged.back().find("the compressed file ends too early"), std::string::npos);
  }
  write_text(folder / "cut.gz", packed.substr(0, packed.size() / 2));
  EXPECT_GT(read_journal(folder / "cut.gz").rows.size(), 20u);
}

TEST(Journal, survives_bytes_that_are_no_text) {
  const ScratchFolder folder;
  JournalWriter(folder / "journal.jsonl")
      .write(failed_row(1, config(64), Invalidity::runtime, "died: \xff\xfe"));
  const Journal journal = read_journal(folder / "journal.jsonl");
  ASSERT_EQ(journal.rows.size(), 1u);
  EXPECT_TRUE(journal.rows[0].reason.starts_with("died: "));
}

TEST(Journal, finds_its_file_in_a_folder_or_says_what_is_missing) {
  const ScratchFolder folder;
  EXPECT_THROW(find_journal(folder.path()), UserError);
  EXPECT_THROW(read_journal(folder / "none.jsonl"), UserError);
  EXPECT_THROW(read_journal(folder.path()), UserError);
  write_gzip(folder / "journal.jsonl.gz", "");
  EXPECT_EQ(find_journal(folder.path()), folder / "journal.jsonl.gz");
  write_text(folder / "journal.jsonl", "");
  EXPECT_EQ(find_journal(folder.path()), folder / "journal.jsonl");
}

}  // namespace
}  // namespace gemmtune::store
