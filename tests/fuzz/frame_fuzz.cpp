// Frames: a stream gives the same messages and the same complaint however it is cut, and a message comes
// back.
#include "fuzz.h"
#include "util/frame.h"

#include <vector>

using namespace gemmtune;

namespace {

struct Heard {
  std::vector<std::string> messages;
  std::string complaint;
  bool operator==(const Heard&) const = default;
};

void take(FrameReader& reader, Heard& heard) {
  while (auto message = reader.next()) heard.messages.push_back(*message);
}

Heard hear(std::string_view stream, std::size_t piece) {
  FrameReader reader;
  Heard heard;
  try {
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(stream.substr(at, piece));
      take(reader, heard);
    }
  } catch (const FrameError& error) {
    heard.complaint = error.what();
  }
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream = fuzz::text_of(data + 1, size - 1);
  ensure(hear(stream, 1 + data[0]) == hear(stream, 1 + stream.size()), "pieces make no difference");
  const Heard echo = hear(frame(stream), 1 + data[0]);
  ensure(echo.complaint.empty() && echo.messages == std::vector{std::string(stream)}, "a message comes back");
  return 0;
}
