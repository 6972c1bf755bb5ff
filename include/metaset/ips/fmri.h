// FMRIs and publisher names (protocol/formats.md section 2). Pure values.
//
//   fmri   = [ prefix ] name [ "@" version ]
//   prefix = "pkg://" publisher "/" | "pkg:///" | "pkg:/" | "//" publisher "/" | "/"
//   name   = comp *( "/" comp )        comp = [A-Za-z0-9] *[A-Za-z0-9_.+-]
//
// Bounds: percent-encoded names of at most 255 bytes (a file name in stock repositories),
// publishers of at most kMaxPublisher bytes. Errors: kInvalid naming the text and the rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/version.h"

namespace metaset::ips {

inline constexpr std::size_t kMaxPublisher = 64;
inline constexpr std::size_t kMaxEncodedName = 255;

bool is_package_name(std::string_view name);
// Letters, digits, '-' and '.'; starts with a letter or digit; is not an operation name.
bool is_publisher_name(std::string_view name);
// True for the words that are operations of the HTTP interface (protocol/http.md section 1.1).
bool is_operation_name(std::string_view word);

struct Fmri {
  std::string publisher;  // empty: none
  std::string name;
  std::optional<Version> version;

  // `default_build`: see Version::parse. Trailing white space is dropped.
  static Fmri parse(std::string_view text, std::string_view default_build = "5.11");

  // pkg://pub/name@version, pkg:/name@version, without the version if there is none
  std::string text() const;
  // name@version, without scheme and publisher
  std::string stem_text() const;
  // percent-encoded name "@" percent-encoded version: the form of manifest URLs
  std::string url_path() const;
};

// <seconds since 1970 of the timestamp>_<percent-encoded full FMRI> (protocol/http.md section 7.2).
// The FMRI needs a version with timestamp (kInvalid).
std::string transaction_id(const Fmri& fmri);

// What a user types to name packages (protocol/formats.md section 2, "Pattern matching of names").
class FmriPattern {
 public:
  static FmriPattern parse(std::string_view text);
  bool matches(std::string_view publisher, std::string_view name, const Version& version) const;
  bool matches_name(std::string_view publisher, std::string_view name) const;
  bool latest_only() const { return latest_; }  // "@latest"
  bool has_version() const { return has_version_; }
  bool has_wildcard() const { return wildcard_; }  // "*" or "?" anywhere
  const std::string& publisher() const { return publisher_; }

 private:
  enum class NameRule { kGlob, kExact, kTail };
  NameRule rule_ = NameRule::kTail;
  std::string publisher_, name_, version_glob_;
  std::optional<Version> version_;
  bool latest_ = false, has_version_ = false, wildcard_ = false;
};

}  // namespace metaset::ips
