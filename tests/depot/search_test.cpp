// Search, compared with going through all manifests.
#include "metaset/depot/search.h"

#include <algorithm>
#include <iterator>

#include "metaset/depot/gc.h"
#include "metaset/ips/search_tokens.h"
#include "metaset/store/search_check.h"

#include "chance_history.h"
#include "fixture.h"
#include "search_lines.h"
#include "tests/sanitized.h"

namespace metaset::depot {
namespace {

std::string some_token(Chance& chance, const std::vector<SeenAction>& actions) {
  if (actions.empty() || chance.one_in(6)) return some_word(chance);
  Lines tokens;
  ips::for_each_search_tuple(chance.any_of(actions).action, [&](const ips::SearchTuple& tuple) {
    tokens.emplace_back(tuple.token);
  });
  return tokens.empty() ? "usr" : chance.any_of(tokens);
}

// A piece of a token with wildcards around or in it.
std::string some_pattern(Chance& chance, std::string token) {
  if (chance.one_in(5)) std::ranges::transform(token, token.begin(), ::toupper);
  const std::size_t from = chance.below(token.size());
  switch (chance.below(10)) {
    case 0:
      return token.substr(0, from) + "*";
    case 1:
      return "*" + token.substr(from);
    case 2:
      return "*" + token.substr(from, 1 + chance.below(4)) + "*";
    case 3:
      token[from] = '?';
      return token;
    case 4:
      return token.substr(0, from) + "*" + token.substr(from + (token.size() - from) / 2);
    case 5:
      return token.substr(0, from) + "[" + token[from] + "z]" + token.substr(from + 1);
    case 6:
      return token.substr(0, from) + "?*";
    case 7:
      return token.substr(0, from) + "[!Zq]" + token.substr(from + 1);
    case 8:
      for (char& c : token) {
        if (chance.one_in(2)) c = '?';
      }
      return token;
    default:
      return token;
  }
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == ':' ? "\\:" : std::string(1, c);
  return result;
}

std::string some_term(Chance& chance, const std::vector<SeenAction>& actions) {
  const std::string token = escaped(some_pattern(chance, some_token(chance, actions)));
  if (chance.one_in(8) && !actions.empty()) {
    const std::string& line = chance.any_of(actions).line;
    const std::size_t quote = line.find('"');
    if (quote != std::string::npos) {
      return "'" + line.substr(quote + 1, 3 + chance.below(line.size() - quote)) + "'";
    }
  }
  if (!chance.one_in(3)) return token;
  static const Lines packages = {"", "", "zlib", "*lib", "gtk", "x/*@1*"};
  static const Lines types = {"", "set", "file", "link", "dir", "license", "depend", "nothing"};
  static const Lines keys = {
      "",        "path",     "basename", "pkg.summary", "hash", "pkg.content-hash",
      "require", "revision", "license"};
  return chance.any_of(packages) + ":" + chance.any_of(types) + ":" + chance.any_of(keys) + ":" +
         (chance.one_in(6) ? "*" : token);
}

std::string some_query(Chance& chance, const std::vector<SeenAction>& actions) {
  const auto term = [&] { return some_term(chance, actions); };
  switch (chance.below(10)) {
    case 0:
      return term() + " AND " + term();
    case 1:
      return term() + " OR " + term();
    case 2:
      return "(" + term() + " OR " + term() + ") " + term();
    case 3:
      return term() + " AND (" + term() + " OR " + term() + ")";
    case 4:
      return "p<" + term() + ">";
    case 5:
      return "p<" + term() + "> AND p<" + term() + " OR " + term() + ">";
    default:
      return term();
  }
}

std::optional<ips::SearchRequest> some_request(Chance& chance,
                                               const std::vector<SeenAction>& actions) {
  try {
    return ips::SearchRequest::parse(std::string(chance.one_in(3) ? "True" : "False") +
                                     (chance.one_in(5) ? "_1" : "_2") + "_None_None_" +
                                     some_query(chance, actions));
  } catch (const Error&) {
    return std::nullopt;  // a token may be such that it is no term by itself
  }
}

SearchPatience some_patience(Chance& chance) {
  const auto some = [&] { return chance.one_in(3) ? 0 : chance.below(300); };
  return {some(), some()};
}

// The first results, in so many steps, by any way of searching, are the first of all results.
void compare_first_names(const store::View& view, store::PublisherId publisher, Chance& chance,
                         const ips::SearchRequest& request) {
  ips::SearchRequest packages = request;
  packages.query = ips::as_packages(request.query);
  Lines all, found;
  search(view, publisher, packages, {}, [&](const SearchResult& result) {
    all.push_back(std::string(result.name) + " " + std::string(result.version));
    return true;
  });
  std::ranges::sort(all);
  std::string previous;
  std::size_t most = chance.one_in(2) ? 1000 : 1 + chance.below(5);
  search_names(view, publisher, packages, {.patience = some_patience(chance)},
               [&](const std::string& name, const std::vector<std::string>& versions) {
                 BOOST_TEST((name > previous));
                 previous = name;
                 for (const std::string& version : versions) found.push_back(name + " " + version);
                 return --most > 0;
               });
  std::ranges::sort(found);
  BOOST_TEST((std::ranges::includes(all, found)));
  if (most > 0) BOOST_TEST(found == all, boost::test_tools::per_element());
  // Whole names, and none before the last is left out.
  const auto until_last = [&](const std::string& one) {
    return one.substr(0, one.find(' ')) <= previous;
  };
  BOOST_TEST(static_cast<std::size_t>(std::ranges::count_if(all, until_last)) == found.size());
}

// A request with a limit finds the same, page by page.
void compare_pages(const store::View& view, store::PublisherId publisher, Chance& chance,
                   const ips::SearchRequest& request, Lines expected) {
  const SearchPatience patience = some_patience(chance);
  const std::uint64_t size = 1 + chance.below(expected.size() + 2);
  Lines found;
  for (std::uint64_t start = 0; start <= expected.size(); start += size) {
    ips::SearchRequest page = request;
    page.start = start;
    page.limit = size;
    for (std::string& line : found_lines(view, publisher, page, patience)) {
      found.push_back(std::move(line));
    }
  }
  std::ranges::sort(found);
  std::ranges::sort(expected);
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

void compare(TestDepot& depot, Chance& chance, store::MetasetNumber number, std::size_t queries,
             std::size_t& found_any) {
  const store::View view = depot.view().at(number);
  const auto publisher = view.publisher("fruit")->id;
  const auto actions = all_actions(view, publisher);
  for (std::size_t i = 0; i < queries; ++i) {
    const auto request = some_request(chance, actions);
    if (!request) continue;
    const Lines expected = naive_lines(actions, *request);
    const Lines found = found_lines(view, publisher, *request);
    BOOST_TEST_CONTEXT("metaset " << number << ", query " << request->query.text()
                                  << (request->case_sensitive ? " (case)" : "")) {
      Lines missing, wrong;
      std::ranges::set_difference(expected, found, std::back_inserter(missing));
      std::ranges::set_difference(found, expected, std::back_inserter(wrong));
      BOOST_TEST(missing == Lines{}, boost::test_tools::per_element());
      BOOST_TEST(wrong == Lines{}, boost::test_tools::per_element());
      for (const std::string& line : missing) BOOST_TEST_MESSAGE("missing: " << line);
      compare_first_names(view, publisher, chance, *request);
      if (expected.size() < 400) compare_pages(view, publisher, chance, *request, expected);
    }
    if (!expected.empty()) ++found_any;
  }
}

// Forgets all metasets but the last three.
std::uint64_t collect(TestDepot& depot) {
  depot.session.end();
  GcOptions options;
  options.rules.keep_last = 3;
  const GcReport report = collect_garbage(depot.session.store(), options);
  depot.session.begin();
  return report.manifests.count;
}

BOOST_AUTO_TEST_SUITE(searching)

BOOST_AUTO_TEST_CASE(finds_what_going_through_all_manifests_finds) {
  std::size_t found_any = 0;
  std::uint64_t collected = 0;
  constexpr unsigned kSeeds = kSanitized ? 1 : 6;
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    Chance chance(seed);
    TestDepot depot;
    ChanceHistory history(depot, chance);
    for (int i = 0; i < 14; ++i) {
      history.one_metaset();
      compare(depot, chance, depot.view().number(), 30, found_any);
    }
    // The past as well, with what came later in the index.
    for (store::MetasetNumber number = 2; number < depot.view().number(); ++number) {
      compare(depot, chance, number, 15, found_any);
    }
    collected += collect(depot);
    const store::MetasetNumber latest = depot.view().number();
    for (store::MetasetNumber number = latest - 2; number <= latest; ++number) {
      compare(depot, chance, number, 15, found_any);
    }
    history.one_metaset();
    compare(depot, chance, depot.view().number(), 30, found_any);
    store::check_search_index(
        depot.view().env(), depot.view().txn(), [] {},
        [](const store::SearchFault& fault) { BOOST_ERROR(fault.reason); });
  }
  if (kSeeds > 1) BOOST_TEST(collected > 0u);
  BOOST_TEST(found_any > 160u * kSeeds);  // else the queries are no test
}

BOOST_AUTO_TEST_CASE(actions_come_in_the_order_of_their_tokens) {
  TestDepot depot;
  depot.publish({manifest_of("pkg://fruit/a@1.0,5.11:20240101T000000Z",
                             "set name=x value=\"zeta Alpha beta\"\nset name=y value=Beta\n")});
  const auto request = ips::SearchRequest::parse("False_2_None_None_::x:*a OR ::y:*a");
  Lines keys;
  search(depot.view(), depot.view().publisher("fruit")->id, request, {},
         [&](const SearchResult& result) {
           keys.emplace_back(result.key);
           return true;
         });
  BOOST_TEST((keys == Lines{"x", "x", "x", "y"}));
}

BOOST_AUTO_TEST_CASE(a_window_and_a_visitor_that_has_enough) {
  TestDepot depot;
  depot.publish({manifest_of("pkg://fruit/a@1.0,5.11:20240101T000000Z",
                             "set name=x value=\"b1 b2 b3 b4 b5\"\n")});
  const auto publisher = depot.view().publisher("fruit")->id;
  const auto count = [&](const char* text, std::size_t stop_after) {
    std::size_t seen = 0;
    search(depot.view(), publisher, ips::SearchRequest::parse(text), {},
           [&](const SearchResult&) { return ++seen < stop_after; });
    return seen;
  };
  BOOST_TEST(count("False_2_None_None_b*", 100) == 5u);
  BOOST_TEST(count("False_2_3_None_b*", 100) == 3u);
  BOOST_TEST(count("False_2_3_4_b*", 100) == 1u);
  BOOST_TEST(count("False_2_0_None_b*", 100) == 0u);
  BOOST_TEST(count("False_2_None_None_b*", 2) == 2u);
}

// For its name, one action of a package tells as much as all of them.
BOOST_AUTO_TEST_CASE(a_search_for_packages_looks_at_few_actions) {
  TestDepot depot;
  std::string lines;
  for (int i = 0; i < 30'000; ++i) lines += "set name=x" + std::to_string(i) + " value=v\n";
  depot.publish({manifest_of("pkg://fruit/a@1.0,5.11:20240101T000000Z", lines)});
  const auto publisher = depot.view().publisher("fruit")->id;
  const auto steps = [&](const char* text) {
    std::size_t checks = 0, found = 0;
    search(depot.view(), publisher, ips::SearchRequest::parse(text), {.check = [&] { ++checks; }},
           [&](const SearchResult&) { return ++found > 0; });
    BOOST_TEST(found > 0u);
    return checks;
  };
  for (const char* query : {"False_1_None_None_*", "False_2_None_None_p<*>",
                            "False_1_None_None_:set::v OR *", "False_1_None_None_*v"}) {
    BOOST_TEST(steps(query) < 20u, query);
  }
  BOOST_TEST(steps("False_2_None_None_*") > 100u);
}

BOOST_AUTO_TEST_CASE(a_search_that_takes_too_long_is_given_up) {
  TestDepot depot;
  std::string lines;
  for (int i = 0; i < 3000; ++i) lines += "set name=x" + std::to_string(i) + " value=v\n";
  depot.publish({manifest_of("pkg://fruit/a@1.0,5.11:20240101T000000Z", lines)});
  const auto request = ips::SearchRequest::parse("False_2_None_None_*");
  BOOST_CHECK_EXCEPTION(
      search(depot.view(), depot.view().publisher("fruit")->id, request,
             {.time = std::chrono::milliseconds(0)}, [](const SearchResult&) { return true; }),
      Error, [](const Error& error) { return error.code() == Code::kLimit; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
