#include "input/strict_json.h"

#include "core/json.h"
#include "input/complaint.h"
#include "input/strict_json_check.h"
#include "util/text.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace gemmtune::input {

namespace {

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return value.empty() ? "an empty list" : "a list";
  return value.is_string() ? quote(value.get_ref<const std::string&>()) : json_text(value);
}

}  // namespace

void Node::fail(const std::string& complaint) const {
  complain(*file_, pointer_, complaint);
}

void Node::fail_expected(const std::string& what) const {
  fail("expected " + what + ", got " + shown(*value_));
}

bool Node::is_object() const {
  return value_->is_object();
}
bool Node::is_list() const {
  return value_->is_array();
}
bool Node::is_text() const {
  return value_->is_string();
}
bool Node::is_null() const {
  return value_->is_null();
}

bool Node::is_empty_list() const {
  return value_->is_array() && value_->empty();
}

std::optional<std::int64_t> Node::whole() const {
  const bool fits = value_->is_number_unsigned() ? value_->get<std::uint64_t>() <=
                                                       std::uint64_t(std::numeric_limits<std::int64_t>::max())
                                                 : value_->is_number_integer();
  return fits ? std::optional(value_->get<std::int64_t>()) : std::nullopt;
}

std::int64_t Node::integer(std::int64_t min, std::int64_t max) const {
  if (const auto number = whole()) {
    if (*number >= min && *number <= max) return *number;
    if (min == 1 && *number < 1) fail_expected("a positive integer");
  }
  if (!value_->is_number()) fail_expected(min == 1 ? "a positive integer" : "an integer");
  fail_expected("an integer from " + std::to_string(min) + " to " + std::to_string(max));
}

double Node::number() const {
  if (!value_->is_number()) fail_expected("a number");
  return value_->get<double>();
}

bool Node::boolean() const {
  if (!value_->is_boolean()) fail_expected("true or false");
  return value_->get<bool>();
}

std::string Node::text() const {
  if (!value_->is_string()) fail_expected("a text in quotes");
  return value_->get<std::string>();
}

std::string Node::label() const {
  constexpr std::size_t kMost = 200;
  std::string label = printable(text());
  if (label.size() > kMost) fail("longer than " + std::to_string(kMost) + " characters");
  return label;
}

std::size_t Node::size() const {
  if (!value_->is_array()) fail_expected("a list");
  if (value_->empty()) fail("the list is empty; give at least one value");
  return value_->size();
}

Node Node::item(std::size_t index) const {
  return {value_->at(index), *file_, pointer_ + "/" + std::to_string(index)};
}

void Node::require_schema(std::string_view schema) const {
  const std::string wanted = "\"" + std::string(schema) + "\"";
  const auto node = find("schema");
  if (!node) fail("\"schema\" is missing; add \"schema\": " + wanted);
  if (node->text() != schema) node->fail_expected(wanted);
}

void Node::allow(std::span<const std::string_view> keys) const {
  if (!value_->is_object()) fail_expected("an object");
  for (const auto& [key, unused] : value_->items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      fail("unknown key " + quote(key) + did_you_mean(key, keys));
}

Node Node::member(std::string_view key) const {
  if (auto found = find(key)) return *std::move(found);
  fail("\"" + std::string(key) + "\" is missing");
}

std::optional<Node> Node::find(std::string_view key) const {
  const auto found = value_->find(key);
  if (found == value_->end()) return std::nullopt;
  return Node{*found, *file_, pointer_ + pointer_step(key)};
}

std::vector<std::string> Node::keys() const {
  if (!value_->is_object()) fail_expected("an object");
  std::vector<std::string> keys;
  for (const auto& [key, unused] : value_->items()) keys.push_back(key);
  return keys;
}

Document::Document(std::string file, std::string_view bytes)
    : file_(std::make_shared<const std::string>(std::move(file))) {
  check_strict(*file_, bytes);
  json_ = std::make_shared<const Json>(parse_json(bytes));
}

Document Document::of(std::string source, const Json& value) {
  Document document;
  document.file_ = std::make_shared<const std::string>(std::move(source));
  document.json_ = std::make_shared<const Json>(value);
  return document;
}

}  // namespace gemmtune::input
