// How the serialise_*.cpp files read members: one function a kind, errors with the key. Not for other files.
#pragma once

#include "core/serialise.h"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gemmtune::serialise {

inline const Json& member(const Json& json, const char* key) {
  if (!json.is_object()) throw std::runtime_error(std::string("expected an object with \"") + key + "\"");
  const auto found = json.find(key);
  if (found == json.end()) throw std::runtime_error(std::string("missing \"") + key + "\"");
  return *found;
}

template <typename T>
void read(const Json& json, const char* key, T& into) {
  try {
    member(json, key).get_to(into);
  } catch (const nlohmann::json::exception&) {
    throw std::runtime_error(std::string("wrong type of \"") + key + "\"");
  }
}

template <typename T>
void read(const Json& json, const char* key, std::optional<T>& into) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return;
  T value{};
  read(json, key, value);
  into = value;
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
