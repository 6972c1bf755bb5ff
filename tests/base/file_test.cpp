#include "metaset/base/file.h"

#include <atomic>
#include <limits>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <pthread.h>
#include <rapidcheck.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "has_code.h"

namespace metaset {
namespace {

struct FileFixture {
  TemporaryDirectory directory;
  std::string in(std::string_view name) const { return join_path(directory.path(), name); }
};

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

BOOST_FIXTURE_TEST_SUITE(file, FileFixture)

BOOST_AUTO_TEST_CASE(descriptors_are_closed_once_by_their_last_owner) {
  Fd first = open_file("/dev/null", O_RDONLY);
  const int number = first.get();
  BOOST_TEST((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
  Fd second(std::move(first));
  BOOST_TEST(!first);
  BOOST_TEST(second.get() == number);
  Fd third = open_file("/dev/null", O_RDONLY);
  const int replaced = third.get();
  third = std::move(second);
  BOOST_TEST(!is_open(replaced));
  BOOST_TEST(is_open(number));
  Fd& same = third;
  third = std::move(same);
  BOOST_TEST(third.get() == number);
  BOOST_TEST(third.release() == number);
  third.reset(number);
  third.reset();
  BOOST_TEST(!is_open(number));
}

BOOST_AUTO_TEST_CASE(missing_files_are_no_failure_where_that_is_asked) {
  write_file_atomically(in("file"), "x", false);
  BOOST_TEST(!open_if_exists(in("none"), O_RDONLY).has_value());
  BOOST_TEST(!open_if_exists(in("file/below"), O_RDONLY).has_value());
  BOOST_TEST(!read_file_if_exists(in("none"), 10).has_value());
  BOOST_TEST(!file_info(in("none")).has_value());
  BOOST_TEST(!file_info(in("file/below")).has_value());
  BOOST_CHECK_EXCEPTION(open_file(in("none"), O_RDONLY), Error, [&](const Error& error) {
    return error.code() == Code::kNotFound &&
           error.message() == "cannot open " + in("none") + ": No such file or directory";
  });
  BOOST_CHECK_EXCEPTION(open_if_exists(std::string(5000, 'x'), O_RDONLY), Error,
                        has_code(Code::kIo));
  BOOST_CHECK_EXCEPTION(file_info(std::string(5000, 'x')), Error, has_code(Code::kIo));
}

BOOST_AUTO_TEST_CASE(files_are_read_whole_up_to_the_limit) {
  for (const std::size_t size : {0U, 1U, 10U, 65535U, 65536U, 65537U, 1'000'000U}) {
    const std::string bytes(size, 'b');
    write_file_atomically(in("file"), bytes, false);
    BOOST_TEST((read_file(in("file"), size) == bytes));
    BOOST_TEST((read_file_if_exists(in("file"), size + 1) == bytes));
    BOOST_TEST((read_file(in("file"), std::numeric_limits<std::uint64_t>::max()) == bytes));
    if (size == 0) continue;
    BOOST_CHECK_EXCEPTION(read_file(in("file"), size - 1), Error, has_code(Code::kLimit));
    BOOST_CHECK_EXCEPTION(read_file(in("file"), 0), Error, has_code(Code::kLimit));
  }
  BOOST_CHECK_EXCEPTION(read_file(directory.path(), 10), Error, has_code(Code::kIo));
}

BOOST_AUTO_TEST_CASE(reading_starts_where_the_descriptor_is) {
  write_file_atomically(in("file"), "0123456789", false);
  const Fd fd = open_file(in("file"), O_RDONLY);
  BOOST_TEST(::lseek(fd.get(), 7, SEEK_SET) == 7);
  BOOST_TEST(read_all(fd.get(), "file", 3) == "789");
}

BOOST_AUTO_TEST_CASE(files_that_do_not_tell_their_size_are_read_too) {
  BOOST_TEST(!read_file("/proc/self/stat", 10'000).empty());
  BOOST_CHECK_EXCEPTION(read_file("/dev/zero", 1'000'000), Error, has_code(Code::kLimit));
}

void nothing(int) {}

// A pipe is full after 64 KiB, so a write is cut short by a signal; and without one, read in
// pieces.
BOOST_AUTO_TEST_CASE(writing_goes_on_after_short_writes_and_signals) {
  struct sigaction action {};
  action.sa_handler = nothing;  // without SA_RESTART
  struct sigaction old {};
  BOOST_REQUIRE(::sigaction(SIGUSR1, &action, &old) == 0);
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const Fd from(ends[0]);
  Fd to(ends[1]);
  std::string bytes;
  for (int i = 0; bytes.size() < 3'000'000; ++i) bytes += std::to_string(i);
  std::atomic<bool> written = false;
  std::jthread writer([&] {
    write_all(to.get(), bytes, "pipe");
    written = true;
    to.reset();
  });
  for (int i = 0; i < 20; ++i) {
    ::usleep(500);
    ::pthread_kill(writer.native_handle(), SIGUSR1);
  }
  BOOST_TEST(!written);
  const std::string got = read_all(from.get(), "pipe", 4'000'000);
  writer.join();
  ::sigaction(SIGUSR1, &old, nullptr);
  BOOST_TEST((got == bytes));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told) {
  const Fd full = open_file("/dev/full", O_WRONLY);
  BOOST_CHECK_EXCEPTION(write_all(full.get(), "x", "name"), Error, [](const Error& error) {
    return error.code() == Code::kNoSpace &&
           error.message() == "cannot write name: No space left on device";
  });
  BOOST_CHECK_NO_THROW(write_all(full.get(), "", "name"));
}

BOOST_AUTO_TEST_CASE(file_info_tells_what_stat_does) {
  write_file_atomically(in("file"), "12345", false);
  BOOST_REQUIRE(::symlink("file", in("link").c_str()) == 0);
  const FileInfo info = file_info(in("link")).value();
  BOOST_TEST(info.size == 5U);
  BOOST_TEST(info.is_regular);
  BOOST_TEST(!info.is_directory);
  BOOST_TEST(info.modified > 1'600'000'000);
  BOOST_TEST(info.inode == file_info(in("file")).value().inode);
  BOOST_TEST(info.device == file_info(directory.path()).value().device);
  BOOST_TEST(file_info(directory.path()).value().is_directory);
}

BOOST_AUTO_TEST_CASE(any_bytes_come_back) {
  BOOST_CHECK(rc::check("round trip", [this](const std::string& bytes) {
    write_file_atomically(in("file"), bytes, false);
    RC_ASSERT(read_file(in("file"), bytes.size()) == bytes);
    RC_ASSERT(file_info(in("file"))->size == bytes.size());
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
