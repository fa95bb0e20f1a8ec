// `gemmtune cache`: the compiled kernels on disk.
#include "cache/cubin_cache.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "util/error.h"
#include "util/format.h"

namespace gemmtune::cli {

namespace {

int show() {
  const cache::CubinCache cache(cache::cache_location());
  const auto contents = cache.contents();
  print(formatted("folder   {}\nentries  {}\nbytes    {}\nlimit    {}\n", cache.location().folder.string(),
                  contents.entries, contents.bytes, cache.location().most_bytes));
  if (!cache.trouble().empty()) log_warn("it is not used: {}", cache.trouble());
  return kExitOk;
}

int clear() {
  cache::CubinCache cache(cache::cache_location());
  const std::size_t removed = cache.clear();
  print(formatted("removed {} cubins from {}\n", removed, cache.location().folder.string()));
  return kExitOk;
}

}  // namespace

Run add_cache(Command& command) {
  command.description(
      "Compiled kernels are kept on disk, so that no configuration is compiled twice. They live in the "
      "folder "
      "cubins of $GEMMTUNE_CACHE_DIR, else of $XDG_CACHE_HOME/gemmtune, else of ~/.cache/gemmtune, and take "
      "at most "
      "$GEMMTUNE_CACHE_BYTES (2 GiB); those that were used longest ago go first. A folder that others can "
      "write to, or "
      "that gemmtune did not make, is not used.");
  command.add("show", "where the cache is and how much it holds");
  const Command& clear_command = command.add("clear", "remove every compiled kernel");
  command.footer(
      "Examples\n"
      "  gemmtune cache show\n"
      "  gemmtune cache clear");
  return [&clear_command] { return clear_command.chosen() ? clear() : show(); };
}

}  // namespace gemmtune::cli
