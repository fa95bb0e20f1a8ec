// How the serialise_*.cpp files read members: one function a kind, errors with the key. Not for other files.
#pragma once

#include "core/serialise.h"

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace gemmtune::serialise {

inline const Json& member(const Json& json, const char* key) {
  if (!json.is_object()) throw std::runtime_error(std::string("expected an object with \"") + key + "\"");
  const auto found = json.find(key);
  if (found == json.end()) throw std::runtime_error(std::string("missing \"") + key + "\"");
  return *found;
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

template <typename T>
void read(const Json& json, const char* key, T& into) {
  try {
    if (take(member(json, key), into)) return;
  } catch (const Json::exception&) {
    throw std::runtime_error(std::string("wrong type of \"") + key + "\"");
  }
  throw std::runtime_error(std::string("\"") + key + "\" is no integer of its range");
}

template <typename T>
void read(const Json& json, const char* key, std::optional<T>& into) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return;
  T value{};
  read(json, key, value);
  into = value;
}

/// For members that files of earlier revisions lack: absent, `into` keeps its value.
template <typename T>
void read_if_there(const Json& json, const char* key, T& into) {
  if (json.is_object() && json.contains(key)) read(json, key, into);
}

template <typename Enum>
void read_name(const Json& json, const char* key, Enum& into) {
  std::string text;
  read(json, key, text);
  const auto value = parse_name<Enum>(text);
  if (!value) throw std::runtime_error(std::string("unknown value \"") + text + "\" of \"" + key + "\"");
  into = *value;
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
