// Reads one action piece by piece without building it. Action::parse is made of this; whoever needs
// only a few attributes of many actions uses it directly.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "metaset/ips/action.h"

namespace metaset::ips {

class ActionScanner {
 public:
  // Reads the type and the positional hash. The text must outlive the scanner.
  explicit ActionScanner(std::string_view text);

  ActionType type() const { return type_; }
  // The positional hash or the value of "hash="; complete when next() has returned false.
  std::string_view hash() const { return hash_; }

  // The next attribute; false at the end. Never gives "hash". The key points into the text. The
  // value points into the text or into the scanner, then until the next call.
  bool next(std::string_view& key, std::string_view& value);

 private:
  [[noreturn]] void malformed(std::size_t at, std::string_view rule) const;
  void skip_blanks();
  void read_positional_hash();
  std::string_view read_key();
  std::string_view read_value();
  std::string_view read_quoted();
  std::size_t find_closing_quote(char quote, bool& has_backslash) const;
  void set_hash(std::string_view value, std::size_t at);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
  ActionType type_;
  bool has_hash_ = false;
  std::string hash_;
  std::string unescaped_;
};

}  // namespace metaset::ips
