// What is exported, and the files that come of it.
#pragma once

#include "core/ceilings.h"
#include "core/journal.h"
#include "core/table.h"

#include <optional>
#include <string>
#include <vector>

/// `export` is a keyword of C++.
namespace gemmtune::exports {

struct Source {
  std::string name;  ///< as the user wrote it, for messages
  Table table;
  Journal journal;                        ///< empty where a table alone was named
  std::string code_namespace;             ///< of generated code
  std::optional<Ceilings> ceilings = {};  ///< of the folder, as `gemmtune report` finds them
};

struct File {
  std::string name;  ///< within the folder that is written; empty where a format is one file
  std::string bytes;
};

using Files = std::vector<File>;

}  // namespace gemmtune::exports
