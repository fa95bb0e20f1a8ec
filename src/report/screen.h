// What a text is shown on, and how what matters stands out there.
#pragma once

#include <cstddef>
#include <string>

namespace gemmtune::report {

enum class Tone { plain, heading, good, bad, doubtful, faint };

/// The default is what files and pipes get.
struct Screen {
  std::size_t width = 80;
  bool colour = false;

  /// Of paragraphs: lines much longer than this are hard to read, however wide the screen is.
  std::size_t text_width() const { return width < 100 ? width : 100; }
  std::string painted(const std::string& text, Tone tone) const;
};

}  // namespace gemmtune::report
