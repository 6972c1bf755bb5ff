#include "web/shown_package.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/ips/fmri.h"

#include "web/frame.h"

namespace metaset::web {
namespace {

std::optional<store::PackageEntry> matching_entry(const store::View& view,
                                                  const store::Publisher& publisher,
                                                  const ips::Fmri& fmri) {
  if (!fmri.version) return view.newest(publisher.id, fmri.name);
  if (auto row = view.find_visible(publisher.id, fmri.name, *fmri.version)) {
    return std::move(row->entry);
  }
  std::optional<store::PackageEntry> best;  // the last one in catalog order
  view.for_each_of(publisher.id, fmri.name,
                   [&](std::string_view, const store::PackageEntry& entry) {
                     if (ips::Version::parse(entry.version).matches(*fmri.version)) best = entry;
                     return true;
                   });
  return best;
}

}  // namespace

std::string ShownPackage::manifest(const store::View& view, std::size_t most) const {
  const auto stored = view.manifest(entry.manifest);
  if (stored) return most < stored->size ? stored->beginning(most) : stored->text();
  throw Error(Code::kNotFound, fmt::format("The manifest of {} is not in this depot.", stem()));
}

ShownPackage find_shown_package(const Site& site, std::string_view text) {
  const ips::Fmri fmri = ips::Fmri::parse(text);
  for (const depot::PublisherFacts* facts : publishers_of(site)) {
    if (!fmri.publisher.empty() && fmri.publisher != facts->publisher.prefix) continue;
    auto entry = matching_entry(site.view, facts->publisher, fmri);
    if (!entry) continue;
    ShownPackage shown;
    shown.publisher = facts->publisher;
    shown.name = fmri.name;
    shown.version = ips::Version::parse(entry->version);
    const auto newest = site.view.newest(facts->publisher.id, fmri.name);
    shown.newest = newest && newest->version == entry->version;
    shown.entry = *std::move(entry);
    return shown;
  }
  throw Error(Code::kNotFound, fmt::format("There is no package {} here.", text));
}

}  // namespace metaset::web
