#include "ips/catalog_canonical.h"

#include <algorithm>

#include "metaset/base/json.h"
#include "metaset/base/percent.h"
#include "metaset/ips/catalog.h"

#include "ips/canonical_hasher.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

// Files with unsorted keys, which no known depot writes, are sorted in memory.
constexpr std::size_t kMaxUnsorted = std::size_t{64} << 20;

void sort_keys(rapidjson::Value& value) {
  if (value.IsArray()) {
    for (rapidjson::Value& element : value.GetArray()) sort_keys(element);
  } else if (value.IsObject()) {
    const auto text = [](const rapidjson::Value& name) {
      return std::string_view(name.GetString(), name.GetStringLength());
    };
    std::sort(value.MemberBegin(), value.MemberEnd(),
              [&text](const auto& a, const auto& b) { return text(a.name) < text(b.name); });
    for (auto& member : value.GetObject()) sort_keys(member.value);
  }
}

void hash_unsorted(std::string_view text, std::string_view what, CanonicalHasher& hasher) {
  if (text.size() > kMaxUnsorted) {
    throw Error(Code::kLimit, fmt::format("{}: unsorted keys in a file of more than {} bytes", what,
                                          kMaxUnsorted));
  }
  rapidjson::Document document = parse_stored_json(text, what);
  sort_keys(document);
  if (!document.Accept(hasher)) throw_corrupt("{}: {}", what, hasher.error());
}

CanonicalHasher hash_canonical(std::string_view text, std::string_view what, bool upper) {
  CanonicalHasher hasher(upper);
  try {
    parse_events(text, what, hasher);
  } catch (const Error&) {
    if (!hasher.unsorted()) throw;
    hasher = CanonicalHasher(upper);
    hash_unsorted(text, what, hasher);
  }
  return hasher;
}

}  // namespace

rapidjson::Document parse_stored_json(std::string_view text, std::string_view what) {
  try {
    return parse_json(text, what);
  } catch (const Error& error) {
    throw Error(Code::kCorrupt, error.message());
  }
}

SignatureCheck check_signature(std::string_view text, std::string_view what) {
  if (text.size() > kMaxCatalogFile) {
    throw Error(Code::kLimit, fmt::format("{}: {} bytes; at most {} are allowed", what, text.size(),
                                          kMaxCatalogFile));
  }
  if (!is_utf8(text)) throw_corrupt("{}: bytes that are not UTF-8", what);
  CanonicalHasher hasher = hash_canonical(text, what, false);
  if (hasher.signature().empty()) throw_corrupt("{}: no _SIGNATURE", what);
  SignatureCheck check;
  check.sha1 = hasher.finish();
  check.utf8_feature = hasher.utf8_feature();
  const auto signature = sha1_from_hex(hasher.signature());
  if (signature == check.sha1) return check;
  if (hasher.has_escapes()) {
    check.upper_case_escapes = signature == hash_canonical(text, what, true).finish();
  }
  if (!check.upper_case_escapes) {
    throw_corrupt("{}: _SIGNATURE is {}, but the content has {}", what,
                  quoted_for_message(hasher.signature()), to_hex(check.sha1));
  }
  return check;
}

}  // namespace metaset::ips
