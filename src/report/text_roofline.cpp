#include "report/text_roofline.h"

#include "report/grid.h"
#include "report/phrases.h"
#include "report/terminal.h"

#include <algorithm>
#include <cmath>

namespace gemmtune::report {

namespace {

constexpr int kColumns = 68, kLines = 18;  // beside the axis: 80 with its labels
constexpr int kAxisWidth = 9;

/// A logarithmic axis of quarters of decades, labelled at the whole ones: there is one at least.
struct Axis {
  double low = 0, high = 0;  ///< decimal logarithms
  int steps = 1;

  int at(double value) const {
    return static_cast<int>(std::lround((std::log10(value) - low) / (high - low) * (steps - 1)));
  }
  double value(int step) const { return std::pow(10, low + (high - low) * step / (steps - 1)); }
};

Axis axis_over(double smallest, double largest, int steps) {
  const double low = std::floor(4 * std::log10(smallest)) / 4, high = std::ceil(4 * std::log10(largest)) / 4;
  return {low, std::max(high, low + 1), steps};
}

class Canvas {
 public:
  Canvas(Axis x, Axis y) : x_(x), y_(y), lines_(kLines, std::string(kColumns, ' ')) {}

  void roofs(double gbps, double tflops) {
    for (int column = 0; column < kColumns; ++column) {
      const double slope = gbps * 1e-3 * x_.value(column);
      put(column, y_.at(std::min(slope, tflops)), slope < tflops ? '/' : '-');
    }
  }

  void point(double intensity, double tflops) {
    const int column = x_.at(intensity), line = y_.at(tflops);
    const bool taken = inside(column, line) && (at(column, line) == 'o' || at(column, line) == '@');
    put(column, line, taken ? '@' : 'o');
  }

  std::string text() const {
    std::string text = std::string(kAxisWidth - 2, ' ') + "TFLOPS\n";
    for (int line = kLines - 1; line >= 0; --line) {
      std::string row = label(y_, line) + "|" + lines_[static_cast<std::size_t>(line)];
      row.erase(row.find_last_not_of(' ') + 1);
      text += row + "\n";
    }
    text += std::string(kAxisWidth, ' ') + "+" + std::string(kColumns, '-') + "\n";
    std::string ticks(kAxisWidth + 1 + kColumns, ' ');
    for (double decade = std::ceil(x_.low); decade <= x_.high; ++decade) {
      const std::string number = fixed(std::pow(10, decade), decade < 0 ? static_cast<int>(-decade) : 0);
      const auto middle = static_cast<std::size_t>(kAxisWidth + 1 + x_.at(std::pow(10, decade)));
      const std::size_t start =
          std::min(middle - std::min(middle, number.size() / 2), ticks.size() - number.size());
      ticks.replace(start, number.size(), number);
    }
    ticks.erase(ticks.find_last_not_of(' ') + 1);
    return text + ticks + "\n" + std::string(kAxisWidth + 1 + kColumns - 24, ' ') +
           "FLOP per compulsory byte\n";
  }

 private:
  static bool inside(int column, int line) {
    return column >= 0 && column < kColumns && line >= 0 && line < kLines;
  }
  char& at(int column, int line) {
    return lines_[static_cast<std::size_t>(line)][static_cast<std::size_t>(column)];
  }
  void put(int column, int line, char mark) {
    if (inside(column, line)) at(column, line) = mark;
  }

  /// The decade on this line, if one is.
  static std::string label(const Axis& axis, int line) {
    std::string text;
    for (double decade = std::ceil(axis.low); decade <= axis.high; ++decade)
      if (axis.at(std::pow(10, decade)) == line)
        text = fixed(std::pow(10, decade), decade < 0 ? static_cast<int>(-decade) : 0);
    return std::string(kAxisWidth - 1 - std::min<std::size_t>(text.size(), kAxisWidth - 1), ' ') + text + " ";
  }

  Axis x_, y_;
  std::vector<std::string> lines_;
};

}  // namespace

std::string text_roofline(const Report& report, const Screen& screen) {
  const Roof* hbm = report.roofs.find(Roof::Level::hbm);
  const Roof* promoted = report.roofs.find(Roof::Level::fp8_promoted);
  const Roof* compute = promoted != nullptr ? promoted : report.roofs.find(Roof::Level::fp8);
  std::vector<const Placement*> ours;
  for (const Point& point : report.points)
    if (point.provider == provider::kGemmtune && point.placement) ours.push_back(&*point.placement);
  if (hbm == nullptr || compute == nullptr || ours.empty())
    return wrapped("No roofline: " + (ours.empty() && hbm != nullptr && compute != nullptr
                                          ? std::string("no winner has a time yet.")
                                          : report.roofs.source),
                   0, screen);
  double least_x = ours[0]->intensity, most_x = compute->value * 1e3 / hbm->value, least_y = ours[0]->tflops;
  for (const Placement* point : ours) {
    least_x = std::min(least_x, point->intensity);
    most_x = std::max(most_x, point->intensity);
    least_y = std::min(least_y, point->tflops);
  }
  Canvas canvas(axis_over(least_x, most_x, kColumns), axis_over(least_y, compute->value, kLines));
  canvas.roofs(hbm->value, compute->value);
  for (const Placement* point : ours) canvas.point(point->intensity, point->tflops);
  return canvas.text() + wrapped("o: a winner (@: several). / " + one_line(hbm->label) + " " +
                                     fixed(hbm->value, 0) + " GB/s, - " + one_line(compute->label) + " " +
                                     fixed(compute->value, 0) + " TFLOPS. " + report.roofs.source,
                                 0, screen);
}

}  // namespace gemmtune::report
