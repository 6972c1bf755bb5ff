#include "metaset/ips/search_query.h"

#include <limits>

#include <boost/test/unit_test.hpp>

#include "expect.h"
#include "generators.h"

namespace metaset::ips {
namespace {

using testing::expect_error;
using testing::expect_invalid;

std::string parsed(std::string_view query) { return parse_search(query).text(); }

void refused(std::string_view query) {
  BOOST_TEST_CONTEXT(query) {
    expect_invalid("Could not parse query.\n", [query] { parse_search(query); });
  }
}

BOOST_AUTO_TEST_SUITE(search_query)

BOOST_AUTO_TEST_CASE(what_clients_send_is_parsed_as_it_is) {
  for (const char* query :
       {":::zlib", ":file:path:/usr/bin/ls", "(:::a AND :::b)", "(:::a OR :::b)",
        "((:::a AND :::b) OR :::c)", "p<:::zlib>", ":::'compression library'",
        "::pkg.summary:'compression library'", "zlib*:::*", ":set:pkg.summary\\:fr:Panier",
        "::http://x/", "(p<:::a> AND p<:file::*>)", ":::a_b", ":::it's"}) {
    BOOST_TEST(parsed(query) == query);
  }
}

BOOST_AUTO_TEST_CASE(words) {
  BOOST_TEST(parsed("zlib") == ":::zlib");
  BOOST_TEST(parsed("  a   b ") == "(:::a AND :::b)");
  for (const char* word : {"NOT", "-a", "and", "&", "it's", "x<a", "a)(b", "a(b", ")a", "ANDOR",
                           "pp<a", "a\\b", "\\", "*", "?"}) {
    BOOST_TEST(parsed(word) == std::string(":::") + word);
  }
  BOOST_TEST(parsed("a AND>b") == "(:::a AND :::AND>b)");
}

BOOST_AUTO_TEST_CASE(fields_count_from_the_right) {
  BOOST_TEST(parsed("a:b") == "::a:b");
  BOOST_TEST(parsed("a:b:c") == ":a:b:c");
  BOOST_TEST(parsed("zlib:::") == "zlib*:::*");
  BOOST_TEST(parsed("a:b:c:d:e:f") == "c*:d:e:f");
  BOOST_TEST(parsed("z*:::x") == "z*:::x");
  BOOST_TEST(parsed("z?:::x") == "z?*:::x");
  BOOST_TEST(parsed("*:*:*:*") == ":::*");
  BOOST_TEST(parsed(":") == ":::*");
  BOOST_TEST(parsed("::file:") == "::file:*");
  BOOST_TEST(parsed("A:B:C:D") == "A*:B:C:D");
  BOOST_TEST(parsed("AND:a") == "::AND:a");
  BOOST_TEST(parsed("x:>a") == "::x:>a");
  const SearchNode node = parse_search("lib@1\\:2:file:path:/x");
  BOOST_TEST((node.kind == SearchNode::Kind::kTerm));
  BOOST_TEST(node.term.package == "lib@1:2*");
  BOOST_TEST(node.term.type == "file");
  BOOST_TEST(node.term.key == "path");
  BOOST_TEST(node.term.text == "/x");
  BOOST_TEST(!node.term.phrase);
}

BOOST_AUTO_TEST_CASE(colons_after_a_backslash_are_text) {
  BOOST_TEST(parse_search("gzip\\:sha512t_256\\:12ab").term.text == "gzip:sha512t_256:12ab");
  BOOST_TEST(parse_search("gzip:sha512t_256:12ab").term.key == "sha512t_256");
  BOOST_TEST(parsed("a\\:b:c\\:d:e\\:f:g\\:h") == "a\\:b*:c\\:d:e\\:f:g\\:h");
  BOOST_TEST(parse_search("'a\\:b c'").term.text == "a:b c");
  BOOST_TEST(parse_search("a\\\\:b").term.text == "a\\:b");
  BOOST_TEST(parse_search("a\\:").term.text == "a:");
  BOOST_TEST(parsed("a\\:'b'") == "(:::a\\: AND :::'b')");
}

BOOST_AUTO_TEST_CASE(a_field_takes_what_follows) {
  BOOST_TEST(parsed("::pkg.summary: zlib") == "::pkg.summary:zlib");
  BOOST_TEST(parsed("x: a b") == "(::x:a AND :::b)");
  BOOST_TEST(parsed("x:y z") == "(::x:y AND :::z)");
  BOOST_TEST(parsed("x:y a b") == "((::x:y AND :::a) AND :::b)");
  BOOST_TEST(parsed("x:'a b' c") == "(::x:'a b' AND :::c)");
  BOOST_TEST(parsed("x:  \"a b\"") == "::x:'a b'");
  BOOST_TEST(parsed("x: AND b") == "(::x:* AND :::b)");
  BOOST_TEST(parsed("x: OR b") == "(::x:* OR :::b)");
  BOOST_TEST(parsed("x:(a)") == "(::x:* AND :::a)");
  BOOST_TEST(parsed("(x:)") == "::x:*");
  BOOST_TEST(parsed("x:y 'a b'") == "(::x:y AND :::'a b')");
  refused(":file:: ::path:x");
}

BOOST_AUTO_TEST_CASE(phrases) {
  const SearchNode node = parse_search("'a   b'");
  BOOST_TEST(node.term.phrase);
  BOOST_TEST(node.term.text == "a b");
  BOOST_TEST(parse_search("'sour'").term.phrase);
  BOOST_TEST(parsed("\"it's x\"") == ":::'it's x'");
  BOOST_TEST(parsed("'a' 'b'") == "(:::'a' AND :::'b')");
  BOOST_TEST(parsed("('a' b)") == "(:::'a' AND :::b)");
  BOOST_TEST(parse_search("'red value=\"light'").term.text == "red value=\"light");
  for (const char* query : {"'", "''", "'a", "'a b\"", "'x:y'", "'a x:y'", "'AND'", "'a OR b'",
                            "\"a' b\"", "'( a'", "'> b'", "'p<b'", "'a'b", "x:y'a b'", "a'"}) {
    refused(query);
  }
}

BOOST_AUTO_TEST_CASE(and_and_or_are_right_associative_and_neighbours_bind_tighter) {
  BOOST_TEST(parsed("a AND b OR c") == "(:::a AND (:::b OR :::c))");
  BOOST_TEST(parsed("a OR b AND c") == "(:::a OR (:::b AND :::c))");
  BOOST_TEST(parsed("a b OR c") == "((:::a AND :::b) OR :::c)");
  BOOST_TEST(parsed("a OR b c") == "(:::a OR (:::b AND :::c))");
  BOOST_TEST(parsed("a b c") == "(:::a AND (:::b AND :::c))");
  BOOST_TEST(parsed("(a OR b) c") == "((:::a OR :::b) AND :::c)");
  BOOST_TEST(parsed("a (b OR c) d") == "(:::a AND ((:::b OR :::c) AND :::d))");
  BOOST_TEST(parsed("((a))") == ":::a");
}

BOOST_AUTO_TEST_CASE(conversions) {
  for (const char* open : {"<", "p<", "pk<", "pkg<", "pkgs<", "PkGs<"}) {
    BOOST_TEST(parsed(std::string(open) + "a>") == "p<:::a>");
  }
  BOOST_TEST(parsed("p< a >") == "p<:::a>");
  BOOST_TEST(parsed("p<p<a> >") == "p<:::a>");
  BOOST_TEST(parsed("p<a> p<b>") == "(p<:::a> AND p<:::b>)");
  BOOST_TEST(parsed("p<a>p<b>") == "p<:::a>p<b>");
  BOOST_TEST(parsed("p<a AND b>") == "p<(:::a AND :::b)>");
  BOOST_TEST(parsed("p<x:>") == "p<::x:*>");
  BOOST_TEST(parsed("p<'a b'>") == "p<:::'a b'>");
  BOOST_TEST(parse_search("p<a> OR p<b>").gives_packages());
  BOOST_TEST(!parse_search("a OR b").gives_packages());
}

BOOST_AUTO_TEST_CASE(both_sides_give_the_same) {
  for (const char* query : {"a AND p<b>", "p<b> OR a", "a <b>", "p <a>", "c AND p<b> a"}) {
    expect_invalid("need the same on both sides", [query] { parse_search(query); });
  }
  expect_invalid("gives actions:\n\t(:::a AND ::x:b)\nThis expression gives packages:\n\tp<:::c>\n",
                 [] { parse_search("a x:b OR p<c>"); });
}

BOOST_AUTO_TEST_CASE(what_is_not_a_query) {
  for (const char* query :
       {"",     " ",        "AND",      "OR",     "a AND", "AND a",    "a AND AND b", "(",
        ")",    "()",       "(a",       "a)",     "(a))",  "<",        ">",           "<>",
        "<a",   "a>",       "x<a>",     ":::<a>", "p<a>b", "a AND(b)", "a''",         "a\tb",
        "a\nb", "a\u00a0b", "a\u3000b", "\xff",   "a\xc3"}) {
    refused(query);
  }
}

BOOST_AUTO_TEST_CASE(messages_show_the_place) {
  expect_invalid("There should be no ')' here:\n\ta b)\n\t   ^", [] { parse_search("a b)"); });
  expect_invalid("Something is missing here:\n\tä AND\n\t     ^", [] { parse_search("ä AND"); });
  const std::string big = std::string(2000, 'x') + " ) " + std::string(2000, 'y');
  try {
    parse_search(big);
    BOOST_ERROR("no error");
  } catch (const Error& error) {
    BOOST_TEST(error.message().size() < 1000U);
  }
}

BOOST_AUTO_TEST_CASE(bounds) {
  std::string words = "a";
  for (std::size_t i = 1; i < kMaxSearchWords; ++i) words += " a";
  parse_search(words);
  expect_invalid("The number of terms in the query is 101, which exceeds",
                 [&] { parse_search(words + ' '); });
  expect_error(Code::kLimit, "bytes", [] { parse_search(std::string(kMaxSearchText + 1, 'a')); });
  parse_search(std::string(kMaxSearchWord, 'a'));
  expect_invalid("A word has more than",
                 [] { parse_search(std::string(kMaxSearchWord + 1, 'a')); });
  const std::string open(kMaxSearchDepth, '(');
  const std::string close(kMaxSearchDepth, ')');
  BOOST_TEST(parsed(open + 'a' + close) == ":::a");
  expect_invalid("parentheses are open", [&] { parse_search('(' + open + 'a' + close + ')'); });
}

BOOST_AUTO_TEST_CASE(what_is_printed_is_parsed_to_the_same) {
  const std::vector<std::string> parts = {
      "a", "b",  "AND", "OR", "(",  ")",  "<",  ">",   "p<",  "pkg<", "'",    "\"",  ":",  "\\:",
      "*", "\\", " ",   " ",  " x", "x:", "':", ":::", "a:b", "ü",    "it's", "[a]", "\t", "\xff"};
  BOOST_TEST(testing::holds([&] {
    std::string query;
    for (const auto& part :
         *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(parts))) {
      query += part;
    }
    std::optional<SearchNode> node;
    try {
      node = parse_search(query);
    } catch (const Error& error) {
      RC_ASSERT(error.code() == Code::kInvalid);
    }
    RC_CLASSIFY(node.has_value(), "parsed");
    if (!node) return;
    RC_ASSERT(parsed(node->text()) == node->text());
    RC_ASSERT(parse_search(node->text()).gives_packages() == node->gives_packages());
    RC_ASSERT(as_packages(*node).gives_packages());
    RC_ASSERT(as_packages(as_packages(*node)).text() == as_packages(*node).text());
  }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(search_request)

std::optional<std::uint64_t> limit_of(const std::string& number) {
  return SearchRequest::parse("False_2_" + number + "_None_a").limit;
}
std::uint64_t start_of(const std::string& number) {
  return SearchRequest::parse("False_2_None_" + number + "_a").start;
}

BOOST_AUTO_TEST_CASE(all_fields) {
  const SearchRequest all = SearchRequest::parse("False_2_None_None_:::a_b");
  BOOST_TEST(!all.case_sensitive);
  BOOST_TEST(!all.packages);
  BOOST_TEST(!all.limit.has_value());
  BOOST_TEST(all.start == 0U);
  BOOST_TEST(all.query.text() == ":::a_b");
  const SearchRequest some = SearchRequest::parse("True_1_3_5_a b");
  BOOST_TEST(some.case_sensitive);
  BOOST_TEST(some.packages);
  BOOST_TEST((some.limit == 3U));
  BOOST_TEST(some.start == 5U);
  BOOST_TEST(some.query.text() == "(p<:::a> AND p<:::b>)");
}

BOOST_AUTO_TEST_CASE(leaves_below_a_conversion_stay) {
  const auto packages = [](std::string_view query) {
    return as_packages(parse_search(query)).text();
  };
  BOOST_TEST(packages("p<a AND b>") == "p<(:::a AND :::b)>");
  BOOST_TEST(packages("a OR b AND c") == "(p<:::a> OR (p<:::b> AND p<:::c>))");
  BOOST_TEST(packages("(p<:::a> AND p<:file::*>)") == "(p<:::a> AND p<:file::*>)");
  expect_invalid("need the same", [] { SearchRequest::parse("False_1_None_None_a AND p<b>"); });
  BOOST_TEST(SearchRequest::parse("False_2_None_None_p<a>").query.gives_packages());
}

BOOST_AUTO_TEST_CASE(numbers) {
  BOOST_TEST((limit_of("0") == 0U));
  BOOST_TEST((limit_of(" +5 ") == 5U));
  BOOST_TEST((limit_of("-1") == 0U));
  BOOST_TEST((limit_of("007") == 7U));
  const auto biggest = std::numeric_limits<std::uint64_t>::max();
  BOOST_TEST((limit_of("99999999999999999999999") == biggest));
  BOOST_TEST(start_of("-3") == 0U);
  BOOST_TEST(start_of("None") == 0U);
  BOOST_TEST(start_of("12") == 12U);
  for (const char* bad : {"", "x", " None", "none", "- 5", "--5", "0x1", "1e3", "1.5", "+", " "}) {
    expect_invalid("num_to_return had a bad value of '", [bad] { limit_of(bad); });
    expect_invalid("start_point had a bad value of '", [bad] { start_of(bad); });
  }
  BOOST_TEST(SearchRequest::parse("False_ +1 _None_None_a").packages);
}

BOOST_AUTO_TEST_CASE(bad_fields) {
  expect_invalid("In query Maybe_2_None_None_x, case_sensitive had a bad value of 'Maybe'.",
                 [] { SearchRequest::parse("Maybe_2_None_None_x"); });
  expect_invalid("case_sensitive", [] { SearchRequest::parse("false_2_None_None_x"); });
  for (const char* type : {"3", "0", "", "-1", "x", "None", "99999999999999999999999"}) {
    expect_invalid("return_type had a bad value of '",
                   [type] { SearchRequest::parse(std::string("False_") + type + "_None_None_x"); });
  }
  for (const char* query : {"", "nonsense", "False_2_None", "False_2_None_None", "____"}) {
    expect_invalid("", [query] { SearchRequest::parse(query); });
  }
  expect_invalid("at least one of them:\nFalse_2_None",
                 [] { SearchRequest::parse("False_2_None"); });
  expect_invalid("Could not parse query.", [] { SearchRequest::parse("False_2_None_None_"); });
  expect_invalid("UTF-8", [] { SearchRequest::parse("\xff_2_None_None_a"); });
  expect_error(Code::kLimit, "bytes",
               [] { SearchRequest::parse(std::string(kMaxSearchText + 1, '_')); });
}

BOOST_AUTO_TEST_CASE(version_0_is_a_query_for_actions) {
  const SearchRequest request = SearchRequest::parse_v0("a b_c");
  BOOST_TEST(!request.case_sensitive);
  BOOST_TEST(!request.packages);
  BOOST_TEST(!request.limit.has_value());
  BOOST_TEST(request.query.text() == "(:::a AND :::b_c)");
  expect_invalid("search/1", [] { SearchRequest::parse_v0("p<a>"); });
  expect_invalid("Could not parse", [] { SearchRequest::parse_v0(""); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
