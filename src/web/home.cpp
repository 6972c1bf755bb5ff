#include <algorithm>

#include <fmt/format.h>

#include "metaset/depot/recent_changes.h"
#include "metaset/ips/version.h"
#include "metaset/web/pages.h"

#include "web/frame.h"
#include "web/group_rows.h"
#include "web/metaset_rows.h"

namespace metaset::web {
namespace {

constexpr std::size_t kRecentChanges = 15;
constexpr std::size_t kRecentMetasets = 8;

DataList publisher_rows(const Site& site) {
  DataList rows;
  for (const depot::PublisherFacts* facts : publishers_of(site)) {
    Data row;
    put(row, "name", facts->publisher.prefix);
    put(row, "link", site.links.page(facts->publisher.prefix, ""));
    put_text(row, "packages_link", packages_link(site, facts->publisher.prefix));
    put_text(row, "alias", facts->p5i.alias.value_or(""));
    put(row, "packages", count_text(facts->state.packages));
    put(row, "versions", count_text(facts->state.package_versions));
    put_time(row, "changed", facts->state.last_modified);
    rows.push_back(std::move(row));
  }
  return rows;
}

// The newest of all publishers together.
std::vector<depot::RecentChange> changes_of(const Site& site) {
  std::vector<depot::RecentChange> changes;
  for (const depot::PublisherFacts* facts : publishers_of(site)) {
    for (auto& change : depot::recent_changes(site.view, facts->publisher, kRecentChanges)) {
      changes.push_back(std::move(change));
    }
  }
  std::ranges::stable_sort(changes, std::ranges::greater{}, &depot::RecentChange::metaset);
  if (changes.size() > kRecentChanges) changes.resize(kRecentChanges);
  return changes;
}

DataList change_rows(const Site& site) {
  DataList rows;
  for (const depot::RecentChange& change : changes_of(site)) {
    Data row;
    put_flag(row, "change_added", change.added);
    put_flag(row, "change_removed", !change.added);
    put(row, "name", change.name);
    put(row, "version", ips::Version::parse(change.version).short_text());
    put_text(row, "link",
             change.added && site.has_packages
                 ? site.links.package(change.publisher, change.name, change.version)
                 : "");
    put_time(row, "time", change.time);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string commands(const Site& site) {
  std::string text = fmt::format("pkg set-publisher -p {}\n", site.origin);
  for (const depot::PublisherFacts* facts : publishers_of(site)) {
    text += fmt::format("pkg set-publisher -g {} {}\n", site.origin, facts->publisher.prefix);
  }
  return text + fmt::format("pkgrepo list -s {}\n", site.origin);
}

}  // namespace

std::string home_page(const Site& site) {
  Data data;
  std::uint64_t packages = 0, versions = 0;
  for (const depot::PublisherFacts* facts : publishers_of(site)) {
    packages += facts->state.packages;
    versions += facts->state.package_versions;
  }
  put(data, "heading", site.publisher.empty() ? "Package depot" : site.publisher);
  put(data, "total_packages", count_text(packages));
  put(data, "total_versions", count_text(versions));
  put_list(data, "publishers", publisher_rows(site));
  put_list(data, "changes", change_rows(site));
  put_list(data, "metasets",
           metaset_rows(site, list_metasets(site, ~store::MetasetNumber{0}, kRecentMetasets)));
  put(data, "metasets_link", site.links.page("", "metasets"));
  put_text(data, "packages_link", packages_link(site, site.publisher));
  put(data, "set_all", fmt::format("pkg set-publisher -p {}", site.origin));
  put(data, "commands", commands(site));
  add_group(site, data);
  return framed(site, "home", "home", site.publisher.empty() ? "Package depot" : site.publisher,
                std::move(data));
}

}  // namespace metaset::web
