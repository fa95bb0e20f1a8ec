// How help looks: the same under every version of CLI11, at most 80 columns, defaults shown, an example at
// the end.
#pragma once

#include <CLI/CLI.hpp>

#include <map>
#include <string>
#include <utility>

namespace gemmtune::cli {

class HelpFormatter : public CLI::Formatter {
 public:
  /// What the overview says about each command; its own help begins with its description.
  explicit HelpFormatter(std::map<std::string, std::string> summaries) : summaries_(std::move(summaries)) {}

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;

 private:
  std::map<std::string, std::string> summaries_;
};

}  // namespace gemmtune::cli
