// The database in one file: every table of both LMDB environments, its keys and its records.
//
// Integers in keys are big-endian, so that their order is LMDB's order. Records are encoded by
// src/store/records.cpp: varints and length-prefixed bytes, decoded with bounds checks (kCorrupt).
//
// clang-format off
// committed/ (metasets; tags and statements about them; what is known of catalog files)
//   meta             text                                   -> bytes: "format", "active" (active.h); "tag/NAME" -> TagRecord;
//                    "statement/" u64, key fingerprint     -> text (statement.h);
//                    "collected/" first u64                -> last u64 (collected.h);
//                    "search" -> kSearchFormat, if there is an index; "search-metaset" -> u64, what it knows
//   metasets         number u64                             -> MetasetRecord
//   publishers       id u32                                 -> PublisherRecord
//   publisher-names  prefix                                 -> id u32
//   states           id u32, metaset u64                    -> PublisherState (row <= metaset counts)
//   packages         id u32, name, 0, version order, seq u64 -> PackageEntry
//   texts            TextId                                 -> JSON array of action strings
//   operations       id u32, seq u64                        -> OperationRecord
//   logs             id u32, hour u32, locale, 0, metaset u64 -> LogRecord (row <= metaset counts)
//   catalog-files    id u32, file name, 0, changed-in u64, feature u8 -> CatalogFileRecord
//   config           scope u32 (0: repository), metaset u64 -> JSON, empty: none (row <= metaset counts)
//   manifests        SHA-256 of the text                    -> stored manifest (manifest_store.h)
//   areas            area id                                -> AreaMark: what was committed of it
//   search-chains    id u32, name, 0                        -> SearchChainRecord
//   search-names     chain u32                              -> id u32, name
//   search-documents key in packages                        -> ordinal of the document in its chain
//   search-lines     chain u32, first line u32              -> lines and documents (search_page.h)
//   search-tokens    shelf, token, 0, chain u32             -> postings (search_keys.h)
// staging/ (open staging areas)
//   areas            name                                   -> AreaRecord
//   changes          area id, seq u64                       -> ChangeRecord
//   fmris            area id, SHA-256 of the FMRI           -> seq u64 of its change
//   manifests        as above
//   tokens           id                                     -> TokenRecord
//   grants           number u64                             -> GrantRecord
//   audit            number u64, from 1 without gaps        -> AuditRecord
// clang-format on
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/clock.h"
#include "metaset/base/hash.h"
#include "metaset/ips/version.h"

