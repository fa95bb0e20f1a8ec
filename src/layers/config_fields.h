// The members of a config.json: each is asked for under its names, within limits, and what nobody asked for
// is known afterwards.
#pragma once

#include "input/strict_json.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::layers {

/// Sizes that no model comes near: what is larger is a slip.
struct Limits {
  std::int64_t least = 1, most = 1;
};

class ConfigFields {
 public:
  explicit ConfigFields(input::Node root) : root_(std::move(root)) {}

  struct Field {
    std::string_view key;
    input::Node node;
  };

  /// The first of these that is there and not null.
  std::optional<Field> find(std::initializer_list<std::string_view> keys);
  /// Throws UserError where none is there: the name and the legal values.
  std::int64_t required(std::initializer_list<std::string_view> keys, const Limits& limits);
  std::int64_t integer(std::initializer_list<std::string_view> keys, const Limits& limits,
                       std::int64_t otherwise);
  std::int64_t integer(const Field& field, const Limits& limits);
  bool flag(std::string_view key);
  std::string text(std::string_view key);
  /// Empty where the member is not there.
  std::vector<input::Node> list(std::string_view key);

  /// In the file's order: neither asked for nor known to have no linear layer.
  std::vector<std::string> not_asked_for() const;

  const input::Node& root() const { return root_; }

 private:
  input::Node root_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace gemmtune::layers
