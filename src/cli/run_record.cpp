#include "cli/run_record.h"

#include "util/hash.h"
#include "util/text.h"
#include "util/version.h"

#include <fstream>
#include <unistd.h>

namespace gemmtune::cli {

namespace {

/// The arguments of this process, with blanks between; of a program by its whole path the name alone, since
/// the folder is this machine's.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline");
  std::string text;
  std::string argument;
  while (std::getline(file, argument, '\0')) {
    if (text.empty() && argument.starts_with('/')) argument.erase(0, argument.rfind('/') + 1);
    text += (text.empty() ? "" : " ") + argument;
  }
  return printable(text);
}

}  // namespace

RunHeader new_run(Environment environment, const Policy& policy) {
  environment.tool = kVersion;
  environment.revision = kRevision;
  const std::string now = timestamp_utc();
  // Unique enough for journals that are merged: time, process, machine, board, and which of its runs.
  static int count = 0;
  const std::string run_id = short_hash(now + "|" + std::to_string(getpid()) + "|" + environment.host + "|" +
                                        environment.uuid + "|" + std::to_string(++count));
  return {run_id, now, command_line(), std::move(environment), policy};
}

}  // namespace gemmtune::cli
