#include "report/screen.h"

namespace gemmtune::report {

namespace {

const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::heading:
      return "1";
    case Tone::good:
      return "32";
    case Tone::bad:
      return "31";
    case Tone::doubtful:
      return "33";
    case Tone::faint:
      return "2";
    case Tone::plain:
      break;
  }
  return "0";
}

}  // namespace

std::string Screen::painted(const std::string& text, Tone tone) const {
  if (!colour || tone == Tone::plain || text.empty()) return text;
  return "\033[" + std::string(code_of(tone)) + "m" + text + "\033[0m";
}

}  // namespace gemmtune::report
