// Publishing a package from a manifest and prototype directories into a staging area, as
// `pkgsend publish` does it over HTTP (protocol/http.md section 7, formats.md section 4.2).
//
// Payloads are durable before the package is staged. If anything fails nothing is staged; payloads
// that were stored meanwhile are harmless and are collected later.
// Thread-safety: several publications may run at once on one Repository.
// Errors: kInvalid with every broken rule of the manifest, kNotFound naming a payload's file and
// where it was looked for, kExists if that version is there already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/fmri.h"
#include "metaset/store/repository.h"
#include "metaset/store/staging.h"

namespace metaset::depot {

struct PublishOptions {
  std::vector<std::string> prototypes;  // directories to look for payloads in, in order
  std::string area{store::kDefaultArea};
  std::string who;
  bool keep_timestamp = false;  // default: the FMRI gets the current time
};

struct Published {
  ips::Fmri fmri;
  std::uint64_t payloads = 0;
  std::uint64_t bytes = 0;  // of their content
  std::vector<std::string> warnings;
};

// `source` names the manifest in errors.
Published publish_package(store::Repository& repository, std::string_view manifest,
                          std::string_view source, const PublishOptions& options);

}  // namespace metaset::depot
