#include "core/fields_of_problem.h"

#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace gemmtune {

namespace {

template <typename T>
using Member = T Problem::*;

}  // namespace

const ProblemField& field_named(std::string_view key) {
  for (const ProblemField& field : kProblemFields)
    if (field.key == key) return field;
  throw InternalError("problems have no field " + std::string(key));
}

FieldValue value_of(const Problem& p, const ProblemField& field) {
  return std::visit(
      [&]<typename T>(Member<T> member) -> FieldValue {
        if constexpr (std::is_enum_v<T>) {
          return std::string(to_string(p.*member));
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return field.columns != nullptr && p.*member == 0 ? p.*field.columns : p.*member;
        } else {
          return p.*member;
        }
      },
      field.member);
}

std::string text_of(const FieldValue& value) {
  return std::visit(Overloaded{[](bool truth) -> std::string { return truth ? "true" : "false"; },
                               [](std::int64_t number) { return std::to_string(number); },
                               [](double number) { return formatted("{}", number); },
                               [](const std::vector<std::int64_t>& numbers) {
                                 std::vector<std::string> texts;
                                 for (const std::int64_t number : numbers)
                                   texts.push_back(std::to_string(number));
                                 return join(texts, "/");
                               },
                               [](const std::string& text) { return text; }},
                    value);
}

namespace {

bool parse_list(std::string_view text, std::vector<std::int64_t>& numbers) {
  numbers.clear();
  if (text.empty()) return true;
  for (const std::string& part : split(text, '/'))
    if (!parse_whole(part, numbers.emplace_back())) return false;
  return true;
}

}  // namespace

void set_field(Problem& p, const ProblemField& field, std::string_view text) {
  const bool understood = std::visit(
      [&]<typename T>(Member<T> member) {
        if constexpr (std::is_enum_v<T>) {
          const auto word = parse_name<T>(text);
          if (word) p.*member = *word;
          return word.has_value();
        } else if constexpr (std::is_same_v<T, bool>) {
          p.*member = text == "true" || text == "1";
          return p.*member || text == "false" || text == "0";
        } else if constexpr (std::is_same_v<T, std::string>) {
          p.*member = text;
          return true;
        } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
          return parse_list(text, p.*member);
        } else {
          return parse_whole(text, p.*member);
        }
      },
      field.member);
  if (!understood)
    throw std::runtime_error(std::string("\"") + field.key + "\" cannot be \"" + std::string(text) + "\"");
  if (field.columns != nullptr)
    if (std::int64_t& pitch = p.*std::get<Member<std::int64_t>>(field.member); pitch == p.*field.columns)
      pitch = 0;
}

bool same_field(const Problem& a, const Problem& b, const ProblemField& field) {
  return std::visit([&](auto member) { return a.*member == b.*member; }, field.member);
}

bool is_default(const Problem& problem, const ProblemField& field) {
  static const Problem kDefaults;
  return same_field(problem, kDefaults, field);
}

bool left_out_of_files(const Problem& problem, const ProblemField& field) {
  return (field.is & ProblemField::kGroups) != 0 && is_default(problem, field);
}

bool may_answer(const Problem& tuned, const Problem& asked) {
  const bool by_k = tuned.shares_out_k();
  return (!by_k || tuned.m == asked.m) && std::ranges::all_of(kProblemFields, [&](const ProblemField& field) {
           const bool aside = (field.is & ProblemField::kSelects) == 0 ||
                              (by_k && (field.key == std::string_view("k") || field.columns == &Problem::k));
           return aside || same_field(tuned, asked, field);
         });
}

}  // namespace gemmtune
