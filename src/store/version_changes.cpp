#include "metaset/store/version_changes.h"

#include <set>

#include "metaset/base/error.h"

namespace metaset::store {

namespace {

using NameAndVersion = std::pair<std::string, std::string>;

// What was added or removed after the earlier metaset, each once, sorted.
std::set<NameAndVersion> touched_between(const View& earlier, const View& later,
                                         const Publisher& publisher) {
  std::set<NameAndVersion> touched;
  if (!later.publisher(publisher.prefix)) return touched;
  const bool existed = earlier.publisher(publisher.prefix).has_value();
  std::uint64_t sequence = existed ? earlier.state(publisher.id).next_sequence : 0;
  const std::uint64_t end = later.state(publisher.id).next_sequence;
  for (; sequence < end; ++sequence) {
    const auto row =
        later.txn().get(later.env().table(kOperations), pair_key(publisher.id, sequence));
    if (!row) {
      throw Error(Code::kCorrupt, "operation " + std::to_string(sequence) + " of publisher " +
                                      publisher.prefix + " is missing");
    }
    OperationRecord operation = OperationRecord::decode(*row);
    touched.emplace(std::move(operation.name), std::move(operation.version));
  }
  return touched;
}

std::optional<PackageEntry> visible_entry(const View& view, PublisherId publisher,
                                          const VersionChange& change) {
  auto row = view.find_visible(publisher, change.name, change.version);
  if (!row) return std::nullopt;
  return std::move(row->entry);
}

}  // namespace

void for_each_changed_version(const View& from, const View& to, const Publisher& publisher,
                              const std::function<void(VersionChange&&)>& visit) {
  const bool forward = from.number() <= to.number();
  const auto touched = touched_between(forward ? from : to, forward ? to : from, publisher);
  for (const auto& [name, text] : touched) {
    VersionChange change{name, ips::Version::parse(text), {}, {}};
    change.before = visible_entry(from, publisher.id, change);
    change.after = visible_entry(to, publisher.id, change);
    if (!change.before && !change.after) continue;
    const bool same =
        change.before && change.after && change.before->manifest == change.after->manifest;
    if (!same) visit(std::move(change));
  }
}

bool was_there_before(const View& view, PublisherId publisher, std::string_view name,
                      const PackageEntry& entry) {
  const std::string prefix =
      packages_prefix(publisher, name) + ips::Version::parse(entry.version).order_key();
  if (prefix.size() > lmdb::kMaxKey) return false;
  lmdb::Cursor cursor(view.txn(), view.env().table(kPackages));
  for (bool more = cursor.seek(prefix); more && cursor.key().starts_with(prefix);
       more = cursor.next()) {
    const PackageEntry other = PackageEntry::decode(cursor.value());
    if (other.added_in < view.number() && other.version == entry.version &&
        other.manifest == entry.manifest) {
      return true;
    }
  }
  return false;
}

StoredManifest require_manifest(const View& view, std::string_view publisher, std::string_view name,
                                const PackageEntry& entry) {
  if (const auto manifest = view.manifest(entry.manifest)) return *manifest;
  throw Error(Code::kNotFound, "the manifest of pkg://" + std::string(publisher) + "/" +
                                   std::string(name) + "@" + entry.version +
                                   " is not in the repository any more");
}

}  // namespace metaset::store
