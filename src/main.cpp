#include "cli/app.h"
#include "util/error.h"
#include "util/streams.h"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  using namespace gemmtune;
  fill_closed_streams();
  ignore_size_limit_signal();
  try {
    return cli::run(argc, argv);
  } catch (const UserError& error) {
    std::fprintf(stderr, "gemmtune: %s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gemmtune: internal error: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "gemmtune: internal error: something was thrown that is no exception\n");
  }
  return kExitInternal;
}
