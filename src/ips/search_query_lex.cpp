#include "ips/search_query_lex.h"

#include <algorithm>

#include "metaset/base/percent.h"
#include "metaset/ips/search_query.h"

#include "ips/search_text.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

using Kind = SearchToken::Kind;

constexpr std::string_view kNotFirst = "'\"(";  // of a term
constexpr std::string_view kNotLast = ")'\">";  // of a term

// The length of "<", "p<", "pk<", "pkg<" or "pkgs<" in any case at the start, else 0.
std::size_t open_packages(std::string_view text) {
  constexpr std::string_view kWord = "pkgs";
  std::size_t length = 0;
  while (length < kWord.size() && length < text.size() && (text[length] | 0x20) == kWord[length]) {
    ++length;
  }
  return length < text.size() && text[length] == '<' ? length + 1 : 0;
}

// How much of the rest of a word is a term: parentheses and quotes at its ends are not.
std::size_t term_length(std::string_view rest) {
  if (rest.empty() || kNotFirst.find(rest.front()) != std::string_view::npos) return 0;
  return rest.find_last_not_of(kNotLast) + 1;  // npos + 1 is 0
}

// Splits at colons without a backslash; the last four parts count.
std::size_t split_fields(std::string_view word, std::array<std::string, 4>& fields) {
  std::size_t colons = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\' && i + 1 < word.size() && word[i + 1] == ':') {
      fields.back() += ':';
      ++i;
    } else if (word[i] == ':') {
      ++colons;
      std::rotate(fields.begin(), fields.begin() + 1, fields.end());
      fields.back().clear();
    } else {
      fields.back() += word[i];
    }
  }
  return colons;
}

SearchToken punctuation(char c) {
  SearchToken token;
  switch (c) {
    case '(':
      token.kind = Kind::kOpen;
      break;
    case ')':
      token.kind = Kind::kClose;
      break;
    case '\'':
      token.kind = Kind::kQuote;
      break;
    default:
      token.kind = Kind::kDoubleQuote;
  }
  return token;
}

// `word` goes to the next white space and is not empty.
SearchToken next_token(std::string_view word) {
  SearchToken token;
  std::size_t length = open_packages(word);
  if (length != 0) {
    token.kind = Kind::kOpenPackages;
  } else if (word.front() == '>') {
    token.kind = Kind::kClosePackages;
    length = 1;
  } else if (kNotFirst.find(word.front()) == std::string_view::npos &&
             word.find(':') != std::string_view::npos) {
    const std::size_t after_colon = word.rfind(':') + 1;
    length = after_colon + term_length(word.substr(after_colon));
    token.kind =
        split_fields(word.substr(0, length), token.fields) != 0 ? Kind::kField : Kind::kTerm;
  } else if ((length = term_length(word)) != 0) {
    token.fields.back() = word.substr(0, length);
    token.kind = token.text() == "AND"  ? Kind::kAnd
                 : token.text() == "OR" ? Kind::kOr
                                        : Kind::kTerm;
  } else {
    token = punctuation(word.front());
    length = 1;
  }
  token.word = word.substr(0, length);
  return token;
}

// Of a long query what is near the place; control characters would move the '^'.
std::string excerpt(std::string_view query, std::size_t at) {
  constexpr std::size_t kAround = 200;  // bytes
  const auto inside = [query](std::size_t i) {
    return i < query.size() && (static_cast<unsigned char>(query[i]) & 0xc0) == 0x80;
  };
  std::size_t from = at > kAround ? at - kAround : 0;
  std::size_t to = std::min(query.size(), at + kAround);
  while (from > 0 && inside(from)) --from;
  while (inside(to)) ++to;
  std::string shown;
  std::size_t column = 0;
  for (std::size_t i = from; i < to; ++i) {
    const auto byte = static_cast<unsigned char>(query[i]);
    shown += byte < 0x20 || byte == 0x7f ? ' ' : query[i];
    if (i < at && !inside(i)) ++column;
  }
  return fmt::format("\t{}\n\t{}^", shown, std::string(column, ' '));
}

}  // namespace

void check_search_text(std::string_view text) {
  if (text.size() > kMaxSearchText) {
    throw Error(Code::kLimit, fmt::format("The query has {} bytes; at most {} are allowed.",
                                          text.size(), kMaxSearchText));
  }
  if (!is_utf8(text)) throw_invalid("Could not parse query.\nIt is not UTF-8.");
}

std::vector<SearchToken> lex_search(std::string_view query) {
  std::vector<SearchToken> tokens;
  std::size_t at = 0;
  while (at < query.size()) {
    if (query[at] == ' ') {
      ++at;
      continue;
    }
    if (space_at(query, at) != 0) {
      throw_bad_search(query, at, "Only spaces may separate words");
    }
    const std::size_t end = find_space(query, at);
    if (end - at > kMaxSearchWord) {
      throw_bad_search(query, at, fmt::format("A word has more than {} bytes", kMaxSearchWord));
    }
    SearchToken token = next_token(query.substr(at, end - at));
    token.at = at;
    at += token.word.size();
    tokens.push_back(std::move(token));
  }
  tokens.emplace_back();
  tokens.back().at = query.size();
  return tokens;
}

void throw_bad_search(std::string_view query, std::size_t at, std::string_view why) {
  throw_invalid("Could not parse query.\n{}:\n{}", why, excerpt(query, at));
}

}  // namespace metaset::ips
