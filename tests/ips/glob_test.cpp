#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "metaset/ips/version.h"

#include "generators.h"

namespace metaset::ips {
namespace {

// What the iterative matcher must agree with.
bool matches_simply(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return matches_simply(text, pattern.substr(1)) ||
           (!text.empty() && matches_simply(text.substr(1), pattern));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         matches_simply(text.substr(1), pattern.substr(1));
}

// Characters of one and of two bytes, and bytes that are none.
std::vector<std::string> characters_of(std::string_view text) {
  std::vector<std::string> characters;
  while (!text.empty()) {
    const bool two = text.size() > 1 && text[0] == '\xc3' && text[1] == '\xa9';
    characters.emplace_back(text.substr(0, two ? 2 : 1));
    text.remove_prefix(two ? 2 : 1);
  }
  return characters;
}

bool matches_characters(std::span<const std::string> text, std::span<const std::string> pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == "*") {
    return matches_characters(text, pattern.subspan(1)) ||
           (!text.empty() && matches_characters(text.subspan(1), pattern));
  }
  return !text.empty() && (pattern[0] == "?" || pattern[0] == text[0]) &&
         matches_characters(text.subspan(1), pattern.subspan(1));
}

BOOST_AUTO_TEST_SUITE(glob)

BOOST_AUTO_TEST_CASE(stars_and_question_marks) {
  BOOST_TEST(matches_glob("", ""));
  BOOST_TEST(matches_glob("", "**"));
  BOOST_TEST(!matches_glob("", "?"));
  BOOST_TEST(matches_glob("lib/zlib", "lib*"));
  BOOST_TEST(matches_glob("lib/zlib", "*zlib"));
  BOOST_TEST(matches_glob("lib/zlib", "l?b/*"));
  BOOST_TEST(!matches_glob("lib/zlib", "zlib"));
  BOOST_TEST(!matches_glob("lib/zlib", "LIB*"));
  BOOST_TEST(matches_glob("abcabd", "*ab?"));
  BOOST_TEST(!matches_glob("abcabd", "*ab"));
}

BOOST_AUTO_TEST_CASE(sets) {
  BOOST_TEST(matches_glob("b", "[abc]"));
  BOOST_TEST(matches_glob("b", "[a-c]"));
  BOOST_TEST(!matches_glob("d", "[a-c]"));
  BOOST_TEST(matches_glob("d", "[!a-c]"));
  BOOST_TEST(!matches_glob("b", "[!a-c]"));
  BOOST_TEST(matches_glob("]", "[]]"));
  BOOST_TEST(matches_glob("a", "[!]]"));
  BOOST_TEST(matches_glob("-", "[a-]"));
  BOOST_TEST(matches_glob("-", "[-a]"));
  BOOST_TEST(!matches_glob("b", "[c-a]"));
  BOOST_TEST(matches_glob("[", "["));
  BOOST_TEST(matches_glob("[a", "[a"));
  BOOST_TEST(matches_glob("[!", "[!"));
  BOOST_TEST(matches_glob("\\a", "\\?"));
}

BOOST_AUTO_TEST_CASE(characters_of_several_bytes_are_one) {
  BOOST_TEST(matches_glob("\xc3\xbc", "?"));
  BOOST_TEST(matches_glob("gr\xc3\xbcn", "gr?n"));
  BOOST_TEST(matches_glob("\xe6\x9e\x9c", "[\xe6\x9e\x90-\xe6\x9f\x80]"));
  BOOST_TEST(matches_glob("\xf0\x9f\x8d\x8e", "?"));
  // Bytes that are no characters count singly.
  BOOST_TEST(matches_glob("\xc3", "?"));
  BOOST_TEST(matches_glob("\xff\xfe", "??"));
  BOOST_TEST(matches_glob("\xe6\x9e", "??"));
}

BOOST_AUTO_TEST_CASE(hostile_patterns_are_fast) {
  const std::string text(2000, 'a');
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  BOOST_TEST(!matches_glob(text, pattern + "b"));
}

BOOST_AUTO_TEST_CASE(agrees_with_the_definition) {
  BOOST_TEST(testing::holds([] {
    const std::string text = *rc::gen::resize(12, testing::text_of("aab/"));
    const std::string pattern = *rc::gen::resize(8, testing::text_of("ab*?/"));
    RC_ASSERT(matches_glob(text, pattern) == matches_simply(text, pattern));
  }));
}

BOOST_AUTO_TEST_CASE(agrees_with_the_definition_for_characters_of_several_bytes) {
  BOOST_TEST(testing::holds([] {
    const std::string text = *rc::gen::resize(10, testing::text_of("a\xc3\xa9"));
    const std::string pattern = *rc::gen::resize(6, testing::text_of("a\xc3\xa9**?"));
    RC_ASSERT(matches_glob(text, pattern) ==
              matches_characters(characters_of(text), characters_of(pattern)));
  }));
}

BOOST_AUTO_TEST_CASE(versions) {
  const Version version = Version::parse("1.9.2,5.11-2024.0:20240501T100000Z");
  for (const char* pattern : {"*", "1.*", "1.9.?", "*-2024.*", "*-*", "1-*", "1.9-2024*", "*,5.9-*",
                              "*:*", "*:202405*", "*-2024:*", "*:20240501T100000Z"}) {
    BOOST_TEST(matches_version_glob(version, pattern), pattern);
  }
  for (const char* pattern : {"2.*", "1.9.2.*", "*-2025*", "*-2", "*:2023*", "?"}) {
    BOOST_TEST(!matches_version_glob(version, pattern), pattern);
  }
  BOOST_TEST(matches_version_glob(Version::parse("1"), "*-*"));
  BOOST_TEST(!matches_version_glob(Version::parse("1"), "*-1*"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
