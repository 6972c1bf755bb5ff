#include "metaset/web/page_cache.h"

#include "metaset/base/error.h"

namespace metaset::web {
namespace {

// Others are made anew each time.
constexpr std::size_t kMostKeptItems = 500;

constexpr std::size_t kLargeTree = 1000;          // paths
constexpr std::size_t kMostPaths = 100'000;       // each takes about 120 bytes
constexpr std::uint64_t kTooLargeTree = 8 << 20;  // bytes of a manifest

store::StoredManifest require_manifest(const store::View& view, const store::PackageEntry& entry) {
  const auto stored = view.manifest(entry.manifest);
  if (stored) return *stored;
  throw Error(Code::kNotFound, "The manifest is not in this depot.");
}

// The size of the texts.
std::size_t bytes_of_texts(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return bytes;
}

bool is_small(const ips::PackageDetails& details) {
  std::size_t bytes = details.summary.size() + details.description.size() +
                      details.homepage.size() + details.human_version.size() +
                      bytes_of_texts(details.classifications);
  std::size_t items = details.attributes.size() + details.dependencies.size() +
                      details.signatures.size() + details.licences.size() +
                      details.classifications.size();
  for (const auto& [name, value] : details.attributes) bytes += name.size() + value.size();
  for (const auto& dependency : details.dependencies) {
    bytes +=
        dependency.type.size() + dependency.predicate.size() + bytes_of_texts(dependency.fmris);
    items += dependency.fmris.size();
  }
  for (const auto& signature : details.signatures) {
    bytes += signature.algorithm.size() + signature.value.size() + bytes_of_texts(signature.chain);
    items += signature.chain.size();
  }
  for (const auto& licence : details.licences) bytes += licence.name.size();
  return items <= kMostKeptItems && bytes <= 64 * 1024;
}

ips::PackageDetails details_of(const store::Outlines& outlines, const Sha256& digest,
                               const store::StoredManifest& manifest) {
  if (const auto outline = outlines.get(digest, manifest)) {
    try {
      return outline->details();
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt) throw;
      outlines.discard(digest);
    }
  }
  return ips::package_details(manifest.text());
}

}  // namespace

std::optional<store::AddedBytes> PageCache::added_bytes(const store::View& view) {
  const std::string key(bytes_of(view.record().digest));
  if (const auto known = added_bytes_.find(key)) return *known;
  const auto added = store::metaset_sizes(view).added;
  // Manifests that are missing may come back.
  if (added) added_bytes_.keep(key, store::AddedBytes(*added));
  return added;
}

std::shared_ptr<const depot::Classes> PageCache::classes(
    const store::View& view, const std::vector<store::Publisher>& publishers) {
  std::string key(bytes_of(view.record().digest));
  for (const store::Publisher& publisher : publishers) key += " " + publisher.prefix;
  if (auto known = classes_.find(key)) return known;
  return classes_.keep(key, depot::count_classes(view, publishers));
}

std::shared_ptr<const ips::PackageDetails> PageCache::details(const store::View& view,
                                                              const store::Outlines& outlines,
                                                              const store::PackageEntry& entry) {
  const std::string key(bytes_of(entry.manifest));
  if (auto known = details_.find(key)) return known;
  auto details = details_of(outlines, entry.manifest, require_manifest(view, entry));
  if (!is_small(details)) {
    return std::make_shared<const ips::PackageDetails>(std::move(details));
  }
  return details_.keep(key, std::move(details));
}

std::shared_ptr<const ips::FileTree> PageCache::files(const store::View& view,
                                                      const store::Outlines& outlines,
                                                      const store::PackageEntry& entry, From from) {
  const std::string key(bytes_of(entry.manifest));
  if (auto known = files_.find(key)) return known;
  const store::StoredManifest stored = require_manifest(view, entry);
  if (from == From::kOutline) {
    if (const auto outline = outlines.get(entry.manifest, stored)) return outline->files();
  }
  auto tree = std::make_shared<const ips::FileTree>(stored.text());
  const bool keeps = tree->size() >= kLargeTree && tree->size() <= kMostPaths;
  if (!keeps || stored.size > kTooLargeTree) return tree;
  return files_.keep(key, std::move(tree));
}

}  // namespace metaset::web
