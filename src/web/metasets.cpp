#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/diff.h"
#include "metaset/depot/info.h"
#include "metaset/ips/version.h"
#include "metaset/store/active.h"
#include "metaset/store/collected.h"
#include "metaset/store/tags.h"
#include "metaset/web/pages.h"

#include "web/frame.h"
#include "web/group_rows.h"
#include "web/metaset_chart.h"
#include "web/metaset_rows.h"

namespace metaset::web {
namespace {

constexpr std::size_t kMetasetsOnPage = 50;
constexpr std::size_t kChangesOnPage = 200;
// Package versions whose manifests are read to count bytes, of all metasets on a page.
constexpr std::uint64_t kMostCountedOnPage = 600;

// The same for everybody who asks, so that pages are a function of the repository.
std::optional<std::uint64_t> bytes_of_metaset(const Site& site, const ListedMetaset& one,
                                              std::uint64_t& room) {
  const std::uint64_t added_versions = one.record.added();
  if (added_versions > store::SizeNotes::kLarge) {
    const auto noted = site.size_notes.get(one.record);
    if (!noted) site.size_notes.discard(one.record);
    return noted ? std::optional(noted->payloads + noted->manifests) : std::nullopt;
  }
  if (added_versions > room) return std::nullopt;
  room -= added_versions;
  if (one.record.number > 1 &&
      store::is_collected(site.view.env(), site.view.txn(), one.record.parent)) {
    return std::nullopt;
  }
  if (added_versions == 0) return 0;
  const auto added = site.cache.added_bytes(site.view.at(one.record.number));
  if (!added) return std::nullopt;
  return added->payloads + added->manifests;
}

std::vector<ChartBar> chart_bars(const Site& site, const std::vector<ListedMetaset>& metasets) {
  std::vector<ChartBar> bars;
  std::uint64_t room = kMostCountedOnPage;
  for (const ListedMetaset& one : metasets) {
    const std::string day = iso_time(one.record.time).substr(0, 10);
    bars.push_back({fmt::format("Metaset {}, {}", one.record.number, day),
                    site.links.metaset(one.record.number),
                    one.record.added() + one.record.removed(), bytes_of_metaset(site, one, room)});
  }
  std::ranges::reverse(bars);  // time goes to the right
  return bars;
}

DataList publisher_counts(const Site& site, const store::MetasetRecord& record) {
  DataList rows;
  for (const store::PublisherChange& change : record.publishers) {
    Data row;
    put(row, "name", site.view.prefix_of(change.publisher));
    put(row, "added", count_text(change.added));
    put(row, "removed", count_text(change.removed));
    put(row, "packages", count_text(change.packages));
    put(row, "versions", count_text(change.package_versions));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string short_version(const std::string& version) {
  return version.empty() ? version : ips::Version::parse(version).short_text();
}

// Links lead into the metaset that has the package.
Data diff_row(const Site& site, const depot::PackageDiff& diff, const Links& then) {
  Data row;
  put(row, "name", diff.name);
  put(row, "publisher", diff.publisher);
  put(row, "change", depot::change_name(diff.change));
  put_flag(row, "change_added", diff.change == depot::PackageChange::kAdded);
  put_flag(row, "change_removed", diff.change == depot::PackageChange::kRemoved);
  put_text(row, "from", short_version(diff.from));
  put_text(row, "to", diff.from == diff.to ? "" : short_version(diff.to));
  put_text(row, "package_link",
           diff.to.empty() || site.history == History::kNone
               ? ""
               : then.package(diff.publisher, diff.name, diff.to));
  return row;
}

void add_diff(const Site& site, const store::View& from, const store::View& to,
              const MetasetArguments& arguments, Data& data) {
  const Links then(site.links.view(to.number()), site.links.base());
  DataList rows;
  std::size_t total = 0;
  const std::size_t first = (arguments.page - 1) * kChangesOnPage;
  depot::diff_metasets(from, to, depot::DiffDepth::kPackages, [&](depot::PackageDiff&& diff) {
    if (!site.publisher.empty() && diff.publisher != site.publisher) return;
    if (total++ >= first && rows.size() < kChangesOnPage)
      rows.push_back(diff_row(site, diff, then));
  });
  const auto link = [&](std::size_t page) {
    return site.links.page("", "metasets/") + std::to_string(to.number()) +
           Query().add("from", arguments.from).add("page", std::to_string(page)).text();
  };
  const std::size_t pages = std::max<std::size_t>(1, (total + kChangesOnPage - 1) / kChangesOnPage);
  put(data, "total", count_text(total));
  put_list(data, "diffs", std::move(rows));
  put_flag(data, "has_pages", pages > 1);
  put(data, "page", count_text(arguments.page));
  put(data, "pages", count_text(pages));
  put_text(data, "previous", arguments.page > 1 ? link(std::min(arguments.page - 1, pages)) : "");
  put_text(data, "next", arguments.page < pages ? link(arguments.page + 1) : "");
}

// nullopt: it has none, or that cannot be seen any more.
std::optional<store::View> parent_of(const Site& site, const store::MetasetRecord& record) {
  const store::View& view = site.view;
  if (record.parent == 0) return std::nullopt;
  if (store::is_collected(view.env(), view.txn(), record.parent)) return std::nullopt;
  return view.at(record.parent);
}

}  // namespace

std::string metasets_page(const Site& site, const MetasetsArguments& arguments) {
  const auto before =
      arguments.before == 0 ? std::numeric_limits<store::MetasetNumber>::max() : arguments.before;
  auto metasets = list_metasets(site, before, kMetasetsOnPage + 1);
  const bool more = metasets.size() > kMetasetsOnPage;
  if (more) metasets.pop_back();
  Data data;
  add_metaset_chart(chart_bars(site, metasets), data);
  put_text(data, "next",
           more ? site.links.page("", "metasets") +
                      Query().add("before", std::to_string(metasets.back().record.number)).text()
                : "");
  put_text(data, "newest_link", arguments.before == 0 ? "" : site.links.page("", "metasets"));
  const auto scheduled = store::pending_schedule(site.view.env(), site.view.txn());
  put_text(data, "scheduled", scheduled ? std::to_string(scheduled->number) : "");
  if (scheduled) put_time(data, "scheduled_at", scheduled->at);
  put_text(data, "group_trouble", site.group);
  add_group(site, data);
  put_list(data, "metasets", metaset_rows(site, metasets));
  return framed(site, "metasets", "metasets", "Metasets", std::move(data));
}

std::string metaset_page(const Site& site, const MetasetArguments& arguments) {
  const store::View to = shown_metaset_view(site, arguments.name);
  const store::MetasetRecord record = to.record();
  std::optional<store::View> from;
  if (!arguments.from.empty()) {
    from.emplace(shown_metaset_view(site, arguments.from));
  } else if (const auto parent = parent_of(site, record)) {
    from.emplace(*parent);
  }
  const auto active = store::View::active_number(to.env(), to.txn());
  Data data;
  put(data, "number", std::to_string(record.number));
  put_time(data, "time", record.time);
  put_text(data, "who", record.who);
  put_text(data, "message", record.message);
  put(data, "digest", to_hex(record.digest));
  put(data, "packages", count_text(record.packages));
  put(data, "versions", count_text(record.package_versions));
  put_flag(data, "active", record.number == active);
  put_flag(data, "held", record.number > active);
  DataList tags;
  for (const std::string& tag : store::tags_of(to.env(), to.txn(), record.number)) {
    tags.emplace_back(Data(tag));
  }
  put_list(data, "tags", std::move(tags));
  put_list(data, "publishers", publisher_counts(site, record));
  put(data, "view_link", site.links.view(record.number));
  put_text(data, "parent_link",
           parent_of(site, record) && site.history == History::kAll
               ? site.links.metaset(record.parent)
               : "");
  put(data, "parent", std::to_string(record.parent));
  put(data, "action", site.links.metaset(record.number));
  put_text(data, "compared", from ? std::to_string(from->number()) : "");
  if (from) add_diff(site, *from, to, arguments, data);
  return framed(site, "metaset", "metasets", fmt::format("Metaset {}", record.number),
                std::move(data));
}

}  // namespace metaset::web
