// Catalog files: parts, attributes, update logs (protocol/catalog.md). Pure; bytes in, bytes out.
//
// Writers give the exact bytes of a stock depot: sorted keys, no white space, ASCII, `_SIGNATURE`
// last. They stream, so a part of any size needs little memory. Readers are bounded and check
// `_SIGNATURE`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/clock.h"
#include "metaset/base/hash.h"

namespace metaset::ips {

inline constexpr std::uint64_t kMaxCatalogFile = std::uint64_t{4} << 30;

// "catalog.base.C", ...; nullopt unless the name is catalog.attrs, catalog.<part>.<locale> or
// update.<hour>.<locale> in legal form (no '/', no "..").
bool is_catalog_file_name(std::string_view name);

// JSON array of strings, the value of "actions". ASCII.
std::string actions_json(const std::vector<std::string>& actions);

// Receives the bytes of a file in order.
using Sink = std::function<void(std::string_view bytes)>;

struct FileDigest {
  Sha1 sha1{};             // the hash in _SIGNATURE, not that of the file's bytes
  std::uint64_t size = 0;  // bytes of the whole file
};

// Writes one part or update log: begin a publisher, its packages in code point order, their
// entries. Nothing is written for packages without entries. Entries are JSON objects made by the
// functions below.
class PartWriter {
 public:
  PartWriter(Sink sink, bool utf8_feature);
  void publisher(std::string_view prefix);
  void package(std::string_view name);
  void entry(std::string_view json_object);
  FileDigest finish();

 private:
  void open_publisher();
  void open_package();
  void close_package();
  void close_publisher();
  void write_feature();
  void flush();

  Sink sink_;
  Hasher sha1_;
  std::string buffer_;
  std::uint64_t size_ = 0;
  std::string publisher_, package_;
  bool feature_pending_;
  bool any_publisher_ = false, any_package_ = false;  // announced; package: of this publisher
  bool publisher_open_ = false, package_open_ = false;
  bool any_key_ = false, any_name_ = false;  // written; name: of this publisher
};

// {"signature-sha-1":"...","version":"..."}
void append_base_entry(const Sha1& manifest, std::string_view version, std::string& out);
// {"actions":[...],"version":"..."}
void append_actions_entry(std::string_view actions_json, std::string_view version,
                          std::string& out);

// One operation of an update log; the text fields are JSON arrays as made by actions_json().
struct LogOperation {
  bool add = true;
  Time time;
  std::string_view version;
  std::optional<Sha1> manifest;     // catalog.base.C
  std::string_view dependency;      // catalog.dependency.C, empty: not touched
  std::string_view summary_locale;  // catalog.summary.<locale>
  std::string_view summary;         // empty: not touched
};
void append_log_operation(const LogOperation& operation, std::string& out);

struct FileAttrs {
  std::string name;
  Time last_modified;
  Sha1 sha1{};
  bool operator==(const FileAttrs&) const = default;
};
struct CatalogAttrs {
  Time created, last_modified;
  std::uint64_t package_count = 0, package_version_count = 0;
  std::vector<FileAttrs> parts, updates;  // sorted by name
  bool utf8_feature = false;
  Sha1 sha1{};  // of the file itself; set by readers
};
std::string write_attrs(const CatalogAttrs& attrs);
// null times (allowed in stock catalogs) become the epoch.
CatalogAttrs read_attrs(std::string_view text);

// A part as data. `actions` is actions_json() of the entry's actions.
struct PartEntry {
  std::string publisher, name, version;
  std::optional<Sha1> manifest;
  std::string actions;
};
struct LogEntry {
  std::string publisher, name, version;
  bool add = true;
  Time time;
  struct Part {
    std::string part;  // file name
    PartEntry entry;
  };
  std::vector<Part> parts;
};
struct ReadResult {
  Sha1 sha1{};  // of the content in our form (lower-case \u escapes)
  bool utf8_feature = false;
  // Its signature only fits with upper-case hex (protocol section 5).
  bool upper_case_escapes = false;
};
// Visit entries in file order, after the check of `_SIGNATURE`. kCorrupt if that is missing or fits
// neither case of escapes, or the structure is another one.
ReadResult read_part(std::string_view text, const std::function<void(PartEntry&&)>& visit);
ReadResult read_log(std::string_view text, const std::function<void(LogEntry&&)>& visit);

}  // namespace metaset::ips
