// Journals: lines that cannot be understood are named and skipped, what is left can be reported and written
// again without a loss; a UserError only for another schema.
#include "core/serialise.h"
#include "fuzz.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/report.h"
#include "report/terminal.h"
#include "store/journal.h"
#include "store/table.h"

using namespace gemmtune;

namespace {

std::string lines_of(const Journal& journal) {
  std::string text;
  for (const RunHeader& header : journal.headers) text += to_json(header).dump() + "\n";
  for (const Row& row : journal.rows) text += to_json(row).dump() + "\n";
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  try {
    const Journal journal = store::read_journal(file.path());
    const Table table = store::build_table(journal);
    const report::Report report = report::make_report(table, journal);
    for (const std::string& view : {report::terminal(report), report::markdown(report), report::json(report),
                                    report::csv(journal.rows), store::to_text(table)})
      ensure(!view.empty(), "every view shows something");
    const fuzz::MemoryFile copy(lines_of(journal));
    const Journal again = store::read_journal(copy.path());
    ensure(again.damaged.empty(), "what was read can be written: " + lines_of(journal));
    ensure(again.headers.size() == journal.headers.size(), "no run is lost");
  } catch (const UserError&) {
    return 0;
  }
  return 0;
}
