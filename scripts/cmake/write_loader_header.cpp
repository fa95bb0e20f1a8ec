// Writes gemmtune.hpp, as bundles hold it, to the file that is named.
#include "export/bundle.h"

#include <fstream>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::ofstream file(arguments[1], std::ios::binary);
  file << gemmtune::exports::loader_header();
  return file.flush() ? 0 : 1;
}
