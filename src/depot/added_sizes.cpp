#include "metaset/depot/added_sizes.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_set>

#include "metaset/ips/payloads.h"
#include "metaset/store/version_changes.h"

namespace metaset::depot {

namespace {

class SizeCounter {
 public:
  explicit SizeCounter(const store::View& view) : to_(view), from_(view.at(view.record().parent)) {}

  MetasetSizes count() {
    for (const store::Publisher& publisher : to_.publishers()) {
      std::string name;  // of the version before: versions of a package follow each other
      store::for_each_changed_version(from_, to_, publisher, [&](store::VersionChange&& change) {
        if (change.name != name) ++packages_;
        if (change.after && complete_) version(publisher, change, *change.after);
        name = std::move(change.name);
      });
    }
    if (!complete_) return {packages_, std::nullopt};
    return {packages_, bytes_};
  }

 private:
  void version(const store::Publisher& publisher, const store::VersionChange& change,
               const store::PackageEntry& after) {
    if (store::was_there_before(to_, publisher.id, change.name, after)) return;
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

  const store::View to_, from_;
  std::uint64_t packages_ = 0;
  bool complete_ = true;
  AddedBytes bytes_;
  std::unordered_set<std::uint64_t> added_;
};

}  // namespace

MetasetSizes metaset_sizes(const store::View& view) { return SizeCounter(view).count(); }

}  // namespace metaset::depot
