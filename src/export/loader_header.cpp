#include "export/bundle.h"
#include "util/embedded.h"
#include "util/error.h"

#include <set>
#include <sstream>

namespace gemmtune::exports {

namespace {

/// Appends the file behind what it includes of ours, each file once. Other includes and comments stay.
void append(const std::string& path, std::set<std::string>& done, std::string& text) {
  if (!done.insert(path).second) return;
  const auto bytes = embedded_file(path);
  ensure(bytes.has_value(), path + " is not embedded");
  std::string own = "\n// ---- " + path + " ----\n\n";
  std::istringstream lines{std::string(*bytes)};
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kInclude = "#include \"";
    if (line == "#pragma once") continue;
    if (line == "#include \"launch/gemmtune.h\"") {
      own += "#include \"gemmtune.h\"\n";
    } else if (line.starts_with(kInclude)) {
      append("src/" + line.substr(kInclude.size(), line.size() - kInclude.size() - 1), done, text);
    } else {
      own += line + "\n";
    }
  }
  text += own;
}

}  // namespace

std::string loader_header() {
  std::string text =
      "// The loader of gemmtune's bundles in one header: C++17, the CUDA driver's types (cuda.h) and "
      "nothing to\n"
      "// link. gemmtune::launch::Bundle is at the end. Made by `gemmtune export --format bundle` from the "
      "files\n"
      "// that gemmtune's own worker launches with; gemmtune.h has the same as C functions "
      "(libgemmtune.so).\n"
      "#pragma once\n";
  std::set<std::string> done;
  append("src/launch/bundle.h", done, text);
  return text;
}

}  // namespace gemmtune::exports
