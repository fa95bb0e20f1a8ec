// Lists of JSON as text: a fifth of what the values themselves would take. A page of a large journal has
// little room.
#pragma once

#include "core/json.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::report {

/// JSON of which no character ends a script element or begins a comment in HTML.
std::string safe_text(const Json& json);

class TextList {
 public:
  void push_back(const Json& value);
  void append_to(std::string& text) const;

 private:
  std::string text_;  ///< without the last bracket
};

/// An object of lists, in the order in which they were first named.
class TextLists {
 public:
  TextLists(std::initializer_list<const char*> names = {});
  TextList& operator[](const std::string& name);
  void append_to(std::string& text) const;

 private:
  std::vector<std::pair<std::string, TextList>> lists_;
};

}  // namespace gemmtune::report
