// Import, step 2: manifests are checked against the catalog and stored.
#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/parallel.h"

#include "pkg5/importer.h"

namespace metaset::pkg5 {

namespace {
constexpr std::size_t kBatchBytes = 32 << 20;  // one durable transaction for so much
}

struct Importer::CheckedManifest {
  std::size_t job = 0;
  Sha256 digest{};
  std::uint64_t size = 0;
  std::string encoded;  // empty: stored already
  std::vector<store::PayloadClaim> claims;
};

std::string Importer::Job::fmri() const {
  return "pkg://" + catalog->publisher + "/" + std::string(package->name) + "@" +
         std::string(package->version);
}

// Packages that the destination has with this manifest were checked when they came.
void Importer::choose_manifests() {
  const lmdb::ReadTxn txn(destination_.committed());
  const lmdb::Env& env = destination_.committed();
  const store::View latest(env, txn, store::View::latest_number(env, txn));
  for (StockCatalog& catalog : catalogs_) {
    const auto publisher = latest.publisher(catalog.publisher);
    for (CatalogPackage& package : catalog.packages) {
      if (publisher) {
        const auto row =
            latest.find_visible(publisher->id, package.name, ips::Version::parse(package.version));
        if (row && row->entry.manifest_sha1 == package.manifest_sha1) {
          package.manifest = row->entry.manifest;
        }
      }
      if (package.manifest == Sha256{} || options_.complete) jobs_.push_back({&catalog, &package});
    }
  }
}

Importer::CheckedManifest Importer::check_manifest(const Job& job) const {
  const CatalogPackage& package = *job.package;
  const std::string& publisher = job.catalog->publisher;
  const std::string path =
      join_path(source_.root(), source_.manifest_path(publisher, package.name, package.version));
  const auto text = source_.manifest(publisher, package.name, package.version);
  if (!text) {
    throw Error(Code::kNotFound, "manifest " + path + " is missing, but the catalog lists " +
                                     job.fmri() + "; mend it with: pkgrepo rebuild -s " +
                                     source_.root() + " -p " + publisher);
  }
  const Sha1 sha1 = sha1_of(*text);
  if (sha1 != package.manifest_sha1) {
    throw Error(Code::kCorrupt, "manifest " + path + " has the SHA-1 " + to_hex(sha1) +
                                    ", the catalog says " + to_hex(package.manifest_sha1));
  }
  CheckedManifest checked;
  checked.size = text->size();
  checked.digest = sha256_of(*text);
  try {
    checked.claims = store::payload_claims(*text);
  } catch (const Error& error) {
    throw Error(error.code(), "manifest " + path + ": " + error.message());
  }
  const lmdb::Env& env = destination_.committed();
  const lmdb::ReadTxn txn(env);
  if (!txn.get(env.table(store::kManifests), bytes_of(checked.digest))) {
    checked.encoded = store::encode_manifest(*text);
  }
  return checked;
}

// Manifests that no metaset refers to are harmless, so they need not wait for theirs.
void Importer::store_manifests(std::vector<CheckedManifest>& batch) {
  lmdb::Env& env = destination_.committed();
  lmdb::WriteTxn txn(env);
  std::uint64_t stored = 0;
  for (const CheckedManifest& m : batch) {
    if (txn.insert(env.table(store::kManifests), bytes_of(m.digest), m.encoded)) ++stored;
  }
  txn.commit();
  result_.new_manifests += stored;
  batch.clear();
}

void Importer::take_manifests() {
  choose_manifests();
  ProgressPhase progress(callback_, "manifests", jobs_.size());
  store::ClaimSet claims;
  std::vector<CheckedManifest> batch;
  std::size_t batch_bytes = 0;
  const auto work = [&](std::size_t index) {
    CheckedManifest checked = check_manifest(jobs_[index]);
    checked.job = index;
    return checked;
  };
  const auto take = [&](CheckedManifest&& checked) {
    const std::uint64_t size = checked.size;
    jobs_[checked.job].package->manifest = checked.digest;
    claims.add(checked.claims, static_cast<std::uint32_t>(checked.job),
               static_cast<std::uint32_t>(jobs_[checked.job].catalog - catalogs_.data()));
    if (!checked.encoded.empty()) {
      checked.claims = {};
      batch_bytes += checked.encoded.size();
      batch.push_back(std::move(checked));
    }
    if (batch_bytes >= kBatchBytes) {
      store_manifests(batch);
      batch_bytes = 0;
    }
    ++result_.manifests;
    progress.step(size);
  };
  run_parallel(jobs_.size(), thread_count(options_.threads), work, take);
  if (!batch.empty()) store_manifests(batch);
  claims_ = claims.take();
}

}  // namespace metaset::pkg5
