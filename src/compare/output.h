// How a comparison looks: one file a format, all of them named here.
#pragma once

#include "compare/compare.h"
#include "report/screen.h"

#include <span>
#include <string>
#include <string_view>

namespace gemmtune::compare {

struct OutputFormat {
  std::string_view name;
  std::string_view meaning;  ///< one clause
  std::string (*write)(const Comparison&);
};

/// The default on stdout.
inline constexpr std::string_view kTable = "table";

/// Every format; the first is the default on stdout.
std::span<const OutputFormat> output_formats();

/// Throws UserError for a name that is none.
const OutputFormat& find_output_format(std::string_view name);

std::string terminal(const Comparison& comparison, const report::Screen& screen = {});
std::string json(const Comparison& comparison);
std::string markdown(const Comparison& comparison);
std::string junit(const Comparison& comparison);
std::string github_annotations(const Comparison& comparison);
std::string gitlab_metrics(const Comparison& comparison);
std::string gitlab_code_quality(const Comparison& comparison);
std::string action_benchmark(const Comparison& comparison);
std::string bencher(const Comparison& comparison);

}  // namespace gemmtune::compare
