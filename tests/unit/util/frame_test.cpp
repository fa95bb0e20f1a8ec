#include "util/frame.h"

#include "util/unique_fd.h"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <string>
#include <thread>
#include <unistd.h>

namespace gemmtune {
namespace {

/// A pipe that holds `bytes` and then ends.
UniqueFd stream_of(std::string_view bytes) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const UniqueFd in(ends[1]);
  EXPECT_EQ(::write(in.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return UniqueFd(ends[0]);
}

TEST(Frame, is_a_little_endian_length_and_the_payload) {
  EXPECT_EQ(frame("abc"), std::string("\x03\0\0\0abc", 7));
  EXPECT_EQ(frame(std::string(258, 'x')).substr(0, 4), std::string("\x02\x01\0\0", 4));
}

TEST(Frame, refuses_to_send_what_the_other_side_would_refuse) {
  EXPECT_THROW(frame(std::string(kFrameLimit + 1, 'x')), FrameError);
}

TEST(FrameReader, hands_out_messages_fed_byte_by_byte) {
  FrameReader reader;
  std::vector<std::string> messages;
  for (const char byte : frame("first") + frame("") + frame("third")) {
    reader.feed({&byte, 1});
    while (auto message = reader.next()) messages.push_back(*message);
  }
  EXPECT_EQ(messages, (std::vector<std::string>{"first", "", "third"}));
  EXPECT_EQ(reader.pending(), 0u);
}

TEST(FrameReader, hands_out_messages_that_came_in_one_piece) {
  FrameReader reader;
  reader.feed(frame("one") + frame("two"));
  EXPECT_EQ(reader.next(), "one");
  EXPECT_EQ(reader.next(), "two");
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(FrameReader, waits_for_the_rest_wherever_a_message_is_cut) {
  const std::string bytes = frame("payload");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    FrameReader reader;
    reader.feed(bytes.substr(0, cut));
    EXPECT_EQ(reader.next(), std::nullopt) << cut;
    EXPECT_EQ(reader.pending(), cut);
    reader.feed(bytes.substr(cut));
    EXPECT_EQ(reader.next(), "payload") << cut;
  }
}

TEST(FrameReader, takes_the_longest_message_and_refuses_a_longer_one_before_it_comes) {
  const std::string longest("\x00\x00\x00\x04", 4);
  FrameReader reader;
  reader.feed(longest);
  EXPECT_EQ(reader.next(), std::nullopt);
  FrameReader other;
  other.feed({"\x01\x00\x00\x04", 4});
  EXPECT_THROW(other.next(), FrameError);
}

TEST(FrameReader, refuses_text) {
  FrameReader reader;
  reader.feed("usage: some other program\n");
  EXPECT_THROW(reader.next(), FrameError);
}

TEST(ReadFrame, reads_until_the_stream_ends) {
  const UniqueFd stream = stream_of(frame("one") + frame("two"));
  EXPECT_EQ(read_frame(stream.get()), "one");
  EXPECT_EQ(read_frame(stream.get()), "two");
  EXPECT_EQ(read_frame(stream.get()), std::nullopt);
}

TEST(ReadFrame, reports_a_stream_that_ends_inside_a_message) {
  const std::string bytes = frame("payload");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const UniqueFd stream = stream_of(bytes.substr(0, cut));
    EXPECT_THROW(read_frame(stream.get()), FrameError) << cut;
  }
}

TEST(ReadFrame, refuses_an_oversized_length) {
  const UniqueFd stream = stream_of("hello\n");
  EXPECT_THROW(read_frame(stream.get()), FrameError);
}

TEST(ReadFrame, reports_a_descriptor_that_cannot_be_read) {
  EXPECT_THROW(read_frame(-1), FrameError);
}

/// Runs `blocking` on a thread, interrupts it with signals while it cannot go on, then lets `release` end its
/// wait. Returns what it threw, or nothing.
std::string interrupted(const std::function<void()>& blocking, const std::function<void()>& release) {
  struct sigaction nothing = {}, before = {};
  nothing.sa_handler = [](int) {};  // without SA_RESTART: blocking calls return EINTR
  sigaction(SIGUSR1, &nothing, &before);
  std::string thrown;
  std::jthread thread([&] {
    try {
      blocking();
    } catch (const FrameError& error) {
      thrown = error.what();
    }
  });
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    pthread_kill(thread.native_handle(), SIGUSR1);
  }
  release();
  thread.join();
  sigaction(SIGUSR1, &before, nullptr);
  return thrown;
}

TEST(ReadFrame, goes_on_after_a_signal) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd in(ends[1]), out(ends[0]);
  std::optional<std::string> received;
  EXPECT_EQ(interrupted([&] { received = read_frame(out.get()); }, [&] { write_frame(in.get(), "late"); }),
            "");
  EXPECT_EQ(received, "late");
}

TEST(WriteFrame, goes_on_after_a_signal_and_carries_more_than_a_pipe_holds) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd in(ends[1]), out(ends[0]);
  const std::string filler(static_cast<std::size_t>(::fcntl(in.get(), F_GETPIPE_SZ)) - 4, '.');
  write_frame(in.get(), filler);
  const std::string payload(3'000'000, 'x');
  std::optional<std::string> first, second;
  const auto drain = [&] {
    first = read_frame(out.get());
    second = read_frame(out.get());
  };
  EXPECT_EQ(interrupted([&] { write_frame(in.get(), payload); }, drain), "");
  EXPECT_TRUE(first == filler);
  EXPECT_TRUE(second == payload);
}

TEST(WriteFrame, reports_a_reader_that_has_gone) {
  struct sigaction before = {};
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd in(ends[1]);
  ::close(ends[0]);
  EXPECT_THROW(write_frame(in.get(), "x"), FrameError);
  sigaction(SIGPIPE, &before, nullptr);
}

}  // namespace
}  // namespace gemmtune
