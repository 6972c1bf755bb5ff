#include "metaset/ips/fmri.h"

#include <algorithm>
#include <array>

#include "metaset/base/clock.h"
#include "metaset/base/percent.h"

#include "ips/fmri_parts.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

constexpr std::array<std::string_view, 18> kOperations = {
    "abandon", "add",  "admin",    "api",  "append", "catalog",   "close",  "feed",   "file",
    "index",   "info", "manifest", "open", "p5i",    "publisher", "search", "status", "versions"};

bool is_name_component(std::string_view component) {
  if (component.empty() || !is_alphanumeric(component.front())) return false;
  return std::all_of(component.begin(), component.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '.' || c == '+' || c == '-';
  });
}

// '/' and '+' become three bytes each.
std::size_t encoded_size(std::string_view name) {
  const auto escaped =
      std::count_if(name.begin(), name.end(), [](char c) { return c == '/' || c == '+'; });
  return name.size() + 2 * static_cast<std::size_t>(escaped);
}

}  // namespace

bool is_package_name(std::string_view name) {
  if (encoded_size(name) > kMaxEncodedName) return false;
  while (true) {
    const std::size_t slash = name.find('/');
    if (!is_name_component(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

bool is_operation_name(std::string_view word) {
  return std::find(kOperations.begin(), kOperations.end(), word) != kOperations.end();
}

bool is_publisher_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxPublisher || !is_alphanumeric(name.front())) return false;
  const bool legal = std::all_of(name.begin(), name.end(),
                                 [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; });
  return legal && !is_operation_name(name);
}

FmriParts split_fmri_stem(std::string_view stem, std::string_view text) {
  FmriParts parts;
  std::size_t publisher_at = 0;
  if (stem.starts_with("pkg://")) {
    publisher_at = 6;
  } else if (stem.starts_with("//")) {
    publisher_at = 2;
  } else if (stem.starts_with("pkg:/")) {
    parts.rooted = true;
    parts.name = stem.substr(5);
    return parts;
  } else {
    parts.rooted = stem.starts_with("/");
    parts.name = stem.substr(parts.rooted ? 1 : 0);
    return parts;
  }
  const std::size_t slash = stem.find('/', publisher_at);
  if (slash == std::string_view::npos) {
    throw_invalid("Illegal FMRI {}: Missing '/' after publisher name", quoted_for_message(text));
  }
  parts.rooted = true;
  parts.publisher = stem.substr(publisher_at, slash - publisher_at);
  parts.name = stem.substr(slash + 1);
  return parts;
}

Fmri Fmri::parse(std::string_view text, std::string_view default_build) {
  text = without_trailing_space(text);
  const std::size_t at = text.rfind('@');
  const FmriParts parts = split_fmri_stem(text.substr(0, at), text);
  if (parts.name.empty()) {
    throw_invalid("Illegal FMRI {}: Missing package name", quoted_for_message(text));
  }
  if (!is_package_name(parts.name)) {
    if (encoded_size(parts.name) > kMaxEncodedName) {
      throw_invalid("Illegal FMRI {}: percent-encoded, the package name has more than {} bytes",
                    quoted_for_message(text), kMaxEncodedName);
    }
    throw_invalid("Illegal FMRI {}: Invalid Package Name: {}", quoted_for_message(text),
                  quoted_for_message(parts.name));
  }
  if (!parts.publisher.empty() && !is_publisher_name(parts.publisher)) {
    throw_invalid("Invalid publisher prefix: {}", quoted_for_message(parts.publisher));
  }
  Fmri fmri;
  fmri.publisher = parts.publisher;
  fmri.name = parts.name;
  if (at != std::string_view::npos) {
    try {
      fmri.version = Version::parse(text.substr(at + 1), default_build);
    } catch (const Error& error) {
      throw_invalid("Illegal FMRI {}: {}", quoted_for_message(text), error.message());
    }
  }
  return fmri;
}

std::string Fmri::text() const {
  return (publisher.empty() ? "pkg:/" : "pkg://" + publisher + '/') + stem_text();
}

std::string Fmri::stem_text() const { return version ? name + '@' + version->text() : name; }

std::string Fmri::url_path() const {
  std::string path = percent_encode(name);
  if (version) path.append(1, '@').append(percent_encode(version->text()));
  return path;
}

std::string transaction_id(const Fmri& fmri) {
  const auto time = fmri.version ? parse_basic_timestamp(fmri.version->timestamp()) : std::nullopt;
  if (!time) {
    throw_invalid("The FMRI {} needs a version with a timestamp", quoted_for_message(fmri.text()));
  }
  return fmt::format("{}_{}", time->seconds(), percent_encode(fmri.text()));
}

}  // namespace metaset::ips
