// Package versions (protocol/formats.md section 1). Pure values; no I/O.
//
//   version   = release [ "," build ] [ "-" branch ] [ ":" timestamp ]
//   release, build, branch = number *( "." number )
//   number    = "0" | [1-9][0-9]*
//   timestamp = YYYYMMDD "T" HHMMSS "Z"              ; a valid UTC date
//
// Bounds: at most kMaxVersionText bytes, so that a version fits into a database key and a file
// name. Errors: kInvalid naming the text and the rule.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace metaset::ips {

inline constexpr std::size_t kMaxVersionText = 190;

class Version {
 public:
  // A missing build release becomes `default_build`.
  static Version parse(std::string_view text, std::string_view default_build = "5.11");

  const std::string& release() const { return release_; }
  const std::string& build() const { return build_; }
  const std::string& branch() const { return branch_; }        // empty: none
  const std::string& timestamp() const { return timestamp_; }  // empty: none

  // release,build[-branch][:timestamp]
  std::string text() const;
  // release[-branch], for people
  std::string short_text() const;
  Version with_timestamp(std::string timestamp) const;

  // Release, then branch, then timestamp; the build release is ignored, also for equality.
  friend std::weak_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

  // "auto" constraint: this version matches the (partial) pattern.
  bool matches(const Version& pattern) const;

  // Bytes whose lexicographic order is the order of versions (equal versions give equal bytes).
  // At most kMaxVersionText + 16 bytes.
  std::string order_key() const;

 private:
  std::string release_, build_, branch_, timestamp_;
};

// A pattern whose parts may be "*" (missing parts count as "*"): "1.*", "*-2024.*", "latest" is not
// one (see FmriPattern). Shell patterns per part, case-sensitive.
bool matches_version_glob(const Version& version, std::string_view pattern);

// Shell pattern with * ? [...] over the whole text, case-sensitive, linear memory, no backslash
// escape.
bool matches_glob(std::string_view text, std::string_view pattern);

}  // namespace metaset::ips
