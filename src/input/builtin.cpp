#include "input/builtin.h"

#include "input/complaint.h"
#include "util/atomic_file.h"
#include "util/embedded.h"
#include "util/error.h"
#include "util/text.h"

#include <filesystem>
#include <utility>

namespace gemmtune::input {

namespace {

constexpr std::string_view kSuffix = ".json";

std::string_view without_suffix(std::string_view name) {
  return name.ends_with(kSuffix) ? name.substr(0, name.size() - kSuffix.size()) : name;
}

}  // namespace

std::vector<std::string_view> builtin_names(const Kind& kind) {
  std::vector<std::string_view> names;
  for (const EmbeddedFile& file : embedded_files())
    if (file.path.starts_with(kind.folder) && file.path.ends_with(kSuffix))
      names.push_back(without_suffix(file.path.substr(kind.folder.size())));
  return names;
}

std::optional<Document> builtin(std::string_view name, const Kind& kind) {
  const std::string path =
      std::string(kind.folder) + std::string(without_suffix(name)) + std::string(kSuffix);
  const auto bytes = embedded_file(path);
  if (!bytes) return std::nullopt;
  return Document(path, *bytes);
}

Document open(const std::string& path_or_name, const Kind& kind) {
  std::error_code ignored;
  if (std::filesystem::exists(path_or_name, ignored))
    return Document(path_or_name, read_file(path_or_name, kMostBytes));
  if (auto document = builtin(path_or_name, kind)) return *std::move(document);

  const auto names = builtin_names(kind);
  std::string known;
  for (std::string_view each : names) known += (known.empty() ? "" : ", ") + std::string(each);
  throw UserError("no file and no built-in " + std::string(kind.what) + " " + quote(path_or_name) +
                  did_you_mean(without_suffix(path_or_name), names) + "; built in: " + known);
}

std::string stem(const std::string& path_or_name) {
  return std::string(without_suffix(std::filesystem::path(path_or_name).filename().string()));
}

}  // namespace gemmtune::input
