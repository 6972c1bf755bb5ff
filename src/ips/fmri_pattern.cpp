#include <algorithm>

#include "metaset/ips/fmri.h"

#include "ips/fmri_parts.h"
#include "ips/text.h"
#include "ips/version_parts.h"

namespace metaset::ips {
namespace {

// A pattern is matched against every name of a repository, so it must not be arbitrarily long.
constexpr std::size_t kMaxPattern = 1024;

bool has_wildcards(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

[[noreturn]] void illegal(std::string_view text, std::string_view reason) {
  throw_invalid("Illegal matching pattern {}: {}", quoted_for_message(text), reason);
}

bool is_name_pattern(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view("_/-.+*?").find(c) != std::string_view::npos;
  });
}

bool is_publisher_pattern(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view("-.*?").find(c) != std::string_view::npos;
  });
}

bool is_dotted_pattern(std::string_view part) {
  if (part.empty() || part.back() == '.') return false;
  while (!part.empty()) {
    const std::string_view element = take_number(part);
    if (element.empty()) return false;
    if (element.find_first_not_of("0123456789*?") != std::string_view::npos) return false;
  }
  return true;
}

void check_version_glob(std::string_view version, std::string_view text) {
  const VersionParts parts = split_version(version);
  if (!is_dotted_pattern(parts.release)) illegal(text, "Bad release");
  if (parts.build && !is_dotted_pattern(*parts.build)) illegal(text, "Bad build release");
  if (parts.branch && !is_dotted_pattern(*parts.branch)) illegal(text, "Bad branch");
  if (parts.timestamp && (parts.timestamp->empty() || parts.timestamp->find_first_not_of(
                                                          "0123456789TZ*?") != std::string::npos)) {
    illegal(text, "Bad timestamp");
  }
}

}  // namespace

FmriPattern FmriPattern::parse(std::string_view text) {
  text = without_trailing_space(text);
  if (text.size() > kMaxPattern) illegal(text, "It is too long");
  const std::size_t at = text.find('@');
  const std::string_view stem = text.substr(0, at);
  const FmriParts parts = split_fmri_stem(stem, text);

  FmriPattern pattern;
  pattern.wildcard_ = has_wildcards(text);
  pattern.publisher_ = parts.publisher;
  pattern.name_ = parts.name;
  if (parts.name.empty()) illegal(text, "Missing package name");
  if (has_wildcards(stem)) {
    if (!is_name_pattern(parts.name)) illegal(text, "Invalid Package Name");
    if (!is_publisher_pattern(parts.publisher)) illegal(text, "Invalid publisher prefix");
    pattern.rule_ = NameRule::kGlob;
  } else {
    const Fmri fmri = Fmri::parse(stem);
    pattern.rule_ = parts.rooted ? NameRule::kExact : NameRule::kTail;
  }
  if (at == std::string_view::npos) return pattern;

  const std::string_view version = text.substr(at + 1);
  pattern.has_version_ = true;
  if (version == "latest") {
    pattern.latest_ = true;
  } else if (has_wildcards(version)) {
    check_version_glob(version, text);
    pattern.version_glob_ = version;
  } else if (!version.empty()) {
    pattern.version_ = Version::parse(version);
  }
  return pattern;
}

bool FmriPattern::matches_name(std::string_view publisher, std::string_view name) const {
  if (!publisher_.empty() && !matches_glob(publisher, publisher_)) return false;
  switch (rule_) {
    case NameRule::kGlob:
      return matches_glob(name, name_);
    case NameRule::kExact:
      return name == name_;
    case NameRule::kTail:
      break;
  }
  if (!name.ends_with(name_)) return false;
  return name.size() == name_.size() || name[name.size() - name_.size() - 1] == '/';
}

bool FmriPattern::matches(std::string_view publisher, std::string_view name,
                          const Version& version) const {
  if (!matches_name(publisher, name)) return false;
  if (version_) return version.matches(*version_);
  return version_glob_.empty() || matches_version_glob(version, version_glob_);
}

}  // namespace metaset::ips
