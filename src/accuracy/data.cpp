#include "accuracy/data.h"

#include "accuracy/random.h"
#include "util/error.h"
#include "util/format.h"
#include "util/text.h"

#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace gemmtune::accuracy {

namespace {

constexpr std::array<std::pair<Made, std::string_view>, 9> kNames = {{{Made::normal, "normal"},
                                                                      {Made::uniform, "uniform"},
                                                                      {Made::laplace, "laplace"},
                                                                      {Made::student_t, "student-t"},
                                                                      {Made::outliers, "outliers"},
                                                                      {Made::balanced, "balanced"},
                                                                      {Made::swiglu, "swiglu"},
                                                                      {Made::gradient, "gradient"},
                                                                      {Made::layer, "layer"}}};

/// Streams of numbers of one factor: elements, second elements, rows, channels.
enum Stream : std::uint64_t { kElements, kSecond, kRows, kChannels, kStreams };

/// By Box and Muller.
double normal_of(std::uint64_t bits) {
  const double radius = std::sqrt(-2 * std::log(uniform_of(bits)));
  return radius * std::cos(2 * std::numbers::pi * uniform_of(mix(bits)));
}

double laplace_of(std::uint64_t bits) {
  const double u = uniform_of(bits) - 0.5;
  return std::copysign(std::log1p(-2 * std::abs(u)), u);
}

/// The quantile of 4 degrees of freedom, which has a closed form.
double student_t_of(std::uint64_t bits) {
  const double p = uniform_of(bits), root = std::sqrt(4 * p * (1 - p));
  const double q = std::cos(std::acos(std::fmin(root, 1)) / 3) / root;
  return std::copysign(2 * std::sqrt(std::fmax(q - 1, 0)), p - 0.5);
}

class MadeMatrix : public Matrix {
 public:
  MadeMatrix(const MadeData& data, Factor factor, std::int64_t rows, std::int64_t k, std::uint64_t seed)
      : data_(data), factor_(factor), rows_(rows), k_(k), seed_(seed) {}

  std::int64_t rows() const override { return rows_; }
  std::int64_t k() const override { return k_; }

  void read_row(std::int64_t row, int steps_ago, std::span<float> into) const override {
    const double row_factor = factor_of_row(row);
    for (std::int64_t column = 0; column < k_; ++column)
      into[static_cast<std::size_t>(column)] = static_cast<float>(value(row, column, steps_ago) * row_factor);
  }

 private:
  std::uint64_t bits(Stream stream, std::int64_t row, std::int64_t column, int steps_ago) const {
    // Channels and rows keep their strength from step to step.
    const std::uint64_t step_seed = seed_ + (std::uint64_t(steps_ago) << 32);
    return bits_of(step_seed, std::uint64_t(factor_ == Factor::b) * kStreams + stream,
                   static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(column));
  }

  double factor_of_row(std::int64_t row) const {
    const bool is_a = factor_ == Factor::a;
    if (data_.kind == Made::gradient && is_a)
      return data_.scale * std::exp(normal_of(bits(kRows, row, 0, 0)));
    if (data_.kind == Made::layer && !is_a) return 0.02 * std::exp(0.3 * normal_of(bits(kRows, row, 0, 0)));
    return 1;
  }

  /// Spread evenly, so that there are as many as the share says.
  static bool is_outlier(std::int64_t column, double share) {
    return std::floor(static_cast<double>(column + 1) * share) >
           std::floor(static_cast<double>(column) * share);
  }

  double value(std::int64_t row, std::int64_t column, int steps_ago) const {
    const std::uint64_t own = bits(kElements, row, column, steps_ago);
    const bool is_a = factor_ == Factor::a;
    switch (data_.kind) {
      case Made::uniform:
        return 2 * uniform_of(own) - 1;
      case Made::laplace:
        return laplace_of(own);
      case Made::student_t:
        return student_t_of(own);
      case Made::outliers:
        return normal_of(own) * (is_a && is_outlier(column, data_.share) ? data_.factor : 1);
      case Made::balanced:
        if (!is_outlier(column, data_.share)) return normal_of(own);
        return is_a ? normal_of(own) * data_.factor : normal_of(own) / data_.factor;
      case Made::swiglu: {
        const double u = normal_of(own);
        if (!is_a) return u;
        const double gate = normal_of(bits(kSecond, row, column, steps_ago));
        return u * gate / (1 + std::exp(-gate));
      }
      case Made::layer: {
        if (!is_a) return normal_of(own);
        const double strength = std::exp(0.7 * normal_of(bits(kChannels, 0, column, 0)));
        return student_t_of(own) * strength * (is_outlier(column, 1.0 / 256) ? 20 : 1);
      }
      case Made::normal:
      case Made::gradient:
        break;
    }
    return normal_of(own);
  }

  MadeData data_;
  Factor factor_;
  std::int64_t rows_, k_;
  std::uint64_t seed_;
};

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw UserError("--data " + printable(text) + ": " + why);
}

}  // namespace

NameTable<Made> names(Made) {
  return kNames;
}

MadeData parse_data(const std::string& text) {
  const auto colon = text.find(':');
  MadeData data;
  const std::string_view name = std::string_view(text).substr(0, colon);
  if (const auto kind = parse_name<Made>(name)) {
    data.kind = *kind;
  } else {
    std::vector<std::string_view> all;
    std::string listed;
    for (const auto& [unused, word] : kNames) {
      all.push_back(word);
      listed += (listed.empty() ? "" : ", ") + std::string(word);
    }
    refuse(text, "expected one of " + listed + did_you_mean(name, all));
  }
  if (colon == std::string::npos) return data;
  for (const std::string& member : split(text.substr(colon + 1), ',')) {
    const auto equals = member.find('=');
    const std::string key = member.substr(0, equals);
    const bool of_outliers =
        (data.kind == Made::outliers || data.kind == Made::balanced) && (key == "share" || key == "factor");
    double* const into = of_outliers && key == "share"                   ? &data.share
                         : of_outliers                                   ? &data.factor
                         : data.kind == Made::gradient && key == "scale" ? &data.scale
                                                                         : nullptr;
    if (into == nullptr)
      refuse(text, "outliers and balanced take share and factor, gradient takes scale, the others nothing");
    if (equals == std::string::npos || !parse_whole(std::string_view(member).substr(equals + 1), *into) ||
        !(*into >= 1e-30 && *into <= 1e30))
      refuse(text, key + " is a number from 1e-30 to 1e30");
    if (key == "share" && data.share > 1) refuse(text, "share is at most 1");
  }
  return data;
}

std::string describe(const MadeData& data) {
  const std::string name(to_string(data.kind));
  if (data.kind == Made::outliers || data.kind == Made::balanced)
    return formatted("{}:share={},factor={}", name, data.share, data.factor);
  if (data.kind == Made::gradient) return formatted("{}:scale={}", name, data.scale);
  return name;
}

std::vector<MadeData> all_made_data() {
  std::vector<MadeData> all;
  for (const auto& [kind, name] : kNames) all.push_back({.kind = kind});
  return all;
}

std::unique_ptr<Matrix> make_matrix(const MadeData& data, Factor factor, std::int64_t rows, std::int64_t k,
                                    std::uint64_t seed) {
  return std::make_unique<MadeMatrix>(data, factor, rows, k, seed);
}

}  // namespace gemmtune::accuracy
