// Where manifests and payloads can be had from again: other depots and repositories.
//
// Nothing that a source gives is trusted: who asks for something checks it, and may refuse it. Then
// the source offers what else it has under that name.
// Thread-safety: one thread at a time. Errors: those of the network and the system, kLimit,
// kCorrupt: for this source, this time; another one may do better. That a source lacks the thing
// is no error.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "metaset/base/byte_sink.h"
#include "metaset/store/schema.h"

namespace metaset::store {

// Takes a payload in repository form. begin() starts one that is offered, write() is false when it
// is no good, end() follows a complete one and is true if no other is needed.
class PayloadTaker : public ByteSink {
 public:
  virtual std::uint64_t max_size() const = 0;  // of the gzip file
  virtual bool end() = 0;
};

struct WantedManifest {
  std::string publisher, name, version;
  Sha256 digest{};             // of the text
  MetasetNumber added_in = 0;  // here; a replica has it under the same number
};
// True if it is the one.
using ManifestTaker = std::function<bool(std::string&& text)>;

struct WantedPayload {
  std::string name;                  // hex
  std::set<std::string> publishers;  // whose packages need it
};

class ContentSource {
 public:
  virtual ~ContentSource() = default;
  virtual const std::string& name() const = 0;  // for people, without secrets
  // Each offers what it has until it was taken; false: it was not.
  virtual bool manifest(const WantedManifest& wanted, const ManifestTaker& take) = 0;
  virtual bool payload(const WantedPayload& wanted, PayloadTaker& taker) = 0;
  // The file that payload() would offer, where it is one of this machine, so that it can be linked
  // to; empty: it is none. Whether it exists is not looked at.
  virtual std::string payload_file(const std::string& /*name*/) { return {}; }
};

// A metaset repository in a directory of this machine, opened for reading. Must not be open in this
// process already (LMDB).
std::unique_ptr<ContentSource> repository_source(const std::string& root);
// One that is open; several sources, each for one thread, can share it.
class Repository;
std::unique_ptr<ContentSource> repository_source(std::shared_ptr<Repository> repository);

// Offers a file; false if it is not there or was not taken.
bool offer_payload_file(const std::string& path, PayloadTaker& taker);

}  // namespace metaset::store
