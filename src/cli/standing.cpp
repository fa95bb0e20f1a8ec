#include "cli/standing.h"

#include "cli/log.h"
#include "family/sources.h"

namespace gemmtune::cli {

Environment this_build() {
  Environment environment;
  environment.kernels = kernels_hash();
  environment.source_hashes = family::source_hashes(kernel_sources());
  return environment;
}

void warn_unless_fresh(const std::string& path, const Table& table, const Environment& now,
                       std::string_view policy) {
  const Standing standing = standing_of(table, now, policy);
  if (standing.freshness != Freshness::fresh) log_warn("{}: {}", path, sentence(standing));
}

}  // namespace gemmtune::cli
