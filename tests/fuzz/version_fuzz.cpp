// Two versions, separated by a newline: texts, order, keys and patterns.
#include <optional>

#include "metaset/ips/version.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::require;
using metaset::ips::Version;

std::optional<Version> parse(std::string_view text) {
  std::optional<Version> version;
  if (!metaset::fuzz::accepts([&] { version = Version::parse(text); })) return std::nullopt;
  const std::string canonical = version->text();
  require(Version::parse(canonical).text() == canonical);
  require(canonical.size() <= metaset::ips::kMaxVersionText);
  require(version->order_key().size() <= metaset::ips::kMaxVersionText + 16);
  require(version->matches(*version));
  require(matches_version_glob(*version, canonical));
  return version;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  const std::size_t newline = text.find('\n');
  const std::string_view second =
      newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
  const auto a = parse(text.substr(0, newline));
  const auto b = parse(second);
  // The time that a pattern takes grows with both lengths.
  if (a && second.size() < 1000) matches_version_glob(*a, second);
  if (size < 1000) metaset::ips::matches_glob(text.substr(0, newline), second);
  if (!a || !b) return 0;
  require((a->order_key() <=> b->order_key()) == (*a <=> *b));
  require((*b <=> *a) == (0 <=> (*a <=> *b)) || (*a <=> *b) != 0);
  a->matches(*b);
  return 0;
}
