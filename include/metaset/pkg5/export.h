// Exporting a metaset as a stock repository of format 4 (protocol/formats.md section 8), for the
// stock tools: the counterpart of the import.
//
// Catalog files are byte for byte those that a depot serves for the metaset, with their update
// logs, so that an import of the export has the same catalogs. Manifests are those of the packages
// that are visible in it. Payloads are hard links, else reflinks, else copies, below each publisher
// that has them. The repository is built beside its name and appears under it complete.
//
// Memory: about 200 bytes for each distinct payload. The source may be in use, and is not changed
// but for catalog files, which it may keep. Thread-safety: starts its own threads. Errors: kExists
// if the destination is there and not empty; kNotFound naming publishers, manifests or payloads
// that are missing; kCorrupt, kInvalid for damaged data; system errors. After an error nothing is
// under the destination's name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metaset/base/progress.h"
#include "metaset/pkg5/bad_payload.h"
#include "metaset/store/repository.h"

namespace metaset::pkg5 {

struct ExportOptions {
  std::vector<std::string> publishers;  // empty: all of the metaset
  bool allow_missing_payloads = false;  // list them, export the rest
  unsigned threads = 0;                 // for payloads; 0: one per core, at most 8
};

struct ExportedPublisher {
  std::string prefix;
  std::uint64_t packages = 0, package_versions = 0;
};
struct ExportResult {
  std::vector<ExportedPublisher> publishers;
  std::uint64_t manifests = 0;
  std::uint64_t payloads = 0;  // distinct names in the manifests
  // Files made, one for each publisher that has a payload.
  std::uint64_t linked = 0, reflinked = 0, copied = 0;
  std::uint64_t payload_bytes = 0;  // of those reflinked and copied
  std::vector<BadPayload> missing;  // complete, by name
};

// Phases: "catalogs", "manifests", "payloads", "files"; the callback may throw to interrupt what is
// under way. `result` is filled while the export goes
// on, so that it tells what was found also when an error ends it.
void export_metaset(store::Repository& source, store::MetasetNumber number,
                    const std::string& destination, const ExportOptions& options,
                    const ProgressCallback& callback, ExportResult& result);

// What pkg5.repository says: the configuration of a repository (store::View::config of scope 0),
// with this default publisher (empty: none).
std::string repository_ini(std::string_view config_json, std::string_view default_publisher);

}  // namespace metaset::pkg5
