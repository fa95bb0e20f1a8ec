#include "input/npy.h"

#include "input/complaint.h"
#include "util/text.h"

#include <cctype>
#include <optional>
#include <utility>
#include <vector>

namespace gemmtune::input {

namespace {

constexpr std::size_t kBeforeLength = 8;             // magic and version
constexpr std::uint64_t kMostHeadBytes = 64 * 1024;  // versions 2 and 3 could say 4 GiB

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

/// The head's text is a Python dictionary of three entries, of which only what NumPy writes is understood.
class Dictionary {
 public:
  Dictionary(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  void read() {
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !descr_)
        descr_ = quoted();
      else if (key == "fortran_order" && !fortran_)
        fortran_ = truth();
      else if (key == "shape" && !shape_)
        shape_ = numbers();
      else
        fail("has the key " + quote(key) + ", or has it twice; descr, fortran_order and shape are there");
      if (!take(',') && peek() != '}') fail("is not as NumPy writes it, at byte " + std::to_string(at_));
    }
    skip_blanks();
    if (at_ != text_.size()) fail("goes on behind its end");
    if (!descr_ || !fortran_ || !shape_) fail("lacks descr, fortran_order or shape");
  }

  const std::string& descr() const { return *descr_; }
  bool fortran() const { return *fortran_; }
  const std::vector<std::int64_t>& shape() const { return *shape_; }

  [[noreturn]] void fail(const std::string& why) const {
    complain(file_, "", "the head of this .npy " + why);
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  char peek() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char expected) {
    if (peek() != expected || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char expected) {
    if (!take(expected))
      fail(std::string("is not as NumPy writes it: no '") + expected + "' at byte " + std::to_string(at_));
  }
  std::string quoted() {
    expect('\'');
    const auto end = text_.find('\'', at_);
    if (end == std::string_view::npos) fail("ends inside a text");
    const std::string text(text_.substr(at_, end - at_));
    at_ = end + 1;
    return text;
  }
  bool truth() {
    skip_blanks();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    fail("has a fortran_order that is neither True nor False");
  }
  std::vector<std::int64_t> numbers() {
    std::vector<std::int64_t> all;
    expect('(');
    while (!take(')')) {
      skip_blanks();
      const std::size_t from = at_;
      while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
      std::int64_t number = 0;
      if (!parse_whole(text_.substr(from, at_ - from), number))
        fail("has a shape that is no list of sizes, at byte " + std::to_string(from));
      all.push_back(number);
      if (all.size() > 32) fail("has more dimensions than NumPy knows");
      if (!take(',') && peek() != ')') fail("has a shape that does not end");
    }
    return all;
  }

  const std::string& file_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::string> descr_;
  std::optional<bool> fortran_;
  std::optional<std::vector<std::int64_t>> shape_;
};

}  // namespace

std::uint64_t npy_head_bytes(const std::string& file, std::string_view first) {
  if (first.size() < kBeforeLength + 2) complain(file, "", "this .npy ends inside its head");
  const int version = first[6];
  if (version < 1 || version > 3)
    complain(file, "", ".npy of version " + std::to_string(version) + "; 1 to 3 are read");
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  if (first.size() < kBeforeLength + length_bytes) complain(file, "", "this .npy ends inside its head");
  const std::uint64_t length = little_endian(first.substr(kBeforeLength, length_bytes));
  if (length > kMostHeadBytes)
    complain(file, "",
             "its head claims " + std::to_string(length) + " bytes; a matrix needs no more than " +
                 std::to_string(kMostHeadBytes));
  return kBeforeLength + length_bytes + length;
}

TensorPlace npy_place(const std::string& file, std::string_view head, std::uint64_t file_bytes) {
  const std::size_t before = head[6] == 1 ? 10 : 12;
  Dictionary dictionary(file, head.substr(before));
  dictionary.read();
  TensorPlace place;
  if (dictionary.descr() == "<f2")
    place.type = TensorType::fp16;
  else if (dictionary.descr() != "<f4")
    complain(file, "",
             "its elements are " + quote(dictionary.descr()) +
                 "; <f4 (FP32) and <f2 (FP16) are read: save x.astype(numpy.float32)");
  if (dictionary.fortran())
    complain(file, "", "its columns lie one after the other: save numpy.ascontiguousarray(x)");
  const auto& shape = dictionary.shape();
  if (shape.size() != 2)
    complain(file, "",
             "it has " + std::to_string(shape.size()) + " dimensions; a factor is a matrix and has 2");
  for (const std::int64_t size : shape)
    if (size < 1 || size > kMostOfADimension)
      complain(file, "", "a dimension is " + std::to_string(size) + "; expected 1 to 2147483647");
  place.rows = shape[0], place.columns = shape[1];
  place.offset = head.size();
  // 2^31 rows of 2^33 bytes are no more than 64 bits hold.
  const std::uint64_t expected = place.row_bytes() * static_cast<std::uint64_t>(place.rows);
  if (file_bytes - place.offset != expected)
    complain(file, "",
             "a matrix of " + std::to_string(place.rows) + "x" + std::to_string(place.columns) + " takes " +
                 std::to_string(expected) + " bytes behind the head; there are " +
                 std::to_string(file_bytes - place.offset));
  return place;
}

}  // namespace gemmtune::input
