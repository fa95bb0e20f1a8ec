#include "input/strict_json_check.h"

#include "core/json.h"
#include "input/complaint.h"
#include "util/text.h"

#include <algorithm>
#include <set>
#include <vector>

namespace gemmtune::input {

namespace {

/// Walks the text without building values; throws at the first thing to refuse.
class Checker : public nlohmann::json_sax<Json> {
 public:
  Checker(const std::string& file, std::string_view bytes) : file_(file), bytes_(bytes) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }

  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (!level.keys.insert(name).second)
      complain(file_, pointer(levels_.size() - 1), "the key " + quote(name) + " is there twice");
    level.key = name;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    // `position` counts the bytes read, the offending one included.
    const std::string_view read =
        bytes_.substr(0, std::min(std::max<std::size_t>(position, 1) - 1, bytes_.size()));
    const auto line = 1 + std::count(read.begin(), read.end(), '\n');
    const auto column = read.size() - (read.rfind('\n') + 1) + 1;  // npos + 1 is 0
    complain(
        file_, "",
        "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + tail(error.what()));
  }

 private:
  struct Level {
    bool object = false;
    std::size_t index = 0;       ///< of the element being read, in a list
    std::string key;             ///< of the member being read, in an object
    std::set<std::string> keys;  ///< seen so far, in an object
  };

  /// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..." -> "syntax error
  /// ..."
  static std::string tail(std::string_view text) {
    if (const auto at = text.find("] "); at != std::string_view::npos) text.remove_prefix(at + 2);
    if (text.starts_with("parse error"))
      if (const auto at = text.find(": "); at != std::string_view::npos) text.remove_prefix(at + 2);
    return printable(text);
  }

  bool value() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }

  bool open(bool object) {
    if (levels_.size() == kMostDepth)
      complain(file_, pointer(levels_.size()),
               "nested deeper than " + std::to_string(kMostDepth) + " levels");
    levels_.emplace_back().object = object;
    return true;
  }

  bool close() {
    levels_.pop_back();
    return value();
  }

  std::string pointer(std::size_t depth) const {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
      text += levels_[i].object ? pointer_step(levels_[i].key) : "/" + std::to_string(levels_[i].index);
    return text;
  }

  const std::string& file_;
  std::string_view bytes_;
  std::vector<Level> levels_;
};

}  // namespace

void check_strict(const std::string& file, std::string_view bytes) {
  // The library takes a NUL for the end, and would not look at what is behind it.
  if (bytes.find('\0') != std::string_view::npos) complain(file, "", "holds a NUL byte; it is no JSON text");
  Checker checker(file, bytes);
  Json::sax_parse(bytes, &checker);
}

}  // namespace gemmtune::input
