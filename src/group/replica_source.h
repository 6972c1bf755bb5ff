// Where metasets come from: a depot that is asked over HTTP, or a repository in a directory.
// Private to the group. Thread-safety: one thread at a time; what content() gives belongs to the
// thread that asked for it. Errors: those of the network and the system, kNotFound, kDenied,
// kInvalid.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "metaset/depot/transfer_offer.h"
#include "metaset/net/http_client.h"
#include "metaset/store/content_source.h"

namespace metaset::group {

class ReplicaSource {
 public:
  virtual ~ReplicaSource() = default;
  virtual const std::string& name() const = 0;  // for people, without secrets
  virtual depot::TransferOffer offer(store::MetasetNumber after) = 0;
  virtual std::string record(store::MetasetNumber number) = 0;
  // Any thread may ask for one of its own.
  virtual std::unique_ptr<store::ContentSource> content() const = 0;
};

// kUsage for what is neither a URL nor a directory, and for `own`, the repository that is to get
// the metasets. A directory is opened at once.
std::unique_ptr<ReplicaSource> open_replica_source(const std::string& from,
                                                   const net::HttpOptions& http,
                                                   const std::string& own);
// Whether it is a URL of a depot; else the directory that it names.
bool is_depot_url(const std::string& from);
std::string replica_directory(const std::string& from);

}  // namespace metaset::group
