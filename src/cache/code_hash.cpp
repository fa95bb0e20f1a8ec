#include "cache/code_hash.h"

#include "util/hash.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace gemmtune::cache {

namespace {

/// Change it whenever other sections count: hashes of before are then of another kind.
constexpr std::string_view kSchema = "gemmtune machine code 1";

constexpr std::string_view kAttributes = ".nv.info.";  ///< of one kernel

/// `.nv.info` alone, of all kernels together, numbers them by symbols that carry no code.
constexpr std::array<std::string_view, 5> kSeenByTheGpu = {".text", kAttributes, ".nv.constant", ".nv.shared",
                                                           ".nv.global"};

// ELF64, little-endian: where its header and those of its sections have what is read here.
constexpr std::string_view kIdentity =
    "\x7f"
    "ELF\x02\x01";
constexpr std::uint64_t kHeaderBytes = 64, kSectionHeaderBytes = 64;
constexpr std::uint64_t kSectionHeadersAt = 40, kSectionHeaderSizeAt = 58, kSectionsAt = 60, kNamesAt = 62;
constexpr std::uint64_t kTypeAt = 4, kOffsetAt = 24, kSizeAt = 32;
constexpr std::uint64_t kNoBits = 8;  ///< type of a section that has a size and no bytes

std::optional<std::string_view> part(std::string_view bytes, std::uint64_t at, std::uint64_t size) {
  if (at > bytes.size() || size > bytes.size() - at) return std::nullopt;
  return bytes.substr(at, size);
}

/// Of bytes that are known to be there.
std::uint64_t number(std::string_view bytes, std::uint64_t at, int size) {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[at + static_cast<std::uint64_t>(i)])} << (8 * i);
  return value;
}

struct Section {
  std::string_view name;
  std::uint64_t size = 0;
  std::string_view bytes;
};

std::optional<Section> section_of(std::string_view cubin, std::string_view header, std::string_view names) {
  Section section;
  const std::uint64_t name = number(header, 0, 4);
  if (name >= names.size()) return std::nullopt;
  const std::size_t end = names.find('\0', name);
  if (end == std::string_view::npos) return std::nullopt;
  section.name = names.substr(name, end - name);
  section.size = number(header, kSizeAt, 8);
  if (number(header, kTypeAt, 4) == kNoBits) return section;
  const auto bytes = part(cubin, number(header, kOffsetAt, 8), section.size);
  if (!bytes) return std::nullopt;
  section.bytes = *bytes;
  return section;
}

/// Nothing where any of them is not all there.
std::optional<std::vector<Section>> sections_of(std::string_view cubin) {
  if (cubin.size() < kHeaderBytes || !cubin.starts_with(kIdentity)) return std::nullopt;
  const std::uint64_t count = number(cubin, kSectionsAt, 2), names_index = number(cubin, kNamesAt, 2);
  if (number(cubin, kSectionHeaderSizeAt, 2) != kSectionHeaderBytes || names_index >= count)
    return std::nullopt;
  const auto headers = part(cubin, number(cubin, kSectionHeadersAt, 8), count * kSectionHeaderBytes);
  if (!headers) return std::nullopt;
  const auto header = [&](std::uint64_t i) {
    return headers->substr(i * kSectionHeaderBytes, kSectionHeaderBytes);
  };
  const std::string_view of_names = header(names_index);
  const auto names = part(cubin, number(of_names, kOffsetAt, 8), number(of_names, kSizeAt, 8));
  if (!names) return std::nullopt;
  std::vector<Section> sections;
  for (std::uint64_t i = 1; i < count; ++i) {  // the first is none
    const auto section = section_of(cubin, header(i), *names);
    if (!section) return std::nullopt;
    sections.push_back(*section);
  }
  return sections;
}

// Attributes in `.nv.info.*`, as `cuobjdump -elf` names them: format, number, then two bytes which are a
// value or, of one format, say how many bytes follow.
constexpr std::uint64_t kAttributeBytes = 4;
constexpr std::uint64_t kSizedFormat = 4;       ///< EIFMT_SVAL
constexpr std::uint64_t kParameterBank = 0x0a;  ///< EIATTR_PARAM_CBANK: begins with a symbol's number

/// A symbol's number changes with the symbols before it, those of debuggers too: as if it were 0.
std::string without_symbols(std::string_view attributes) {
  std::string bytes(attributes);
  for (std::uint64_t at = 0; part(bytes, at, kAttributeBytes);) {
    const std::uint64_t size = number(bytes, at, 1) == kSizedFormat ? number(bytes, at + 2, 2) : 0;
    const std::uint64_t value = at + kAttributeBytes;
    if (!part(bytes, value, size)) break;
    if (number(bytes, at + 1, 1) == kParameterBank && size >= 4) bytes.replace(value, 4, 4, '\0');
    at = value + size;
  }
  return bytes;
}

bool is_seen(const Section& section) {
  return std::ranges::any_of(kSeenByTheGpu,
                             [&](std::string_view prefix) { return section.name.starts_with(prefix); });
}

}  // namespace

std::string code_hash(std::string_view cubin) {
  auto sections = sections_of(cubin);
  if (!sections) return "";
  std::erase_if(*sections, [](const Section& section) { return !is_seen(section); });
  const auto is_code = [](const Section& section) {
    return section.name.starts_with(".text") && section.size > 0;
  };
  if (std::ranges::none_of(*sections, is_code)) return "";
  std::ranges::stable_sort(*sections, {}, [](const Section& s) { return std::pair(s.name, s.bytes); });
  std::string text(kSchema);
  for (const Section& section : *sections) {
    // With their lengths, so that no two lists of sections run together into the same bytes.
    text += '\n' + std::to_string(section.name.size()) + ' ' + std::to_string(section.size) + ' ' +
            std::to_string(section.bytes.size()) + '\n';
    text += section.name;
    text +=
        section.name.starts_with(kAttributes) ? without_symbols(section.bytes) : std::string(section.bytes);
  }
  return short_hash(text);
}

}  // namespace gemmtune::cache
