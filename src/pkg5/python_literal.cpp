#include <algorithm>
#include <cctype>
#include <cstdint>

#include "metaset/base/percent.h"
#include "metaset/pkg5/ini.h"

namespace metaset::pkg5 {

namespace {

void append_utf8(std::uint32_t c, std::string& out) {
  const auto tail = [&](unsigned shift) {
    out.push_back(static_cast<char>(0x80 | (c >> shift & 0x3f)));
  };
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xc0 | c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | c >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xf0 | c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// Each function gives false for what is not in the grammar.
class ListParser {
 public:
  explicit ListParser(std::string_view text) : rest_(text) {}

  bool parse(std::vector<std::string>& out) {
    if (!take('[')) return false;
    while (!take(']')) {
      std::string item;
      if (!element(item)) return false;
      out.push_back(std::move(item));
      if (take(',')) continue;
      if (!take(']')) return false;
      break;
    }
    skip_space();
    return rest_.empty();
  }

 private:
  void skip_space() {
    const std::size_t first = rest_.find_first_not_of(" \t\r\n\f");
    rest_.remove_prefix(std::min(first, rest_.size()));
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool element(std::string& out) {
    skip_space();
    if (rest_.empty()) return false;
    if (!at_string()) return word(out);
    // Adjacent strings are one.
    do {
      if (!string(out)) return false;
      skip_space();
    } while (at_string());
    return is_utf8(out);
  }

  bool at_string() const {
    std::string_view text = rest_;
    if (!text.empty() && (text.front() == 'u' || text.front() == 'U')) text.remove_prefix(1);
    return !text.empty() && (text.front() == '\'' || text.front() == '"');
  }

  // None, True, False or a decimal number.
  bool word(std::string& out) {
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n\f,]"), rest_.size());
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (text == "None") return true;
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    const bool number = !digits.empty() && digits.size() < 20 &&
                        digits.find_first_not_of("0123456789") == std::string_view::npos &&
                        (digits.size() == 1 || digits.front() != '0');
    if (!number && text != "True" && text != "False") return false;
    out = text;
    return true;
  }

  bool string(std::string& out) {
    if (rest_.front() == 'u' || rest_.front() == 'U') rest_.remove_prefix(1);
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    if (rest_.starts_with(std::string(2, quote))) return false;  // long strings are not written
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == quote) return true;
      if (c == '\n') return false;
      if (c != '\\') {
        out.push_back(c);
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    constexpr std::string_view kNames = "\\'\"abfnrtv";
    constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
    if (const std::size_t at = kNames.find(c); at != std::string_view::npos) {
      out.push_back(kValues[at]);
      return true;
    }
    if (c == '\n') return true;
    if (c == 'x') return code(2, 2, 16, out);
    if (c == 'u') return code(4, 4, 16, out);
    if (c == 'U') return code(8, 8, 16, out);
    if (c >= '0' && c <= '7') {
      rest_ = {rest_.data() - 1, rest_.size() + 1};
      return code(1, 3, 8, out);
    }
    if (c == 'N') return false;
    out.append({'\\', c});  // Python keeps what it does not know
    return true;
  }

  bool code(std::size_t least, std::size_t most, int base, std::string& out) {
    std::uint32_t value = 0;
    std::size_t count = 0;
    for (; count < most && count < rest_.size() && digit_value(rest_[count]) < base; ++count) {
      value =
          value * static_cast<unsigned>(base) + static_cast<unsigned>(digit_value(rest_[count]));
    }
    rest_.remove_prefix(count);
    if (count < least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return false;
    append_utf8(value, out);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<std::string>> parse_python_list(std::string_view text) {
  std::vector<std::string> list;
  if (text.empty() || ListParser(text).parse(list)) return list;
  return std::nullopt;
}

std::optional<bool> parse_python_bool(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "true") return true;
  if (lower.empty() || lower == "false") return false;
  return std::nullopt;
}

}  // namespace metaset::pkg5
