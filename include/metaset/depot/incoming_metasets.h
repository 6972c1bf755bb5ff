// How metasets of another repository are added, with what they need: the part that does not depend
// on the way on which they come (unbundle.cpp, group/replicate.h).
//
// The order is that of durability: manifests and payloads first, which nobody sees, then
// sync_payloads(), then one metaset after the other, each in a transaction of its own; then
// statements and tags; at the very end one of them becomes the active one. What was interrupted
// between any two steps can be repeated. Who uses this holds a CollectionLock and a PayloadUse
// (store/payload_lock.h) meanwhile.
// Lifetime: refers to the repository. Thread-safety: one thread at a time; latest(), active(),
// has_manifest() and has_payload() in any thread. Errors: as stated, and system errors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metaset/base/hash.h"
#include "metaset/base/signing.h"
#include "metaset/store/collected.h"
#include "metaset/store/repository.h"
#include "metaset/store/statement.h"

namespace metaset::depot {

struct MetasetTag {
  std::string name;
  store::MetasetNumber number = 0;
};

// Makes a repository with its first metaset, which is active then: every repository has such a one.
void create_from_record(const std::string& root, const std::string& first_record);

// Whether one of the keys has signed this metaset; true if there are no keys.
bool is_trusted(const std::vector<store::Statement>& statements,
                const std::vector<std::shared_ptr<const Key>>& trusted, store::MetasetNumber number,
                const Sha256& digest);

class IncomingMetasets {
 public:
  explicit IncomingMetasets(store::Repository& repository) : repository_(repository) {}

  store::MetasetNumber latest() const;
  store::MetasetNumber active() const;
  bool is_collected(store::MetasetNumber number) const;
  bool has_manifest(const Sha256& digest) const;
  // Whether a payload is here. One whose file has that size was checked when it came; another size
  // is that of another compression, or what a power failure left.
  bool has_payload(const std::string& name, std::uint64_t csize) const;

  // The text must have that SHA-256. Manifests are written many at once: flush_manifests().
  void add_manifest(const Sha256& digest, std::string_view text);
  // The same in the form in which it is kept (store/manifest_store.h).
  void add_encoded_manifest(const Sha256& digest, std::string value);
  void flush_manifests();
  void sync_payloads() { repository_.payloads().sync(); }

  // The next one; it counts as collected if it is one of these. kConflict if it is not the next one
  // (any more).
  void add_metaset(std::string_view record, const store::CollectedMetasets& collected);
  // How many of them are new here.
  std::uint64_t add_statements(const std::vector<store::Statement>& statements);
  // How many of them were not so before. Those of collected metasets are left out.
  std::uint64_t set_tags(const std::vector<MetasetTag>& tags, const std::string& who);
  // False if that one or a newer one is active already.
  bool activate(store::MetasetNumber number);
  // The first metaset of all makes the repository, and is the active one until another one is: then
  // it can be marked as collected, if it is where it comes from. False: it is not marked now.
  bool collect_first();

  std::uint64_t manifests_added() const { return manifests_added_; }

 private:
  // What look(env, txn) finds in what is committed now.
  template <typename Look>
  auto committed(const Look& look) const {
    const lmdb::Env& env = std::as_const(repository_).committed();
    const lmdb::ReadTxn txn(env);
    return look(env, txn);
  }
  void note_collected(lmdb::WriteTxn& txn, store::MetasetNumber number);
  std::uint64_t statement_count(const lmdb::Txn& txn) const;

  store::Repository& repository_;
  std::vector<std::pair<Sha256, std::string>> batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t manifests_added_ = 0;
};

}  // namespace metaset::depot
