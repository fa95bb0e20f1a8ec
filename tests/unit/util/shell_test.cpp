#include "util/shell.h"

#include "util/text.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace gemmtune {
namespace {

/// What bash makes of one word of its own.
std::string read_by_bash(const std::string& quoted) {
  const std::string command = "bash -c " + single_quoted("printf %s " + quoted);
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 256> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe))
    text.append(block.data(), got);
  ::pclose(pipe);
  return text;
}

TEST(ShellQuoted, leaves_plain_words_alone) {
  for (const char* word : {"x=1,y:2", "/tmp/a-b_c.d", "50%", "me@host"}) EXPECT_EQ(shell_quoted(word), word);
}

TEST(ShellQuoted, quotes_what_a_shell_would_take_for_more_than_a_word) {
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quoted("é"), "'é'");
  EXPECT_EQ(shell_quoted("a\nb\033"), "$'a\\012b\\033'");
}

TEST(ShellQuoted, comes_back_from_a_shell_as_it_was_and_runs_nothing) {
  for (const char* word : {"$(touch pwned)", "`touch pwned`", "; touch pwned", "a b", "it's", "\"", "\\", "~",
                           "*", "#x", "!!", "new\nline", "a\033[2Jb'c\\d",
                           "\xc2\x9b"
                           "31m",
                           "not\xff utf8", "{a,b}"}) {
    EXPECT_EQ(read_by_bash(shell_quoted(word)), word);
    EXPECT_EQ(printable(shell_quoted(word)), shell_quoted(word)) << "it drives no terminal";
  }
}

}  // namespace
}  // namespace gemmtune
