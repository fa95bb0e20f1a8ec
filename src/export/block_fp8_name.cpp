#include "export/block_fp8_name.h"

#include "util/text.h"

#include <algorithm>

namespace gemmtune::exports {

namespace {

/// Takes `label` and the text up to `end` from the front of `rest`.
std::optional<std::string> take(std::string_view& rest, std::string_view label, std::string_view end) {
  if (!rest.starts_with(label)) return std::nullopt;
  const std::size_t at = rest.find(end, label.size());
  if (at == std::string_view::npos) return std::nullopt;
  std::string value(rest.substr(label.size(), at - label.size()));
  rest.remove_prefix(at + end.size());
  return value;
}

std::optional<std::int64_t> take_number(std::string_view& rest, std::string_view label,
                                        std::string_view end) {
  const auto text = take(rest, label, end);
  std::int64_t value = 0;
  if (!text || !parse_whole(*text, value)) return std::nullopt;
  return value;
}

}  // namespace

std::string name_for(const BlockFp8Name& name, Reader reader) {
  return "N=" + std::to_string(name.n) + ",K=" + std::to_string(name.k) + ",device_name=" + name.device +
         ",dtype=" + name.dtype + ",block_shape=[" + std::to_string(name.block_n) +
         (reader == Reader::sglang ? ", " : ",") + std::to_string(name.block_k) + "].json";
}

std::optional<BlockFp8Name> parse_block_fp8_name(std::string_view file_name) {
  std::string tight;  // a blank within the device's name is one that should have been an underscore
  for (const char c : file_name)
    if (c != ' ' || (!tight.empty() && tight.back() != ',' && tight.back() != '['))
      tight += c == ' ' ? '_' : c;
  std::string_view rest = tight;
  const auto n = take_number(rest, "N=", ",");
  const auto k = take_number(rest, "K=", ",");
  const auto device = take(rest, "device_name=", ",");
  const auto dtype = take(rest, "dtype=", ",");
  const auto block_n = take_number(rest, "block_shape=[", ",");
  const auto block_k = take_number(rest, "", "].json");
  if (!n || !k || !device || !dtype || !block_n || !block_k || !rest.empty()) return std::nullopt;
  return BlockFp8Name{*n, *k, *device, *dtype, *block_n, *block_k};
}

bool is_channelwise_name(std::string_view file_name) {
  std::string_view rest = file_name;
  return take_number(rest, "N=", ",") && take_number(rest, "K=", ",") && take(rest, "device_name=", ",") &&
         rest == "dtype=fp8_w8a8_channelwise.json";
}

}  // namespace gemmtune::exports
