#include "metaset/depot/manifest.h"

#include "metaset/base/error.h"
#include "metaset/base/gzip.h"
#include "metaset/depot/fmri_argument.h"

#include "depot/whole_repository.h"

namespace metaset::depot {

namespace {

std::optional<Manifest> find_one(const store::View& view, const store::Publisher& publisher,
                                 const ips::Fmri& fmri) {
  const auto entry = view.find(publisher.id, fmri.name, require_version(fmri));
  if (!entry) return std::nullopt;
  const auto stored = view.manifest(entry->manifest);
  if (!stored) return std::nullopt;
  Manifest result;
  result.publisher = publisher;
  result.bytes = stored->bytes;
  result.is_gzip = stored->is_gzip;
  result.size = stored->size;
  result.sha1 = entry->manifest_sha1;
  // Not the timestamp of the FMRI: signing gives the same version another manifest.
  const auto record = store::View::record_of(view.env(), view.txn(), entry->added_in);
  if (record) result.last_modified = record->time;
  return result;
}

// Without a publisher's name all are tried: those of the view first, then those that only later
// metasets have.
std::optional<Manifest> find_anywhere(const store::View& view, const Publishers& publishers,
                                      const ips::Fmri& fmri) {
  for (const PublisherFacts& facts : publishers.all()) {
    if (auto manifest = find_one(view, facts.publisher, fmri)) return manifest;
  }
  for (const store::Publisher& publisher : whole_repository(view).publishers()) {
    if (publishers.find(publisher.prefix) != nullptr) continue;
    if (auto manifest = find_one(view, publisher, fmri)) return manifest;
  }
  return std::nullopt;
}

std::optional<Manifest> find(const store::View& view, const Publishers& publishers,
                             std::string_view prefix, const ips::Fmri& fmri) {
  if (!prefix.empty()) {
    return find_one(view, require_in_repository(view, publishers, prefix), fmri);
  }
  if (fmri.publisher.empty()) return find_anywhere(view, publishers, fmri);
  const auto publisher = find_in_repository(view, publishers, fmri.publisher);
  return publisher ? find_one(view, *publisher, fmri) : std::nullopt;
}

}  // namespace

std::string Manifest::text() && {
  if (!is_gzip) return std::move(bytes);
  std::string result = gunzip(bytes, size);
  if (result.size() != size) throw Error(Code::kCorrupt, "damaged manifest in the database");
  return result;
}

Manifest find_manifest(const store::View& view, const Publishers& publishers,
                       std::string_view prefix, const ips::Fmri& fmri) {
  require_version(fmri);
  if (auto manifest = find(view, publishers, prefix, fmri)) return *std::move(manifest);
  throw Error(Code::kNotFound, "No manifest could be found for the FMRI: '" + fmri.text() + "'.");
}

}  // namespace metaset::depot
