#include "report/gnuplot.h"

#include "report/grid.h"
#include "report/phrases.h"
#include "util/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <set>

namespace gemmtune::report {

namespace {

/// Okabe and Ito's colours, which people without colour vision tell apart, and gnuplot's point types.
constexpr std::array<const char*, 6> kColours = {"#0072B2", "#D55E00", "#009E73",
                                                 "#CC79A7", "#E69F00", "#56B4E9"};
constexpr std::array<int, 6> kOurMarkers = {7, 5, 9, 13, 11, 15};  ///< filled, by folder
constexpr std::array<int, 5> kRivalMarkers = {4, 8, 12, 10, 14};   ///< hollow, by provider
constexpr std::array<int, 3> kOverlaidMarkers = {1, 2, 3};         ///< of rivals beside several of ours

/// Single quotes: gnuplot runs what stands between backticks in double ones.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : one_line(text)) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

/// A name that gnuplot takes for nothing but a file's: one that begins with < or | is a command to it.
std::string here(const std::string& file) {
  return "./" + file;
}

/// A field of the data file.
std::string field(const std::string& text) {
  std::string out = one_line(text);
  std::replace(out.begin(), out.end(), '"', '\'');
  return "\"" + out + "\"";
}

struct Series {
  std::string title;
  std::size_t source = 0;
  std::string provider;
  std::vector<const Point*> points;
};

std::vector<Series> series_of(const std::vector<Source>& sources) {
  std::vector<Series> all;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    std::map<std::string, std::vector<const Point*>> by_provider;
    for (const Point& point : sources[i].report->points)
      if (point.placement) by_provider[point.provider].push_back(&point);
    // Ours last: drawn over the others.
    std::vector<std::string> order;
    for (const auto& [provider, points] : by_provider)
      if (provider != provider::kGemmtune) order.push_back(provider);
    if (by_provider.contains(provider::kGemmtune)) order.push_back(provider::kGemmtune);
    for (const std::string& provider : order) {
      std::string title = provider_in_words(provider);
      if (sources.size() > 1) title = sources[i].label + ": " + title;
      if (sources[i].report->simulated) title += " (simulated)";
      all.push_back({title, i, provider, std::move(by_provider[provider])});
    }
  }
  return all;
}

std::string data_of(const std::vector<Series>& all) {
  std::string text =
      "# A block a series. intensity: FLOP per compulsory byte; percent: of the lowest roof over the "
      "point.\n";
  for (const Series& series : all) {
    text += "# " + one_line(series.title) +
            "\n# intensity tflops time_us gbps percent m n k layer configuration\n";
    for (const Point* point : series.points) {
      const Problem& p = point->problem;
      text += fixed(point->placement->intensity, 4) + " " + fixed(point->placement->tflops, 4) + " " +
              fixed(point->time_us, 3) + " " + fixed(point->gbps.value_or(NAN), 1) + " " +
              fixed(point->placement->percent(), 1) + " " + std::to_string(p.m) + " " + std::to_string(p.n) +
              " " + std::to_string(p.k) + " " + field(p.name) + " " + field(describe(point->config)) + "\n";
    }
    text += "\n\n";
  }
  return text;
}

/// The highest rate; 0 when none is known.
double highest(const Roofs& roofs) {
  double top = 0;
  for (const Roof& roof : roofs.roofs)
    if (!roof.is_memory()) top = std::max(top, roof.value);
  return top;
}

struct Range {
  double low = 0, high = 0;
  void take(double value) {
    low = low == 0 ? value : std::min(low, value);
    high = std::max(high, value);
  }
};

/// The plot's corners as parts of the picture, so that a label can follow a slope.
constexpr double kLeft = 0.09, kRight = 0.97, kBottom = 0.11, kTop = 0.91;

struct Frame {
  Range x, y;
  double aspect = 1;  ///< of the picture: width over height

