#include "report/html_table.h"

namespace gemmtune::report {

namespace {

constexpr const char* kStyle =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 1em}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:.2em .7em;border-bottom:1px solid #ccc;text-align:right;white-space:nowrap}"
    ".text{text-align:left}h2{font-size:1.1em;margin-top:1.6em}"
    "@media(prefers-color-scheme:dark){body{background:#16181c;color:#e4e6ea}th,td{border-color:#444}}";

std::string element(const char* name, bool text, const std::string& content) {
  return std::string("<") + name + (text ? " class=\"text\">" : ">") + escape_html(content) + "</" + name +
         ">";
}

}  // namespace

std::string escape_html(const std::string& text) {
  std::string escaped;
  for (const char c : one_line(text)) {
    if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '&')
      escaped += "&amp;";
    else
      escaped += c;
  }
  return escaped;
}

std::string html_table(const Grid& grid) {
  std::string text = "<table>\n<tr>";
  for (std::size_t c = 0; c < grid.columns.size(); ++c)
    text += element("th", is_text(grid, c), grid.columns[c].header);
  text += "</tr>\n";
  for (const auto& row : grid.rows) {
    text += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      text += element("td", is_text(grid, c), for_people(row[c], grid.columns[c]));
    text += "</tr>\n";
  }
  return text + "</table>\n";
}

std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escape_html(title) +
         "</title>\n<style>" + kStyle + "</style></head>\n<body>\n" + body + "</body></html>\n";
}

}  // namespace gemmtune::report
