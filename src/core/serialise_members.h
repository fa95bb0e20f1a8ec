// How the serialise_*.cpp files read members: one function a kind, errors with the key. Not for other files.
#pragma once

#include "core/serialise.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gemmtune::serialise {

/// Null when it is not there.
inline const Json* find(const Json& json, std::string_view key) {
  const auto found = json.find(key);
  return found == json.end() ? nullptr : &*found;
}

/// An object read member by member in the order in which it was written: each is then found where the last
/// one ended, and by a search only where the order is another. For rows, of which there are many.
class InOrder {
 public:
  explicit InOrder(const Json& json) : json_(json) {
    if (json.is_object()) next_ = json.get_ref<const Json::object_t&>().begin();
  }

  /// Null when it is not there.
  const Json* find(std::string_view key) {
    if (!has(key)) return nullptr;
    return &(next_++)->second;
  }

  bool has(std::string_view key) {
    if (!json_.is_object()) return false;
    const auto& members = json_.get_ref<const Json::object_t&>();
    if (next_ != members.end() && next_->first == key) return true;
    const auto found =
        std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.first == key; });
    if (found == members.end()) return false;
    next_ = found;
    return true;
  }

  friend const Json& json_of(const InOrder& object) { return object.json_; }

 private:
  const Json& json_;
  Json::object_t::const_iterator next_;
};

inline const Json& json_of(const Json& json) {
  return json;
}

inline const Json* find(InOrder& object, std::string_view key) {
  return object.find(key);
}

/// `object`, here and below, is a Json or an InOrder.
template <typename Object>
const Json& member(Object& object, const char* key) {
  if (const Json* found = find(object, key)) return *found;
  const Json& json = json_of(object);
  if (!json.is_object()) throw std::runtime_error(std::string("expected an object with \"") + key + "\"");
  throw std::runtime_error(std::string("missing \"") + key + "\"");
}

/// The JSON library casts whatever number it finds: 3e34 to an int is undefined, 4294967296 becomes 0.
template <typename T>
bool take(const Json& value, T& into) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    if (!value.is_number_integer()) return false;
    const bool fits = value.is_number_unsigned() ? std::in_range<T>(value.get<std::uint64_t>())
                                                 : std::in_range<T>(value.get<std::int64_t>());
    if (fits) value.get_to(into);
    return fits;
  } else {
    value.get_to(into);
    return true;
  }
}

template <typename T>
bool take(const Json& value, std::map<std::string, T>& into) {
  if (!value.is_object()) return false;
  for (const auto& [name, element] : value.items())
    if (!take(element, into[name])) return false;
  return true;
}

template <typename Enum>
void read_word(const Json& value, const char* key, Enum& into) {
  if (!value.is_string()) throw std::runtime_error(std::string("wrong type of \"") + key + "\"");
  const auto& text = value.get_ref<const std::string&>();
  const auto known = parse_name<Enum>(text);
  if (!known) throw std::runtime_error(std::string("unknown value \"") + text + "\" of \"" + key + "\"");
  into = *known;
}

template <typename T>
void read_value(const Json& value, const char* key, T& into) {
  if constexpr (std::is_enum_v<T>) {
    read_word(value, key, into);
  } else {
    bool fits = false;
    try {
      fits = take(value, into);
    } catch (const Json::exception&) {
      throw std::runtime_error(std::string("wrong type of \"") + key + "\"");
    }
    if (!fits) throw std::runtime_error(std::string("\"") + key + "\" is no integer of its range");
  }
}

template <typename Object, typename T>
void read(Object& object, const char* key, T& into) {
  read_value(member(object, key), key, into);
}

template <typename Object, typename T>
void read(Object& object, const char* key, std::optional<T>& into) {
  const Json* found = find(object, key);
  if (found != nullptr && !found->is_null()) read_value(*found, key, into.emplace());
}

/// For members that files of earlier revisions lack: absent, `into` keeps its value.
template <typename Object, typename T>
void read_if_there(Object& object, const char* key, T& into) {
  if (const Json* found = find(object, key)) read_value(*found, key, into);
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json name_of(auto value) {
  return Json(std::string(to_string(value)));
}

/// An object made member by member, in order; no key may come twice. For rows, of which there are many: an
/// initializer list copies every value, and [] looks at every key before.
class Members {
 public:
  explicit Members(std::size_t count) { object().reserve(count); }
  template <typename T>
  void add(const char* key, T&& value) {
    object().emplace_back(key, Json(std::forward<T>(value)));
  }
  Json take() { return std::move(json_); }

 private:
  Json::object_t& object() { return json_.get_ref<Json::object_t&>(); }

  Json json_ = Json::object();
};

template <typename T>
std::vector<T> read_list(const Json& json, const char* key) {
  std::vector<T> list;
  for (const Json& element : member(json, key)) list.push_back(from_json<T>(element));
  return list;
}

template <typename T>
Json list_of(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(to_json(value));
  return list;
}

}  // namespace gemmtune::serialise
