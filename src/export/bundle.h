// A tuning table as a bundle (gemmtune.bundle/2 to 4): the winners' cubins, a manifest, and the loader that
// runs them in other programs without compiler or tuner.
#pragma once

#include "core/freshness.h"
#include "core/table.h"
#include "export/bundle_picker.h"
#include "export/source.h"
#include "launch/index.h"

#include <string>
#include <vector>

namespace gemmtune::exports {

/// The kernel of one entry, as it comes from the cache.
struct BundleCubin {
  std::string kernel_hash;
  std::string bytes;
  std::string code_hash = {};  ///< empty: unknown

  CubinNow now() const { return {kernel_hash, code_hash}; }
};

struct BundleParts {
  std::vector<BundleCubin> cubins;           ///< one an entry of the table
  std::size_t sustained = 0;                 ///< so many of the last entries are for launches back to back
  std::string library;                       ///< libgemmtune.so
  launch::PickerData picker;                 ///< machine and models; its choices are found among the entries
  std::vector<CubinCorrection> corrections;  ///< of the picker
  std::string standing;  ///< what the table's times depend on and is otherwise here; empty: nothing
  bool stale = false;    ///< cubins of other code than those that were timed are taken, without such times
};

/// The files of the bundle, read back as the loader reads them. Throws UserError for a simulated or empty
/// table, and for cubins that are not the code that the table's times were measured with.
Files export_bundle(Table table, BundleParts parts);

/// The table with its winners back to back behind the others, where they differ: as many more entries, which
/// are BundleParts::sustained.
Table with_sustained(Table table);

/// The problem as the loader is asked for it.
launch::EntryKey key_of(const Problem& problem);

/// What the loader knows of the table; an entry for each of its entries, in their order.
launch::Index index_of(const Table& table, const BundleParts& parts);

/// The index as a file: what launch::parse_index reads.
std::string to_text(const launch::Index& index);

/// The manifest: all that somebody needs to launch the cubins without our loader.
std::string manifest_of(const Table& table, const BundleParts& parts, const launch::Index& index);

/// The loader as one header: the files of src/launch/ in the order in which they include each other.
std::string loader_header();

/// Throws InternalError unless the files say the same, as the loader reads them and by the table's lookup.
void check_bundle(const Files& files, const Table& table);

/// One line for each N and K: which M gets which entry.
std::string what_every_m_gets(const launch::Index& index);

}  // namespace gemmtune::exports