namespace metaset::store {

inline constexpr std::string_view kFormat = "metaset 1";
inline constexpr std::string_view kSearchBuilt = "search", kSearchLatest = "search-metaset";
inline constexpr std::string_view kSearchFormat = "1";  // another one: the index is made anew

using MetasetNumber = std::uint64_t;          // 1, 2, 3, ...; never reused
using PublisherId = std::uint32_t;            // 1, 2, ...; 0 stands for the repository itself
using TextId = std::array<std::uint8_t, 16>;  // first half of the SHA-256 of the text
using AreaId = std::array<std::uint8_t, 16>;  // random

enum CommittedTable : std::size_t {
  kMeta,
  kMetasets,
  kPublishers,
  kPublisherNames,
  kStates,
  kPackages,
  kTexts,
  kOperations,
  kLogs,
  kCatalogFiles,
  kConfig,
  kManifests,
  kAreaMarks,
  kSearchChains,
  kSearchNames,
  kSearchDocuments,
  kSearchLines,
  kSearchTokens,
};
enum StagingTable : std::size_t {
  kAreas,
  kChanges,
  kChangedFmris,
  kStagedManifests,
  kTokens,
  kGrants,
  kAudit,
};
std::vector<std::string> committed_tables();
std::vector<std::string> staging_tables();

// ---- keys
std::string u64_key(std::uint64_t number);
std::string u32_key(std::uint32_t number);
std::uint64_t read_u64(std::string_view bytes);                // the last eight bytes
std::uint32_t read_u32(std::string_view bytes);                // the first four bytes
std::string pair_key(std::uint32_t id, std::uint64_t number);  // states, operations, config
std::string packages_prefix(PublisherId publisher, std::string_view name);  // all rows of a name
std::string package_key(PublisherId publisher, std::string_view name, const ips::Version& version,
                        std::uint64_t sequence);
std::string_view name_in_package_key(std::string_view key);
std::string logs_prefix(PublisherId publisher, std::int64_t hour, std::string_view locale);
std::string catalog_file_key(PublisherId publisher, std::string_view file, MetasetNumber changed_in,
                             bool utf8_feature);
std::string change_key(const AreaId& area, std::uint64_t sequence);

// ---- records
struct PublisherChange {  // per publisher touched, for logs and pages
  PublisherId publisher = 0;
  std::uint64_t added = 0, removed = 0;              // operations
  std::uint64_t packages = 0, package_versions = 0;  // totals afterwards
};
struct MetasetRecord {
  MetasetNumber number = 0, parent = 0;  // parent 0: none
  Time time;
  std::string who, message;
  std::vector<PublisherChange> publishers;
  std::uint64_t packages = 0, package_versions = 0;  // totals over all publishers afterwards
  Sha256 content{};                                  // of this metaset's changes (metaset_digest.h)
  Sha256 digest{};                                   // of all the above and the parent's digest
  std::uint64_t added() const;                       // operations, over all publishers
  std::uint64_t removed() const;
  std::string encode() const;
  static MetasetRecord decode(std::string_view bytes);
};

struct TagRecord {
  MetasetNumber number = 0;
  Time time;  // when it was given
  std::string who;
  std::string encode() const;
  static TagRecord decode(std::string_view bytes);
};

struct PublisherRecord {
  std::string prefix;
  MetasetNumber added_in = 0;
  std::string encode() const;
  static PublisherRecord decode(std::string_view bytes);
};

struct PartState {
  std::string name;  // "catalog.base.C"
  Time last_modified;
  MetasetNumber changed_in = 0;
};
struct PublisherState {
  Time created, last_modified;
  std::uint64_t packages = 0, package_versions = 0;
  bool utf8_feature = true;         // _FEATURE in the catalog files
  std::uint64_t next_sequence = 0;  // of operations
  std::vector<PartState> parts;     // sorted by name
  std::string encode() const;
  static PublisherState decode(std::string_view bytes);
};

struct LocaleText {
  std::string locale;
  TextId text{};
};
struct PackageEntry {
  MetasetNumber added_in = 0;
  MetasetNumber removed_in = 0;  // 0: still there. Visible in n: added_in <= n < removed_in
  std::string version;           // canonical
  Sha1 manifest_sha1{};
  Sha256 manifest{};  // all zero: the text is not known (removed before an import)
  std::optional<TextId> dependency;
  std::vector<LocaleText> summary;  // sorted by locale
  bool obsolete = false, renamed = false;
  bool visible_in(MetasetNumber number) const {
    return added_in <= number && (removed_in == 0 || number < removed_in);
  }
  std::string encode() const;
  static PackageEntry decode(std::string_view bytes);
  // Without decoding the rest: the two numbers that decide visibility come first.
  static bool visible(std::string_view bytes, MetasetNumber number);
};

struct OperationRecord {
  MetasetNumber metaset = 0;
  Time time;
  bool add = true;
  bool logged = true;  // false: in no update log (imported without history)
  std::string name, version;
  std::uint64_t entry = 0;  // sequence in the key of the package row
  std::string encode() const;
  static OperationRecord decode(std::string_view bytes);
};

struct LogRecord {
  Time last_modified;
  std::uint64_t first = 0, end = 0;  // operations [first, end) are those of the hour so far
  std::string encode() const;
  static LogRecord decode(std::string_view bytes);
};

struct CatalogFileRecord {
  Sha1 sha1{};  // of _SIGNATURE
  std::uint64_t size = 0;
  std::string encode() const;
  static CatalogFileRecord decode(std::string_view bytes);
};

struct AreaMark {
  std::uint64_t sequence = 0;  // changes below this one are in `metaset` or earlier
  MetasetNumber metaset = 0;
  std::string encode() const;
  static AreaMark decode(std::string_view bytes);
};

// A package name of a publisher in the search index (search_index.h).
struct SearchChainRecord {
  std::uint32_t chain = 0;
  std::uint32_t documents = 0, lines = 0;  // how many numbers were given; they are not reused
  std::string encode() const;
  static SearchChainRecord decode(std::string_view bytes);
};

struct AreaRecord {
  AreaId id{};
  MetasetNumber base = 0;  // latest metaset when the area was opened
  Time created;
  std::string who;
  std::uint64_t next_sequence = 0;
  std::uint64_t changes = 0;  // how many rows it has in `changes`
  std::string encode() const;
  static AreaRecord decode(std::string_view bytes);
};

enum class ChangeKind : std::uint8_t { kAdd = 1, kReplace = 2, kRemove = 3 };
struct ChangeRecord {
  ChangeKind kind = ChangeKind::kAdd;
  Time time;
  std::string publisher, name, version;
  Sha256 manifest{};  // in the area's manifests; zero for kRemove
  std::string encode() const;
  static ChangeRecord decode(std::string_view bytes);
};

struct TokenRecord {
  std::string name;
  std::array<std::uint8_t, 16> salt{};
  Sha256 hash{};  // of the salt and the token as it was given out
  Time created;
  std::string who;
  Time expires, last_used;  // {}: never
  std::string encode() const;
  static TokenRecord decode(std::string_view bytes);
};

struct GrantRecord {
  std::string identity, publisher, area;  // patterns
  std::uint64_t rights = 0;               // bits of store::Right
  Time created;
  std::string who;
  std::string encode() const;
  static GrantRecord decode(std::string_view bytes);
};

struct AuditRecord {
  std::uint64_t number = 0;  // also the key
  Time time;
  std::string identity, address, event, object, result;
  Sha256 previous{};  // the digest of the record before it; of the first one: zero
  Sha256 digest{};    // of all bytes of the record before this field; encode() computes it
  std::string encode() const;
  static AuditRecord decode(std::string_view bytes);
  // The digest that a record has, without decoding it; zero if it is too short to have one.
  static Sha256 stored_digest(std::string_view bytes);
  // The digest that it ought to have.
  static Sha256 computed_digest(std::string_view bytes);
};

}  // namespace metaset::store
