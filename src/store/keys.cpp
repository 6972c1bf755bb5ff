#include "metaset/base/error.h"
#include "metaset/lmdb/lmdb.h"
#include "metaset/store/schema.h"

namespace metaset::store {

std::vector<std::string> committed_tables() {
  return {"meta",         "metasets",      "publishers",   "publisher-names",
          "states",       "packages",      "texts",        "operations",
          "logs",         "catalog-files", "config",       "manifests",
          "areas",        "search-chains", "search-names", "search-documents",
          "search-lines", "search-tokens"};
}
std::vector<std::string> staging_tables() {
  return {"areas", "changes", "fmris", "manifests", "tokens", "grants", "audit"};
}

namespace {
void append_u64(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
void append_u32(std::uint32_t value, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
void require_key_size(const std::string& key, std::string_view what) {
  if (key.size() > lmdb::kMaxKey) {
    throw Error(Code::kLimit, "name and version too long for the database: " + std::string(what));
  }
}
}  // namespace

std::string u64_key(std::uint64_t number) {
  std::string key;
  append_u64(number, key);
  return key;
}
std::string u32_key(std::uint32_t number) {
  std::string key;
  append_u32(number, key);
  return key;
}
std::uint64_t read_u64(std::string_view bytes) {
  if (bytes.size() < 8) throw Error(Code::kCorrupt, "damaged key in the database");
  std::uint64_t value = 0;
  for (const char c : bytes.substr(bytes.size() - 8))
    value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}
std::uint32_t read_u32(std::string_view bytes) {
  if (bytes.size() < 4) throw Error(Code::kCorrupt, "damaged key in the database");
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

std::string pair_key(std::uint32_t id, std::uint64_t number) {
  std::string key;
  append_u32(id, key);
  append_u64(number, key);
  return key;
}

std::string packages_prefix(PublisherId publisher, std::string_view name) {
  std::string key;
  append_u32(publisher, key);
  key.append(name);
  key.push_back('\0');
  return key;
}

std::string package_key(PublisherId publisher, std::string_view name, const ips::Version& version,
                        std::uint64_t sequence) {
  std::string key = packages_prefix(publisher, name);
  key.append(version.order_key());
  append_u64(sequence, key);
  require_key_size(key, name);
  return key;
}

std::string_view name_in_package_key(std::string_view key) {
  key.remove_prefix(4);
  return key.substr(0, key.find('\0'));
}

std::string logs_prefix(PublisherId publisher, std::int64_t hour, std::string_view locale) {
  std::string key;
  append_u32(publisher, key);
  append_u32(static_cast<std::uint32_t>(hour), key);
  key.append(locale);
  key.push_back('\0');
  return key;
}

std::string catalog_file_key(PublisherId publisher, std::string_view file, MetasetNumber changed_in,
                             bool utf8_feature) {
  std::string key = packages_prefix(publisher, file);
  append_u64(changed_in, key);
  key.push_back(utf8_feature ? 'u' : 'a');
  require_key_size(key, file);
  return key;
}

std::string change_key(const AreaId& area, std::uint64_t sequence) {
  std::string key(bytes_of(area));
  append_u64(sequence, key);
  return key;
}

}  // namespace metaset::store
