#include "metaset/store/added_sizes.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <sstream>
#include <string>
#include <unordered_set>

#include <fcntl.h>
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

constexpr std::string_view kSizeNote = "sizes 2";
constexpr std::string_view kSizeKind = "sizes ";
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

// With a hash of the numbers and of whose they are: one that is damaged, or of another metaset,
// says something else.
std::string size_note_of(const MetasetRecord& record, const AddedBytes& bytes) {
  const std::string numbers =
      fmt::format("{} {} {}", bytes.payloads, bytes.payload_count, bytes.manifests);
  const std::string hash = to_hex(sha256_of(numbers + " " + to_hex(record.digest)));
  return fmt::format("{} {} {}\n", kSizeNote, numbers, hash);
}

std::optional<AddedBytes> read_size_note(const MetasetRecord& record, std::string_view note) {
  if (!note.starts_with(kSizeNote)) return std::nullopt;
  std::istringstream numbers(std::string(note.substr(kSizeNote.size())));
  AddedBytes bytes;
  numbers >> bytes.payloads >> bytes.payload_count >> bytes.manifests;
  return note == size_note_of(record, bytes) ? std::optional(bytes) : std::nullopt;
}

}  // namespace

MetasetSizes metaset_sizes(const View& view) { return SizeCounter(view).count(); }

std::optional<AddedBytes> SizeNotes::get(const MetasetRecord& record) const {
  try {
    const auto note = text_of(record);
    return note ? read_size_note(record, *note) : std::nullopt;
  } catch (const Error& error) {
    if (!is_of_the_disk(error)) throw;
    return std::nullopt;
  }
}

void SizeNotes::check(const MetasetRecord& record) const {
  const auto note = text_of(record);
  const bool other_version = note && note->starts_with(kSizeKind) && !note->starts_with(kSizeNote);
  if (!note || other_version || read_size_note(record, *note)) return;
  throw Error(Code::kCorrupt,
              fmt::format("it is damaged, or not the note of metaset {}", record.number));
}

void SizeNotes::discard(const MetasetRecord& record) const noexcept {
  try {
    const std::string path = size_note_path(repository_, to_hex(record.digest));
    if (!file_info(path) || get(record)) return;
    remove_file(path);
    remove_file(size_note_path(repository_, "through"));
  } catch (const std::exception&) {
    // It is not used, whether it is there or not.
  }
}

// nullopt if there is no file; cut off if it is too long for a note.
std::optional<std::string> SizeNotes::text_of(const MetasetRecord& record) const {
  const auto file = open_if_exists(size_note_path(repository_, to_hex(record.digest)), O_RDONLY);
  if (!file) return std::nullopt;
  std::string text(kMostSizeNote, '\0');
  text.resize(read_at(file->get(), text.data(), text.size(), 0, kSizeNote));
  return text;
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
                        size_note_path(repository_, to_hex(record->digest)),
                        size_note_of(*record, *added));
    }
  }
  note.write(view);
}

std::string SizeNotes::state() const { return note_of_sizes(repository_).text(); }

}  // namespace metaset::store
