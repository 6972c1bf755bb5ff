#include "web/frame.h"

#include <fmt/format.h>

#include "config.h"

namespace metaset::web {
namespace {

std::string site_name(const Site& site) {
  if (!site.publisher.empty()) return site.publisher;
  const auto& all = site.publishers.all();
  return all.size() == 1 ? all.front().publisher.prefix : "Package depot";
}

void add_navigation(const Site& site, std::string_view here, Data& data) {
  DataList entries;
  const auto add = [&](std::string_view page, const char* text, std::string link) {
    Data entry;
    put(entry, "text", text);
    put(entry, "link", link);
    put_flag(entry, "current", page == here);
    entries.push_back(std::move(entry));
  };
  add("home", "Home", site.links.page(site.publisher, ""));
  if (site.has_packages) {
    add("packages", "Packages", packages_link(site, site.publisher));
    add(kFindPage, "Search", site.links.page(site.publisher, kFindPage));
  }
  if (site.history != History::kNone) add("metasets", "Metasets", site.links.page("", "metasets"));
  if (site.has_feed) add("feed", "Feed", site.links.page(site.publisher, "feed"));
  put_list(data, "navigation", std::move(entries));
}

void add_notice(const Site& site, Data& data) {
  std::string text;
  if (site.showing == Showing::kPast) {
    text = fmt::format("These pages stay at metaset {}, whichever is active.", site.view.number());
  } else if (site.showing == Showing::kStaging) {
    text =
        fmt::format("This is a preview of the staging area {}: what a commit of it would lead to.",
                    site.shown_name);
  }
  put_text(data, "notice", text);
  put(data, "active_link", site.links.base());
}

}  // namespace

std::string framed(const Site& site, std::string_view page, std::string_view here,
                   std::string_view title, Data&& data) {
  put(data, "title", title);
  put(data, "site", site_name(site));
  put(data, "home", site.links.page("", ""));
  put(data, "style", site.links.page("", site.templates.style_name()));
  put_text(data, "feed", site.has_feed ? site.links.page(site.publisher, "feed") : "");
  add_navigation(site, here, data);
  add_notice(site, data);
  const store::MetasetRecord record = site.view.record();
  put(data, "metaset", std::to_string(record.number));
  put_time(data, "metaset_time", record.time);
  put_text(data, "metaset_link",
           site.history == History::kAll && site.showing != Showing::kStaging
               ? site.links.metaset(record.number)
               : "");
  put(data, "program", "Metaset " PACKAGE_VERSION);
  return render(site.templates, page, data);
}

std::string packages_link(const Site& site, std::string_view publisher) {
  return site.has_packages ? site.links.page(publisher, "packages") : std::string();
}

std::vector<const depot::PublisherFacts*> publishers_of(const Site& site) {
  std::vector<const depot::PublisherFacts*> result;
  for (const depot::PublisherFacts& facts : site.publishers.all()) {
    if (site.publisher.empty() || facts.publisher.prefix == site.publisher) {
      result.push_back(&facts);
    }
  }
  return result;
}

std::vector<store::Publisher> shown_publishers(const Site& site) {
  std::vector<store::Publisher> result;
  for (const depot::PublisherFacts* facts : publishers_of(site)) result.push_back(facts->publisher);
  return result;
}

}  // namespace metaset::web
