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
  std::string file_name = {};             ///< of the file to be written; empty where that goes to stdout
};

struct File {
  /// Within the folder that is written. Where a format is one file that file's is empty, and those that it
  /// needs beside it are named from its folder.
  std::string name;
  std::string bytes;
};

using Files = std::vector<File>;

}  // namespace gemmtune::exports
