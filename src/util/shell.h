// Words for a POSIX shell: whatever a file or a person named, a command that we print runs nothing else.
#pragma once

#include <string>
#include <string_view>

namespace gemmtune {

/// `word` as a shell reads it back: bare where that is plain, in single quotes, or as $'...' where it holds
/// what would drive a terminal.
std::string shell_quoted(std::string_view word);

/// In single quotes whatever it holds; what `escaped_quote` is to an apostrophe (fish: \').
std::string single_quoted(std::string_view text, std::string_view escaped_quote = "'\\''");

}  // namespace gemmtune
