// Why a configuration is left out, or a problem.
#pragma once

#include "util/format.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gemmtune::family {

/// A constraint that does not hold: its name, and a sentence with the numbers of this case. The sentence is
/// put together when it is asked for: a plan of a hundred problems counts a million violations, and shows one
/// of each constraint. Texts among its values must live as long as the program.
class Violation {
 public:
  template <typename... Values>
  Violation(std::string_view broken, FormatText<std::type_identity_t<Values>...> sentence,
            const Values&... values)
      : constraint(broken),
        sentence_(sentence.text()),
        values_{Value(values)...},
        count_(sizeof...(Values)) {}

  std::string sentence() const {
    std::vector<FormatValue> values;
    for (std::size_t i = 0; i < count_; ++i)
      values.push_back(values_[i].text.empty() ? FormatValue(values_[i].number)
                                               : FormatValue(values_[i].text));
    return format_values(sentence_, values);
  }

  std::string_view constraint;

 private:
  struct Value {
    constexpr Value() = default;
    explicit Value(std::string_view value) : text(value) {}
    explicit Value(std::integral auto value) : number(value) {}
    std::string_view text = {};
    std::int64_t number = 0;  ///< where there is no text
  };

  std::string_view sentence_;
  std::array<Value, 7> values_;
  std::size_t count_;
};

}  // namespace gemmtune::family
