#include "metaset/base/log.h"

#include <cstdlib>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/json.h"

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

BOOST_AUTO_TEST_CASE(the_request_is_on_the_line) {
  const Logger logger = Logger(fd.get(), "metaset").with_request("a\n1");
  logger.info("one");
  BOOST_TEST(written() == begin + "info: one (request a\\n1)\n");
}

BOOST_AUTO_TEST_CASE(lines_of_json) {
  const Logger logger(fd.get(), "metaset", Level::kInfo, LogFormat::kJson);
  logger.warning("a \"quote\"\nand \xff");
  logger.with_request("r1").error("two");
  std::istringstream lines(written());
  std::string first, second, third;
  std::getline(lines, first);
  std::getline(lines, second);
  BOOST_TEST(!std::getline(lines, third));
  rapidjson::Document one, two;
  one.Parse(first.c_str());
  two.Parse(second.c_str());
  BOOST_REQUIRE(one.IsObject());
  BOOST_REQUIRE(two.IsObject());
  BOOST_TEST(one["level"].GetString() == std::string("warning"));
  BOOST_TEST(one["program"].GetString() == std::string("metaset"));
  BOOST_TEST(one["pid"].GetInt() == ::getpid());
  BOOST_TEST(one["message"].GetString() == std::string("a \"quote\"\nand \xc3\xbf"));
  BOOST_TEST(!one.HasMember("request"));
  BOOST_TEST(std::string(one["time"].GetString()).ends_with('Z'));
  BOOST_TEST(two["request"].GetString() == std::string("r1"));
}

BOOST_AUTO_TEST_CASE(the_format_is_that_of_the_environment) {
  ::setenv("METASET_LOG", "json", 1);
  BOOST_TEST((log_format_of_environment() == LogFormat::kJson));
  ::setenv("METASET_LOG", "xml", 1);
  BOOST_CHECK_THROW(log_format_of_environment(), Error);
  ::unsetenv("METASET_LOG");
  BOOST_TEST((log_format_of_environment() == LogFormat::kText));
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_is_no_failure) {
  BOOST_CHECK_NO_THROW(Logger(-1, "metaset").error("lost"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
