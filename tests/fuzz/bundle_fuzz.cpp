// The index of a bundle: either what comes back from its own text as it was, names no file outside the bundle
// and can be launched by, or a BundleError. Its hash is no secret: whoever writes an index writes that too.
#include "export/bundle.h"
#include "fuzz.h"
#include "launch/lookup.h"
#include "launch/picker.h"

using namespace gemmtune;

namespace {

void read(const std::string& text) {
  launch::Index index;
  try {
    index = launch::parse_index(text);
  } catch (const launch::BundleError&) {
    return;
  }
  for (const launch::CubinFile& cubin : index.cubins)
    ensure(("/" + cubin.file + "/").find("/../") == std::string::npos && cubin.file[0] != '/',
           "a file of its own");
  const launch::EntryLookup lookup(index.entries);
  const launch::Picker picker(index);
  for (const launch::IndexEntry& entry : index.entries) {
    ensure(entry.cubin < index.cubins.size(), "a cubin that is there");
    for (const std::int64_t size : {std::int64_t{1}, std::int64_t{INT32_MAX}}) {
      ensure(entry.recipe.grid(size, size) <= entry.recipe.most_ctas, "a grid within its bound");
      entry.recipe.load_rows_a(entry.recipe.tail_rows(size));
    }
    entry.recipe.load_rows_b();
    if (entry.key.sustained)
      lookup.find_any(entry.key);  // alone it answers nothing
    else
      lookup.find(entry.key);
    launch::EntryKey asked = entry.key;
    for (const std::int64_t m : {std::int64_t{1}, std::int64_t{1000}, std::int64_t{INT32_MAX}}) {
      asked.shape.m = m;
      if (const auto picked = picker.pick(asked))
        ensure(picked->entry < index.entries.size() &&
                   picked->recipe.most_ctas <= static_cast<std::uint32_t>(index.picker.machine.sms),
               "a launch that fits");
    }
  }
  if (index.gpu.name.find('\n') == std::string::npos && !text.starts_with(launch::kFirstBundleSchema)) {
    const std::string written = exports::to_text(index);
    ensure(exports::to_text(launch::parse_index(written)) == written, "an index comes back as it was");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(fuzz::text_of(data, size));
  read(body);
  for (const char* schema : {launch::kSustainedBundleSchema, launch::kPickerBundleSchema,
                             launch::kBundleSchema, launch::kFirstBundleSchema})
    read(schema + (" " + sha256(body)) + "\n" + body);
  return 0;
}
