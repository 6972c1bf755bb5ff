// Search for what is hard to look up: compared with going through all manifests.
#include <chrono>
#include <functional>

#include "fixture.h"
#include "search_lines.h"
#include "tests/sanitized.h"

namespace metaset::depot {
namespace {

const std::string kFirst = "pkg://fruit/a@1.0,5.11:20240101T000000Z";

std::string random_of(Chance& chance, std::string_view letters, std::size_t longest) {
  std::string text(chance.below(longest + 1), ' ');
  for (char& c : text) c = letters[chance.below(letters.size())];
  return text;
}

// Compares queries of one pattern, in all ways to ask for it; gives how many found anything.
std::size_t compare_patterns(TestDepot& depot, const Lines& patterns) {
  const store::View view = depot.view();
  const auto publisher = view.publisher("fruit")->id;
  const auto actions = all_actions(view, publisher);
  std::size_t found_any = 0;
  for (const std::string& pattern : patterns) {
    for (const char* before :
         {"False_2_None_None_:::", "True_2_None_None_:::", "False_2_None_None_::path:",
          "False_2_None_None_:set::", "True_2_3_None_::basename:"}) {
      const std::string text = before + pattern;
      std::optional<ips::SearchRequest> request;
      try {
        request = ips::SearchRequest::parse(text);
      } catch (const Error&) {
        continue;
      }
      request->limit = std::nullopt;
      const Lines expected = naive_lines(actions, *request);
      const Lines found = found_lines(view, publisher, *request);
      BOOST_TEST_CONTEXT(text) { BOOST_TEST(found == expected, boost::test_tools::per_element()); }
      if (!expected.empty()) ++found_any;
    }
  }
  return found_any;
}

BOOST_AUTO_TEST_SUITE(searching_hard)

BOOST_AUTO_TEST_CASE(paths_with_empty_components) {
  TestDepot depot;
  std::string lines;
  for (const char* path : {"a/", "a//b", "/a/b//", "b/a/", "A/b", "ab/", "a//", "b", "ba/ab"}) {
    lines += std::string("dir group=sys mode=0755 owner=root path=") + path + "\n";
  }
  depot.publish({manifest_of(kFirst, lines)});
  Chance chance(1);
  Lines patterns = {"/", "/a/", "*/", "/a?", "*a?", "?*?", "a", "?", "*?", "/*/", "*//*", "/a/?/"};
  constexpr unsigned kPatterns = kSanitized ? 150 : 1500;
  for (unsigned i = 0; i < kPatterns; ++i) {
    patterns.push_back(random_of(chance, "abA/*?[]!", 6) + "?");
    patterns.push_back(random_of(chance, "abA/*?[]!", 7) + "/");
  }
  BOOST_TEST(compare_patterns(depot, patterns) > kPatterns / 3);
}

BOOST_AUTO_TEST_CASE(long_tokens_and_tokens_that_are_no_text) {
  TestDepot depot;
  std::string lines;
  for (const std::size_t size : {398, 399, 400, 401, 402, 600}) {
    const std::string text(size, 'q');
    lines += "dir path=" + text + "\ndir path=" + text + "/x\ndir path=x/" + text + "\n";
    lines += "set name=long value=" + text + "\nset name=long value=\"" + text + " x\"\n";
    lines += "set name=long value=\xc3\x9c" + text + "\n";
    lines += "set name=long value=" + text + "\xe2\x84\xaa\n";  // KELVIN SIGN, folded shorter
  }
  lines += "set name=odd value=\xff\x41\xc3\nset name=odd value=\xed\xa0\x80z\n";
  lines += "dir path=\xff/\xc3\ndir path=q\xe2\x84/\x80q\n";
  depot.publish({manifest_of(kFirst, lines)});
  Lines patterns = {"\u00fcq*", "*k",    "*\u212a", "?q*",  "q*",    "*q",  "*q?",
                    "a?",       "*z",    "??z",     "?",    "??",    "*/?", "*/x",
                    "/x/*",     "/q*/x", "*[q]",    "[q]*", "[!x]*q"};
  for (const std::size_t size : {398, 399, 400, 401, 402, 600}) {
    const std::string text(size, 'q');
    for (const char* before : {"", "/", "/x/", "Q", "\u00dc"}) patterns.push_back(before + text);
    for (const char* after : {"/x", "K", "?", "*", "/*", "\u212a"}) {
      patterns.push_back("/" + text + after);
      patterns.push_back(text + after);
    }
  }
  BOOST_TEST(compare_patterns(depot, patterns) > 150u);
}

BOOST_AUTO_TEST_CASE(hashes_and_what_looks_like_them) {
  TestDepot depot;
  Chance chance(2);
  std::string lines;
  Lines tokens;
  for (int i = 0; i < 40; ++i) {
    const std::string hash = some_hash(chance, 38 + chance.below(4));
    const std::string other = some_hash(chance, 63 + chance.below(3));
    lines += "file " + hash + " path=f" + std::to_string(i) + " pkg.content-hash=x:" + other +
             " pkg.content-hash=" + hash + "\nset name=h value=" + hash + "\nlink path=" + hash +
             " target=" + other + "\n";
    tokens.insert(tokens.end(), {hash, "x\\:" + other, "/" + hash});
  }
  depot.publish({manifest_of(kFirst, lines)});
  Lines patterns;
  for (int i = 0; i < 200; ++i) {
    std::string token = chance.any_of(tokens);
    const std::size_t from = chance.below(token.size());
    patterns.push_back(chance.one_in(2) ? token.substr(0, from) + "*" : "*" + token.substr(from));
    patterns.push_back(token.substr(0, from) + "*" +
                       token.substr(from + (token.size() - from) / 2));
    token[from] = '?';
    patterns.push_back(token);
  }
  BOOST_TEST(compare_patterns(depot, patterns) > 300u);
}

// Its words all show the whole value, which must not be copied for each.
BOOST_AUTO_TEST_CASE(an_action_with_very_many_words) {
  TestDepot depot;
  std::string words;
  for (int i = 0; i < 50'000; ++i) words += "a ";
  const std::string value = words + "b";
  depot.publish({manifest_of(kFirst, "set name=x value=\"" + value + "\"\n")});
  const auto publisher = depot.view().publisher("fruit")->id;
  const auto count = [&](const char* query, std::chrono::milliseconds time) {
    std::size_t seen = 0;
    search(depot.view(), publisher, ips::SearchRequest::parse(query), {.time = time},
           [&](const SearchResult& result) {
             seen += result.value == value;
             return true;
           });
    return seen;
  };
  const std::chrono::milliseconds enough(60'000);
  BOOST_TEST(count("False_2_None_None_::x:a", enough) == 50'000u);
  BOOST_TEST(count("False_2_40000_None_::x:a", enough) == 40'000u);
  const auto begin = std::chrono::steady_clock::now();
  const auto slow = [&] { count("False_2_None_None_::x:a AND c OR b", enough / 100); };
  BOOST_TEST(fails(Code::kLimit, "longer than", slow));
  BOOST_TEST((std::chrono::steady_clock::now() - begin < enough / 6));
}

BOOST_AUTO_TEST_CASE(a_token_that_takes_long_to_compare) {
  TestDepot depot;
  depot.publish({manifest_of(kFirst, "set name=x value=" + std::string(2'000'000, 'a') + "\n")});
  const auto request =
      ips::SearchRequest::parse("False_2_None_None_*" + std::string(4000, 'a') + "?b");
  const auto begin = std::chrono::steady_clock::now();
  const auto slow = [&] {
    search(depot.view(), depot.view().publisher("fruit")->id, request,
           {.time = std::chrono::milliseconds(100)}, [](const SearchResult&) { return true; });
  };
  BOOST_TEST(fails(Code::kLimit, "longer than", slow));
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)));
}

// However the operators are nested, only few sets of results are kept at once.
BOOST_AUTO_TEST_CASE(nested_operators) {
  TestDepot depot;
  depot.publish({manifest_of(kFirst, "set name=x value=\"b1 b2\"\nset name=y value=b3\n"),
                 manifest_of("pkg://fruit/b@1.0,5.11:20240101T000000Z", "set name=x value=b2\n")});
  const store::View view = depot.view();
  const auto publisher = view.publisher("fruit")->id;
  const auto actions = all_actions(view, publisher);
  Chance chance(3);
  const std::function<std::string(int)> some = [&](int depth) -> std::string {
    if (depth == 0) return chance.any_of(Lines{"b1", "b2", "b*", "b3", "::x:b*"});
    const int left = static_cast<int>(chance.below(static_cast<std::size_t>(depth)));
    const int right = static_cast<int>(chance.below(static_cast<std::size_t>(depth)));
    return "(" + some(left) + (chance.one_in(2) ? " AND " : " OR ") + some(right) + ")";
  };
  std::size_t found_any = 0;
  for (int i = 0; i < (kSanitized ? 60 : 400); ++i) {
    const char* const before = i % 2 == 0 ? "False_1_None_None_" : "False_2_None_None_";
    const std::string text = before + some(5);
    BOOST_TEST_CONTEXT(text) {
      const auto request = ips::SearchRequest::parse(text);
      const Lines expected = naive_lines(actions, request);
      BOOST_TEST(found_lines(view, publisher, request) == expected,
                 boost::test_tools::per_element());
      found_any += expected.empty() ? 0 : 1;
    }
  }
  BOOST_TEST(found_any > (kSanitized ? 15u : 100u));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
