#include "metaset/ips/search_pattern.h"

#include <boost/test/unit_test.hpp>

#include "generators.h"

namespace metaset::ips {
namespace {

bool found(std::string_view pattern, std::string_view token) {
  return SearchPattern(pattern, false).matches(token);
}
bool found_exactly(std::string_view pattern, std::string_view token) {
  return SearchPattern(pattern, true).matches(token);
}

// Letters in both cases, of several bytes, whose size differs between the cases, and no UTF-8.
rc::Gen<std::string> any_text(std::vector<std::string> characters) {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::move(characters))),
      [](const std::vector<std::string>& all) {
        std::string text;
        for (const std::string& character : all) text += character;
        return text;
      });
}
const std::vector<std::string> kCharacters = {"a", "A", "b", "B", "ä", "Ä", "Ω", "\u2126", "\xff"};

BOOST_AUTO_TEST_SUITE(search_pattern)

BOOST_AUTO_TEST_CASE(folding) {
  BOOST_TEST(fold_case("") == "");
  BOOST_TEST(fold_case("AbZ@[`{") == "abz@[`{");
  BOOST_TEST(fold_case("GRÜN Grün") == "grün grün");
  BOOST_TEST(fold_case("ΟΔΟΣ οδος") == "οδοσ οδοσ");
  BOOST_TEST(fold_case("果物") == "果物");
  BOOST_TEST(fold_case("\u212a") == "k");  // KELVIN SIGN
  BOOST_TEST(fold_case("A\xff\xc3Z") == "a\xff\xc3z");
}

BOOST_AUTO_TEST_CASE(a_word_is_the_whole_token) {
  BOOST_TEST(found("zlib", "ZLib"));
  BOOST_TEST(!found("zlib", "zlib2"));
  BOOST_TEST(found("GRÜN", "grün"));
  BOOST_TEST(found_exactly("zlib", "zlib"));
  BOOST_TEST(!found_exactly("zlib", "ZLib"));
}

BOOST_AUTO_TEST_CASE(shell_patterns) {
  BOOST_TEST(found("Z*B", "zlib"));
  BOOST_TEST(found("z?ib", "zlib"));
  BOOST_TEST(found("gr?n", "grün"));
  BOOST_TEST(found_exactly("Z*", "Zlib"));
  BOOST_TEST(!found_exactly("Z*", "zlib"));
  BOOST_TEST(found("[xz]lib", "ZLIB"));
  BOOST_TEST(!found("[!z]lib", "zlib"));
  BOOST_TEST(found("a[b", "a[b"));
  BOOST_TEST(!found("a\\*", "a*"));
  BOOST_TEST(found("a\\*", "a\\b"));
}

BOOST_AUTO_TEST_CASE(sets_need_no_other_wildcard) {
  BOOST_TEST(found_exactly("a[bc]", "ab"));
  BOOST_TEST(!found_exactly("a[bc]", "aB"));
  BOOST_TEST(!found_exactly("a[bc]", "a[bc]"));
  BOOST_TEST(!found_exactly("[!a]x", "ax"));
  BOOST_TEST(found_exactly("[!a]x", "Ax"));
  BOOST_TEST(found_exactly("a[b", "a[b"));
  BOOST_TEST(!found_exactly("a[b", "A[b"));
  BOOST_TEST(found_exactly("a[bc]*", "ab"));
  BOOST_TEST(!found_exactly("a[bc]*", "aB"));
  BOOST_TEST(found("a[bc]", "aB"));
}

BOOST_AUTO_TEST_CASE(what_stands_for_every_token) {
  for (const char* all : {"*", "**", "*?", "?*", "*?*"}) {
    for (const bool case_sensitive : {false, true}) {
      const SearchPattern pattern(all, case_sensitive);
      BOOST_TEST(pattern.matches_all(), all);
      BOOST_TEST(pattern.folded() == "*");
      BOOST_TEST(pattern.text() == all);
      BOOST_TEST(pattern.matches("x"));
      BOOST_TEST(!pattern.literal());
    }
  }
  BOOST_TEST(!SearchPattern("?", false).matches_all());
  BOOST_TEST(found("?", "x"));
  BOOST_TEST(found("?", "果"));
  BOOST_TEST(!found("?", "xy"));
  BOOST_TEST(!SearchPattern("??*", false).matches_all());
  BOOST_TEST(found("??*", "xy"));
  BOOST_TEST(!found("??*", "x"));
  BOOST_TEST(!SearchPattern("a*", false).matches_all());
  BOOST_TEST(!SearchPattern("", false).matches_all());
}

BOOST_AUTO_TEST_CASE(literals) {
  BOOST_TEST(SearchPattern("A[b", false).literal());
  BOOST_TEST(SearchPattern("A[b", false).folded() == "a[b");
  BOOST_TEST(!SearchPattern("A[b]", false).literal());
  BOOST_TEST(!SearchPattern("A[b]", true).literal());
  BOOST_TEST(SearchPattern("A[b", true).literal());
  BOOST_TEST(SearchPattern("A[b]", true).folded() == "a?");
  BOOST_TEST(!SearchPattern("A[b]*", true).literal());
  BOOST_TEST(SearchPattern("[]", false).literal());
  BOOST_TEST(SearchPattern("[!]", false).literal());
}

// How the index is searched.
bool may_match(const SearchPattern& pattern, const std::string& token) {
  const std::string folded = fold_case(token);
  return pattern.literal() ? folded == pattern.folded() : matches_glob(folded, pattern.folded());
}

BOOST_AUTO_TEST_CASE(folded_tokens_are_never_missed) {
  const SearchPattern range("[Z-a]x[!b]*", true);
  BOOST_TEST(range.matches("ZxB"));
  BOOST_TEST(may_match(range, "ZxB"));
  BOOST_TEST(testing::holds([] {
    std::vector<std::string> parts = kCharacters;
    for (const char* special : {"*", "?", "[", "]", "[!", "-"}) parts.emplace_back(special);
    const SearchPattern pattern(*any_text(parts), *rc::gen::arbitrary<bool>());
    const std::string token = *any_text(kCharacters);
    if (pattern.matches(token)) RC_ASSERT(may_match(pattern, token));
    if (pattern.matches_all() && !token.empty()) RC_ASSERT(pattern.matches(token));
  }));
}

BOOST_AUTO_TEST_CASE(without_case_what_folds_alike_matches_alike) {
  BOOST_TEST(testing::holds([] {
    const std::string token = *any_text(kCharacters);
    RC_ASSERT(fold_case(fold_case(token)) == fold_case(token));
    if (token.empty()) return;
    RC_ASSERT(found(token, fold_case(token)));
    RC_ASSERT(found(fold_case(token), token));
    RC_ASSERT(found_exactly(token, token));
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
