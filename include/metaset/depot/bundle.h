// Bundles: metasets of one repository in one file, for another one that has those before them
// (man/metaset-bundle.5 has the format).
//
// The receiver gets the same metasets: numbers, times, authors, messages and digests are equal, and
// so are the catalogs. A bundle is checked as a whole before anything of it is used; then manifests
// and payloads are stored, which nobody sees, then one metaset after the other is added; at the
// very end the last one becomes the active one. What was interrupted can be repeated.
//
// Memory: the largest transfer record, and about 200 bytes for each distinct payload and package
// version of the bundle. Thread-safety: one call for each repository at a time. Errors: as stated,
// and system errors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/progress.h"
#include "metaset/base/signing.h"
#include "metaset/store/repository.h"

namespace metaset::depot {

struct BundleOptions {
  store::MetasetNumber from = 0, to = 0;  // metasets from+1 to `to`
  bool payloads = true;                   // false: only a list of them
  bool allow_missing_payloads = false;    // leave those out that are missing
};
struct BundleResult {
  std::uint64_t metasets = 0, statements = 0, tags = 0, manifests = 0;
  std::uint64_t payloads = 0, payload_bytes = 0;  // in the bundle, or in its list
  std::uint64_t bytes = 0;                        // of the bundle
  std::vector<std::string> missing;               // payloads: "NAME of FMRI"
};
// Writes a bundle piece by piece to `sink`. kNotFound for metasets, manifests and payloads that are
// missing; kCorrupt for damaged payloads. After an error what was written is no bundle.
void write_bundle(store::Repository& source, const BundleOptions& options,
                  const std::function<void(std::string_view)>& sink,
                  const ProgressCallback& callback, BundleResult& result);

struct UnbundleOptions {
  std::string who;  // gives the tags
  // Public keys: one of them must have signed the last metaset of the bundle. Empty: nobody has to
  // have.
  std::vector<std::shared_ptr<const Key>> trusted;
  bool activate = true;
  bool allow_missing_payloads = false;  // that neither the bundle nor the repository has
};
struct UnbundleResult {
  store::MetasetNumber from = 0, to = 0;  // of the bundle
  bool created = false;                   // the repository
  std::uint64_t applied = 0;              // metasets; the others were here already
  std::uint64_t manifests = 0, payloads = 0, payload_bytes = 0;  // that are new here
  std::uint64_t statements = 0, tags = 0;                        // the same
  store::MetasetNumber active = 0;                               // afterwards
  bool activated = false;                                        // by this
  std::vector<std::string> missing;                              // payloads: "NAME of FMRI"
  bool anything() const {
    return applied + manifests + payloads + statements + tags > 0 || activated;
  }
};
// `bundle`: a file that is read from its beginning, several times. A repository that is not there
// is created. kCorrupt for a bundle that is cut short or damaged, kInvalid for what is none,
// kConflict if the repository does not have the metaset that the bundle continues, or has other
// ones; kNotFound for payloads that nobody has; kDenied without a trusted statement.
void unbundle(const std::string& root, int bundle, const UnbundleOptions& options,
              const ProgressCallback& callback, UnbundleResult& result);

}  // namespace metaset::depot
