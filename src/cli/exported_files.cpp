#include "cli/exported_files.h"

#include "cli/output.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;

/// Written beside `output` under another name, renamed when all is there.
void write_folder(const exports::Files& files, const fs::path& output) {
  refuse_full_folder(output.string());
  std::error_code error;
  fs::path beside = fs::absolute(output).lexically_normal();
  if (!beside.has_filename()) beside = beside.parent_path();  // "folder/"
  const fs::path target = beside;
  beside += ".part-" + std::to_string(::getpid());
  try {
    for (const exports::File& file : files) {
      const fs::path path = beside / file.name;
      fs::create_directories(path.parent_path());
      write_file_atomic(path, file.bytes);
    }
    fs::rename(beside, target);
  } catch (const fs::filesystem_error& problem) {
    fs::remove_all(beside, error);
    throw UserError("cannot write " + output.string() + ": " + problem.code().message());
  } catch (...) {
    fs::remove_all(beside, error);
    throw;
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
