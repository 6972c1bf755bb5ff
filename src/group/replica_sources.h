// The sources of a replication, in their order. Each is asked what it offers when it is needed for
// the first time, and is not used if it does not answer, or has another history. Private to the
// group. Thread-safety: any thread. Errors: those that sources() cannot do without.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "metaset/base/error.h"
#include "metaset/net/http_client.h"

#include "group/replica_source.h"

namespace metaset::group {

class ReplicaSources {
 public:
  // Of a metaset here, up to the latest one.
  using DigestHere = std::function<Sha256(store::MetasetNumber number)>;

  // `own`: the root of the repository that is to get the metasets. kUsage, kInvalid for what can be
  // no source.
  ReplicaSources(const std::vector<std::string>& from, const net::HttpOptions& http,
                 const std::string& own);

  // What is here: with what offers are compared. Before anything is asked.
  void compare_with(store::MetasetNumber latest, DigestHere digest);

  std::size_t size() const { return entries_.size(); }
  const std::string& name(std::size_t index) const { return entries_[index].name; }
  // nullptr: it is not to be used, problem() says why.
  const depot::TransferOffer* offer(std::size_t index);
  // kNotFound, kCorrupt, ...: of this source; it may be used for other things.
  std::string record(std::size_t index, store::MetasetNumber number);
  // For the calling thread; nullptr: the source is not to be used.
  std::unique_ptr<store::ContentSource> content(std::size_t index);
  // It is no good: it is not used any more.
  void exclude(std::size_t index, const Error& why);

  // "SOURCE: why" of those that are not used.
  std::vector<std::string> problems() const;
  // What is to be thrown if no source helps: `what`, and why each of them did not.
  Error failure(const std::string& what, Code otherwise) const;

 private:
  struct Entry {
    std::string from, name;
    std::unique_ptr<ReplicaSource> source;
    std::optional<depot::TransferOffer> offer;
    std::optional<Error> problem;
  };
  void open(Entry& entry);
  void compare(const Entry& entry) const;

  net::HttpOptions http_;
  std::string own_;
  store::MetasetNumber latest_ = 0;
  DigestHere digest_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Entry> entries_;
};

}  // namespace metaset::group
