#include "metaset/base/log.h"

#include <string>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "metaset/base/file.h"

namespace metaset {
namespace {

struct LogFixture {
  TemporaryDirectory directory;
  std::string path = join_path(directory.path(), "log");
  Fd fd = open_file(path, O_WRONLY | O_CREAT | O_APPEND);
  std::string begin = "metaset[" + std::to_string(::getpid()) + "]: ";
  std::string written() const { return read_file(path, 1'000'000); }
};

BOOST_FIXTURE_TEST_SUITE(log, LogFixture)

BOOST_AUTO_TEST_CASE(lines_begin_with_program_process_and_level) {
  const Logger logger(fd.get(), "metaset");
  logger.info("one");
  logger.warning("two");
  logger.error("");
  BOOST_TEST(written() == begin + "info: one\n" + begin + "warning: two\n" + begin + "error: \n");
}

BOOST_AUTO_TEST_CASE(lower_levels_are_left_out) {
  Logger(fd.get(), "metaset").log(Level::kDebug, "detail");
  Logger(fd.get(), "metaset", Level::kError).warning("harmless");
  BOOST_TEST(written().empty());
  Logger(fd.get(), "metaset", Level::kDebug).log(Level::kDebug, "detail");
  BOOST_TEST(written() == begin + "debug: detail\n");
}

BOOST_AUTO_TEST_CASE(a_message_cannot_forge_a_line) {
  Logger(fd.get(), "metaset").error("bad name 'x\nmetaset[1]: info: \x1b[2J\r\x7f\xc3\xb6'");
  BOOST_TEST(written() ==
             begin + "error: bad name 'x\\nmetaset[1]: info: \\x1b[2J\\x0d\\x7f\xc3\xb6'\n");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_is_no_failure) {
  BOOST_CHECK_NO_THROW(Logger(-1, "metaset").error("lost"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
