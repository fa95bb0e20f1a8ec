#include "report/views.h"

#include "report/counters.h"
#include "report/fp8_against_bf16.h"
#include "report/groups.h"
#include "report/libraries.h"
#include "report/markdown.h"
#include "report/occupancy.h"
#include "report/phrases.h"
#include "report/terminal.h"
#include "util/error.h"
#include "util/text.h"

#include <algorithm>
#include <array>

namespace gemmtune::report {

namespace {

std::string no_summary(const Report&) {
  return "";
}

constexpr std::array kViews = {
    View{"fp8-bf16", "FP8 against BF16",
         "FP8 and cuBLAS in one race, of the same operands, BF16's rounded to BF16; our BF16: this "
         "folder's winner of that size with BF16 operands. The speed-up is over the faster of both. Errors: "
         "RMS(D - P) / RMS(P), P the FP64 product of normal data before it was quantised, D with its "
         "rounding; "
         "from the CPU's model of the kernel's recipe, of 32x32 elements (`gemmtune accuracy`). The gates' "
         "figures, in `verify` and in the rows, are others: against dequantised operands.",
         "There is nothing to compare: a sweep's final race times FP8 and BF16 beside each other.",
         fp8_against_bf16, fp8_against_bf16_summary},
    View{"occupancy", "Occupancy",
         "registers: of a thread. shared KiB: of a CTA. CTAs/SM: that one SM holds at a time, by registers, "
         "threads and shared memory (an SM of Hopper has 65536 registers, 2048 threads and 228 KiB, of "
         "which a CTA costs one more than it asks for). CTAs: of the launch, one an SM at most.",
         "The rows of these winners do not say what they occupy: `gemmtune sweep` records it.", occupancy,
         no_summary},
    View{"groups", "Grouped beside padded and loop",
         "grouped: our kernel, mean over the draws of the sizes; least and most: of one draw. padded: all "
         "groups as large as the largest, as one batch. loop: one launch of the dense kernel a group. What "
         "--peers gave was timed beside our kernel elsewhere, and is carried here by it. x: their time over "
         "ours, above 1 is ahead. rows a group: mean over the draws. waste: of the rows that A and D have "
         "room for, those that no group owns; padded "
         "waste: the same of the batch.",
         "No winner here is of a grouped kernel: sweep a set with groups, such as dsv3-moe.",
         grouped_beside_others, grouped_beside_others_summary},
    View{
        "counters", "What the GPU counted",
        "All in MB. must move: compulsory bytes, A, B, their scales, D and, where it is added, C, each once. "
        "read, written: by the memory's counters, over a launch that was not timed. read x: of what must be "
        "read, which is all but D. written: with the lines that a flush of the L2 before the launch left "
        "dirty, without what of D is still in the L2 at its end. L2 x: of the compulsory bytes. to SMs: what "
        "the L2 sent them, a multicast's copies each counted; multicast: what came of multicasts. FP8 x: "
        "operations of the tensor cores, of the useful ones; above 1 is padding. tensor %: of the cycles in "
        "which the SMs had warps.",
        "Nothing was counted: `gemmtune sweep --counters` counts what each winner moves and computes.",
        counted, no_summary},
    View{
        "libraries", "What the libraries chose",
        "first: the first answer of cuBLASLt's heuristic, which a program gets that does not tune. best: the "
        "answer of all that is the fastest, by its place among them. in: both times are of one round, the "
        "final race or, where the first answer was not in it, a screening, which is good for a few per "
        "cent. first / ours: of the race alone.",
        "Nothing is known of the libraries' answers: a sweep times all of them; a table alone, or races "
        "without the screening, have too few.",
        libraries, libraries_summary}};

}  // namespace

std::span<const View> views() {
  return kViews;
}

const View& find_view(std::string_view name) {
  const auto found = std::ranges::find(kViews, name, &View::name);
  if (found != kViews.end()) return *found;
  std::vector<std::string_view> names;
  for (const View& view : kViews) names.emplace_back(view.name);
  throw UserError("--view: unknown view \"" + printable(name) + "\"" + did_you_mean(name, names));
}

std::string view_text(const View& view, const Report& report, bool as_markdown, const Screen& screen) {
  const auto plain = [&](const std::string& text) {
    return as_markdown ? escape_markdown(text) + "\n" : wrapped(text, 0, screen);
  };
  std::string text = as_markdown ? "# " + std::string(view.title) + "\n\n"
                                 : screen.painted(view.title, Tone::heading) + "\n\n";
  if (report.simulated) text += plain(kSimulatedNotice) + "\n";
  const Grid grid = view.grid(report, false);
  if (grid.rows.empty()) return text + plain(view.hint);
  text += (as_markdown ? markdown_table(grid) : aligned(grid, screen)) + "\n";
  if (const std::string summary = view.summary(report); !summary.empty()) text += plain(summary) + "\n";
  return text + plain(view.legend);
}

}  // namespace gemmtune::report
