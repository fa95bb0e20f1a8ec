#include "cli/command.h"

#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gemmtune::cli {

namespace {

template <typename Number>
std::string number_text(Number value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

template <typename Number>
constexpr const char* expected() {
  return std::is_floating_point_v<Number> ? "a number"
         : std::is_unsigned_v<Number>     ? "a whole number from 0 on"
                                          : "a whole number";
}

/// 100000, not 1e+05.
std::string bound_text(double value) {
  return value == std::floor(value) ? number_text(static_cast<std::int64_t>(value)) : number_text(value);
}

std::string not_understood(const std::string& value, const std::string& wanted) {
  return "expected " + wanted + ", not \"" + printable(value) + "\"";
}

template <typename Number>
std::string read_number(const std::string& value, Number& into) {
  return parse_whole(value, into) ? "" : not_understood(value, expected<Number>());
}

template <typename Target>
Option::Take text_into(Target& target) {
  return [&target](const std::vector<std::string>& values) {
    target = values.back();
    return std::string();
  };
}

}  // namespace

Option::Option(const std::string& names, std::string help, Arity arity, Take take)
    : help_(std::move(help)), arity_(arity), take_(std::move(take)) {
  const std::vector<std::string> parts = split(names, ',');
  name_ = parts.back();
  if (names.starts_with('-')) names_ = parts;
}

Option& Option::type_name(std::string text) {
  type_name_ = std::move(text);
  return *this;
}

Option& Option::words(std::vector<std::string> words) {
  words_ = std::move(words);
  type_name_ = "WORD";
  return *this;
}

Option& Option::suggests(std::vector<std::string> words) {
  suggestions_ = std::move(words);
  return *this;
}

Option& Option::range(double low, double high) {
  low_ = low;
  high_ = high;
  return *this;
}

Option& Option::check(std::function<std::string(const std::string&)> check) {
  check_ = std::move(check);
  return *this;
}

Option& Option::default_text(std::string text) {
  default_ = std::move(text);
  return *this;
}

Option& Option::required() {
  required_ = true;
  return *this;
}

Option& Option::environment(std::string variable) {
  variable_ = std::move(variable);
  return *this;
}

Option& Option::excludes(const Option& other) {
  excluded_.push_back(&other);
  return *this;
}

Option& Option::needs(const Option& other) {
  needed_.push_back(&other);
  return *this;
}

Option& Option::arity(Arity arity) {
  arity_ = arity;
  return *this;
}

std::string Option::complaint_about(const std::string& value) const {
  if (!words_.empty() && std::find(words_.begin(), words_.end(), value) == words_.end()) {
    const std::vector<std::string_view> known(words_.begin(), words_.end());
    return not_understood(value, words_.size() == 1 ? words_.front() : "one of " + join(words_, ", ")) +
           did_you_mean(value, known);
  }
  if (low_) {
    double number = 0;
    if (!parse_whole(value, number) || !(number >= *low_ && number <= *high_))
      return not_understood(value, "a number from " + bound_text(*low_) + " to " + bound_text(*high_));
  }
  return check_ ? check_(value) : "";
}

std::string Option::accept(const std::vector<std::string>& values) const {
  for (const std::string& value : values)
    if (std::string complaint = complaint_about(value); !complaint.empty()) return complaint;
  return take_(values);
}

Command::Command(std::string name, std::string summary, Command* parent)
    : name_(std::move(name)), summary_(std::move(summary)), description_(summary_), parent_(parent) {
  add_option(std::string("-h,") + kHelpFlag, "show this help and exit", {0, 0}, nullptr);
}

Option& Command::add_option(const std::string& names, std::string help, Arity arity, Option::Take take) {
  return *options_.emplace_back(std::make_unique<Option>(names, std::move(help), arity, std::move(take)));
}

template <typename Number>
Option& Command::number_option(const std::string& names, std::string help, Number& target) {
  const auto take = [&target](const std::vector<std::string>& values) {
    return read_number(values.back(), target);
  };
  return add_option(names, std::move(help), {}, take).type_name("N").default_text(number_text(target));
}

Option& Command::option(const std::string& names, std::string& target, std::string help) {
  return add_option(names, std::move(help), {}, text_into(target)).default_text(target);
}

Option& Command::option(const std::string& names, int& target, std::string help) {
  return number_option(names, std::move(help), target);
}

Option& Command::option(const std::string& names, unsigned& target, std::string help) {
  return number_option(names, std::move(help), target);
}

Option& Command::option(const std::string& names, std::uint64_t& target, std::string help) {
  return number_option(names, std::move(help), target);
}

Option& Command::option(const std::string& names, double& target, std::string help) {
  return number_option(names, std::move(help), target);
}

Option& Command::option(const std::string& names, std::optional<std::string>& target, std::string help) {
  return add_option(names, std::move(help), {}, text_into(target));
}

Option& Command::option(const std::string& names, std::optional<double>& target, std::string help) {
  const auto take = [&target](const std::vector<std::string>& values) {
    return read_number(values.back(), target.emplace());
  };
  return add_option(names, std::move(help), {}, take).type_name("N");
}

Option& Command::option(const std::string& names, std::vector<std::string>& target, std::string help) {
  const auto take = [&target](const std::vector<std::string>& values) {
    target = values;
    return std::string();
  };
  return add_option(names, std::move(help), {1, kAnyNumber, names.starts_with('-')}, take);
}

Option& Command::option(const std::string& names, std::function<void(const std::string&)> take,
                        std::string help) {
  const auto take_last = [take = std::move(take)](const std::vector<std::string>& values) {
    take(values.back());
    return std::string();
  };
  return add_option(names, std::move(help), {}, take_last);
}

Option& Command::flag(const std::string& names, bool& target, std::string help) {
  const auto take = [&target](const std::vector<std::string>&) {
    target = true;
    return std::string();
  };
  return add_option(names, std::move(help), {0, 0}, take);
}

void Command::version_flag() {
  add_option(kVersionFlag, "show version and git revision and exit", {0, 0}, nullptr);
}

Command& Command::add(std::string name, std::string summary) {
  return *commands_.emplace_back(std::make_unique<Command>(std::move(name), std::move(summary), this));
}

Option& Command::at(const std::string& name) {
  for (const auto& option : options_)
    if (option->name() == name) return *option;
  throw InternalError(path() + " has no option " + name);
}

std::string Command::path() const {
  return parent_ ? parent_->path() + " " + name_ : name_;
}

}  // namespace gemmtune::cli
