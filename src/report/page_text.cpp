#include "report/page_text.h"

namespace gemmtune::report {

std::string safe_text(const Json& json) {
  std::string safe;
  // Within JSON these occur in strings alone, where they may be spelt so. `</script` and `<!--` need the
  // first.
  for (const char c : json_text(json)) {
    if (c == '<')
      safe += "\\u003c";
    else if (c == '>')
      safe += "\\u003e";
    else if (c == '&')
      safe += "\\u0026";
    else
      safe += c;
  }
  return safe;
}

void TextList::push_back(const Json& value) {
  text_ += text_.empty() ? '[' : ',';
  text_ += safe_text(value);
}

void TextList::append_to(std::string& text) const {
  if (text_.empty())
    text += '[';
  else
    text += text_;
  text += ']';
}

TextLists::TextLists(std::initializer_list<const char*> names) {
  for (const char* name : names) lists_.emplace_back(name, TextList());
}

TextList& TextLists::operator[](const std::string& name) {
  for (auto& [known, list] : lists_)
    if (known == name) return list;
  return lists_.emplace_back(name, TextList()).second;
}

void TextLists::append_to(std::string& text) const {
  text += '{';
  for (const auto& [name, list] : lists_) {
    if (&name != &lists_.front().first) text += ',';
    text += safe_text(name) + ':';
    list.append_to(text);
  }
  text += '}';
}

}  // namespace gemmtune::report
