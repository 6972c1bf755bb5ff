#include "http/credentials.h"

#include <algorithm>

#include "metaset/base/base64.h"

namespace metaset::http {
namespace {

constexpr std::size_t kMaxEncoded = 8192;  // bytes
constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool is_scheme(std::string_view word, std::string_view lower_case) {
  return std::ranges::equal(word, lower_case, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

std::optional<Credentials> parse_credentials(std::string_view authorization) {
  const std::string_view field = trimmed(authorization);
  const std::size_t blank = std::min(field.find_first_of(kBlanks), field.size());
  const std::string_view scheme = field.substr(0, blank);
  const std::string_view rest = trimmed(field.substr(blank));
  if (rest.empty()) return std::nullopt;
  if (is_scheme(scheme, "bearer")) return Credentials{false, {}, std::string(rest)};
  if (!is_scheme(scheme, "basic")) return std::nullopt;
  if (rest.size() > kMaxEncoded) return std::nullopt;
  const std::optional<std::string> pair = decode_base64(rest);
  if (!pair) return std::nullopt;
  const std::size_t colon = pair->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{true, pair->substr(0, colon), pair->substr(colon + 1)};
}

}  // namespace metaset::http
