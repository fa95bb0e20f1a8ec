#include "report/html.h"

#include "report/html_table.h"
#include "report/page_data.h"
#include "util/embedded.h"
#include "util/error.h"

#include <array>
#include <string_view>

namespace gemmtune::report {

namespace {

/// In the order in which they run; they share one scope.
constexpr std::array<std::string_view, 13> kScripts = {
    "data.js", "page.js",  "chart.js",   "roofline.js", "speedup.js", "heatmap.js", "commands.js",
    "csv.js",  "table.js", "address.js", "changes.js",  "story.js",   "main.js"};

std::string_view asset(const std::string& name) {
  const auto bytes = embedded_file(name);
  ensure(bytes.has_value(), name + " is not embedded");
  return *bytes;
}

std::string title_of(const std::vector<Source>& sources) {
  std::string title;
  for (const Source& source : sources) title += (title.empty() ? "" : ", ") + source.label;
  return title + " · gemmtune";
}

}  // namespace

std::string html(const std::vector<Source>& sources) {
  std::string script = "\"use strict\";\n(() => {\n";
  for (const std::string_view name : kScripts) script += asset("src/report/html/" + std::string(name));
  script += "})();\n";
  const std::array<std::pair<std::string_view, std::string>, 5> parts = {
      {{"{{title}}", escape_html(title_of(sources))},
       {"{{style}}", std::string(asset("src/report/html/page.css"))},
       {"{{data}}", page_data(sources)},
       {"{{chart.js}}", std::string(asset("chart.js/chart.min.js"))},
       {"{{script}}", script}}};
  // One pass over the template: what is put in is not looked at again.
  const std::string_view page = asset("src/report/html/page.html");
  std::size_t size = page.size();
  for (const auto& [mark, part] : parts) size += part.size();
  std::string text;
  text.reserve(size);
  std::size_t at = 0;
  for (const auto& [mark, part] : parts) {
    const std::size_t found = page.find(mark, at);
    ensure(found != page.npos, "page.html has no " + std::string(mark) + " in its place");
    text += page.substr(at, found - at);
    text += part;
    at = found + mark.size();
  }
  text += page.substr(at);
  return text;
}

}  // namespace gemmtune::report
