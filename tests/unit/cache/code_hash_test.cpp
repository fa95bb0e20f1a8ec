#include "cache/code_hash.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace gemmtune::cache {
namespace {

struct Section {
  std::string name;
  std::string bytes;
  std::uint64_t no_bits = 0;  ///< its size where it has no bytes
};

std::string little_endian(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string header(std::uint64_t name, std::uint64_t type, std::uint64_t offset, std::uint64_t size) {
  return little_endian(name, 4) + little_endian(type, 4) + std::string(16, '\0') + little_endian(offset, 8) +
         little_endian(size, 8) + std::string(24, '\0');
}

/// An ELF file of these, the names of sections behind them, the headers at the end.
std::string elf(std::vector<Section> sections) {
  sections.push_back({".shstrtab", ""});
  std::string names(1, '\0');
  std::vector<std::uint64_t> name_at;
  for (const Section& section : sections) {
    name_at.push_back(names.size());
    names += section.name + '\0';
  }
  sections.back().bytes = names;
  std::string body, headers(64, '\0');
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const Section& section = sections[i];
    headers += header(name_at[i], section.no_bits > 0 ? 8 : 1, 64 + body.size(),
                      section.no_bits > 0 ? section.no_bits : section.bytes.size());
    body += section.bytes;
  }
  return std::string(
             "\x7f"
             "ELF\x02\x01",
             6) +
         std::string(34, '\0') + little_endian(64 + body.size(), 8) + std::string(10, '\0') +
         little_endian(64, 2) + little_endian(sections.size() + 1, 2) + little_endian(sections.size(), 2) +
         body + headers;
}

std::vector<Section> sample() {
  return {{".debug_frame", "frames"}, {".nv.info", "symbols"},        {".nv.info.tiny", "launch"},
          {".text.tiny", "code"},     {".nv.constant0.tiny", "args"}, {".nv.shared.tiny", "", 1024}};
}

std::string with(std::size_t section, const Section& other) {
  std::vector<Section> sections = sample();
  sections[section] = other;
  return elf(sections);
}

TEST(CodeHash, is_of_what_the_gpu_sees_alone) {
  const std::string hash = code_hash(elf(sample()));
  EXPECT_EQ(hash, "86ac87d9151c3cc7") << "as scripts/same_code counts";
  EXPECT_EQ(code_hash(with(0, {".debug_line", "of another path"})), hash);
  EXPECT_EQ(code_hash(with(1, {".nv.info", "others"})), hash);
  EXPECT_NE(code_hash(with(2, {".nv.info.tiny", "other launch"})), hash);
  EXPECT_NE(code_hash(with(3, {".text.tiny", "cod3"})), hash);
  EXPECT_NE(code_hash(with(3, {".text.other", "code"})), hash);
  EXPECT_NE(code_hash(with(4, {".nv.constant0.tiny", "argz"})), hash);
  EXPECT_NE(code_hash(with(4, {".nv.constant3.tiny", "args"})), hash);
  EXPECT_NE(code_hash(with(5, {".nv.shared.tiny", "", 2048})), hash);
}

TEST(CodeHash, does_not_depend_on_the_order_of_sections) {
  std::vector<Section> sections = sample();
  std::swap(sections[0], sections[4]);
  std::swap(sections[2], sections[3]);
  EXPECT_EQ(code_hash(elf(sections)), code_hash(elf(sample())));
}

TEST(CodeHash, does_not_depend_on_the_numbers_of_symbols) {
  using namespace std::string_literals;
  const auto hash = [](const std::string& attributes) {
    return code_hash(with(2, {".nv.info.tiny", attributes}));
  };
  const std::string before = "\x03\x1b\xff\x00"s;
  const std::string bank = hash(before + "\x04\x0a\x08\x00\x0b\x00\x00\x00\x10\x02\x0c\x00"s);
  EXPECT_EQ(hash(before + "\x04\x0a\x08\x00\x0e\x00\x00\x00\x10\x02\x0c\x00"s), bank);
  EXPECT_NE(hash(before + "\x04\x0a\x08\x00\x0b\x00\x00\x00\x10\x02\x10\x00"s), bank) << "more parameters";
  EXPECT_NE(hash(before + "\x04\x05\x08\x00\x0b\x00\x00\x00\x10\x02\x0c\x00"s), bank) << "another attribute";
  EXPECT_NE(hash("\x04\x05\x04\x00\x01\x00\x00\x00"s), hash("\x04\x05\x04\x00\x02\x00\x00\x00"s))
      << "no symbol";
  EXPECT_NE(hash("\x04\x0a\x08\x00\x0b"s), hash("\x04\x0a\x08\x00\x0c"s)) << "cut off: as it is";
}

TEST(CodeHash, keeps_apart_what_runs_into_the_next_section) {
  EXPECT_NE(code_hash(elf({{".text.a", "12"}, {".text.b", "3"}})),
            code_hash(elf({{".text.a", "1"}, {".text.b", "23"}})));
}

TEST(CodeHash, is_empty_of_what_is_no_cubin_with_code) {
  EXPECT_EQ(code_hash(""), "");
  EXPECT_EQ(code_hash("cubin of hash1"), "");
  EXPECT_EQ(code_hash(std::string(1000, '\0')), "");
  EXPECT_EQ(code_hash(elf({{".nv.info.tiny", "launch"}})), "");
  EXPECT_EQ(code_hash(elf({{".text.tiny", ""}})), "");
}

TEST(CodeHash, is_empty_of_any_part_of_a_cubin) {
  const std::string whole = elf(sample());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(code_hash(std::string_view(whole).substr(0, size)), "") << size;
}

TEST(CodeHash, is_empty_where_a_section_is_larger_than_what_is_left) {
  const std::string whole = elf(sample());
  const std::size_t text_size_at = whole.size() - 64 * sample().size() + 64 * 2 + 32;
  ASSERT_EQ(whole[text_size_at], 4) << "of .text.tiny";
  for (const std::uint64_t size : {std::uint64_t{whole.size()}, ~std::uint64_t{0}, ~std::uint64_t{0} - 100}) {
    std::string damaged = whole;
    damaged.replace(text_size_at, 8, little_endian(size, 8));
    EXPECT_EQ(code_hash(damaged), "") << size;
  }
}

// Not what comes out, but that nothing is read that is not there: the sanitizers look on.
TEST(CodeHash, reads_nothing_beyond_a_cubin_of_which_numbers_are_wrong) {
  const std::string whole = elf(sample());
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(value);
      const std::vector<char> exact(damaged.begin(), damaged.end());
      const std::string hash = code_hash({exact.data(), exact.size()});
      EXPECT_TRUE(hash.empty() || hash.size() == 16) << at;
    }
  for (std::size_t at = 0; at + 8 <= whole.size(); ++at) {
    std::string damaged = whole;
    damaged.replace(at, 8, std::string(8, '\xff'));
    const std::vector<char> exact(damaged.begin(), damaged.end());
    code_hash({exact.data(), exact.size()});
  }
}

}  // namespace
}  // namespace gemmtune::cache
