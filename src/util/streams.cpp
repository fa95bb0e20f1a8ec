#include "util/streams.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace gemmtune {

void fill_closed_streams() {
  // The lowest number that is free is taken, and those below are open by then.
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

void ignore_size_limit_signal() {
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace gemmtune
