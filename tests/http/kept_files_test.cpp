#include "metaset/http/kept_files.h"

#include <memory>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>

#include "metaset/base/file.h"

namespace metaset::http {
namespace {

struct Kept {
  bool is_current() const { return current; }
  bool current = true;
};

struct KeptFilesFixture {
  using Files = KeptFiles<Kept>;
  std::shared_ptr<Kept> get(const std::string& path) {
    return files.get(path, log, now, "it is not kept", [this] {
      ++opened;
      if (broken) throw Error(Code::kIo, "no disk");
      return std::make_shared<Kept>();
    });
  }
  std::string logged() const { return read_file(directory.path() + "/log", 1 << 20); }

  TemporaryDirectory directory;
  Fd log_file = open_file(directory.path() + "/log", O_CREAT | O_RDWR | O_APPEND);
  Logger log{log_file.get(), "test"};
  Files files;
  Files::Clock::time_point now;
  bool broken = false;
  int opened = 0;
};

BOOST_FIXTURE_TEST_SUITE(kept_files, KeptFilesFixture)

BOOST_AUTO_TEST_CASE(each_is_opened_once) {
  const auto file = get("a");
  BOOST_REQUIRE(file);
  BOOST_TEST(get("a") == file);
  BOOST_TEST(get("b") != file);
  BOOST_TEST(opened == 2);
}

BOOST_AUTO_TEST_CASE(one_that_was_replaced_is_opened_anew) {
  const auto file = get("a");
  file->current = false;
  broken = true;
  BOOST_TEST(get("a") == file);  // better than nothing
  BOOST_TEST(logged().empty());
  broken = false;
  BOOST_TEST(get("a") != file);
}

BOOST_AUTO_TEST_CASE(what_fails_is_told_once_and_tried_again) {
  broken = true;
  BOOST_TEST(!get("a"));
  BOOST_TEST(!get("a"));
  BOOST_TEST(opened == 1);
  now += Files::kTryAgain;
  BOOST_TEST(!get("a"));
  BOOST_TEST(opened == 2);
  const std::string text = logged();
  BOOST_TEST(text.ends_with("warning: it is not kept: no disk\n"));
  BOOST_TEST(text.find('\n') == text.size() - 1);
  broken = false;
  now += Files::kTryAgain;
  BOOST_TEST(get("a"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_forgotten) {
  const auto file = get("a");
  broken = true;
  for (int i = 0; i < 1000; ++i) BOOST_TEST(!get("none" + std::to_string(i)));
  BOOST_TEST(files.size() <= 65u);
  BOOST_TEST(get("a") == file);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
