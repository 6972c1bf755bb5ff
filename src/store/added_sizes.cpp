#include "metaset/store/added_sizes.h"

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>
#include <unordered_set>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/hash.h"
#include "metaset/ips/payloads.h"
#include "metaset/store/collected.h"
#include "metaset/store/layout.h"
#include "metaset/store/version_changes.h"

#include "store/progress_note.h"
#include "store/shared_directory.h"

namespace metaset::store {

namespace {

class SizeCounter {
 public:
  explicit SizeCounter(const View& view) : to_(view), from_(view.at(view.record().parent)) {}

  MetasetSizes count() {
    for (const Publisher& publisher : to_.publishers()) {
      std::string name;  // of the version before: versions of a package follow each other
      for_each_changed_version(from_, to_, publisher, [&](VersionChange&& change) {
        if (change.name != name) ++packages_;
        if (change.after && complete_) version(publisher, change, *change.after);
        name = std::move(change.name);
      });
    }
    if (!complete_) return {packages_, std::nullopt};
    return {packages_, bytes_};
  }

 private:
  void version(const Publisher& publisher, const VersionChange& change, const PackageEntry& after) {
    if (was_there_before(to_, publisher.id, change.name, after)) return;
    const auto before = change.before ? change.before : from_.newest(publisher.id, change.name);
    const auto manifest = to_.manifest(after.manifest);
    const auto old = before ? to_.manifest(before->manifest) : std::nullopt;
    complete_ = manifest && (!before || old);
    if (!complete_) return;
    bytes_.manifests += manifest->bytes.size();
    std::unordered_set<std::uint64_t> known;
    if (old) {
      ips::for_each_payload(old->text(), [&](std::string_view payload, std::uint64_t) {
        known.insert(short_name(payload));
      });
    }
    ips::for_each_payload(manifest->text(), [&](std::string_view payload, std::uint64_t csize) {
      const std::uint64_t key = short_name(payload);
      if (known.contains(key) || !added_.insert(key).second) return;
      bytes_.payloads +=
          std::min(csize, std::numeric_limits<std::uint64_t>::max() - bytes_.payloads);
      ++bytes_.payload_count;
    });
  }

  // Names are hashes: 64 bits of them tell payloads apart well enough to add up sizes.
  static std::uint64_t short_name(std::string_view payload) {
    return std::stoull(std::string(payload.substr(0, 16)), nullptr, 16);
  }

  const View to_, from_;
  std::uint64_t packages_ = 0;
  bool complete_ = true;
  AddedBytes bytes_;
  std::unordered_set<std::uint64_t> added_;
};

constexpr std::string_view kSizeNote = "sizes 1";
constexpr std::uint64_t kMostSizeNote = 200;  // bytes

std::string size_note_path(const std::string& repository, std::string_view name) {
  return join_path(size_directory(repository), name);
}

ProgressNote note_of_sizes(const std::string& repository) {
  return {catalog_directory(repository), size_note_path(repository, "through")};
}

// nullopt also if a manifest is damaged: what is left to do after a commit is done all the same.
std::optional<AddedBytes> readable_bytes(const View& view) {
  try {
    return metaset_sizes(view).added;
  } catch (const Error& error) {
    if (error.code() != Code::kInvalid && error.code() != Code::kCorrupt) throw;
    return std::nullopt;
  }
}

std::string size_note_of(const AddedBytes& bytes) {
  return fmt::format("{} {} {} {}\n", kSizeNote, bytes.payloads, bytes.payload_count,
                     bytes.manifests);
}

}  // namespace

MetasetSizes metaset_sizes(const View& view) { return SizeCounter(view).count(); }

std::optional<AddedBytes> SizeNotes::get(const MetasetRecord& record) const {
  const auto note =
      read_file_if_exists(size_note_path(repository_, to_hex(record.digest)), kMostSizeNote);
  if (!note || !note->starts_with(kSizeNote)) return std::nullopt;
  std::istringstream numbers(note->substr(kSizeNote.size()));
  AddedBytes bytes;
  numbers >> bytes.payloads >> bytes.payload_count >> bytes.manifests;
  // One that is damaged says something else.
  return *note == size_note_of(bytes) ? std::optional(bytes) : std::nullopt;
}

void SizeNotes::materialize(const View& view) const {
  if (!can_write_catalog(repository_)) return;
  make_shared_directory(size_directory(repository_));
  const ProgressNote note = note_of_sizes(repository_);
  for (MetasetNumber n = note.through(view).number() + 1; n <= view.number(); ++n) {
    const auto record = View::record_of(view.env(), view.txn(), n);
    if (!record || record->added() <= kLarge || get(*record)) continue;
    // What is collected has no parent to be compared with.
    const bool known = !is_collected(view.env(), view.txn(), n) &&
                       (n == 1 || !is_collected(view.env(), view.txn(), record->parent));
    if (!known) continue;
    if (const auto added = readable_bytes(view.at(n))) {
      write_shared_file(catalog_directory(repository_),
                        size_note_path(repository_, to_hex(record->digest)), size_note_of(*added));
    }
  }
  note.write(view);
}

std::string SizeNotes::state() const { return note_of_sizes(repository_).text(); }

}  // namespace metaset::store
