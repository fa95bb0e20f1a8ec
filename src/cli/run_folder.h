// The folder that a sweep writes, and what lies in it.
#pragma once

#include <filesystem>
#include <string>

namespace gemmtune::cli {

struct RunFolder {
  std::filesystem::path path;
  std::filesystem::path journal() const { return path / "journal.jsonl"; }
  std::filesystem::path table() const { return path / "table.json"; }
  std::filesystem::path ceilings() const { return path / "ceilings.json"; }
  std::filesystem::path report() const { return path / "report.md"; }
};

/// results/<device>/<set> unless `out` names another.
RunFolder choose_folder(const std::string& out, const std::string& device, const std::string& set);

/// Creates the folder. One that exists is a UserError unless `resume`: its rows may have cost hours.
void create_folder(const RunFolder& folder, bool resume);

/// Throws UserError where a sweep would write over what no sweep wrote: a journal without a record of ours,
/// or a table or report beside none.
void refuse_foreign_files(const RunFolder& folder);

/// The device's name as a folder's: "NVIDIA H100 80GB HBM3" is h100-sxm.
std::string device_slug(const std::string& device);

}  // namespace gemmtune::cli
