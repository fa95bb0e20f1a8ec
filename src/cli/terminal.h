// What the person before the screen wants to see: colour, progress, how much is said on stderr.
#pragma once

#include <string>

namespace gemmtune::cli {

/// Options that stand before or after any command. Set once, while the command line is parsed.
struct Verbosity {
  std::string color = "auto";  ///< auto, always, never
  bool quiet = false;
  bool verbose = false;
};

Verbosity& verbosity();

/// Whether colours may go to this file descriptor: as --color says; "auto" is a terminal without NO_COLOR.
bool color_on(int fd);

/// Whether stderr is a terminal that a line can be redrawn on.
bool can_redraw();

/// Columns of the terminal behind this file descriptor; 80 when there is none.
int columns(int fd);

}  // namespace gemmtune::cli
