// Matrices in .npy and .safetensors files: what is read, and what is wrong with files that lie.
#include "input/tensor_file.h"

#include "complaint_of.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace gemmtune::input {
namespace {

std::string little_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> 8 * i & 255);
  return text;
}

std::string fp32(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * 4};
}

std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  std::string text = "\x93NUMPY" + std::string(1, static_cast<char>(version)) + std::string(1, '\0');
  return text + little_endian(dictionary.size() + 1, version == 1 ? 2 : 4) + dictionary + "\n" + data;
}

std::string head(const std::string& shape = "(2, 3)", const std::string& descr = "<f4",
                 const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

std::string safetensors(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

std::string tensor(const std::string& type, const std::string& shape, int begin, int end) {
  return R"({"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":[)" + std::to_string(begin) +
         "," + std::to_string(end) + "]}";
}

const std::string kSix = fp32({1, -2, 3.5F, 0, 1e-20F, 6});

class TensorFiles : public InTemporaryFolder {
 protected:
  static std::vector<float> read(const std::string& name) {
    const TensorFile file(name);
    std::vector<float> all, row(static_cast<std::size_t>(file.columns()));
    for (std::int64_t i = 0; i < file.rows(); ++i) {
      file.read_row(i, row);
      all.insert(all.end(), row.begin(), row.end());
    }
    return all;
  }
  static std::string complaint(const std::string& bytes, const std::string& tensor = "") {
    write("bad.safetensors", bytes);
    return complaint_of([&] { read("bad.safetensors" + tensor); });
  }
};

TEST_F(TensorFiles, of_numpy_are_read) {
  const std::vector<float> expected = {1, -2, 3.5F, 0, 1e-20F, 6};
  for (const int version : {1, 2, 3}) {
    write("x.npy", npy(head(), kSix, version));
    EXPECT_EQ(read("x.npy"), expected);
  }
  write("x.npy", npy("{'shape':(2,3),'fortran_order':False,'descr':'<f4'}", kSix));
  EXPECT_EQ(read("x.npy"), expected) << "the order of keys is free";
  // 1, -2, the smallest subnormal, the largest.
  write("half.npy", npy(head("(1, 4)", "<f2"), std::string("\x00\x3c\x00\xc0\x01\x00\xff\x7b", 8)));
  EXPECT_EQ(read("half.npy"), (std::vector<float>{1, -2, 0x1p-24F, 65504}));
}

TEST_F(TensorFiles, of_safetensors_are_read) {
  const std::string header = R"({"__metadata__":{"format":"pt"},"b":)" + tensor("BF16", "[1,2]", 24, 28) +
                             R"(,"a":)" + tensor("F32", "[2,3]", 0, 24) + R"(,"n":)" +
                             tensor("I64", "[]", 28, 36) + R"(,"new":)" +
                             tensor("F4_OF_TOMORROW", "[7]", 36, 40) + "}    ";
  write("x.safetensors",
        safetensors(header, kSix + std::string("\x80\x3f\x00\xc0", 4) + std::string(12, 'x')));
  EXPECT_EQ(read("x.safetensors:a"), (std::vector<float>{1, -2, 3.5F, 0, 1e-20F, 6}));
  EXPECT_EQ(read("x.safetensors:b"), (std::vector<float>{1, -2}));
  EXPECT_TRUE(
      begins_with(complaint_of([] { read("x.safetensors:c"); }), "x.safetensors: there is no tensor \"c\""));
  EXPECT_TRUE(begins_with(complaint_of([] { read("x.safetensors"); }), "x.safetensors: which tensor?"));
  EXPECT_TRUE(
      begins_with(complaint_of([] { read("x.safetensors:n"); }), "x.safetensors: /n/dtype: \"I64\"; F32"));
}

TEST_F(TensorFiles, of_numpy_that_lie_are_refused) {
  const auto says = [](const std::string& bytes, const std::string& what) {
    const std::string found = complaint(bytes);
    EXPECT_NE(found.find(what), std::string::npos) << what << "\n" << found;
    EXPECT_TRUE(begins_with(found, "bad.safetensors: "));
  };
  says(npy(head(), kSix.substr(1)), "takes 24 bytes behind the head; there are 23");
  says(npy(head(), kSix + "x"), "there are 25");
  says(npy(head("(2147483647, 2147483647)"), kSix), "takes 18446744056529682436 bytes");
  says(npy(head("(9223372036854775807, 1)"), kSix), "expected 1 to 2147483647");
  says(npy(head("(99999999999999999999, 1)"), kSix), "no list of sizes");
  says(npy(head("(-2, -3)"), kSix), "no list of sizes");
  says(npy(head("(0, 3)"), ""), "a dimension is 0");
  says(npy(head("(6,)"), kSix), "1 dimensions");
  says(npy(head("(1, 2, 3)"), kSix), "3 dimensions");
  says(npy(head("(2, 3)", "<f8"), kSix + kSix), "astype(numpy.float32)");
  says(npy(head("(2, 3)", ">f4"), kSix), "\">f4\"");
  says(npy(head("(2, 3)", "<f4", "True"), kSix), "ascontiguousarray");
  says(npy(head("(2, 3)", "<f4", "Maybe"), kSix), "neither True nor False");
  says(npy("{'descr': '<f4', 'shape': (2, 3)}", kSix), "lacks");
  says(npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", kSix), "twice");
  says(npy("{'descr': [('x', '<f4')]}", kSix), "is not as NumPy writes it");
  says(npy(head() + " x", kSix), "goes on behind its end");
  says(npy("{", kSix), "is not as NumPy writes it");
  says(npy("{'descr", kSix), "ends inside a text");
  says(npy("", kSix), "is not as NumPy writes it");
  says(npy(head("(" + std::string(1000, '1')), kSix), "no list of sizes");
  says(npy(head("(" + std::string("1,", 2)), kSix), "no list of sizes");
  says(npy(head(), kSix, 4), "version 4");
  says("\x93NUMPY" + std::string("\x02\x00\xff\xff\xff\xff", 6), "its head claims 4294967295 bytes");
  says("\x93NUMPY" + std::string("\x01\x00\x40\x00{", 5), "ends inside its head");
  says("\x93NUMPY", "ends inside its head");
  says(npy(head("(1, 2)"), fp32({1, NAN})), "row 0, column 1 is no finite number");
}

TEST_F(TensorFiles, of_safetensors_that_lie_are_refused) {
  const auto says = [](const std::string& bytes, const std::string& what) {
    const std::string found = complaint(bytes, ":a");
    EXPECT_NE(found.find(what), std::string::npos) << what << "\n" << found;
    EXPECT_TRUE(begins_with(found, "bad.safetensors: "));
  };
  const auto of = [](const std::string& entry, const std::string& more = "") {
    return safetensors(R"({"a":)" + entry + more + "}", kSix);
  };
  says("", "it has 0 bytes");
  says("1234567", "it has 7 bytes");
  says(little_endian(~std::uint64_t{0}, 8) + "{}", "it claims 18446744073709551615");
  says(little_endian(1 << 25, 8) + "{}", "it claims 33554432");
  says(little_endian(100, 8) + "{}", "the file ends after 2");
  says(safetensors("[]", ""), "an object of tensors");
  says(safetensors("{\"a\":", ""), "bad.safetensors");
  says(safetensors("{\"a\":" + std::string(100000, '['), ""), "bad.safetensors");
  says(safetensors("{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}", ""), "/a");
  says(of(tensor("F32", "[2,3]", 0, 23)), "of 23 bytes, but \"F32\" of that shape takes 24");
  says(of(tensor("F32", "[2,3]", 24, 0)), "the end is before the begin");
  says(of(tensor("F32", "[2,3]", -24, 0)), "/a/data_offsets/0");
  says(of(tensor("F32", "[2,3.5]", 0, 24)), "/a/shape/1");
  says(of(tensor("F32", "[2,-3]", 0, 24)), "/a/shape/1");
  says(of(tensor("F32", "[9223372036854775807,9223372036854775807]", 0, 24)), "more than a file can hold");
  says(of(tensor("F32", "[4294967296,4294967296,0]", 0, 24)), "more than a file can hold");
  says(of(tensor("F32", "[2,4]", 0, 32)), "ends at byte 32 of the data; the file has 24");
  says(of(tensor("F32", "[1,2]", 0, 8)), "16 bytes behind the last tensor belong to none");
  says(of(tensor("F32", "[1,4]", 8, 24)), "leaves a gap");
  says(of(tensor("F32", "[1,4]", 0, 16), R"(,"b":)" + tensor("F32", "[1,4]", 8, 24)), "overlaps");
  says(of(tensor("F32", "[2,3]", 0, 24), R"(,"a":)" + tensor("F32", "[2,3]", 0, 24)), "\"a\" is there twice");
  says(of(R"({"dtype":"F32","shape":[2,3]})"), "data_offsets");
  says(of(R"({"dtype":"F32","shape":[2,3],"data_offsets":[0]})"), "begin and end");
  says(of(R"({"dtype":"F32","shape":[2,3],"data_offsets":[0,24],"x":1})"), "/a");
  says(of(tensor("F32", "[6]", 0, 24)), "1 dimensions");
  says(of(tensor("F32", "[1,2,3]", 0, 24)), "3 dimensions");
}

TEST_F(TensorFiles, that_are_no_files_are_not_waited_for) {
  ASSERT_EQ(::mkfifo("pipe.npy", 0600), 0);
  std::filesystem::create_directory("folder.npy");
  EXPECT_EQ(complaint_of([] { TensorFile("pipe.npy"); }), "pipe.npy: is no regular file");
  EXPECT_EQ(complaint_of([] { TensorFile("folder.npy"); }), "folder.npy: is no regular file");
  EXPECT_EQ(complaint_of([] { TensorFile("/dev/zero"); }), "/dev/zero: is no regular file");
  EXPECT_TRUE(
      begins_with(complaint_of([] { TensorFile("none.npy"); }), "none.npy: cannot be read: No such file"));
}

TEST_F(TensorFiles, that_shrink_while_they_are_read_are_noticed) {
  write("x.npy", npy(head(), kSix));
  const TensorFile file("x.npy");
  std::filesystem::resize_file("x.npy", 80);
  std::vector<float> row(3);
  EXPECT_TRUE(begins_with(complaint_of([&] { file.read_row(1, row); }), "x.npy: row 1 could not be read"));
}

TEST_F(TensorFiles, with_any_byte_changed_or_cut_anywhere_are_read_or_refused) {
  const std::string header =
      R"({"a":)" + tensor("F32", "[2,3]", 0, 24) + R"(,"b":)" + tensor("F16", "[1,2]", 24, 28) + "}";
  std::size_t refused = 0, tried = 0;
  for (const std::string& good : {npy(head(), kSix), safetensors(header, kSix + "1234")}) {
    const std::string named = good[0] == '\x93' ? "x" : "x.safetensors:a";
    const std::string file = good[0] == '\x93' ? "x" : "x.safetensors";
    const auto look = [&](const std::string& bytes) {
      write(file, bytes);
      ++tried;
      try {
        EXPECT_LE(read(named).size(), 6u);
      } catch (const UserError& error) {
        ++refused;
        EXPECT_EQ(error.exit_code(), kExitUsage);
      }
    };
    for (std::size_t at = 0; at < good.size(); ++at) {
      look(good.substr(0, at));
      for (const int change : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
        std::string bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ change);
        look(bytes);
      }
    }
  }
  EXPECT_GT(tried, 2000u);
  EXPECT_GT(refused, tried / 2);
}

}  // namespace
}  // namespace gemmtune::input
