// How a complaint about a file or a flag looks: `dsv3.json: /problems/3/k: expected a positive integer, got
// -1`.
#pragma once

#include <string>
#include <string_view>

namespace gemmtune::input {

/// Throws UserError. `file` is the name as the user gave it; `pointer` a JSON pointer, empty for the whole
/// file.
[[noreturn]] void complain(std::string_view file, std::string_view pointer, std::string_view complaint);

/// Text from a file or a flag, fit for a message: in quotes, without control characters, at most 60
/// characters.
std::string quote(std::string_view text);

/// One step of a JSON pointer, escaped as RFC 6901 says: `/a~1b` for the key "a/b"; a long key is cut.
std::string pointer_step(std::string_view key);

}  // namespace gemmtune::input
