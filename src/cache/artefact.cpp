#include "cache/artefact.h"

#include "util/hash.h"

#include <array>

namespace gemmtune::cache {

namespace {

constexpr std::string_view kMagic = "gemmtune.cubin/2\n";
constexpr std::size_t kHashBytes = 64;
constexpr std::size_t kNumbers = 7;

void put(std::string& bytes, std::int64_t value) {
  for (int shift = 0; shift < 64; shift += 8)
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xff);
}

std::int64_t get(std::string_view bytes, std::size_t index) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[8 * index + i])} << (8 * i);
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::string encode(std::string_view key, const Artefact& artefact) {
  std::string body;
  const ResourceUsage& usage = artefact.usage;
  for (const std::int64_t number : std::array<std::int64_t, kNumbers>{
           static_cast<std::int64_t>(key.size()), static_cast<std::int64_t>(artefact.cubin.size()),
           static_cast<std::int64_t>(artefact.log.size()), usage.registers, usage.spill_bytes,
           usage.stack_bytes, usage.static_smem_bytes})
    put(body, number);
  body += key;
  body += artefact.cubin;
  body += artefact.log;
  return std::string(kMagic) + sha256(body) + body;
}

std::optional<Artefact> decode(std::string_view key, std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::nullopt;
  bytes.remove_prefix(kMagic.size());
  if (bytes.size() < kHashBytes + 8 * kNumbers) return std::nullopt;
  const std::string_view hash = bytes.substr(0, kHashBytes);
  bytes.remove_prefix(kHashBytes);
  if (sha256(bytes) != hash) return std::nullopt;

  // The hash says that nothing changed since it was written, not that encode() wrote it.
  const auto key_bytes = static_cast<std::uint64_t>(get(bytes, 0));
  const auto cubin_bytes = static_cast<std::uint64_t>(get(bytes, 1));
  const auto log_bytes = static_cast<std::uint64_t>(get(bytes, 2));
  std::string_view payload = bytes.substr(8 * kNumbers);
  if (key_bytes != key.size() || !payload.starts_with(key)) return std::nullopt;
  payload.remove_prefix(key.size());
  if (cubin_bytes > payload.size() || payload.size() - cubin_bytes != log_bytes) return std::nullopt;
  return Artefact{std::string(payload.substr(0, cubin_bytes)),
                  std::string(payload.substr(cubin_bytes)),
                  {get(bytes, 3), get(bytes, 4), get(bytes, 5), get(bytes, 6)}};
}

}  // namespace gemmtune::cache
