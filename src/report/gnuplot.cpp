#include "report/gnuplot.h"

#include "report/grid.h"
#include "report/phrases.h"
#include "util/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

namespace gemmtune::report {

namespace {

/// Okabe and Ito's colours, which people without colour vision tell apart, and gnuplot's point types.
constexpr std::array<const char*, 6> kColours = {"#0072B2", "#D55E00", "#009E73",
                                                 "#CC79A7", "#E69F00", "#56B4E9"};
constexpr std::array<int, 6> kMarkers = {7, 4, 8, 12, 1, 2};

/// Single quotes: gnuplot runs what stands between backticks in double ones.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : one_line(text)) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
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

/// The highest rate.
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

/// A function to plot and its label. A rate begins where it meets the memory's slope; left of that nothing
/// can lie, and the label has room.
std::pair<std::string, std::string> plotted_roof(const Roof& roof, const std::string& title, double ridge,
                                                 double top, const Frame& frame) {
  const std::string value = fixed(roof.value, 1);
  const bool dashed = roof.level == Roof::Level::l2 || roof.level == Roof::Level::bf16;
  const std::string style =
      std::string(" with lines lw 1.5 dt ") + (dashed ? "2" : "1") + " lc rgb '#555555' notitle";
  const auto label = [&](const std::string& text, double x, double y, const std::string& how) {
    return "set label " + quoted(title + ": " + text) + " at " + fixed(x, 4) + "," + fixed(y, 4) + " " + how +
           " noenhanced textcolor rgb '#444444'\n";
  };
  if (!roof.is_memory())
    return {"x >= " + fixed(ridge, 2) + " ? " + value + " : 1/0" + style,
            label(fixed(roof.value, 0) + " TFLOPS", ridge, roof.value, "right offset -1,0")};
  const double first = std::max(frame.x.low, frame.y.low * 1e3 / roof.value), last = top * 1e3 / roof.value;
  const double middle = std::sqrt(first * last);
  return {value + " * x / 1000 <= " + fixed(top, 1) + " ? " + value + " * x / 1000 : 1/0" + style,
          label(fixed(roof.value, 0) + " GB/s", middle, roof.value * middle * 1e-3,
                "center rotate by " + fixed(frame.slope(), 1) + " offset 0,0.7")};
}

/// Each roof once, however many folders share it: what to plot, and the labels.
std::pair<std::vector<std::string>, std::string> plotted_roofs(const std::vector<Source>& sources,
                                                               const Frame& frame) {
  std::vector<std::string> items;
  std::string labels;
  std::set<std::pair<std::string, double>> drawn;
  for (const Source& source : sources) {
    const Roofs& roofs = source.report->roofs;
    const Roof* hbm = roofs.find(Roof::Level::hbm);
    for (const Roof& roof : roofs.roofs) {
      if (!drawn.emplace(roof.label, roof.value).second) continue;
      const double ridge = hbm != nullptr && !roof.is_memory() ? roof.value * 1e3 / hbm->value : frame.x.low;
      const auto [item, label] = plotted_roof(roof, roof.label + (roofs.simulated ? " (simulated)" : ""),
                                              ridge, highest(roofs), frame);
      items.push_back(item);
      labels += label;
    }
  }
  return {items, labels};
}

std::string title_of(const std::vector<Source>& sources) {
  std::set<std::string> devices;
  std::string labels;
  for (const Source& source : sources) {
    devices.insert(source.report->environment.device);
    labels += (labels.empty() ? "" : ", ") + source.label;
  }
  std::string title = labels + ":";
  for (const std::string& device : devices) title += " " + device;
  return title;
}

std::string terminal_line(Picture picture) {
  return picture == Picture::svg ? "set terminal svg size 900,620 dynamic font "
                                   "'Helvetica,Arial,sans-serif,14' background '#ffffff'"
                                 : "set terminal pngcairo size 1350,930 font 'sans,15' background '#ffffff'";
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

/// A line of the script for each series; ours has the first marker, and a colour tells providers apart, or
/// folders where there are several.
std::vector<std::string> plotted_series(const std::vector<Series>& all, bool by_source) {
  std::set<std::string> others;
  for (const Series& series : all)
    if (series.provider != provider::kGemmtune) others.insert(series.provider);
  std::vector<std::string> items;
  for (const Series& series : all) {
    const bool ours = series.provider == provider::kGemmtune;
    const auto rank = static_cast<std::size_t>(std::distance(others.begin(), others.find(series.provider)));
    const std::size_t marker = ours ? 0 : 1 + rank % (kMarkers.size() - 1);
    const std::size_t colour = by_source ? series.source % kColours.size() : marker;
    items.push_back("data index " + std::to_string(items.size()) + " using 1:2 with points pt " +
                    std::to_string(kMarkers[marker]) + " ps " + (ours ? "1.1" : "0.9") + " lw 1.5 lc rgb '" +
                    kColours[colour] + "' title " + quoted(series.title));
  }
  return items;
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
  bool simulated = false;
  for (const Source& source : sources) simulated = simulated || source.report->simulated;
  std::string script =
      "# Written by gemmtune. Change what you like, and run gnuplot on this file in its folder.\n" +
      terminal_line(picture) + "\nif (!exists('picture')) picture = " + quoted(picture_file) +
      "\nset output picture\ndata = " + quoted(data_file) + "\nset title " + quoted(title_of(sources)) +
      " noenhanced\n" + labels +
      "set key bottom right reverse Left noenhanced samplen 1 spacing 1.2\nset logscale xy\nset samples "
      "1000\n"
      "set grid lc rgb '#cccccc' lt 1 lw 0.5\nset border 3\nset tics nomirror\nset format '%g'\n"
      "set lmargin at screen " +
      fixed(kLeft, 2) + "\nset rmargin at screen " + fixed(kRight, 2) + "\nset bmargin at screen " +
      fixed(kBottom, 2) + "\nset tmargin at screen " + fixed(kTop, 2) +
      "\nset xlabel 'FLOP per compulsory byte'\nset ylabel 'TFLOPS'\nset xrange [" + fixed(frame.x.low, 4) +
      ":" + fixed(frame.x.high, 1) + "]\nset yrange [" + fixed(frame.y.low, 4) + ":" +
      fixed(frame.y.high, 1) + "]\n";
  if (simulated)
    script +=
        "set label 'SIMULATED' at graph 0.5,0.5 center rotate by 25 font ',60' textcolor rgb '#f0c0c0' "
        "back\n";
  script += "plot ";
  for (std::size_t i = 0; i < items.size(); ++i) script += (i > 0 ? ", \\\n     " : "") + items[i];
  return {data_of(all), script + "\n"};
}

}  // namespace gemmtune::report
