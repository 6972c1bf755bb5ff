#include <algorithm>
#include <array>
#include <utility>

#include "metaset/ips/search_query.h"

#include "ips/search_query_lex.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

using Token = SearchToken::Kind;

void check_word_count(std::string_view text) {
  const auto words = static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
  if (words <= kMaxSearchWords) return;
  throw_invalid(
      "The number of terms in the query is {}, which exceeds the maximum supported value of {} "
      "terms.",
      words, kMaxSearchWords);
}

SearchNode leaf(SearchTerm term) {
  SearchNode node;
  node.term = std::move(term);
  return node;
}

SearchNode conversion(SearchNode child) {
  if (child.gives_packages()) return child;
  SearchNode node;
  node.kind = SearchNode::Kind::kPackages;
  node.children.push_back(std::move(child));
  return node;
}

SearchNode combine(SearchNode::Kind kind, SearchNode left, SearchNode right) {
  if (left.gives_packages() != right.gives_packages()) {
    const SearchNode& packages = left.gives_packages() ? left : right;
    const SearchNode& actions = left.gives_packages() ? right : left;
    throw_invalid(
        "This expression gives actions:\n\t{}\nThis expression gives packages:\n\t{}\n"
        "'AND' and 'OR' need the same on both sides.",
        actions.text(), packages.text());
  }
  SearchNode node;
  node.kind = kind;
  node.children.push_back(std::move(left));
  node.children.push_back(std::move(right));
  return node;
}

// The recursion is as deep as the query has words and parentheses, which are bounded.
class SearchParser {
 public:
  explicit SearchParser(std::string_view query) : query_(query), tokens_(lex_search(query)) {}

  SearchNode parse() {
    SearchNode node = query();
    if (next().kind != Token::kEnd) fail();
    return node;
  }

 private:
  const SearchToken& next() const { return tokens_[at_]; }
  bool next_is(Token kind) const { return next().kind == kind; }
  SearchToken& take() { return tokens_[at_++]; }
  [[noreturn]] void fail() const;

  SearchNode query();
  SearchNode list();
  SearchNode base();
  SearchNode field();
  SearchNode enclosed(Token close);
  std::string phrase();
  bool at_base() const;
  bool at_quote() const { return next_is(Token::kQuote) || next_is(Token::kDoubleQuote); }

  std::string_view query_;
  std::vector<SearchToken> tokens_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

void SearchParser::fail() const {
  if (next_is(Token::kEnd)) throw_bad_search(query_, query_.size(), "Something is missing here");
  throw_bad_search(query_, next().at, fmt::format("There should be no '{}' here", next().word));
}

SearchNode SearchParser::query() {
  SearchNode left = list();
  if (!next_is(Token::kAnd) && !next_is(Token::kOr)) return left;
  const auto kind = take().kind == Token::kAnd ? SearchNode::Kind::kAnd : SearchNode::Kind::kOr;
  return combine(kind, std::move(left), query());
}

SearchNode SearchParser::list() {
  SearchNode left = base();
  if (!at_base()) return left;
  return combine(SearchNode::Kind::kAnd, std::move(left), list());
}

bool SearchParser::at_base() const {
  constexpr std::array kFirst = {Token::kTerm,         Token::kField, Token::kOpen,
                                 Token::kOpenPackages, Token::kQuote, Token::kDoubleQuote};
  return std::find(kFirst.begin(), kFirst.end(), next().kind) != kFirst.end();
}

SearchNode SearchParser::base() {
  if (next_is(Token::kField)) return field();
  if (next_is(Token::kOpen)) return enclosed(Token::kClose);
  if (next_is(Token::kOpenPackages)) return conversion(enclosed(Token::kClosePackages));
  SearchTerm term;
  if (at_quote()) {
    term.phrase = true;
    term.text = phrase();
  } else if (next_is(Token::kTerm)) {
    term.text = std::move(take().fields.back());
  } else {
    fail();
  }
  return leaf(std::move(term));
}

SearchNode SearchParser::field() {
  auto& [package, type, key, text] = take().fields;
  SearchTerm term;
  if (package != "*") term.package = std::move(package);
  if (!term.package.empty() && term.package.back() != '*') term.package += '*';
  if (type != "*") term.type = std::move(type);
  if (key != "*") term.key = std::move(key);
  if (!text.empty()) {
    term.text = std::move(text);
    if (!next_is(Token::kTerm) && !at_quote()) return leaf(std::move(term));
    // These two bind tighter than other neighbours.
    return combine(SearchNode::Kind::kAnd, leaf(std::move(term)), base());
  }
  if (next_is(Token::kTerm)) {
    term.text = std::move(take().fields.back());
  } else if (at_quote()) {
    term.phrase = true;
    term.text = phrase();
  } else if (next_is(Token::kField)) {
    throw_bad_search(query_, next().at, "A field without a word cannot be followed by another one");
  } else {
    term.text = '*';
  }
  return leaf(std::move(term));
}

SearchNode SearchParser::enclosed(Token close) {
  if (++depth_ > kMaxSearchDepth) {
    throw_bad_search(query_, next().at,
                     fmt::format("More than {} parentheses are open", kMaxSearchDepth));
  }
  take();
  SearchNode node = query();
  if (!next_is(close)) fail();
  take();
  --depth_;
  return node;
}

std::string SearchParser::phrase() {
  const Token quote = take().kind;
  std::string words;
  while (words.empty() || !next_is(quote)) {
    if (!next_is(Token::kTerm)) fail();
    if (!words.empty()) words += ' ';
    words += take().text();
  }
  take();
  return words;
}

}  // namespace

SearchNode parse_search(std::string_view text) {
  check_search_text(text);
  check_word_count(text);
  return SearchParser(text).parse();
}

SearchNode as_packages(SearchNode node) {
  if (node.kind == SearchNode::Kind::kPackages) return node;
  if (node.kind == SearchNode::Kind::kTerm) return conversion(std::move(node));
  for (SearchNode& child : node.children) child = as_packages(std::move(child));
  return node;
}

}  // namespace metaset::ips
