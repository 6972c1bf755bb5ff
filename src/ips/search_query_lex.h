// The tokens of a query (protocol/search.md section 2.1).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::ips {

struct SearchToken {
  enum class Kind {
    kTerm,
    kField,
    kAnd,
    kOr,
    kOpen,
    kClose,
    kOpenPackages,
    kClosePackages,
    kQuote,
    kDoubleQuote,
    kEnd
  };
  Kind kind = Kind::kEnd;
  std::size_t at = 0;     // in the query, bytes
  std::string_view word;  // as it stands there
  // kTerm: the last. kField: package name, action type, key, token. Backslashes before colons are
  // gone.
  std::array<std::string, 4> fields;
  const std::string& text() const { return fields.back(); }
};

// What every text from a client has to be: kLimit if it is too long, kInvalid if it is not UTF-8.
void check_search_text(std::string_view text);

// With kEnd as the last. Errors: kInvalid for white space other than spaces.
std::vector<SearchToken> lex_search(std::string_view query);

// kInvalid: what is wrong, the query, and a '^' below the place.
[[noreturn]] void throw_bad_search(std::string_view query, std::size_t at, std::string_view why);

}  // namespace metaset::ips
