#include "cli/terminal.h"

#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

Verbosity& verbosity() {
  static Verbosity instance;
  return instance;
}

bool color_on(int fd) {
  if (verbosity().color != "auto") return verbosity().color == "always";
  return environment("NO_COLOR").empty() && environment("TERM") != "dumb" && isatty(fd);
}

bool can_redraw() {
  return isatty(STDERR_FILENO) && environment("TERM") != "dumb";
}

int columns(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace gemmtune::cli