  /// Degrees at which a line of slope 1 in logarithms rises.
  double slope() const {
    const double up = (kTop - kBottom) / std::log10(y.high / y.low);
    const double right = (kRight - kLeft) * aspect / std::log10(x.high / x.low);
    return std::atan2(up, right) * 180 / std::numbers::pi;
  }
};

std::string roof_label(const std::string& text, double x, double y, const std::string& how) {
  return "set label " + quoted(text) + " at " + fixed(x, 4) + "," + fixed(y, 4) + " " + how +
         " noenhanced textcolor rgb '#444444'\n";
}

/// A bandwidth: a slope up to the highest rate, its label along it.
std::string memory_label(const std::string& title, const Roof& roof, double top, const Frame& frame) {
  const double first = std::max(frame.x.low, frame.y.low * 1e3 / roof.value), last = top * 1e3 / roof.value;
  const double middle = std::sqrt(first * last);
  return roof_label(title + ": " + fixed(roof.value, 0) + " GB/s", middle, roof.value * middle * 1e-3,
                    "center rotate by " + fixed(frame.slope(), 1) + " offset 0,0.7");
}

std::string plotted_roof(const Roof& roof, double ridge, double top) {
  const std::string value = fixed(roof.value, 1);
  const std::string line = roof.is_memory()
                               ? value + " * x / 1000 <= " + fixed(top, 1) + " ? " + value + " * x / 1000"
                               : "x >= " + fixed(ridge, 2) + " ? " + value;
  return line + " : 1/0 with lines lw 1.5 dt " + (roof.level == Roof::Level::bf16 ? "2" : "1") +
         " lc rgb '#555555' notitle";
}

struct PlottedRoofs {
  std::vector<std::string> items;
  std::string labels;
};

/// Each roof once, however many folders share it.
PlottedRoofs plotted_roofs(const std::vector<Source>& sources, const Frame& frame) {
  PlottedRoofs plotted;
  std::set<std::pair<std::string, double>> drawn;
  std::map<double, std::pair<std::string, double>, std::greater<>> rates;  // the label and bandwidth of each
  for (const Source& source : sources) {
    const Roofs& roofs = source.report->roofs;
    const Roof* hbm = roofs.find(Roof::Level::hbm);
    const double top = highest(roofs) > 0 ? highest(roofs) : frame.y.high;
    for (const Roof& roof : roofs.roofs) {
      // The points stand at their intensity by compulsory bytes, which the L2's slope says nothing of.
      if (roof.level == Roof::Level::l2 || !drawn.emplace(roof.label, roof.value).second) continue;
      const std::string title = roof.label + (roofs.simulated ? " (simulated)" : "");
      const double gbps = hbm != nullptr ? hbm->value : roof.value * 1e3 / frame.x.low;
      plotted.items.push_back(plotted_roof(roof, roof.value * 1e3 / gbps, top));
      if (roof.is_memory())
        plotted.labels += memory_label(title, roof, top, frame);
      else
        rates[roof.value] = {title + ": " + fixed(roof.value, 0) + " TFLOPS", gbps};
    }
  }
  // The label of a rate ends where its roof begins: left of that nothing can lie. One near another moves
  // down.
  const double least_step = std::pow(frame.y.high / frame.y.low, 0.045);
  double y = frame.y.high;
  for (const auto& [value, label] : rates) {
    y = std::min(value, y / least_step);
    plotted.labels += roof_label(label.first, y * 1e3 / label.second, y, "right offset -1,0");
  }
  return plotted;
}

std::string title_of(const std::vector<Source>& sources) {
  std::set<std::string> devices;
  std::string labels;
  for (const Source& source : sources) {
    devices.insert(source.report->environment.device);
    labels += (labels.empty() ? "" : ", ") + source.label;
  }
  std::string title = labels + ": ";
  for (const std::string& device : devices) title += (device == *devices.begin() ? "" : ", ") + device;
  return title;
}

std::string terminal_line(Picture picture) {
  return picture == Picture::svg
             ? "set terminal svg size 900,620 dynamic font "
               "'Helvetica,Arial,sans-serif,14' background '#ffffff'\nset pointsize 0.7"
             : "set terminal pngcairo size 1350,930 font 'sans,15' background '#ffffff'\nset pointsize 1.1";
}

/// What points and roofs need, with a margin.
Frame frame_of(const std::vector<Source>& sources, const std::vector<Series>& all) {
  Frame frame;
  frame.aspect = 900.0 / 620;
  for (const Series& series : all)
    for (const Point* point : series.points) {
      frame.x.take(point->placement->intensity);
      frame.y.take(point->placement->tflops);
    }
  for (const Source& source : sources) {
    const double top = highest(source.report->roofs);
    const Roof* hbm = source.report->roofs.find(Roof::Level::hbm);
    if (top > 0) frame.y.take(top);
    if (top > 0 && hbm != nullptr) frame.x.take(top * 1e3 / hbm->value);
  }
  frame.x = {frame.x.low / 1.5, frame.x.high * 1.5};
  frame.y = {frame.y.low / 1.7, frame.y.high * 1.5};
  return frame;
}

/// A line of the script for each series. Colours tell providers apart, or folders where there are several;
/// markers tell both apart, ours from each other too.
std::vector<std::string> plotted_series(const std::vector<Series>& all, bool overlaid) {
  std::set<std::string> rivals;
  for (const Series& series : all)
    if (series.provider != provider::kGemmtune) rivals.insert(series.provider);
  std::vector<std::string> items;
  for (const Series& series : all) {
    const bool ours = series.provider == provider::kGemmtune;
    const auto rank = static_cast<std::size_t>(std::distance(rivals.begin(), rivals.find(series.provider)));
    const int marker = ours       ? kOurMarkers[series.source % kOurMarkers.size()]
                       : overlaid ? kOverlaidMarkers[rank % kOverlaidMarkers.size()]
                                  : kRivalMarkers[rank % kRivalMarkers.size()];
    const std::size_t colour = overlaid ? series.source : ours ? 0 : 1 + rank;
    items.push_back("data index " + std::to_string(items.size()) + " using 1:2 with points pt " +
                    std::to_string(marker) + " lw 1.5 lc rgb '" + kColours[colour % kColours.size()] +
                    "' title " + quoted(series.title));
  }
  return items;
}

/// What is written across a picture of figures that were not all measured; empty when they were.
std::string simulated_mark(const std::vector<Source>& sources) {
  const auto simulated = std::ranges::count_if(sources, [](const Source& s) { return s.report->simulated; });
  if (simulated == 0) return "";
  const std::string words =
      static_cast<std::size_t>(simulated) == sources.size() ? "SIMULATED" : "PARTLY SIMULATED";
  return "set label '" + words +
         "' at graph 0.5,0.5 center rotate by 25 font ',48' textcolor rgb '#f0c0c0' back\n";
}

}  // namespace

