// The feed as Atom (RFC 4287). Identifiers are tag URIs (RFC 4151), which last.
#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "metaset/depot/recent_changes.h"
#include "metaset/ips/version.h"
#include "metaset/web/pages.h"

#include "web/frame.h"
#include "web/metaset_rows.h"

namespace metaset::web {
namespace {

constexpr std::size_t kMostMetasets = 50;
constexpr std::size_t kMostChanges = 200;  // of a publisher

struct Entry {
  Time time;
  Data data;
};

std::string day_of(Time time) { return iso_time(time).substr(0, 10); }

Entry metaset_entry(const ListedMetaset& one, const std::string& authority, const Links& links) {
  const store::MetasetRecord& record = one.record;
  Entry entry{record.time, {}};
  put(entry.data, "id",
      fmt::format("tag:{},{}:metaset/{}/{}", authority, day_of(record.time), record.number,
                  to_hex(record.digest).substr(0, 16)));
  put(entry.data, "title",
      record.message.empty() ? fmt::format("Metaset {}", record.number)
                             : fmt::format("Metaset {}: {}", record.number, record.message));
  put(entry.data, "content",
      fmt::format("{} package versions added, {} removed.", count_text(one.record.added()),
                  count_text(one.record.removed())));
  put(entry.data, "link", links.metaset(record.number));
  put_text(entry.data, "author", record.who);
  return entry;
}

Entry change_entry(const depot::RecentChange& change, const Links& links) {
  Entry entry{change.time, {}};
  const char* const verb = change.added ? "Added" : "Removed";
  put(entry.data, "id",
      fmt::format("tag:{},{}:{}@{}/{}/{}", change.publisher, day_of(change.time), change.name,
                  change.version, change.metaset, change.added ? "added" : "removed"));
  put(entry.data, "title",
      fmt::format("{} {} {}", verb, change.name, ips::Version::parse(change.version).short_text()));
  put(entry.data, "content",
      fmt::format("pkg://{}/{}@{} was {} in metaset {}.", change.publisher, change.name,
                  change.version, change.added ? "added" : "removed", change.metaset));
  put(entry.data, "link",
      change.added ? links.package(change.publisher, change.name, change.version)
                   : links.page(change.publisher, "packages") +
                         Query().add("q", change.name).add("versions", "all").text());
  put_text(entry.data, "author", "");
  return entry;
}

// A publisher's feed has the metasets that changed the publisher.
bool concerns(const Site& site, const ListedMetaset& one) {
  return site.publisher.empty() ||
         std::ranges::any_of(one.record.publishers, [&](const store::PublisherChange& change) {
           return site.view.prefix_of(change.publisher) == site.publisher;
         });
}

std::vector<Entry> feed_entries(const Site& site, const std::string& authority,
                                const Links& links) {
  std::vector<Entry> entries;
  for (const ListedMetaset& one : list_metasets(site, site.view.number() + 1, kMostMetasets)) {
    if (concerns(site, one)) entries.push_back(metaset_entry(one, authority, links));
  }
  for (const depot::PublisherFacts* facts : publishers_of(site)) {
    for (const auto& change : depot::recent_changes(site.view, facts->publisher, kMostChanges)) {
      entries.push_back(change_entry(change, links));
    }
  }
  std::ranges::stable_sort(entries, std::greater{}, &Entry::time);
  return entries;
}

}  // namespace

std::string feed(const Site& site) {
  const auto publishers = publishers_of(site);
  const std::string authority = publishers.empty() ? "depot" : publishers.front()->publisher.prefix;
  const Links links(site.origin, site.origin);  // absolute: feeds are read anywhere
  auto entries = feed_entries(site, authority, links);
  const Time updated = entries.empty() ? site.view.record().time : entries.front().time;
  DataList list;
  for (Entry& entry : entries) {
    put(entry.data, "updated", iso_time(entry.time));
    list.push_back(std::move(entry.data));
  }
  Data data;
  put(data, "feed_id",
      fmt::format("tag:{},2008:{}", authority, site.publisher.empty() ? "feed" : "publisher-feed"));
  put(data, "feed_title", site.publisher.empty() ? "Package depot" : site.publisher);
  put(data, "feed_author", authority);
  put(data, "feed_updated", iso_time(updated));
  put(data, "self", links.page(site.publisher, "feed"));
  put(data, "alternate", links.page(site.publisher, ""));
  put_list(data, "entries", std::move(list));
  return render(site.templates, "feed", data);
}

}  // namespace metaset::web
