#include "core/json.h"

namespace gemmtune {

namespace {

/// What a text would take of the reader, from one pass that allocates nothing.
struct Demands {
  std::size_t depth = 0;  ///< of nested lists and objects
  std::size_t bytes = 0;  ///< of values, at most; the growth of lists is in it
};

/// Of a text that is not JSON too: the passes agree about strings, and so about every bracket, up to the
/// first error.
Demands demands_of(std::string_view text) {
  constexpr std::size_t kElement = 32, kContainer = 64, kMember = 64, kString = 48;
  Demands most;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        most.bytes += kString;
        for (++i; i < text.size() && text[i] != '"'; ++i)
          if (text[i] == '\\') ++i;
        break;
      case '[':
      case '{':
        most.bytes += kElement + kContainer;
        if (++depth > most.depth) most.depth = depth;
        break;
      case ']':
      case '}':
        if (depth > 0) --depth;
        break;
      case ',':
        most.bytes += kElement;
        break;
      case ':':
        most.bytes += kMember;
        break;
      default:
        break;
    }
  }
  return most;
}

/// Empty when the text may be parsed.
std::string refusal(std::string_view text) {
  const Demands demands = demands_of(text);
  if (demands.depth > kMostJsonDepth)
    return "JSON nested deeper than " + std::to_string(kMostJsonDepth) + " levels";
  if (demands.bytes > kMostJsonBytes)
    return "JSON whose values would take more than " + std::to_string(kMostJsonBytes >> 20) + " MiB";
  return "";
}

}  // namespace

Json parse_json(std::string_view text) {
  if (!refusal(text).empty()) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

std::string why_no_json(std::string_view text) {
  const std::string refused = refusal(text);
  return refused.empty() ? "not JSON" : refused;
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace gemmtune
