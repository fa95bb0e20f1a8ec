// `gemmtune cache`: the compiled kernels on disk.
#include "cache/cubin_cache.h"
#include "cli/command.h"
#include "util/error.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace gemmtune::cli {

namespace {

int show() {
  const cache::CubinCache cache(cache::cache_location());
  const auto contents = cache.contents();
  fmt::print("folder   {}\nentries  {}\nbytes    {}\nlimit    {}\n", cache.location().folder.string(),
             contents.entries, contents.bytes, cache.location().most_bytes);
  return kExitOk;
}

int clear() {
  cache::CubinCache cache(cache::cache_location());
  const std::size_t removed = cache.clear();
  fmt::print("removed {} cubins from {}\n", removed, cache.location().folder.string());
  return kExitOk;
}

}  // namespace

Run add_cache(CLI::App& command) {
  command.description(
      "Compiled kernels are kept on disk, so that no configuration is compiled twice. They live in "
      "$GEMMTUNE_CACHE_DIR, else $XDG_CACHE_HOME/gemmtune, else ~/.cache/gemmtune, and take at most "
      "$GEMMTUNE_CACHE_BYTES (2 GiB); those that were used longest ago go first.");
  command.add_subcommand("show", "where the cache is and how much it holds");
  const CLI::App* clear_command = command.add_subcommand("clear", "remove every compiled kernel");
  command.require_subcommand(1);
  command.footer(
      "Examples\n"
      "  gemmtune cache show\n"
      "  gemmtune cache clear");
  return [clear_command] { return clear_command->parsed() ? clear() : show(); };
}

}  // namespace gemmtune::cli
