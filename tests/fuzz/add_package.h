// How the small repositories of the fuzz targets get their packages.
#pragma once

#include <optional>
#include <string>

#include "metaset/base/hash.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/metaset_writer.h"
#include "metaset/store/repository.h"

namespace metaset::fuzz {

// A metaset with one more package.
inline void add_package(store::Repository& repository, const std::string& fmri,
                        const std::string& actions) {
  const std::string text = "set name=pkg.fmri value=" + fmri + "\n" + actions;
  repository.write_metaset(
      {"fuzz", "published", std::nullopt, true},
      [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
        const ips::ManifestSummary summary = ips::summarize(text);
        writer.add(writer.publisher(summary.fmri.publisher),
                   store::facts_of(summary, sha1_of(text), writer.put_manifest(text)));
      });
}

}  // namespace metaset::fuzz
