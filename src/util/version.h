// Which gemmtune this is. The values are generated at build time (scripts/cmake/version.cmake).
#pragma once

namespace gemmtune {

/// "0.1.0"
extern const char* const kVersion;

/// Git revision of the build, "-dirty" behind it when files had changed; "unknown" outside a repository.
extern const char* const kRevision;

}  // namespace gemmtune
