#include "core/json.h"

#include <utility>
#include <vector>

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

/// Most texts are short and have few brackets, wherever these stand.
bool is_harmless(std::string_view text) {
  constexpr std::size_t kMostPerByte = 128;
  if (text.size() > kMostJsonBytes / kMostPerByte) return false;
  std::size_t brackets = 0;
  for (const char open : {'[', '{'})
    for (std::size_t at = text.find(open); at != std::string_view::npos; at = text.find(open, at + 1))
      if (++brackets > kMostJsonDepth) return false;
  return true;
}

/// Empty when the text may be parsed.
std::string refusal(std::string_view text) {
  if (is_harmless(text)) return "";
  const Demands demands = demands_of(text);
  if (demands.depth > kMostJsonDepth)
    return "JSON nested deeper than " + std::to_string(kMostJsonDepth) + " levels";
  if (demands.bytes > kMostJsonBytes)
    return "JSON whose values would take more than " + std::to_string(kMostJsonBytes >> 20) + " MiB";
  return "";
}

/// Puts values together from the library's events. Its own builder looks at all members before each new one,
/// and copies them all, values included, whenever an object grows: a third of the time that a journal takes
/// to read. Of two members with one name, both are kept and the first is found.
class Builder {
 public:
  Json take() { return std::move(root_); }

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(Json::number_integer_t value) { return put(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return put(value); }
  bool number_float(Json::number_float_t value, const std::string&) { return put(value); }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) {
    open_.push_back({Json::object(), members_.size()});
    return true;
  }
  bool start_array(std::size_t) {
    open_.push_back({Json::array(), members_.size()});
    return true;
  }
  bool key(std::string& name) {
    members_.push_back({std::move(name), {}});
    return true;
  }
  bool end_object() {
    const std::size_t first = open_.back().first_member;
    auto& object = open_.back().value.get_ref<Json::object_t&>();
    object.reserve(members_.size() - first);
    for (std::size_t i = first; i < members_.size(); ++i)
      object.emplace_back(std::move(members_[i].name), std::move(members_[i].value));
    members_.resize(first);
    return close();
  }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

 private:
  struct Member {
    std::string name;
    Json value;
  };
  struct Open {
    Json value;
    std::size_t first_member;  ///< of an object, in members_
  };

  template <typename T>
  bool put(T&& value) {
    if (open_.empty())
      root_ = std::forward<T>(value);
    else if (open_.back().value.is_array())
      open_.back().value.get_ref<Json::array_t&>().emplace_back(std::forward<T>(value));
    else
      members_.back().value = std::forward<T>(value);
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return put(std::move(value));
  }

  Json root_;
  std::vector<Open> open_;
  std::vector<Member> members_;  ///< of all open objects; the value of the last one may be yet to come
};

}  // namespace

Json parse_json(std::string_view text) {
  Builder builder;
  if (!refusal(text).empty() || !Json::sax_parse(text, &builder)) return Json(Json::value_t::discarded);
  return builder.take();
}

std::string why_no_json(std::string_view text) {
  const std::string refused = refusal(text);
  return refused.empty() ? "not JSON" : refused;
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string plain_text(const Json& json) {
  return json.is_string() ? json.get<std::string>() : json_text(json);
}

}  // namespace gemmtune
