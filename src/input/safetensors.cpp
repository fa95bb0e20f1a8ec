#include "input/safetensors.h"

#include "input/complaint.h"
#include "input/strict_json.h"
#include "util/text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace gemmtune::input {

namespace {

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::size_t kLengthBytes = 8;

/// Bits of an element, of all types that the format has had; empty: one of later times, whose size nobody
/// here knows.
std::optional<std::int64_t> bits_of(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 17> kTypes = {{{"BOOL", 8},
                                                                                        {"U8", 8},
                                                                                        {"I8", 8},
                                                                                        {"F8_E5M2", 8},
                                                                                        {"F8_E4M3", 8},
                                                                                        {"F8_E8M0", 8},
                                                                                        {"I16", 16},
                                                                                        {"U16", 16},
                                                                                        {"F16", 16},
                                                                                        {"BF16", 16},
                                                                                        {"I32", 32},
                                                                                        {"U32", 32},
                                                                                        {"F32", 32},
                                                                                        {"C64", 64},
                                                                                        {"F64", 64},
                                                                                        {"I64", 64},
                                                                                        {"U64", 64}}};
  const auto found = std::ranges::find(kTypes, type, &std::pair<std::string_view, std::int64_t>::first);
  return found == kTypes.end() ? std::nullopt : std::optional(found->second);
}

struct Entry {
  std::string name;
  std::string type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

/// Bytes that a shape takes; empty where no file is so large.
std::optional<std::uint64_t> size_of(const Entry& entry, std::int64_t bits) {
  std::uint64_t elements = 1;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 56;
  for (const std::int64_t size : entry.shape) {
    if (size != 0 && elements > kMost / static_cast<std::uint64_t>(size)) return std::nullopt;
    elements *= static_cast<std::uint64_t>(size);
  }
  return elements * static_cast<std::uint64_t>(bits) / 8;
}

Entry read_entry(const std::string& name, const Node& node) {
  constexpr std::array<std::string_view, 3> kKeys = {"dtype", "shape", "data_offsets"};
  node.allow(kKeys);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Entry entry{name, node.member("dtype").text(), {}, 0, 0};
  const Node shape = node.member("shape");
  if (!shape.is_empty_list())
    for (std::size_t i = 0; i < shape.size(); ++i) entry.shape.push_back(shape.item(i).integer(0, kMost));
  const Node offsets = node.member("data_offsets");
  if (offsets.size() != 2) offsets.fail_expected("two offsets, begin and end");
  entry.begin = static_cast<std::uint64_t>(offsets.item(0).integer(0, kMost));
  entry.end = static_cast<std::uint64_t>(offsets.item(1).integer(0, kMost));
  if (entry.end < entry.begin) offsets.fail("the end is before the begin");
  if (const auto bits = bits_of(entry.type))
    if (const auto size = size_of(entry, *bits); !size || entry.end - entry.begin != *size)
      offsets.fail("of " + std::to_string(entry.end - entry.begin) + " bytes, but " + quote(entry.type) +
                   " of that shape takes " + (size ? std::to_string(*size) : "more than a file can hold"));
  return entry;
}

/// From the first byte of data to the last, one tensor behind the other.
void check_order(const std::string& file, std::vector<Entry> entries, std::uint64_t data_bytes) {
  std::ranges::sort(entries, {}, [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t reached = 0;
  for (const Entry& entry : entries) {
    const std::string at = pointer_step(entry.name) + "/data_offsets";
    if (entry.begin < reached) complain(file, at, "overlaps the tensor before it");
    if (entry.begin > reached) complain(file, at, "leaves a gap before it, which the format does not allow");
    reached = entry.end;
    if (reached > data_bytes)
      complain(file, at,
               "ends at byte " + std::to_string(reached) + " of the data; the file has " +
                   std::to_string(data_bytes));
  }
  if (reached != data_bytes)
    complain(file, "", std::to_string(data_bytes - reached) + " bytes behind the last tensor belong to none");
}

[[noreturn]] void complain_of_missing(const std::string& file, const std::vector<Entry>& entries,
                                      const std::string& tensor) {
  std::vector<std::string_view> names;
  std::string some;
  for (const Entry& entry : entries) {
    names.emplace_back(entry.name);
    if (names.size() <= 3) some += (some.empty() ? "" : ", ") + quote(entry.name);
  }
  const std::string listed =
      "; it has " + std::to_string(names.size()) + " tensors" + (some.empty() ? "" : ", as " + some);
  if (tensor.empty())
    complain(file, "", "which tensor? Name it behind a colon, FILE.safetensors:NAME" + listed);
  const std::string nearest = names.size() <= 10000 ? did_you_mean(tensor, names) : "";
  complain(file, "", "there is no tensor " + quote(tensor) + nearest + listed);
}

}  // namespace

std::uint64_t safetensors_head_bytes(const std::string& file, std::string_view first,
                                     std::uint64_t file_bytes) {
  std::uint64_t length = 0;
  if (first.size() < kLengthBytes)
    complain(file, "",
             "neither a .npy nor a .safetensors: it has " + std::to_string(first.size()) + " bytes");
  for (std::size_t i = kLengthBytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(first[i]);
  if (length > kMostBytes)
    complain(file, "",
             "neither a .npy, nor a .safetensors whose head has no more than " + std::to_string(kMostBytes) +
                 " bytes: it claims " + std::to_string(length));
  if (length > file_bytes - kLengthBytes)
    complain(file, "",
             "its head claims " + std::to_string(length) + " bytes, but the file ends after " +
                 std::to_string(file_bytes - kLengthBytes));
  return kLengthBytes + length;
}

TensorPlace safetensors_place(const std::string& file, std::string_view head, std::uint64_t file_bytes,
                              const std::string& tensor) {
  const Document document(file, head.substr(kLengthBytes));
  const Node root = document.root();
  if (!root.is_object()) root.fail_expected("an object of tensors");
  std::vector<Entry> entries;
  const Entry* chosen = nullptr;
  for (const std::string& name : root.keys())
    if (name != kMetadata) entries.push_back(read_entry(name, root.member(name)));
  check_order(file, entries, file_bytes - head.size());
  for (const Entry& entry : entries)
    if (entry.name == tensor) chosen = &entry;
  if (chosen == nullptr) complain_of_missing(file, entries, tensor);
  const std::string at = pointer_step(tensor);
  TensorPlace place;
  if (chosen->type == "F16")
    place.type = TensorType::fp16;
  else if (chosen->type == "BF16")
    place.type = TensorType::bf16;
  else if (chosen->type != "F32")
    complain(file, at + "/dtype", quote(chosen->type) + "; F32, F16 and BF16 are read");
  if (chosen->shape.size() != 2)
    complain(
        file, at + "/shape",
        "it has " + std::to_string(chosen->shape.size()) + " dimensions; a factor is a matrix and has 2");
  for (const std::int64_t size : chosen->shape)
    if (size < 1 || size > kMostOfADimension)
      complain(file, at + "/shape", "a dimension is " + std::to_string(size) + "; expected 1 to 2147483647");
  place.rows = chosen->shape[0], place.columns = chosen->shape[1];
  place.offset = head.size() + chosen->begin;
  return place;
}

}  // namespace gemmtune::input
