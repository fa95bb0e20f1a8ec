// Enumerations and their spellings in files, flags and messages. The spellings are frozen: files on disk hold
// them.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace gemmtune {

/// Element type of D.
enum class OutputType { bf16, fp32 };
/// Encoding of the scales: any FP32 value, or powers of two only (stored as FP32 all the same).
enum class Recipe { fp32, ue8m0 };
/// What the operands hold. `integer`: |x| <= 4 with power-of-two scales; `integer_unit`: {7, 9, 11, 13}, unit
/// scales; both are exact in FP32 accumulation, so right kernels reproduce them bit by bit. `one_scale`:
/// normal values under one scale, which leaves nothing but errors of accumulation. `uniform`: in [-1, 1);
/// `sparse`: normal, but nine of ten are 0; they show what the data are worth in time.
enum class DataKind { normal, integer, integer_unit, adversarial, zeros, one_scale, uniform, sparse };
/// State of the L2 cache before a timed launch. `cold_memset512`: 512 MB written before each launch;
/// `cold_rotate`: launches take turns over copies of all operands that exceed L2 three times; `cold_chain`:
/// the same, and some launches behind each other are timed as one, as the layers of a model run;
/// `cold_overlapped`: and each of them may begin before the one before it has ended.
enum class L2Policy { cold_memset512, cold_rotate, cold_chain, cold_overlapped, warm };
/// How hard the board works meanwhile. `burst`: pauses keep it off its power cap, as the peers' figures were
/// made; `sustained`: launches back to back, timed once the board has settled; `blocks`: the same, each
/// contender alone for a second at a time, in turns, so that each works at the clock that its own power
/// leaves.
enum class PowerRegime { burst, sustained, blocks };
/// Clock that a duration was read from.
enum class Timer { event, cupti };
/// How far a row got; the words are those of the open autotuning results schema T4.
enum class Invalidity { correct, constraints, compile, runtime, timeout, correctness };
/// Which step of the tuning a row belongs to. `sustained`: the race of some finalists in the regime `blocks`,
/// beside the one in bursts, which `final` is.
enum class Stage { screen, measure, final, sustained };

template <typename Enum>
using NameTable = std::span<const std::pair<Enum, std::string_view>>;

NameTable<OutputType> names(OutputType);
NameTable<Recipe> names(Recipe);
NameTable<DataKind> names(DataKind);
NameTable<L2Policy> names(L2Policy);
NameTable<PowerRegime> names(PowerRegime);
NameTable<Timer> names(Timer);
NameTable<Invalidity> names(Invalidity);
NameTable<Stage> names(Stage);

template <typename Enum>
std::string_view to_string(Enum value) {
  for (const auto& [candidate, name] : names(Enum{}))
    if (candidate == value) return name;
  return "?";
}

template <typename Enum>
std::optional<Enum> parse_name(std::string_view text) {
  for (const auto& [candidate, name] : names(Enum{}))
    if (name == text) return candidate;
  return std::nullopt;
}

}  // namespace gemmtune