Plot roofline_plot(const std::vector<Source>& sources, Picture picture, const std::string& picture_file,
                   const std::string& data_file) {
  const std::vector<Series> all = series_of(sources);
  if (all.empty())
    throw UserError("there is nothing to draw: no winner has a time and a roof over it; " +
                    (sources.empty() ? "" : sources.front().report->roofs.source));
  const Frame frame = frame_of(sources, all);
  auto [items, labels] = plotted_roofs(sources, frame);
  for (std::string& item : plotted_series(all, sources.size() > 1)) items.push_back(std::move(item));
  std::string script =
      "# Written by gemmtune. Change what you like, and run gnuplot on this file in its folder.\n" +
      terminal_line(picture) + "\nif (!exists('picture')) picture = " + quoted(here(picture_file)) +
      "\nif (picture ne '') set output picture\ndata = " + quoted(here(data_file)) + "\nset title " +
      quoted(title_of(sources)) + " noenhanced\n" + labels +
      "set key bottom right reverse Left noenhanced samplen 1 spacing 1.2\nset logscale xy\nset samples "
      "1000\n"
      "set grid lc rgb '#cccccc' lt 1 lw 0.5\nset border 3\nset tics nomirror\nset format '%g'\n"
      "set lmargin at screen " +
      fixed(kLeft, 2) + "\nset rmargin at screen " + fixed(kRight, 2) + "\nset bmargin at screen " +
      fixed(kBottom, 2) + "\nset tmargin at screen " + fixed(kTop, 2) +
      "\nset xlabel 'FLOP per compulsory byte'\nset ylabel 'TFLOPS'\nset xrange [" + fixed(frame.x.low, 4) +
      ":" + fixed(frame.x.high, 1) + "]\nset yrange [" + fixed(frame.y.low, 4) + ":" +
      fixed(frame.y.high, 1) + "]\n";
  script += simulated_mark(sources);
  script += "plot ";
  for (std::size_t i = 0; i < items.size(); ++i) script += (i > 0 ? ", \\\n     " : "") + items[i];
  return {data_of(all), script + "\n"};
}

}  // namespace gemmtune::report
