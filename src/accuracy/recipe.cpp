#include "accuracy/recipe.h"

#include "operation/operation.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace gemmtune::accuracy {

namespace {

constexpr std::array<std::pair<Scaling, std::string_view>, 9> kScalings = {{{Scaling::none, "none"},
                                                                            {Scaling::tensor, "tensor"},
                                                                            {Scaling::channel, "channel"},
                                                                            {Scaling::by_1x128, "1x128"},
                                                                            {Scaling::by_128x128, "128x128"},
                                                                            {Scaling::by_1d2d, "1d2d"},
                                                                            {Scaling::by_1x64, "1x64"},
                                                                            {Scaling::by_64x64, "64x64"},
                                                                            {Scaling::by_1x32, "1x32"}}};
constexpr std::array<std::pair<ScaleType, std::string_view>, 3> kScaleTypes = {
    {{ScaleType::fp32, "fp32"}, {ScaleType::ue8m0, "ue8m0"}, {ScaleType::mx, "mx"}}};
constexpr std::array<std::pair<Amax, std::string_view>, 2> kAmaxes = {
    {{Amax::now, "now"}, {Amax::history, "history"}}};
constexpr std::array<std::pair<Rounding, std::string_view>, 2> kRoundings = {
    {{Rounding::nearest, "nearest"}, {Rounding::stochastic, "stochastic"}}};

/// Where every scale is known once all of K is summed, nothing must leave the tensor core before.
std::int64_t usual_promotion(const Recipe& recipe) {
  const std::int64_t columns = recipe.block_of_a().columns;
  return std::min<std::int64_t>(columns, 128);
}

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw UserError("--recipe " + printable(text) + ": " + why);
}

template <typename Enum>
Enum word(const std::string& text, std::string_view key, std::string_view value) {
  if (const auto found = parse_name<Enum>(value)) return *found;
  std::vector<std::string_view> all;
  std::string listed;
  for (const auto& [candidate, name] : names(Enum{})) {
    all.push_back(name);
    listed += (listed.empty() ? "" : ", ") + std::string(name);
  }
  refuse(text, std::string(key) + " is one of " + listed + ", not \"" + printable(value) + "\"" +
                   did_you_mean(value, all));
}

void check(const std::string& text, const Recipe& recipe) {
  const std::int64_t columns = recipe.block_of_a().columns;
  if (!is_scaled(recipe.element) && recipe.scaling != Scaling::none)
    refuse(text, std::string(to_string(recipe.element)) +
                     " is a reference without scales: leave scaling, "
                     "scale and amax out");
  if (is_scaled(recipe.element) && recipe.scaling == Scaling::none)
    refuse(text, "FP8 needs scales: tensor is the fewest");
  if (recipe.amax == Amax::history && recipe.scaling != Scaling::tensor)
    refuse(text, "history goes with tensor: blocks are small enough to be looked at");
  if (columns != 0 && (recipe.promote == 0 || recipe.promote > columns))
    refuse(text, "scales change every " + std::to_string(columns) +
                     " of K, where the sum must leave the tensor core: promote is at most that");
}

std::int64_t promotion(const std::string& text, std::string_view value) {
  std::int64_t every = 0;
  if (value == "never") return 0;
  if (parse_whole(value, every) && every >= 32 && every % 32 == 0 && every <= 1 << 20) return every;
  refuse(text, "promote is never or a multiple of 32, not \"" + printable(value) + "\"");
}

/// Of a word without a key: no two keys have the same words, but `out`, which must be named.
std::string_view key_of(const std::string& text, std::string_view value) {
  if (parse_name<Scaling>(value)) return "scaling";
  if (parse_name<ScaleType>(value)) return "scale";
  if (parse_name<Amax>(value)) return "amax";
  if (parse_name<Rounding>(value)) return "rounding";
  if (value == "never") return "promote";
  refuse(text, "there is no \"" + printable(value) +
                   "\"; expected words as tensor, channel, 1x128, 128x128, 1d2d, ue8m0, mx, history or "
                   "stochastic, or key=value of scaling, scale, amax, rounding, promote and out");
}

}  // namespace

NameTable<Scaling> names(Scaling) {
  return kScalings;
}
NameTable<ScaleType> names(ScaleType) {
  return kScaleTypes;
}
NameTable<Amax> names(Amax) {
  return kAmaxes;
}
NameTable<Rounding> names(Rounding) {
  return kRoundings;
}

Block Recipe::block_of_a() const {
  switch (scaling) {
    case Scaling::channel:
      return {1, 0};
    case Scaling::by_1x128:
    case Scaling::by_1d2d:
      return {1, 128};
    case Scaling::by_128x128:
      return {128, 128};
    case Scaling::by_1x64:
      return {1, 64};
    case Scaling::by_64x64:
      return {64, 64};
    case Scaling::by_1x32:
      return {1, 32};
    case Scaling::none:
    case Scaling::tensor:
      break;
  }
  return {};
}

Block Recipe::block_of_b() const {
  return scaling == Scaling::by_1d2d ? Block{128, 128} : block_of_a();
}

