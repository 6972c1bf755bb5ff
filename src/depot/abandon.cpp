#include "metaset/depot/abandon.h"

#include <set>
#include <unordered_set>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/layout.h"
#include "metaset/store/payload_lock.h"
#include "metaset/store/staging.h"

namespace metaset::depot {

namespace {

// Payloads that nothing refers to any more, found by striking out those that something does.
class Unused {
 public:
  explicit Unused(store::Repository& repository) : repository_(repository) {}

  void add(std::string_view manifest) {
    for (std::string& name : ips::summarize(manifest).payloads) {
      if (store::is_payload_name(name)) names_.insert(std::move(name));
    }
  }
  // Strikes out what manifests refer to that were not read yet. Staged ones first: a commit that
  // happens meanwhile has them in one place or the other.
  void strike() {
    strike(repository_.staging(), store::kStagedManifests);
    strike(repository_.committed(), store::kManifests);
  }
  std::size_t size() const { return names_.size(); }
  const std::unordered_set<std::string>& names() const { return names_; }

 private:
  void strike(const lmdb::Env& env, std::size_t table) {
    if (names_.empty()) return;
    const lmdb::ReadTxn txn(env);
    lmdb::Cursor cursor(txn, env.table(table));
    for (bool more = cursor.first(); more && !names_.empty(); more = cursor.next()) {
      if (!seen_.emplace(cursor.key()).second) continue;
      const std::string text = store::decode_manifest(cursor.value()).text();
      for (const std::string& name : ips::summarize(text).payloads) names_.erase(name);
    }
  }

  store::Repository& repository_;
  std::unordered_set<std::string> names_;    // payloads
  std::set<std::string, std::less<>> seen_;  // digests of manifests
};

bool is_publishing(const store::Repository& repository) {
  return !list_directory(join_path(store::staging_directory(repository.root()), "open")).empty();
}

void collect(store::Repository& repository, Unused& unused, Abandoned& result) {
  // The long part without the lock, and then what came since.
  unused.strike();
  if (unused.size() == 0) return;
  const auto collection = store::PayloadCollection::begin(repository.root());
  if (!collection || is_publishing(repository)) {
    result.left = unused.size();
    return;
  }
  unused.strike();
  for (const std::string& name : unused.names()) {
    const auto size = repository.payloads().csize(name);
    if (!size) continue;
    remove_file(repository.payloads().path(name));
    ++result.payloads;
    result.payload_bytes += *size;
  }
}

}  // namespace

Abandoned abandon_area(store::Repository& repository, std::string_view name) {
  store::Staging staging(repository.staging());
  const auto area = staging.area(name);
  if (!area) {
    throw Error(Code::kNotFound, "there is no staging area '" + std::string(name) +
                                     "' (metaset stage list shows them)");
  }
  Abandoned result;
  Unused unused(repository);
  for (const store::StagedChange& change : staging.changes(area->record.id)) {
    ++result.changes;
    if (change.record.kind == store::ChangeKind::kRemove) continue;
    try {
      unused.add(staging.manifest(change.record.manifest));
    } catch (const Error&) {
      // Damaged, or changed at this moment: its payloads stay, abandoning goes on.
    }
  }
  if (!staging.abandon(name)) return result;
  collect(repository, unused, result);
  return result;
}

}  // namespace metaset::depot
