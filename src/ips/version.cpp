#include "metaset/ips/version.h"

#include "metaset/base/clock.h"

#include "ips/text.h"
#include "ips/version_parts.h"

namespace metaset::ips {
namespace {

constexpr std::size_t kTimestampSize = 16;

bool is_dotted(std::string_view text) {
  if (text.empty() || text.back() == '.') return false;
  while (!text.empty()) {
    const std::string_view number = take_number(text);
    if (!consists_of_digits(number)) return false;
    if (number.size() > 1 && number.front() == '0') return false;
  }
  return true;
}

bool is_timestamp(std::string_view text) {
  return text.size() == kTimestampSize && parse_basic_timestamp(text).has_value();
}

void check_dotted(std::string_view part, std::string_view what, std::string_view text) {
  if (!is_dotted(part)) {
    throw_invalid("Bad version {}: the {} must be numbers without leading zeros, joined by '.'",
                  quoted_for_message(text), what);
  }
}

void check_timestamp(std::string_view timestamp, std::string_view text) {
  if (!is_timestamp(timestamp)) {
    throw_invalid("Bad version {}: the timestamp must be a UTC time of the form YYYYMMDDTHHMMSSZ",
                  quoted_for_message(text));
  }
}

void check_size(std::size_t size, std::string_view text) {
  if (size > kMaxVersionText) {
    throw_invalid("Bad version {}: it has more than {} bytes", quoted_for_message(text),
                  kMaxVersionText);
  }
}

std::weak_ordering compare_dotted(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view x = take_number(a);
    const std::string_view y = take_number(b);
    // Without leading zeros the longer number is the greater.
    if (x.size() != y.size()) return x.size() <=> y.size();
    if (const int order = x.compare(y); order != 0) return order <=> 0;
  }
  return static_cast<int>(b.empty()) <=> static_cast<int>(a.empty());
}

// Each number as its length and its digits, then a zero byte.
void append_dotted_key(std::string_view dotted, std::string& key) {
  while (!dotted.empty()) {
    const std::string_view number = take_number(dotted);
    key += static_cast<char>(number.size());
    key += number;
  }
  key += '\0';
}

}  // namespace

std::string_view take_number(std::string_view& dotted) {
  const std::size_t dot = dotted.find('.');
  const std::string_view number = dotted.substr(0, dot);
  dotted.remove_prefix(dot == std::string_view::npos ? dotted.size() : dot + 1);
  return number;
}

bool is_leading_subsequence(std::string_view start, std::string_view whole) {
  return whole.size() >= start.size() && whole.substr(0, start.size()) == start &&
         (whole.size() == start.size() || whole[start.size()] == '.');
}

VersionParts split_version(std::string_view text) {
  VersionParts parts;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    parts.timestamp = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    parts.branch = text.substr(dash + 1);
    text = text.substr(0, dash);
  }
  if (const std::size_t comma = text.find(','); comma != std::string_view::npos) {
    parts.build = text.substr(comma + 1);
    text = text.substr(0, comma);
  }
  parts.release = text;
  return parts;
}

Version Version::parse(std::string_view text, std::string_view default_build) {
  if (text.empty()) throw_invalid("Bad version '': it is empty");
  check_size(text.size(), text);
  const VersionParts parts = split_version(text);
  const std::string_view build = parts.build.value_or(default_build);
  check_dotted(parts.release, "release", text);
  check_dotted(build, "build release", parts.build ? text : build);
  if (parts.branch) check_dotted(*parts.branch, "branch", text);
  if (parts.timestamp) check_timestamp(*parts.timestamp, text);
  // With the default build release the canonical text must still fit.
  if (!parts.build) check_size(text.size() + 1 + build.size(), text);

  Version version;
  version.release_ = parts.release;
  version.build_ = build;
  version.branch_ = parts.branch.value_or("");
  version.timestamp_ = parts.timestamp.value_or("");
  return version;
}

std::string Version::text() const {
  std::string out;
  out.reserve(release_.size() + build_.size() + branch_.size() + timestamp_.size() + 3);
  out.append(release_).append(1, ',').append(build_);
  if (!branch_.empty()) out.append(1, '-').append(branch_);
  if (!timestamp_.empty()) out.append(1, ':').append(timestamp_);
  return out;
}

std::string Version::short_text() const {
  return branch_.empty() ? release_ : release_ + '-' + branch_;
}

Version Version::with_timestamp(std::string timestamp) const {
  check_timestamp(timestamp, timestamp);
  Version copy = *this;
  copy.timestamp_ = std::move(timestamp);
  const std::string text = copy.text();
  check_size(text.size(), text);
  return copy;
}

std::weak_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = compare_dotted(a.release_, b.release_); order != 0) return order;
  if (const auto order = compare_dotted(a.branch_, b.branch_); order != 0) return order;
  return a.timestamp_.compare(b.timestamp_) <=> 0;
}

bool Version::matches(const Version& pattern) const {
  if (!is_leading_subsequence(pattern.release_, release_)) return false;
  if (!pattern.branch_.empty() && !is_leading_subsequence(pattern.branch_, branch_)) return false;
  return pattern.timestamp_.empty() || pattern.timestamp_ == timestamp_;
}

std::string Version::order_key() const {
  std::string key;
  key.reserve(release_.size() + branch_.size() + timestamp_.size() + 6);
  append_dotted_key(release_, key);
  append_dotted_key(branch_, key);
  // A last byte in either case: no key is the beginning of another one.
  key += timestamp_.empty() ? '\0' : '\1';
  key += timestamp_;
  return key;
}

}  // namespace metaset::ips