Recipe parse_recipe(const std::string& text, OutputType out) {
  const auto colon = text.find(':');
  Recipe recipe;
  recipe.element = word<Element>(text, "the format", std::string_view(text).substr(0, colon));
  recipe.out = out;
  if (!is_scaled(recipe.element)) recipe.scaling = Scaling::none;
  bool promoted = false;
  const std::vector<std::string> members =
      colon == std::string::npos ? std::vector<std::string>{} : split(text.substr(colon + 1), ',');
  for (const std::string& member : members) {
    const auto equals = member.find('=');
    const std::string_view value =
        std::string_view(member).substr(equals == std::string::npos ? 0 : equals + 1);
    const std::string_view key =
        equals == std::string::npos ? key_of(text, value) : std::string_view(member).substr(0, equals);
    if (key == "scaling")
      recipe.scaling = word<Scaling>(text, key, value);
    else if (key == "scale")
      recipe.scale = word<ScaleType>(text, key, value);
    else if (key == "amax")
      recipe.amax = word<Amax>(text, key, value);
    else if (key == "rounding")
      recipe.rounding = word<Rounding>(text, key, value);
    else if (key == "out")
      recipe.out = word<OutputType>(text, key, value);
    else if (key == "promote")
      recipe.promote = promotion(text, value), promoted = true;
    else
      refuse(text, "there is no \"" + printable(key) +
                       "\"; keys are scaling, scale, amax, rounding, promote and out");
  }
  if (!promoted) recipe.promote = usual_promotion(recipe);
  check(text, recipe);
  return recipe;
}

std::string describe(const Recipe& recipe) {
  const Recipe usual;
  std::vector<std::string> members;
  if (is_scaled(recipe.element)) members.emplace_back(to_string(recipe.scaling));
  if (recipe.scale != usual.scale) members.emplace_back(to_string(recipe.scale));
  if (recipe.amax != usual.amax) members.emplace_back(to_string(recipe.amax));
  if (recipe.rounding != usual.rounding) members.emplace_back(to_string(recipe.rounding));
  if (recipe.promote != usual_promotion(recipe))
    members.push_back(recipe.promote == 0 ? "never" : "promote=" + std::to_string(recipe.promote));
  const std::string element(to_string(recipe.element));
  return members.empty() ? element : element + ":" + join(members, ",");
}

std::vector<Recipe> recipe_set(std::string_view name, OutputType out, bool with_history) {
  static constexpr std::array kUsual = {
      "bf16",         "tf32",         "e4m3:tensor", "e4m3:tensor,history", "e4m3:tensor,promote=128",
      "e4m3:channel", "e4m3:128x128", "e4m3:1d2d",   "e4m3:1d2d,ue8m0",     "e4m3:1d2d,stochastic",
      "e4m3:1x128",   "e4m3:64x64",   "e4m3:1x64",   "e4m3:1x32,mx",        "e5m2:1d2d"};
  std::vector<Recipe> recipes;
  const auto add = [&](const std::string& text) {
    const Recipe recipe = parse_recipe(text, out);
    if (with_history || recipe.amax != Amax::history) recipes.push_back(recipe);
  };
  if (name == "usual") {
    for (const char* text : kUsual) add(text);
    return recipes;
  }
  add("bf16");
  add("tf32");
  for (const std::string element : {"e4m3", "e5m2"}) {
    for (const auto& [scaling, scaling_name] : kScalings) {
      if (scaling == Scaling::none) continue;
      const std::string scaled = element + ":" + std::string(scaling_name);
      add(scaled);
      add(scaled + ",ue8m0");
      if (scaling == Scaling::by_1x32) add(scaled + ",mx");
      if (scaling == Scaling::tensor) add(scaled + ",history");
      if (scaling == Scaling::tensor || scaling == Scaling::by_1d2d) add(scaled + ",stochastic");
      if (scaling == Scaling::tensor || scaling == Scaling::channel)
        for (const char* every : {"128", "256"}) add(scaled + ",promote=" + every);
    }
  }
  return recipes;
}

namespace {

using operation::ElementType;
using operation::Granularity;

/// The recipes that the factors of an operation say, in which both scales are FP32.
struct Known {
  operation::Factors factors;
  Recipe recipe;
};

constexpr std::array<Known, 4> kKnown = {
    {{{{ElementType::e4m3, Granularity::row_128}, {ElementType::e4m3, Granularity::block_128}}, {}},
     {{{ElementType::e4m3, Granularity::row_128}, {ElementType::e4m3, Granularity::row_128}},
      {.scaling = Scaling::by_1x128}},
     {{{ElementType::e4m3, Granularity::tensor}, {ElementType::e4m3, Granularity::tensor}},
      {.scaling = Scaling::tensor, .promote = 0}},
     {{{ElementType::bf16, Granularity::none}, {ElementType::bf16, Granularity::none}},
      {.element = Element::bf16, .scaling = Scaling::none, .promote = 0}}}};

}  // namespace

std::optional<Recipe> recipe_of(const Problem& problem) {
  const operation::Operation* operation = operation::find(problem.kernel);
  if (operation == nullptr) return std::nullopt;
  const auto known = std::ranges::find(kKnown, operation->factors, &Known::factors);
  if (known == kKnown.end()) return std::nullopt;
  Recipe recipe = known->recipe;
  recipe.out = problem.out;
  if (is_scaled(recipe.element) && problem.recipe == gemmtune::Recipe::ue8m0) recipe.scale = ScaleType::ue8m0;
  return recipe;
}

std::string kernel_of(const Recipe& recipe) {
  for (const Known& known : kKnown) {
    const Recipe& its = known.recipe;
    if (its.element != recipe.element || its.scaling != recipe.scaling || its.promote != recipe.promote)
      continue;
    for (const operation::Operation* operation : operation::all())
      if (operation->factors == known.factors) return std::string(operation->kernel);
  }
  return "";
}

}  // namespace gemmtune::accuracy
