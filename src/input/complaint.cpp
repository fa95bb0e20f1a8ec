#include "input/complaint.h"

#include "util/error.h"
#include "util/text.h"

namespace gemmtune::input {

namespace {

std::string shortened(std::string_view text) {
  constexpr std::size_t kMost = 60;
  if (text.size() <= kMost) return std::string(text);
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // whole UTF-8 characters
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

void complain(std::string_view file, std::string_view pointer, std::string_view complaint) {
  std::string text = printable(file) + ": ";
  if (!pointer.empty()) text += printable(pointer) + ": ";
  throw UserError(text + std::string(complaint));
}

std::string quote(std::string_view text) {
  return "\"" + shortened(printable(text)) + "\"";
}

std::string pointer_step(std::string_view key) {
  std::string step = "/";
  for (const char c : shortened(key)) step += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return step;
}

}  // namespace gemmtune::input
