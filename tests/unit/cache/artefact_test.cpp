#include "cache/artefact.h"

#include "util/hash.h"

#include <gtest/gtest.h>

namespace gemmtune::cache {
namespace {

constexpr const char* kKey = "0123abcd";

Artefact sample() {
  return {std::string("\x7f"
                      "ELF\0\1\2\3",
                      8),
          "ptxas info    : Used 168 registers\n",
          {168, 16, 8, 1024}};
}

TEST(Artefact, comes_back_as_it_was) {
  const auto back = decode(kKey, encode(kKey, sample()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->cubin, sample().cubin);
  EXPECT_EQ(back->log, sample().log);
  EXPECT_EQ(back->usage.registers, 168);
  EXPECT_EQ(back->usage.spill_bytes, 16);
  EXPECT_EQ(back->usage.stack_bytes, 8);
  EXPECT_EQ(back->usage.static_smem_bytes, 1024);
}

TEST(Artefact, may_be_empty) {
  const auto back = decode(kKey, encode(kKey, Artefact{}));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->cubin, "");
  EXPECT_EQ(back->log, "");
}

TEST(Artefact, with_any_one_byte_changed_is_refused) {
  const std::string good = encode(kKey, sample());
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    EXPECT_FALSE(decode(kKey, damaged)) << "byte " << at;
  }
}

TEST(Artefact, cut_anywhere_is_refused) {
  const std::string good = encode(kKey, sample());
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(decode(kKey, std::string_view(good).substr(0, length))) << "length " << length;
}

TEST(Artefact, whose_lengths_do_not_add_up_is_refused_even_with_the_right_hash) {
  const std::string good = encode(kKey, sample());
  const std::size_t hash = good.find('\n') + 1, body = hash + 64;
  for (const std::size_t length : {body, body + 8, body + 16})
    for (const char byte : {'\x00', '\x7f'}) {
      std::string forged = good;
      forged[length + (byte == 0 ? 0 : 7)] = byte;
      forged.replace(hash, 64, sha256(std::string_view(forged).substr(body)));
      EXPECT_FALSE(decode(kKey, forged)) << length;
    }
}

TEST(Artefact, of_another_key_is_refused) {
  for (const char* other : {"0123abce", "0123abc", "0123abcd0", ""})
    EXPECT_FALSE(decode(other, encode(kKey, sample()))) << other;
}

TEST(Artefact, with_something_behind_it_is_refused) {
  EXPECT_FALSE(decode(kKey, encode(kKey, sample()) + "x"));
}

}  // namespace
}  // namespace gemmtune::cache
