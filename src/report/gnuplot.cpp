#include "report/gnuplot.h"

#include "report/carried_points.h"
#include "report/gnuplot_script.h"
#include "report/grid.h"
#include "report/look.h"
#include "report/phrases.h"
#include "util/error.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace gemmtune::report {

namespace {

/// A field of the data file.
std::string field(const std::string& text) {
  std::string out = one_line(text);
  std::replace(out.begin(), out.end(), '"', '\'');
  return "\"" + out + "\"";
}

/// By how much the points of one folder stand to the right of the one before's: some pixels.
constexpr double kSideways = 1.06;

struct Series {
  std::string title;
  std::size_t source = 0;
  std::string provider;
  std::vector<Point> points;
};

std::vector<Series> series_of(const std::vector<Source>& sources) {
  std::vector<Series> all;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    std::map<std::string, std::vector<Point>> by_provider;
    for (const auto& points : {sources[i].report->points, carried_points(*sources[i].report)})
      for (const Point& point : points)
        if (point.placement) by_provider[point.provider].push_back(point);
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
            "\n# intensity tflops time_us gbps percent m n k layer configuration kernel\n";
    for (const Point& point : series.points) {
      const Problem& p = point.problem;
      text += fixed(point.placement->intensity, 4) + " " + fixed(point.placement->tflops, 4) + " " +
              fixed(point.time_us, 3) + " " + fixed(point.gbps.value_or(NAN), 1) + " " +
              fixed(point.placement->percent(), 1) + " " + std::to_string(p.m) + " " + std::to_string(p.n) +
              " " + std::to_string(p.k) + " " + field(p.name) + " " + field(describe(point.config)) + " " +
              field(p.kernel) + "\n";
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

struct Frame {
  Range x, y;
};

/// A dash of its own for each rate: two of FP8 lie close to each other.
const char* dash_of(Roof::Level level) {
  if (level == Roof::Level::fp8_promoted) return "4";
  return level == Roof::Level::bf16 ? "2" : "1";
}

std::string plotted_roof(const Roof& roof, double ridge, double top, const std::string& title) {
  const std::string value = fixed(roof.value, 1);
  const std::string line = roof.is_memory()
                               ? value + " * x / 1000 <= " + fixed(top, 1) + " ? " + value + " * x / 1000"
                               : "x >= " + fixed(ridge, 2) + " ? " + value;
  return line + " : 1/0 with lines lw 1.5 dt " + dash_of(roof.level) + " lc rgb '#555555' title " +
         in_single_quotes(title);
}

/// Each roof once, however many folders share it. What it is stands in the key: beside the line it would lie
/// over points or over another.
std::vector<std::string> plotted_roofs(const std::vector<Source>& sources, const Frame& frame) {
  std::vector<std::string> items;
  std::set<std::pair<std::string, double>> drawn;
  for (const Source& source : sources) {
    const Roofs& roofs = source.report->roofs;
    const Roof* hbm = roofs.find(Roof::Level::hbm);
    const double top = highest(roofs) > 0 ? highest(roofs) : frame.y.high;
    for (const Roof& roof : roofs.roofs) {
      // The points stand at their intensity by compulsory bytes, which the L2's slope says nothing of.
      if (roof.level == Roof::Level::l2 || !drawn.emplace(roof.label, roof.value).second) continue;
      const std::string title = roof.label + (roofs.simulated ? " (simulated)" : "") + ": " +
                                fixed(roof.value, 0) + (roof.is_memory() ? " GB/s" : " TFLOPS");
      const double gbps = hbm != nullptr ? hbm->value : roof.value * 1e3 / frame.x.low;
      items.push_back(plotted_roof(roof, roof.value * 1e3 / gbps, top, title));
    }
  }
  return items;
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

/// What points and roofs need, with a margin.
Frame frame_of(const std::vector<Source>& sources, const std::vector<Series>& all) {
  Frame frame;
  for (const Series& series : all)
    for (const Point& point : series.points) {
      frame.x.take(point.placement->intensity);
      frame.y.take(point.placement->tflops);
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

/// A line of the script for each series. Of several folders the points stand side by side, each a little to
/// the left or right of its place: those of the same problem would hide each other.
std::vector<std::string> plotted_series(const std::vector<Series>& all, std::size_t folders) {
  std::vector<std::string> items;
  for (const Series& series : all) {
    const bool overlaid = folders > 1, ours = series.provider == provider::kGemmtune;
    const Look of_provider = look_of_provider(series.provider), of_folder = look_of_folder(series.source);
    const double place = static_cast<double>(series.source) - static_cast<double>(folders - 1) / 2;
    const std::string x = overlaid ? "($1*" + fixed(std::pow(kSideways, place), 4) + ")" : "1";
    items.push_back("data index " + std::to_string(items.size()) + " using " + x + ":2 with points pt " +
                    std::to_string((overlaid && ours ? of_folder : of_provider).gnuplot_mark) +
                    " lw 1.5 lc rgb '" + (overlaid ? of_folder : of_provider).colour + "' title " +
                    in_single_quotes(series.title));
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
  std::vector<std::string> items = plotted_series(all, sources.size());
  for (std::string& roof : plotted_roofs(sources, frame)) items.push_back(std::move(roof));
  const PlotFrame plot{title_of(sources),
                       "FLOP per compulsory byte",
                       "TFLOPS",
                       "[" + fixed(frame.x.low, 4) + ":" + fixed(frame.x.high, 1) + "]",
                       "[" + fixed(frame.y.low, 4) + ":" + fixed(frame.y.high, 1) + "]",
                       simulated_mark(sources)};
  return {data_of(all), plot_script(plot, items, picture, picture_file, data_file)};
}

}  // namespace gemmtune::report
