#include "cli/app.h"
#include "util/error.h"
#include "util/streams.h"
#include "util/text.h"

#include <cstdio>
#include <exception>
#include <string>

namespace {

/// What it says may hold names from files: they drive neither the terminal nor a CI that reads its log.
std::string readable(const std::exception& error) {
  return gemmtune::without_log_commands(gemmtune::printable_lines(error.what()));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace gemmtune;
  fill_closed_streams();
  ignore_size_limit_signal();
  try {
    return cli::run(argc, argv);
  } catch (const UserError& error) {
    std::fprintf(stderr, "gemmtune: %s\n", readable(error).c_str());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gemmtune: internal error: %s\n", readable(error).c_str());
  } catch (...) {
    std::fprintf(stderr, "gemmtune: internal error: something was thrown that is no exception\n");
  }
  return kExitInternal;
}
