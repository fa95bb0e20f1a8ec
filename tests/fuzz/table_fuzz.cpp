// Tuning tables: either a table that comes back from its own text as it was, or a UserError.
#include "fuzz.h"
#include "store/table.h"

using namespace gemmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  Table table;
  try {
    table = store::read_table(file.path());
  } catch (const UserError&) {
    return 0;
  }
  const std::string text = store::to_text(table);
  const fuzz::MemoryFile copy(text);
  ensure(store::to_text(store::read_table(copy.path())) == text, "a table comes back as it was");
  for (const TableEntry& entry : table.entries)
    ensure(store::lookup(table, entry.problem).match == store::Match::exact, "what is in it is found");
  return 0;
}
