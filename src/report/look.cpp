#include "report/look.h"

#include "core/row.h"
#include "report/carried_points.h"
#include "report/peers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gemmtune::report {

namespace {

/// Colours of Okabe and Ito, which people without colour vision tell apart, and a mark of its own for each,
/// for those who see none and for paper. Ours is filled.
const std::array<std::pair<std::string, Look>, 7>& providers() {
  static const std::array<std::pair<std::string, Look>, 7> kProviders = {
      {{provider::kGemmtune, {"#0072b2", "circle", 7}},
       {provider::kCublasLtBlock, {"#d55e00", "rect", 4}},
       {provider::kCublasLtTensor, {"#009e73", "triangle", 8}},
       {provider::kCublasBf16, {"#cc79a7", "rectRot", 12}},
       {peer::kDeepGemm, {"#e69f00", "star", 3}},
       {peer::kTorch, {"#56b4e9", "crossRot", 2}},
       {peer::kTriton, {"#8c6d31", "cross", 1}}}};
  return kProviders;
}

}  // namespace

Look look_of_provider(const std::string& provider) {
  const std::string id = provider.substr(0, provider.find(kCarried));
  const auto known = std::ranges::find(providers(), id, &std::pair<std::string, Look>::first);
  return known != providers().end() ? known->second : Look{"#999999", "triangle", 10};
}

Look look_of_folder(std::size_t index) {
  static constexpr std::array<Look, 4> kFolders = {{{"#0072b2", "circle", 7},
                                                    {"#d55e00", "rect", 5},
                                                    {"#009e73", "triangle", 9},
                                                    {"#cc79a7", "rectRot", 13}}};
  return kFolders[index % kFolders.size()];
}

Look look_of_line(std::size_t index) {
  // Colours come again after seven, each time with another mark.
  Look look = providers()[index % providers().size()].second;
  look.gnuplot_mark = static_cast<int>(1 + index % 13);
  return look;
}

}  // namespace gemmtune::report
