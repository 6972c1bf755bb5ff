// A stock repository on disk, for reading (protocol/formats.md section 8): format 4, and format 3
// with its one publisher. Format 2 is recognised and refused.
//
// Nothing of its content is trusted: sizes are bounded, names are checked before they become paths,
// symbolic links are not followed below the root, except to payload files (and to directories of
// payloads), whose content is always checked by hash. The repository may be in use by a depot.
// Ownership: holds a descriptor of the root directory. Thread-safety: const functions, any thread.
// Errors: kNotFound if there is no repository, kInvalid for an unknown format or broken
// configuration, kCorrupt for damaged files, kLimit, system errors; all name the file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/p5i.h"
#include "metaset/ips/version.h"
#include "metaset/pkg5/ini.h"

namespace metaset::pkg5 {

class Tree;

class StockRepository {
 public:
  explicit StockRepository(const std::string& root);
  ~StockRepository();
  StockRepository(StockRepository&&) noexcept;

  const std::string& root() const { return root_; }
  int format() const { return format_; }
  // The publisher of publisher/prefix; empty: none.
  const std::string& default_publisher() const { return default_publisher_; }
  // All publishers by name, also empty ones.
  const std::vector<std::string>& publishers() const { return publishers_; }
  // What could not be taken: directories whose names are not those of publishers, ...
  const std::vector<std::string>& warnings() const { return warnings_; }
  // Configuration as status/0 shows it (protocol/formats.md section 7), with the defaults and with
  // version 4: one JSON object of sections.
  std::string configuration_json() const;
  const Ini& configuration() const { return ini_; }

  // The publisher's entry of its pub.p5i (format 3: of cfg_cache); nullopt if there is none.
  std::optional<ips::P5iPublisher> publisher_info(std::string_view publisher) const;

  // A file of the publisher's catalog directory by its legal name; nullopt if it is not there.
  std::optional<std::string> catalog_file(std::string_view publisher, std::string_view name) const;
  // Where a manifest lies, below the root: pkg/NAME/VERSION, both percent-encoded.
  std::string manifest_path(std::string_view publisher, std::string_view name,
                            std::string_view version) const;
  // nullopt if it is not there.
  std::optional<std::string> manifest(std::string_view publisher, std::string_view name,
                                      std::string_view version) const;
  struct ManifestName {
    std::string name, version;
  };
  // Manifests on disk, by name and version text. Files with other names are left out.
  std::vector<ManifestName> list_manifests(std::string_view publisher) const;

  // Visits regular files that may hold a payload (absolute paths, links resolved), best first: in
  // the publisher's store, the shared one, those of the others; layout V1 before V0. Stops when
  // `visit` returns true and then returns true.
  bool find_payload(std::string_view publisher, std::string_view name,
                    const std::function<bool(const std::string& path)>& visit) const;

 private:
  std::string below(std::string_view publisher, std::string_view what) const;
  void read_configuration();
  void detect_format();
  void find_publishers();
  std::string config_name() const;

  std::string root_;
  std::unique_ptr<Tree> tree_;
  int format_ = 4;
  std::string config_file_;  // below the root; empty: none
  Ini ini_;
  std::string default_publisher_;
  std::vector<std::string> publishers_, warnings_;
};

}  // namespace metaset::pkg5
