#include "depot/repair_manifest.h"

#include <map>

#include "metaset/base/error.h"
#include "metaset/ips/fmri.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/collected.h"
#include "metaset/store/manifest_store.h"
#include "metaset/store/search_writer.h"

namespace metaset::depot {

namespace {

bool is_whole(const std::optional<std::string_view>& value, const Sha256& digest) {
  if (!value) return false;
  try {
    const store::StoredManifest stored = store::decode_manifest(*value);
    return stored.size <= ips::kMaxManifestText && sha256_of(stored.text()) == digest;
  } catch (const Error&) {
    return false;
  }
}

// What rows of a package version refer to and what is not there as it should be. Signing gives a
// version another manifest, so there can be several.
struct Needed {
  std::string row;  // key of one that needs it
  store::WantedManifest wanted;
};
using ManifestsToFetch = std::map<Sha256, Needed>;

ManifestsToFetch needed_manifests(const lmdb::Env& env, const ips::Fmri& fmri) {
  ManifestsToFetch needed;
  const lmdb::ReadTxn txn(env);
  const lmdb::Table manifests = env.table(store::kManifests);
  const auto collected = store::CollectedMetasets::load(env, txn);
  const auto id = txn.get(env.table(store::kPublisherNames), fmri.publisher);
  if (!id || !fmri.version) return needed;
  const std::string version = fmri.version->text();
  const std::string prefix = store::packages_prefix(store::read_u32(*id), fmri.name);
  lmdb::Cursor cursor(txn, env.table(store::kPackages));
  for (bool more = cursor.seek(prefix); more && cursor.key().starts_with(prefix);
       more = cursor.next()) {
    try {
      const auto entry = store::PackageEntry::decode(cursor.value());
      const Sha256& digest = entry.manifest;
      if (entry.version != version || digest == Sha256{}) continue;
      const auto stored = txn.get(manifests, bytes_of(digest));
      if (is_whole(stored, digest) || (!stored && collected.covers(entry))) continue;
      needed[digest] = {std::string(cursor.key()),
                        {fmri.publisher, fmri.name, version, digest, entry.added_in}};
    } catch (const Error&) {
      // A damaged row tells nothing.
    }
  }
  return needed;
}

// False if nobody needs it any more, or somebody else has mended it.
bool put_manifest(lmdb::Env& env, const Needed& needed, const std::string& text) {
  const Sha256& digest = needed.wanted.digest;
  const std::string value = store::encode_manifest(text);
  lmdb::WriteTxn txn(env);
  const auto row = txn.get(env.table(store::kPackages), needed.row);
  const lmdb::Table manifests = env.table(store::kManifests);
  if (!row || store::PackageEntry::decode(*row).manifest != digest ||
      is_whole(txn.get(manifests, bytes_of(digest)), digest)) {
    return false;
  }
  txn.put(manifests, bytes_of(digest), value);
  const store::View latest(env, txn, store::View::latest_number(env, txn));
  store::SearchWriter(env, txn, store::manifests_of(latest)).update_name(needed.row);
  txn.commit();
  return true;
}

std::string fetch_manifest(store::Repository& repository, const Sources& sources,
                           const Needed& needed) {
  std::string problems;
  for (const auto& source : sources) {
    std::string text, problem = "does not have it";
    try {
      const bool found = source->manifest(needed.wanted, [&](std::string&& offered) {
        const Sha256 digest = sha256_of(offered);
        if (digest == needed.wanted.digest) {
          text = std::move(offered);
          return true;
        }
        problem = "has one with the SHA-256 " + to_hex(digest);
        return false;
      });
      if (found) {
        return put_manifest(repository.committed(), needed, text) ? "from " + source->name()
                                                                  : "meanwhile";
      }
    } catch (const Error& error) {
      problem = error.message();
    }
    problems += (problems.empty() ? "" : "; ") + source->name() + ": " + problem;
  }
  return problems.empty() ? "no source was given (--from)" : problems;
}

}  // namespace

std::string repair_manifest(store::Repository& repository, const Sources& sources,
                            const Damage& damage) {
  ManifestsToFetch manifests;
  try {
    manifests = needed_manifests(repository.committed(), ips::Fmri::parse(damage.what));
  } catch (const Error& error) {
    return error.message();
  }
  if (manifests.empty()) {
    return "its text is the one that was committed: nothing could be fetched that is better";
  }
  std::string how;
  for (const auto& [digest, needed] : manifests) {
    how += (how.empty() ? "" : "; ") + fetch_manifest(repository, sources, needed);
  }
  return how;
}

}  // namespace metaset::depot
