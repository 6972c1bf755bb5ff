// A bundle, read once from its beginning to its end and found whole. Private to the depot.
//
// Every byte is covered: the form of the archive, the digest at its end, the chain of the metasets,
// manifests by their digests. What payloads hold is only known when they are stored.
// Thread-safety: one thread. Errors: kCorrupt, kInvalid, kLimit.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metaset/base/tar.h"
#include "metaset/depot/transferred_packages.h"
#include "metaset/store/payload_claims.h"
#include "metaset/store/statement.h"

#include "depot/bundle_format.h"

namespace metaset::depot {

// Opens the archive at its beginning. The descriptor must not be used otherwise meanwhile.
TarReader bundle_archive(int bundle, TarReader::Observer observe = {});

// The text of a manifest, checked against the SHA-256 that names it.
std::string manifest_in(TarReader& archive, const BundleMember& member);

class BundleContents {
 public:
  BundleContents(int bundle, const ProgressCallback& callback);

  struct Metaset {
    std::uint64_t offset = 0, size = 0;  // of its record, compressed
    Sha256 digest{};
  };
  const BundleHeader& header() const { return header_; }
  const Metaset& metaset(store::MetasetNumber number) const {
    return metasets_.at(static_cast<std::size_t>(number - header_.from - 1));
  }
  // Read again; the same as before, or kCorrupt.
  std::string record(store::MetasetNumber number) const;
  const std::vector<store::Statement>& statements() const { return statements_; }
  const std::vector<MetasetTag>& tags() const { return tags_; }
  // Those of its metasets that can be seen no more where it comes from.
  const store::CollectedMetasets& collected() const { return collected_; }

  struct ManifestInfo {
    std::string digest;  // hex
    std::vector<std::string> publishers;
    std::string package;
    bool needed = false;   // by a metaset that can be seen
    bool present = false;  // in the bundle
  };
  const std::vector<ManifestInfo>& manifests() const { return manifests_; }
  struct PayloadInfo {
    std::string name;
    std::vector<std::string> publishers;  // that have it
    std::string package;                  // FMRI of one that has it
    bool needed = false;                  // by a metaset that can be seen
  };
  // All that the manifests in the bundle name.
  const std::vector<PayloadInfo>& payloads() const { return payloads_; }
  // Whether it is in the bundle.
  bool has_payload(const std::string& name) const;

 private:
  void read_member(TarReader& archive, const TarReader::Member& file, const BundleMember& member);
  void take_metaset(TarReader& archive, const TarReader::Member& file, const BundleMember& member);
  void take_statement(TarReader& archive, const BundleMember& member);
  void take_tags(TarReader& archive);
  void take_collected(TarReader& archive);
  void take_manifest(TarReader& archive, const BundleMember& member);
  std::uint32_t number_of(const std::string& publisher);
  void end_of_metasets();
  void end_of_manifests();

  int bundle_;
  BundleHeader header_;
  std::vector<Metaset> metasets_;
  std::vector<store::Statement> statements_;
  std::vector<MetasetTag> tags_;
  store::CollectedMetasets collected_;
  TransferredPackages packages_;
  std::vector<ManifestInfo> manifests_;
  std::vector<std::string> publishers_;  // of which claims have the number
  store::ClaimSet claims_;
  std::vector<PayloadInfo> payloads_;
  std::vector<std::string> payload_files_;  // names, sorted
};

}  // namespace metaset::depot
