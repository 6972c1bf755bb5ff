#include <algorithm>
#include <initializer_list>
#include <optional>

#include "metaset/base/error.h"
#include "metaset/depot/browse.h"
#include "metaset/ips/search_tokens.h"
#include "metaset/ips/version.h"
#include "metaset/web/pages.h"

#include "web/found.h"
#include "web/frame.h"

namespace metaset::web {
namespace {

constexpr std::size_t kLongestShown = 300;  // bytes of a value

std::string find_link(const Site& site, const FindQuery& query, std::size_t page) {
  return site.links.page(site.publisher, kFindPage) +
         Query()
             .add("q", query.text)
             .add("for", query.actions ? "actions" : "")
             .add("case", query.case_sensitive ? "1" : "")
             .add("page", page > 1 ? std::to_string(page) : "")
             .text();
}

std::string_view shortened(std::string_view text) {
  if (text.size() <= kLongestShown) return text;
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

// Puts the text in three pieces, of which the middle one was found.
void put_marked(Data& row, std::string_view text, std::string_view token) {
  const std::size_t place = text.rfind(token);
  const bool shown = place != std::string_view::npos && place + token.size() <= kLongestShown;
  put(row, "before", shown ? text.substr(0, place) : shortened(text));
  put(row, "found", shown ? token : std::string_view());
  const std::string_view rest = shown ? text.substr(place + token.size()) : std::string_view();
  put(row, "after", shortened(rest));
  put_flag(row, "cut",
           shown ? shortened(rest).size() < rest.size() : shortened(text).size() < text.size());
}

Data action_row(const Site& site, const std::string& publisher, bool several,
                const depot::SearchResult& result) {
  Data row;
  std::string text(result.type == "set" ? result.value : result.token);
  if (ips::is_path_key(*ips::type_from_name(result.type), result.key)) {
    const ips::Action action = ips::Action::parse(result.line);
    if (const std::string* path = action.value("path")) text = "/" + *path;
  }
  put_marked(row, text, result.token);
  put(row, "type", result.type);
  put(row, "key", result.key);
  put(row, "name", result.name);
  put(row, "version", ips::Version::parse(result.version).short_text());
  put(row, "link", site.links.package(publisher, result.name, result.version));
  put_text(row, "publisher", several ? publisher : "");
  return row;
}

Data name_row(const Site& site, const store::Publisher& publisher, bool several,
              const std::string& name, const ips::Version& version) {
  Data row;
  put(row, "name", name);
  put(row, "version", version.short_text());
  put(row, "link", site.links.package(publisher.prefix, name, version.text()));
  put_text(row, "publisher", several ? publisher.prefix : "");
  const auto visible = site.view.find_visible(publisher.id, name, version);
  if (!visible) return row;
  put_text(row, "summary", depot::catalog_text(site.view, visible->entry).summary);
  put_flag(row, "obsolete", visible->entry.obsolete);
  put_flag(row, "renamed", visible->entry.renamed);
  return row;
}

void add_found(const Site& site, const FindQuery& query, Found& found, Data& data) {
  const bool several = site.publisher.empty() && site.publishers.all().size() > 1;
  DataList rows;
  const bool more =
      found.gives_packages()
          ? found.names([&](const store::Publisher& publisher, const std::string& name,
                            const std::vector<ips::Version>& versions) {
              rows.push_back(name_row(site, publisher, several, name, versions.front()));
              return true;
            })
          : found.actions([&](const store::Publisher& publisher, const depot::SearchResult& one) {
              rows.push_back(action_row(site, publisher.prefix, several, one));
              return true;
            });
  const std::size_t page = query.first / query.limit + 1;
  put_text(data, "previous", page > 1 ? find_link(site, query, page - 1) : "");
  put_text(data, "next", more ? find_link(site, query, page + 1) : "");
  put_flag(data, "has_pages", page > 1 || more);
  put(data, "page", count_text(page));
  put_flag(data, "nothing", rows.empty());
  put_list(data, found.gives_packages() ? "names" : "actions", std::move(rows));
}

// Runs one step of the search; what it fails with is said on the page.
template <typename Step>
bool attempt(Data& data, std::initializer_list<Code> said, Step step) {
  try {
    step();
    return true;
  } catch (const Error& error) {
    if (std::ranges::find(said, error.code()) == said.end()) throw;
    put(data, "error", error.message());
    return false;
  }
}

}  // namespace

FindPage find_page(const Site& site, const FindQuery& query, const depot::SearchLimits& limits) {
  FindPage page;
  Data data;
  put(data, "query", query.text);
  put(data, "action", site.links.page(site.publisher, kFindPage));
  put_flag(data, "for_actions", query.actions);
  put_flag(data, "case", query.case_sensitive);
  if (query.text.find_first_not_of(' ') != std::string::npos) {
    std::optional<Found> found;
    page.bad_query =
        !attempt(data, {Code::kInvalid, Code::kLimit}, [&] { found.emplace(site, query, limits); });
    page.too_long =
        found && !attempt(data, {Code::kLimit}, [&] { add_found(site, query, *found, data); });
  }
  put_flag(data, "help_open", query.text.empty());
  page.html = framed(site, kFindPage, kFindPage, "Search", std::move(data));
  return page;
}

}  // namespace metaset::web
