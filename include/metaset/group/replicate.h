// Replication: a repository gets the metasets that another one has, with their manifests and
// payloads, and then is the same, byte for byte (metaset replicate, metaset agent).
//
// A source is the URL of a depot (api/1/transfer: metaset-serve gives metasets up to the active
// one, or held ones too, as METASET_TRANSFER says; metaset-publish gives all to those who have a
// grant) or a directory with a metaset repository. Sources are asked in their order: the next one
// when one fails, lacks something or gives something damaged. Everything is checked: the chain of
// digests from the latest metaset here, manifests and payloads by their digests, the rows of each
// metaset by those that it announces.
//
// First all records are fetched, then what they need and what is not here is: manifests, payloads.
// Nobody sees these before the metasets are added, one durable transaction for each; the last step
// makes the target the active one, if that is wanted. Killed at any point, it goes on where it was
// when it is called again: what was fetched is not fetched again. What was collected at the source
// counts as collected here, and what only it needed is not fetched.
//
// Lifetime: the repository must be open for writing, and is used by this while others read, serve
// and publish; nobody else may commit to a replica. Holds a CollectionLock and a PayloadUse.
// Thread-safety: one call for each repository at a time (others wait, also in other processes); no
// transaction of this thread may be open. Uses threads of its own.
// Errors: kConflict if the histories differ, or somebody commits meanwhile; kDenied without a
// trusted statement, or if sources refuse; kNotFound if no source has the target, or something that
// it needs; kUnavailable if no source answers, or it was stopped: trying again may help; kCorrupt,
// kInvalid, kLimit for what sources send; kUsage for what is no source; system errors. `result` is
// right after errors too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metaset/base/progress.h"
#include "metaset/base/signing.h"
#include "metaset/net/http_client.h"
#include "metaset/store/access.h"
#include "metaset/store/repository.h"

namespace metaset::group {

struct ReplicateOptions {
  // The last metaset to bring; nullopt: the last one that the first source gives which answers.
  std::optional<store::MetasetNumber> target;
  bool activate = false;  // make the target the active one, unless a newer one is
  // Public keys: one of them must have signed the target. Empty: nobody has to have.
  std::vector<std::shared_ptr<const Key>> trusted;
  unsigned threads = 0;   // that fetch, each with connections of its own; 0: 8
  net::HttpOptions http;  // `stop` ends all of it, also what is no request
  std::string who;        // gives the tags
  store::Actor actor;     // for the audit, which tells of what was brought
  // The content of a payload of which no manifest says how large it is may have so many bytes.
  std::uint64_t max_payload = std::uint64_t{4} << 30;
};

struct ReplicateResult {
  store::MetasetNumber from = 0, to = 0;  // the latest one here before; the target
  Sha256 digest{};                        // of the target
  bool created = false;                   // the repository
  std::uint64_t applied = 0;              // metasets
  std::uint64_t manifests = 0;            // that are new here
  std::uint64_t payloads = 0, payload_bytes = 0, linked = 0;  // the same; `linked` of them
  std::uint64_t statements = 0, tags = 0;                     // the same
  store::MetasetNumber active = 0;                            // afterwards
  bool activated = false;                                     // by this
  // Payloads with the right content that are not the gzip file that manifests claim, at any source:
  // "NAME of FMRI: what differs". They are taken: verify tells of them at the source too.
  std::vector<std::string> differing;
  std::vector<std::string> problems;  // "SOURCE: why it was not used"
  bool anything() const {
    return created || applied + manifests + payloads + statements + tags > 0 || activated;
  }
};

// Progress: the phases "metasets" (records), "manifests", "payloads", "adding"; told by several
// threads, one at a time.
void replicate(store::Repository& repository, const std::vector<std::string>& sources,
               const ReplicateOptions& options, const ProgressCallback& callback,
               ReplicateResult& result);

// The same into a directory where there is no repository yet (kExists). With the first metaset,
// which is active then, it comes into being only when the records have been checked, and the
// statement.
std::unique_ptr<store::Repository> replicate_anew(const std::string& root,
                                                  const std::vector<std::string>& sources,
                                                  const ReplicateOptions& options,
                                                  const ProgressCallback& callback,
                                                  ReplicateResult& result);

}  // namespace metaset::group
