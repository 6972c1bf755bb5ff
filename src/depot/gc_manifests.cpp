// Collection: manifests that no metaset needs which can be seen.
#include <algorithm>
#include <cstring>
#include <iterator>

#include "metaset/base/error.h"

#include "depot/gc_steps.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kDeletedAtOnce = 512;  // deleted in one transaction

struct Unneeded {
  Sha256 digest{};
  std::uint64_t bytes = 0;
};

std::vector<Unneeded> find_unneeded(const lmdb::Env& env, const lmdb::Txn& txn,
                                    const NeededManifests& needed) {
  std::vector<Unneeded> result;
  lmdb::Cursor cursor(txn, env.table(store::kManifests));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    Unneeded one;
    if (cursor.key().size() != one.digest.size()) continue;  // damaged: verify tells
    std::ranges::copy(cursor.key(), one.digest.begin());
    one.bytes = cursor.value().size();
    if (!needed.has(one.digest)) result.push_back(one);
  }
  return result;
}

store::PackageEntry entry_of(const lmdb::Env& env, const lmdb::Txn& txn,
                             store::PublisherId publisher,
                             const store::OperationRecord& operation) {
  const auto row =
      txn.get(env.table(store::kPackages),
              store::package_key(publisher, operation.name, ips::Version::parse(operation.version),
                                 operation.entry));
  if (!row) {
    throw Error(Code::kCorrupt,
                "the package row of " + operation.name + "@" + operation.version + " is missing");
  }
  return store::PackageEntry::decode(*row);
}

}  // namespace

PublisherSet set_of(store::PublisherId publisher) {
  return PublisherSet{1} << std::min<store::PublisherId>(publisher, 63);
}

std::size_t DigestHash::operator()(const Sha256& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

void NeededManifests::take(const store::PackageEntry& entry, store::PublisherId publisher,
                           ManifestOwners& fresh) {
  if (entry.manifest == Sha256{} || collected_.covers(entry)) return;
  const PublisherSet set = set_of(publisher);
  PublisherSet& known = owners_[entry.manifest];
  if ((known & set) != 0) return;
  known |= set;
  fresh[entry.manifest] |= set;
}

void NeededManifests::take_all(const lmdb::Env& env, const lmdb::Txn& txn, ManifestOwners& fresh) {
  lmdb::Cursor cursor(txn, env.table(store::kPackages));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    take(store::PackageEntry::decode(cursor.value()), store::read_u32(cursor.key()), fresh);
  }
}

void NeededManifests::take_since(const lmdb::Env& env, const lmdb::Txn& txn,
                                 ManifestOwners& fresh) {
  const store::View view(env, txn, store::View::latest_number(env, txn));
  for (const store::Publisher& publisher : view.publishers()) {
    const std::uint64_t end = view.state(publisher.id).next_sequence;
    for (std::uint64_t sequence = next_sequence_[publisher.id]; sequence < end; ++sequence) {
      const auto row =
          txn.get(env.table(store::kOperations), store::pair_key(publisher.id, sequence));
      if (!row) throw Error(Code::kCorrupt, "an operation of " + publisher.prefix + " is missing");
      const auto operation = store::OperationRecord::decode(*row);
      take(entry_of(env, txn, publisher.id, operation), publisher.id, fresh);
    }
  }
}

void NeededManifests::remember(const lmdb::Env& env, const lmdb::Txn& txn) {
  latest_ = store::View::latest_number(env, txn);
  const store::View view(env, txn, latest_);
  for (const store::Publisher& publisher : view.publishers()) {
    next_sequence_[publisher.id] = view.state(publisher.id).next_sequence;
  }
}

ManifestOwners NeededManifests::update(const lmdb::Env& env, const lmdb::Txn& txn) {
  ManifestOwners fresh;
  if (latest_ == store::View::latest_number(env, txn)) return fresh;
  latest_ == 0 ? take_all(env, txn, fresh) : take_since(env, txn, fresh);
  remember(env, txn);
  return fresh;
}

// Looked for first without keeping anybody out; a commit that came since is seen by the
// transactions that delete.
void collect_manifests(GcContext& context, NeededManifests& needed) {
  lmdb::Env& env = context.repository.committed();
  std::vector<Unneeded> unneeded;
  {
    const lmdb::ReadTxn txn(env);
    needed.update(env, txn);
    unneeded = find_unneeded(env, txn, needed);
  }
  GcCount& count = context.report.manifests;
  for (std::size_t begin = 0; begin < unneeded.size(); begin += kDeletedAtOnce) {
    const std::size_t end = std::min(unneeded.size(), begin + kDeletedAtOnce);
    std::optional<lmdb::WriteTxn> txn;
    if (!context.options.dry_run) {
      txn.emplace(env);
      needed.update(env, *txn);
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (needed.has(unneeded[i].digest)) continue;
      if (txn) txn->erase(env.table(store::kManifests), bytes_of(unneeded[i].digest));
      ++count.count;
      count.bytes += unneeded[i].bytes;
    }
    if (txn) txn->commit();
    context.tell("manifests", end, unneeded.size(), count.bytes);
  }
}

}  // namespace metaset::depot
