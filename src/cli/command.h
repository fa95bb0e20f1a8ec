// A command of the program as plain data: what it says of itself, its options and arguments, the commands
// below it. Help, completion and man pages are made from it; cli/parse.cpp alone knows the library that
// parses, which takes half a minute to compile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gemmtune::cli {

/// How many values an option takes.
struct Arity {
  int least = 1;
  int most = 1;             ///< 0: a flag
  bool repeatable = false;  ///< one value each time it is given
};

inline constexpr int kAnyNumber = 1 << 20;

// Every command has the first, the program alone the second.
inline constexpr const char* kHelpFlag = "--help";
inline constexpr const char* kVersionFlag = "--version";

/// An option, a flag or a positional argument. The setters return the option itself.
class Option {
 public:
  /// Takes the values given; returns what is wrong with them, empty when nothing is.
  using Take = std::function<std::string(const std::vector<std::string>& values)>;

  Option(const std::string& names, std::string help, Arity arity, Take take);

  /// What stands for the value in help: "FILE", "DIR", "N".
  Option& type_name(std::string text);
  /// The words to choose from; anything else is refused.
  Option& words(std::vector<std::string> words);
  /// Words that completion offers, beside which others may stand.
  Option& suggests(std::vector<std::string> words);
  /// Refuses numbers outside of [low, high].
  Option& range(double low, double high);
  /// A further check of each value: what is wrong with it, empty when nothing is.
  Option& check(std::function<std::string(const std::string& value)> check);
  /// What help shows as the default, instead of the value that the target has when it is registered.
  Option& default_text(std::string text);
  Option& required();
  /// The environment variable that is asked where the option is not given.
  Option& environment(std::string variable);
  Option& excludes(const Option& other);
  Option& needs(const Option& other);
  Option& arity(Arity arity);

  bool positional() const { return names_.empty(); }
  bool flag() const { return arity_.most == 0; }
  const std::vector<std::string>& names() const {
    return names_;
  }                                                  ///< with their dashes, the short one first
  const std::string& name() const { return name_; }  ///< "--format"; of an argument "results"
  const std::string& help() const { return help_; }
  const std::string& value_name() const { return type_name_; }
  const std::vector<std::string>& choices() const { return words_; }
  const std::vector<std::string>& suggestions() const { return suggestions_; }
  const std::string& shown_default() const { return default_; }
  const std::string& variable() const { return variable_; }
  bool is_required() const { return required_; }
  const Arity& how_many() const { return arity_; }
  const std::vector<const Option*>& excluded() const { return excluded_; }
  const std::vector<const Option*>& needed() const { return needed_; }

  /// Checks the values and hands them to the target; returns what is wrong with them.
  std::string accept(const std::vector<std::string>& values) const;

 private:
  std::string complaint_about(const std::string& value) const;

  std::vector<std::string> names_;
  std::string name_;
  std::string help_;
  std::string type_name_ = "TEXT";
  std::string default_;
  std::string variable_;
  std::vector<std::string> words_;
  std::vector<std::string> suggestions_;
  std::function<std::string(const std::string&)> check_;
  std::optional<double> low_, high_;
  bool required_ = false;
  Arity arity_;
  Take take_;
  std::vector<const Option*> excluded_;
  std::vector<const Option*> needed_;
};

/// A command with its options; the program itself is one too. Targets of options must outlive the parsing.
class Command {
 public:
  Command(std::string name, std::string summary, Command* parent = nullptr);

  void description(std::string text) { description_ = std::move(text); }
  /// Shown as it is below the options.
  void footer(std::string text) { footer_ = std::move(text); }
  void group(std::string text) { group_ = std::move(text); }

  // `names` as "-o,--output"; without dashes it is a positional argument.
  Option& option(const std::string& names, std::string& target, std::string help);
  Option& option(const std::string& names, int& target, std::string help);
  Option& option(const std::string& names, unsigned& target, std::string help);
  Option& option(const std::string& names, std::uint64_t& target, std::string help);
  Option& option(const std::string& names, double& target, std::string help);
  Option& option(const std::string& names, std::optional<std::string>& target, std::string help);
  Option& option(const std::string& names, std::optional<double>& target, std::string help);
  /// An option is repeated for more values, an argument takes one and more.
  Option& option(const std::string& names, std::vector<std::string>& target, std::string help);
  /// With a function instead of a target.
  Option& option(const std::string& names, std::function<void(const std::string&)> take, std::string help);
  Option& flag(const std::string& names, bool& target, std::string help);
  /// --version.
  void version_flag();

  Command& add(std::string name, std::string summary);

  /// The option of that name, which must exist: "--format".
  Option& at(const std::string& name);

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const std::string& description() const { return description_; }
  const std::string& footer() const { return footer_; }
  const std::string& group() const { return group_; }
  const Command* parent() const { return parent_; }
  /// "gemmtune cache clear".
  std::string path() const;
  const std::vector<std::unique_ptr<Option>>& options() const { return options_; }
  const std::vector<std::unique_ptr<Command>>& commands() const { return commands_; }

  /// Whether it was named on the command line; known once that was parsed.
  bool chosen() const { return chosen_; }
  void choose() { chosen_ = true; }

 private:
  Option& add_option(const std::string& names, std::string help, Arity arity, Option::Take take);
  template <typename Number>
  Option& number_option(const std::string& names, std::string help, Number& target);

  std::string name_;
  std::string summary_;
  std::string description_;
  std::string footer_;
  std::string group_;
  Command* parent_;
  bool chosen_ = false;
  std::vector<std::unique_ptr<Option>> options_;
  std::vector<std::unique_ptr<Command>> commands_;
};

}  // namespace gemmtune::cli
