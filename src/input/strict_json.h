// JSON that a person wrote: read whole, checked for what the JSON library lets pass (duplicate keys, depth,
// integers out of range), and taken apart with complaints that name the file and the JSON pointer.
#pragma once

#include "core/json_fwd.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemmtune::input {

inline constexpr std::size_t kMostBytes = 16 * 1024 * 1024;

/// A value inside a document: the value, its JSON pointer, the file it is in. Every access either gives what
/// was asked for or throws UserError `file: /pointer: expected ..., got ...`. Must not outlive its Document.
class Node {
 public:
  Node(const Json& value, const std::string& file, std::string pointer)
      : value_(&value), file_(&file), pointer_(std::move(pointer)) {}

  bool is_object() const;
  bool is_list() const;
  bool is_text() const;
  bool is_null() const;
  bool is_empty_list() const;

  /// Empty where the value is no integer, or one beyond 64 bits.
  std::optional<std::int64_t> whole() const;

  /// Integral in the file as well: 3.0 and true are refused.
  std::int64_t integer(std::int64_t min, std::int64_t max) const;
  double number() const;
  bool boolean() const;
  std::string text() const;
  /// A text that people read: control characters removed, at most 200 characters.
  std::string label() const;

  /// Number of elements of a list; refuses what is not a list, and an empty one.
  std::size_t size() const;
  Node item(std::size_t index) const;

  /// Refuses an object whose "schema" is another.
  void require_schema(std::string_view schema) const;
  /// Refuses what is not an object, and keys not among `keys`, with the nearest of them.
  void allow(std::span<const std::string_view> keys) const;
  Node member(std::string_view key) const;
  std::optional<Node> find(std::string_view key) const;
  /// Of an object, in the file's order.
  std::vector<std::string> keys() const;

  const std::string& pointer() const { return pointer_; }
  [[noreturn]] void fail(const std::string& complaint) const;
  [[noreturn]] void fail_expected(const std::string& what) const;

 private:
  const Json* value_;
  const std::string* file_;
  std::string pointer_;
};

/// A parsed file. `file` is what messages call it: the name as the user gave it.
class Document {
 public:
  Document(std::string file, std::string_view bytes);
  /// Of values that did not come from a file; `source` is what messages call them.
  static Document of(std::string source, const Json& value);
  Node root() const { return {*json_, *file_, ""}; }

 private:
  Document() = default;

  std::shared_ptr<const std::string> file_;
  std::shared_ptr<const Json> json_;
};

}  // namespace gemmtune::input
