#include "util/shell.h"

#include "util/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace gemmtune {

namespace {

bool is_plain(unsigned char c) {
  return c < 0x80 && (std::isalnum(c) != 0 ||
                      std::string_view("%+,-./:=@_").find(static_cast<char>(c)) != std::string_view::npos);
}

/// $'...', where no byte but printable ASCII stands for itself.
std::string in_octal(std::string_view text) {
  std::string quoted = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    std::array<char, 8> escaped{};
    if (byte < 0x20 || byte >= 0x7f)
      std::snprintf(escaped.data(), escaped.size(), "\\%03o", byte);
    else
      std::snprintf(escaped.data(), escaped.size(), c == '\'' || c == '\\' ? "\\%c" : "%c", c);
    quoted += escaped.data();
  }
  return quoted + "'";
}

}  // namespace

std::string single_quoted(std::string_view text, std::string_view escaped_quote) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? escaped_quote : std::string_view(&c, 1);
  return quoted + "'";
}

std::string shell_quoted(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return std::string(word);
  return printable(word) == word ? single_quoted(word) : in_octal(word);
}

}  // namespace gemmtune
