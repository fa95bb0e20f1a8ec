#include "cli/exported_files.h"

#include "cli/output.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_to_write(const fs::path& output, const std::error_code& error) {
  throw UserError("cannot write " + output.string() + ": " + error.message());
}

/// Removed in the end, with what was not moved out of it. Nobody else can have made it, nor come into it.
class PrivateFolder {
 public:
  explicit PrivateFolder(const fs::path& target) {
    fs::create_directories(target.parent_path());
    std::string name = target.string() + ".part-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) fail_to_write(target, {errno, std::generic_category()});
    path_ = name;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Written beside `output`, renamed when all is there.
void write_folder(const exports::Files& files, const fs::path& output) {
  refuse_full_folder(output.string());
  fs::path target = fs::absolute(output).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // "folder/"
  try {
    const PrivateFolder beside(target);
    const fs::path whole = beside.path() / "whole";  // with the rights that others have by the user's mask
    for (const exports::File& file : files) {
      const fs::path path = whole / file.name;
      fs::create_directories(path.parent_path());
      write_file_atomic(path, file.bytes);
    }
    fs::rename(whole, target);
  } catch (const fs::filesystem_error& problem) {
    fail_to_write(output, problem.code());
  }
}

void write_beside(const exports::File& file, const fs::path& output) {
  const fs::path path = output.parent_path() / file.name;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw UserError("cannot create " + path.parent_path().string() + ": " + error.message());
  write_file_atomic(path, file.bytes);
}

bool is_a_file(const fs::path& output) {
  std::error_code ignored;
  return fs::is_regular_file(output, ignored);
}

}  // namespace

std::string file_name_of(const std::string& output) {
  std::error_code ignored;
  return !fs::exists(output, ignored) || is_a_file(output) ? fs::path(output).filename().string() : "";
}

void refuse_full_folder(const std::string& output) {
  std::error_code error;
  if (fs::exists(output, error) && (!fs::is_directory(output, error) || !fs::is_empty(output, error)))
    throw UserError(output + " exists: remove it, or name another folder by -o");
}

exports::Files write_files(const exports::Files& files, const std::string& output, bool folder) {
  if (output.empty()) {
    print(files.at(0).bytes);
    return files;
  }
  exports::Files written;
  if (folder) {
    write_folder(files, output);
    for (const exports::File& file : files)
      written.push_back({file.name, read_file(fs::path(output) / file.name)});
  } else {
    // Those beside it first: once the file is there, so is what it names.
    for (std::size_t i = 1; i < files.size(); ++i) write_beside(files[i], output);
    write_file_atomic(output, files.at(0).bytes);
    // A pipe or /dev/stdout cannot be read again.
    written.push_back({"", is_a_file(output) ? read_file(output) : files.at(0).bytes});
    for (std::size_t i = 1; i < files.size(); ++i)
      written.push_back({files[i].name, read_file(fs::path(output).parent_path() / files[i].name)});
  }
  return written;
}

}  // namespace gemmtune::cli
