// INI files and Python literals of stock repositories.
#include "metaset/pkg5/ini.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

namespace metaset::pkg5 {
namespace {

bool has_limit(const Error& error) { return error.code() == Code::kLimit; }
bool is_invalid(const Error& error) { return error.code() == Code::kInvalid; }

BOOST_AUTO_TEST_SUITE(ini)

BOOST_AUTO_TEST_CASE(sections_keys_and_continued_values) {
  const Ini ini = parse_ini(
      "# comment\n[publisher]\nprefix = fruit\n\n[repository]\n"
      "description: one\n  two\n\n  three\n; other\nempty =\n");
  BOOST_TEST(*ini.find("publisher", "prefix") == "fruit");
  BOOST_TEST(*ini.find("repository", "description") == "one\ntwo\n\nthree");
  BOOST_TEST(ini.find("repository", "empty")->empty());
  BOOST_TEST(ini.find("repository", "Prefix") == nullptr);
  BOOST_TEST(ini.find("none") == nullptr);
}

BOOST_AUTO_TEST_CASE(defaults_are_in_every_section) {
  const Ini ini = parse_ini("[a]\nx = 1\n[DEFAULT]\nx = 2\ny = 3\n[b]\n");
  BOOST_TEST(ini.find("DEFAULT") == nullptr);
  BOOST_TEST(*ini.find("a", "x") == "1");
  BOOST_TEST(*ini.find("a", "y") == "3");
  BOOST_TEST(*ini.find("b", "x") == "2");
}

BOOST_AUTO_TEST_CASE(what_the_stock_tools_would_not_read) {
  for (const char* text : {"key = value\n", "[a]\nword\n", "[a]\n= value\n", "[a]\n[a]\n",
                           "[a]\nx = 1\nx = 2\n", "[a]\nx = \xff\n"}) {
    BOOST_CHECK_EXCEPTION(parse_ini(text), Error, is_invalid);
  }
}

// A hundred kilobytes would become a gigabyte.
BOOST_AUTO_TEST_CASE(defaults_do_not_multiply_without_bounds) {
  std::string text = "[DEFAULT]\n";
  for (int i = 0; i < 4000; ++i) text += "k" + std::to_string(i) + "=v\n";
  for (int i = 0; i < 4000; ++i) text += "[" + std::to_string(i) + "]\n";
  BOOST_CHECK_EXCEPTION(parse_ini(text), Error, has_limit);
  BOOST_CHECK_EXCEPTION(parse_ini(std::string(kMaxIniText + 1, '\n')), Error, has_limit);
}

BOOST_AUTO_TEST_CASE(python_lists) {
  const std::vector<std::string> both = {"it's", "x\n\xc3\xa9", "", "-12", "True"};
  BOOST_TEST((parse_python_list(R"(["it's", u'x\n\xe9', None, -12, True,])") == both));
  BOOST_TEST(parse_python_list("")->empty());
  BOOST_TEST(parse_python_list(" [ ] ")->empty());
  BOOST_TEST((parse_python_list("['a' 'b']") == std::vector<std::string>{"ab"}));
  for (const char* text : {"[", "['a'", "'a'", "['a' 1]", "[a]", "[1.5]", "['''a''']",
                           "['\\ud800']", "['\\N{DASH}']", "[] []"}) {
    BOOST_TEST(!parse_python_list(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(python_booleans) {
  BOOST_TEST(parse_python_bool("True").value());
  BOOST_TEST(!parse_python_bool("fALSE").value());
  BOOST_TEST(!parse_python_bool("").value());
  BOOST_TEST(!parse_python_bool("yes").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::pkg5
