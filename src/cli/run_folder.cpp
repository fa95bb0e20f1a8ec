#include "cli/run_folder.h"

#include "core/json.h"
#include "util/error.h"

#include <cctype>
#include <fstream>
#include <string>
#include <system_error>

namespace gemmtune::cli {

namespace fs = std::filesystem;

std::string device_slug(const std::string& device) {
  // Only the SXM board of the H100 has HBM3; its name does not say SXM.
  if (device.find("H100") != std::string::npos && device.find("HBM3") != std::string::npos) return "h100-sxm";
  std::string slug;
  for (const char c : device) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      slug += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  if (slug.starts_with("nvidia-")) slug.erase(0, 7);
  while (slug.ends_with('-')) slug.pop_back();
  return slug.empty() ? "unknown" : slug;
}

RunFolder choose_folder(const std::string& out, const std::string& device, const std::string& set) {
  return {out.empty() ? fs::path("results") / device_slug(device) / set : fs::path(out)};
}

void create_folder(const RunFolder& folder, bool resume) {
  const std::string name = folder.path.string();
  std::error_code error;
  if (fs::exists(folder.path, error) && !resume)
    throw UserError(name + " exists: go on with it by --resume, or name another folder by --out");
  fs::create_directories(folder.path, error);
  if (error) throw UserError("cannot create " + name + ": " + error.message());
  if (!fs::is_directory(folder.path, error)) throw UserError(name + " is no folder: name another by --out");
}

namespace {

bool is_record(const std::string& line) {
  const Json json = parse_json(line);
  return json.is_object() && json.contains("record");
}

/// Empty, cut off in its first line, or with a record among its first lines: one may be damaged.
bool is_journal(const fs::path& path) {
  constexpr int kLooked = 100;
  if (!fs::is_regular_file(path)) return false;
  std::ifstream file(path);
  std::string line;
  bool empty = true;
  for (int i = 0; i < kLooked && std::getline(file, line); ++i) {
    if (is_record(line)) return true;
    if (file.eof() && i == 0 && line.starts_with('{')) return true;
    empty = empty && line.empty();
  }
  return empty;
}

}  // namespace

void refuse_foreign_files(const RunFolder& folder) {
  std::error_code error;
  if (fs::exists(folder.journal(), error)) {
    if (is_journal(folder.journal())) return;
    throw UserError(folder.journal().string() +
                    " is no journal of gemmtune's and is left alone: name another folder by --out");
  }
  for (const fs::path& path : {folder.table(), folder.report()})
    if (fs::exists(fs::symlink_status(path, error)))
      throw UserError(path.string() +
                      " lies beside no journal.jsonl, so no sweep can go on here, and it is left alone: " +
                      "name another folder by --out, or unpack the journal");
}

}  // namespace gemmtune::cli
