#include "ips/action_scan.h"

#include <array>

#include "ips/text.h"

namespace metaset::ips {
namespace {

constexpr std::array<bool, 256> key_ends() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view(" \t\n='\"")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kKeyEnds = key_ends();

bool ends_key(char c) { return kKeyEnds[static_cast<unsigned char>(c)]; }
bool is_quote(char c) { return c == '"' || c == '\''; }

// Backslash and quote become the quote, two backslashes become one; other backslashes stay.
void append_unescaped(std::string_view raw, char quote, std::string& out) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size() && (raw[i + 1] == '\\' || raw[i + 1] == quote)) ++i;
    out += raw[i];
  }
}

ActionType parse_type(std::string_view word, std::string_view text) {
  if (const auto type = type_from_name(word)) return *type;
  throw_invalid("unknown action type {} in action {}", quoted_for_message(word),
                quoted_for_message(text));
}

}  // namespace

ActionScanner::ActionScanner(std::string_view text) : text_(text) {
  if (text.size() > kMaxActionText) {
    throw Error(Code::kLimit, fmt::format("an action of {} bytes; at most {} are allowed",
                                          text.size(), kMaxActionText));
  }
  at_ = std::min(text.find_first_of(" \t\n"), text.size());
  type_ = parse_type(text.substr(0, at_), text);
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    malformed(nul, "null byte");
  }
  if (at_ == text.size()) malformed(at_, "no attributes");
  read_positional_hash();
}

void ActionScanner::malformed(std::size_t at, std::string_view rule) const {
  throw_invalid("column {}: {} in action {}", at + 1, rule, quoted_for_message(text_));
}

void ActionScanner::skip_blanks() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
}

void ActionScanner::read_positional_hash() {
  skip_blanks();
  const std::size_t start = at_;
  std::size_t end = start;
  while (end < text_.size() && !ends_key(text_[end])) ++end;
  // Anything else than a word before white space is left to read_key().
  if (end == start || end == text_.size() || !is_blank(text_[end])) return;
  at_ = end;
  set_hash(text_.substr(start, end - start), start);
}

void ActionScanner::set_hash(std::string_view value, std::size_t at) {
  if (!has_payload(type_)) {
    malformed(at, fmt::format("a {} action has no hash", type_name(type_)));
  }
  if (has_hash_ && hash_ != value) {
    malformed(at, "the positional hash and the hash attribute are not identical");
  }
  has_hash_ = true;
  hash_ = value;
}

std::string_view ActionScanner::read_key() {
  const std::size_t start = at_;
  while (at_ < text_.size() && !ends_key(text_[at_])) ++at_;
  if (at_ == text_.size()) malformed(at_, "missing value");
  if (is_blank(text_[at_])) malformed(at_, "whitespace in key");
  if (is_quote(text_[at_])) malformed(at_, "quote in key");
  if (at_ == start) malformed(at_, "missing key");
  const std::string_view key = text_.substr(start, at_ - start);
  if (key == "data") malformed(start, "invalid key: 'data'");
  ++at_;
  return key;
}

std::size_t ActionScanner::find_closing_quote(char quote, bool& has_backslash) const {
  for (std::size_t i = at_; i < text_.size(); ++i) {
    if (text_[i] == quote) return i;
    if (text_[i] == '\\') {
      has_backslash = true;
      ++i;
    }
  }
  malformed(at_ - 1, "unfinished quoted value");
}

// One quoted text, or several with only white space between, which are one value.
std::string_view ActionScanner::read_quoted() {
  bool in_scanner = false;
  std::string_view value;
  while (true) {
    const char quote = text_[at_++];
    bool has_backslash = false;
    const std::size_t end = find_closing_quote(quote, has_backslash);
    const std::string_view raw = text_.substr(at_, end - at_);
    at_ = end + 1;
    skip_blanks();
    const bool more = at_ < text_.size() && is_quote(text_[at_]);
    if (in_scanner || has_backslash || more) {
      if (!in_scanner) unescaped_.clear();
      in_scanner = true;
      append_unescaped(raw, quote, unescaped_);
    } else {
      value = raw;
    }
    if (!more) return in_scanner ? std::string_view(unescaped_) : value;
  }
}

std::string_view ActionScanner::read_value() {
  if (at_ == text_.size() || is_blank(text_[at_])) malformed(at_, "missing value");
  if (is_quote(text_[at_])) return read_quoted();
  const std::size_t start = at_;
  while (at_ < text_.size() && !is_blank(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

bool ActionScanner::next(std::string_view& key, std::string_view& value) {
  while (true) {
    skip_blanks();
    if (at_ == text_.size()) return false;
    const std::size_t start = at_;
    key = read_key();
    value = read_value();
    if (++values_ > kMaxAttributes) {
      throw Error(Code::kLimit,
                  fmt::format("an action with more than {} attributes", kMaxAttributes));
    }
    if (key != "hash") return true;
    set_hash(value, start);
  }
}

}  // namespace metaset::ips
