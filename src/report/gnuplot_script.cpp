#include "report/gnuplot_script.h"

#include "report/grid.h"

namespace gemmtune::report {

namespace {

/// A name that gnuplot takes for nothing but a file's: one that begins with < or | is a command to it.
std::string here(const std::string& file) {
  return "./" + file;
}

/// In pixels of the vector picture: the key lies below the plot, a line of it for each two entries.
constexpr int kWidth = 900, kPlotHeight = 620, kKeyLine = 24;

int height_of(std::size_t entries) {
  return kPlotHeight + kKeyLine * static_cast<int>((entries + 1) / 2);
}

std::string terminal_line(Picture picture, std::size_t entries) {
  const int height = height_of(entries);
  return picture == Picture::svg
             ? "set terminal svg size " + std::to_string(kWidth) + "," + std::to_string(height) +
                   " dynamic font 'Helvetica,Arial,sans-serif,14' background '#ffffff'\nset pointsize 0.7"
             : "set terminal pngcairo size " + std::to_string(kWidth * 3 / 2) + "," +
                   std::to_string(height * 3 / 2) + " font 'sans,15' background '#ffffff'\nset pointsize 1.1";
}

}  // namespace

std::string in_single_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : one_line(text)) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string plot_script(const PlotFrame& frame, const std::vector<std::string>& items, Picture picture,
                        const std::string& picture_file, const std::string& data_file) {
  const double height = height_of(items.size());
  const double below = 1 - (kPlotHeight - 76) / height, key_top = 1 - (kPlotHeight - 6) / height;
  std::string script =
      "# Written by gemmtune. Change what you like, and run gnuplot on this file in its folder.\n" +
      terminal_line(picture, items.size()) +
      "\nif (!exists('picture')) picture = " + in_single_quotes(here(picture_file)) +
      "\nif (picture ne '') set output picture\ndata = " + in_single_quotes(here(data_file)) +
      "\nset title " + in_single_quotes(frame.title) + " noenhanced\n" + "set key at screen 0.07, screen " +
      fixed(key_top, 3) + " left top reverse Left noenhanced samplen 2 spacing 1.2 maxrows " +
      std::to_string((items.size() + 1) / 2) +
      "\nset logscale xy\nset samples 1000\n"
      "set grid lc rgb '#cccccc' lt 1 lw 0.5\nset border 3\nset tics nomirror\nset format '%g'\n"
      "set lmargin at screen 0.09\nset rmargin at screen 0.97\nset bmargin at screen " +
      fixed(below, 3) + "\nset tmargin at screen 0.93\nset xlabel " + in_single_quotes(frame.x_label) +
      "\nset ylabel " + in_single_quotes(frame.y_label) + "\nset xrange " + frame.x_range + "\nset yrange " +
      frame.y_range + "\n" + frame.more + "plot ";
  for (std::size_t i = 0; i < items.size(); ++i) script += (i > 0 ? ", \\\n     " : "") + items[i];
  return script + "\n";
}

}  // namespace gemmtune::report
