#include "metaset/http/negotiate.h"

#include <algorithm>

#include "http/list_field.h"

namespace metaset::http {
namespace {

// A weight (RFC 9110 section 12.4.2) is zero if it has only zeros: "0", "0.", "0.000".
bool is_zero_weight(std::string_view parameters) {
  bool zero = false;
  for_each_item(parameters, ';', [&](std::string_view parameter) {
    const bool is_weight =
        parameter.size() > 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=';
    if (is_weight) zero = parameter.find_first_not_of("0.", 2) == std::string_view::npos;
  });
  return zero;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char t, char l) {
    return (t >= 'A' && t <= 'Z' ? static_cast<char>(t - 'A' + 'a') : t) == l;
  });
}

// Calls take(opaque tag, weak) for the entity tags of a list; stops where the grammar is broken.
template <typename Take>
void for_each_etag(std::string_view field, Take take) {
  while (true) {
    field.remove_prefix(std::min(field.find_first_not_of(" \t,"), field.size()));
    const bool weak = field.starts_with("W/");
    if (weak) field.remove_prefix(2);
    if (!field.starts_with('"')) return;
    const std::size_t end = field.find('"', 1);
    if (end == std::string_view::npos) return;
    take(field.substr(1, end - 1), weak);
    field.remove_prefix(end + 1);
  }
}

bool lists_etag(std::string_view field, std::string_view etag, bool strong) {
  if (trim(field) == "*") return true;
  bool listed = false;
  for_each_etag(field, [&](std::string_view tag, bool weak) {
    listed = listed || (!etag.empty() && tag == etag && !(strong && weak));
  });
  return listed;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> gzip;
  bool any = false;
  for_each_item(accept_encoding, ',', [&](std::string_view item) {
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view coding = trim(item.substr(0, semicolon));
    const bool wanted = !is_zero_weight(item.substr(std::min(semicolon + 1, item.size())));
    if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) {
      gzip = gzip.value_or(false) || wanted;
    } else if (coding == "*") {
      any = wanted;
    }
  });
  return gzip.value_or(any);
}

Verdict evaluate(const Conditions& conditions, const Validators& validators, bool safe) {
  const std::optional<Time>& modified = validators.last_modified;
  const auto date = [](std::string_view field) { return parse_http_date(trim(field)); };
  if (!conditions.if_match.empty()) {
    if (!lists_etag(conditions.if_match, validators.etag, true)) return Verdict::kFailed;
  } else if (const auto limit = date(conditions.if_unmodified_since); limit && modified) {
    if (modified->seconds() > limit->seconds()) return Verdict::kFailed;
  }
  if (!conditions.if_none_match.empty()) {
    if (lists_etag(conditions.if_none_match, validators.etag, false)) {
      return safe ? Verdict::kNotModified : Verdict::kFailed;
    }
  } else if (const auto since = date(conditions.if_modified_since); since && modified && safe) {
    if (modified->seconds() <= since->seconds()) return Verdict::kNotModified;
  }
  return Verdict::kProceed;
}

bool if_range_holds(std::string_view if_range, const Validators& validators) {
  if_range = trim(if_range);
  if (if_range.empty()) return true;
  if (if_range.starts_with('"')) return lists_etag(if_range, validators.etag, true);
  const std::optional<Time> date = parse_http_date(if_range);
  return date && validators.last_modified && date->seconds() == validators.last_modified->seconds();
}

}  // namespace metaset::http
