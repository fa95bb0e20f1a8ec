#include "cli/gnuplot.h"

#include "cli/log.h"
#include "util/atomic_file.h"
#include "util/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;

constexpr int kCannotExecute = 127;

/// The exit code of gnuplot on `script`, run in `folder`; 127 where there is no gnuplot. It draws to its
/// stdout, which is the new file `drawn`: no name of the user's goes through its language. What it says on
/// stderr is the user's to read.
int run_gnuplot(const fs::path& folder, const std::string& script, const fs::path& drawn) {
  std::string program = "gnuplot";
  std::vector<std::string> own = {"-e", "picture = ''", "./" + script};  // a name may begin like an option
  std::vector<char*> argv = {program.data()};
  for (std::string& argument : own) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, drawn.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t child = -1;
  const int error = posix_spawnp(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return kCannotExecute;
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    ensure(errno == EINTR, std::string("waitpid: ") + std::strerror(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// The user named the picture alone: a file beside it that is not like the one to be written is somebody's.
void refuse_foreign(const fs::path& path, const std::string& text) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error)) &&
      (!fs::is_regular_file(path, error) || first_line(read_file(path)) != first_line(text)))
    throw UserError(path.string() +
                    " is no file of gemmtune's and is left alone: give the picture another name");
}

}  // namespace

void draw(const MakePlot& make_plot, const fs::path& picture) {
  const fs::path folder = picture.has_parent_path() ? picture.parent_path() : ".";
  fs::path data = picture, script = picture, drawn = picture;
  data.replace_extension(".dat");
  script.replace_extension(".gnuplot");
  drawn.replace_filename("." + picture.filename().string() + ".part");
  if (data == picture || script == picture)
    throw UserError(picture.string() +
                    ": the picture would be where its data or script go; call it .svg or .png");
  const report::Plot plot = make_plot(picture.filename().string(), data.filename().string());
  refuse_foreign(data, plot.data);
  refuse_foreign(script, plot.script);
  write_file_atomic(data, plot.data);
  write_file_atomic(script, plot.script);
  const std::string kept = data.string() + " and " + script.string() + " hold the data and the script";
  std::error_code error;
  fs::remove(drawn, error);  // of a run that was killed
  const int exit_code = run_gnuplot(folder, script.filename().string(), drawn);
  if (exit_code == kCannotExecute) {
    fs::remove(drawn, error);
    throw UserError("gnuplot is not installed (Debian: apt-get install gnuplot-nox); " + kept);
  }
  if (exit_code != 0 || fs::file_size(drawn, error) == 0 || error) {
    fs::remove(drawn, error);
    throw UserError("gnuplot ended with exit code " + std::to_string(exit_code) + "; " + kept, kExitInternal);
  }
  fs::rename(drawn, picture, error);
  if (error) throw UserError("cannot write " + picture.string() + ": " + error.message(), kExitInternal);
  log_info("{}; {}: change them, and run gnuplot on the script in its folder", picture.string(), kept);
}

void draw_roofline(const std::vector<report::Source>& sources, report::Picture kind,
                   const fs::path& picture) {
  draw([&](const std::string& picture_file,
           const std::string& data_file) { return roofline_plot(sources, kind, picture_file, data_file); },
       picture);
}

}  // namespace gemmtune::cli
