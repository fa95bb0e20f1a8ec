#include "core/names.h"

#include <array>

namespace gemmtune {

namespace {

template <typename Enum, std::size_t Size>
using Names = std::array<std::pair<Enum, std::string_view>, Size>;

constexpr Names<OutputType, 2> kOutputTypes{{{OutputType::bf16, "bf16"}, {OutputType::fp32, "fp32"}}};
constexpr Names<Recipe, 2> kRecipes{{{Recipe::fp32, "fp32"}, {Recipe::ue8m0, "ue8m0"}}};
constexpr Names<DataKind, 8> kDataKinds{{{DataKind::normal, "normal"},
                                         {DataKind::integer, "integer"},
                                         {DataKind::integer_unit, "integer_unit"},
                                         {DataKind::adversarial, "adversarial"},
                                         {DataKind::zeros, "zeros"},
                                         {DataKind::one_scale, "one_scale"},
                                         {DataKind::uniform, "uniform"},
                                         {DataKind::sparse, "sparse"}}};
constexpr Names<L2Policy, 5> kL2Policies{{{L2Policy::cold_memset512, "cold_memset512"},
                                          {L2Policy::cold_rotate, "cold_rotate"},
                                          {L2Policy::cold_chain, "cold_chain"},
                                          {L2Policy::cold_overlapped, "cold_overlapped"},
                                          {L2Policy::warm, "warm"}}};
constexpr Names<PowerRegime, 3> kPowerRegimes{
    {{PowerRegime::burst, "burst"}, {PowerRegime::sustained, "sustained"}, {PowerRegime::blocks, "blocks"}}};
constexpr Names<Timer, 2> kTimers{{{Timer::event, "event"}, {Timer::cupti, "cupti"}}};
constexpr Names<Invalidity, 6> kInvalidities{{{Invalidity::correct, "correct"},
                                              {Invalidity::constraints, "constraints"},
                                              {Invalidity::compile, "compile"},
                                              {Invalidity::runtime, "runtime"},
                                              {Invalidity::timeout, "timeout"},
                                              {Invalidity::correctness, "correctness"}}};
constexpr Names<Stage, 4> kStages{{{Stage::screen, "screen"},
                                   {Stage::measure, "measure"},
                                   {Stage::final, "final"},
                                   {Stage::sustained, "sustained"}}};

}  // namespace

NameTable<OutputType> names(OutputType) {
  return kOutputTypes;
}
NameTable<Recipe> names(Recipe) {
  return kRecipes;
}
NameTable<DataKind> names(DataKind) {
  return kDataKinds;
}
NameTable<L2Policy> names(L2Policy) {
  return kL2Policies;
}
NameTable<PowerRegime> names(PowerRegime) {
  return kPowerRegimes;
}
NameTable<Timer> names(Timer) {
  return kTimers;
}
NameTable<Invalidity> names(Invalidity) {
  return kInvalidities;
}
NameTable<Stage> names(Stage) {
  return kStages;
}

}  // namespace gemmtune
