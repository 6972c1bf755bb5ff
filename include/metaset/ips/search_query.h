// Queries (protocol/search.md sections 1 and 2): what clients send, as a tree.
//
//   request = case "_" return-type "_" num "_" start "_" text
//   case    = "True" | "False"       return-type = "1" | "2"       num, start = number | "None"
//   query   = list | query "AND" query | query "OR" query               ; right-associative
//   list    = base *( base )                                            ; neighbours mean AND
//   base    = term | field | phrase | "(" query ")" | "<" query ">"
//   field   = FIELDTERM [ term | phrase ]
//   phrase  = "'" 1*term "'" | '"' 1*term '"'
//
// Pure values. Errors: kInvalid with a message for people (section 3, messages): what is wrong, the
// query, and a '^' below the place; each on its own line. Texts that are too long are kLimit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::ips {

inline constexpr std::size_t kMaxSearchWords = 100;       // split at each single space
inline constexpr std::size_t kMaxSearchText = 64 * 1024;  // bytes of a query
inline constexpr std::size_t kMaxSearchWord = 4096;       // bytes between spaces
inline constexpr std::size_t kMaxSearchDepth = 200;       // of parentheses and conversions

// A leaf: what one action must have.
struct SearchTerm {
  std::string package;    // shell pattern with its implicit '*' at the end; empty: any
  std::string type, key;  // exact; empty: any ("*" is empty too)
  std::string text;       // the pattern, never empty; of a phrase its words, with single spaces
  bool phrase = false;    // was quoted (also if it is one word)
};

struct SearchNode {
  enum class Kind { kTerm, kAnd, kOr, kPackages };
  Kind kind = Kind::kTerm;
  SearchTerm term;                   // kTerm
  std::vector<SearchNode> children;  // kAnd, kOr: two; kPackages: one
  // The regenerated form, as clients send it: "(:::a AND :::b)", "p<:::a>", ":::'a b'".
  std::string text() const;
  // What it gives: packages or actions.
  bool gives_packages() const;
};

// Parses and checks that both sides of AND and OR give the same kind. The text is UTF-8 of at most
// kMaxSearchWords words. Colons after a backslash are taken as themselves, without it.
SearchNode parse_search(std::string_view text);

// Return type 1: every leaf that is not below a conversion gets one.
SearchNode as_packages(SearchNode node);

struct SearchRequest {
  bool case_sensitive = false;
  bool packages = false;               // return type 1
  std::optional<std::uint64_t> limit;  // "num"; a negative one is 0
  std::uint64_t start = 0;             // how many to skip; a negative one is 0
  SearchNode query;                    // as_packages() is done already
  // What comes from a client of search/1, after percent-decoding. Numbers beyond 64 bits are the
  // biggest one.
  static SearchRequest parse(std::string_view text);
  // search/0: the text is a query, for actions, without limits. kInvalid if it asks for packages.
  static SearchRequest parse_v0(std::string_view text);
};

}  // namespace metaset::ips
