#include "export/formats.h"

#include "util/error.h"
#include "util/text.h"

#include <array>
#include <vector>

namespace gemmtune::exports {

std::span<const Format> formats() {
  static constexpr auto kFormats = std::to_array<Format>({
      {"json", "the table itself, gemmtune.table/1", Needs::table, false, write_json, read_back_json},
      {"csv", "the table, one line a problem", Needs::table, false, write_csv, read_back_csv},
      {"cpp-header", "constexpr find(kernel, m, n, k); C++17, no dependency", Needs::table, false,
       write_cpp_header, read_back_cpp_header},
      {"python", "the same as a module; Python 3, no dependency", Needs::table, false, write_python,
       read_back_python},
  });
  return kFormats;
}

const Format& find_format(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Format& format : formats()) {
    if (format.name == name) return format;
    known.push_back(format.name);
  }
  throw UserError("unknown format \"" + printable(name) + "\"" + did_you_mean(name, known));
}

}  // namespace gemmtune::exports
