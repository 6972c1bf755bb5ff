// What the files in a bundle are called, and the texts among them (man/metaset-bundle.5). Private
// to the depot. Errors: kInvalid.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/hash.h"
#include "metaset/depot/bundle.h"
#include "metaset/depot/incoming_metasets.h"
#include "metaset/store/collected.h"
#include "metaset/store/schema.h"

namespace metaset::depot {

// In the order they have in a bundle.
enum class BundlePart {
  kHeader,
  kCollected,
  kMetaset,
  kStatement,
  kTags,
  kManifest,
  kList,
  kPayload,
  kEnd
};

struct BundleMember {
  BundlePart part = BundlePart::kHeader;
  store::MetasetNumber number = 0;  // kMetaset, kStatement
  std::string name;                 // hex: kStatement (key), kManifest (SHA-256), kPayload
  std::string path() const;
  // kInvalid for a path that no part of a bundle has.
  static BundleMember of_path(std::string_view path);
  // Whether this one may follow.
  bool may_follow(const BundleMember& before) const;
};

struct BundleHeader {
  store::MetasetNumber from = 0, to = 0;
  Sha256 from_digest{}, to_digest{};  // from 0: zeros
  bool has_payloads = true;
  std::string text() const;
  static BundleHeader parse(std::string_view text);
};

// One line for each: name, a space, number.
std::string tags_text(const std::vector<MetasetTag>& tags);
std::vector<MetasetTag> parse_tags(std::string_view text);

// One line for each range: first, a space, last.
std::string collected_text(const store::CollectedMetasets& collected);
store::CollectedMetasets parse_collected(std::string_view text);

// The content of the last file: "sha256 HEX" LF.
std::string end_text(const Sha256& digest);

// "3 payloads are missing:" and the first ones of them.
std::string missing_text(const std::vector<std::string>& missing);

inline constexpr std::uint64_t kMaxBundleText = 64 << 20;  // tags, lists of payloads

}  // namespace metaset::depot
