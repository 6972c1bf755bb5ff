#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/browse.h"
#include "metaset/depot/search.h"
#include "metaset/ips/search_tokens.h"
#include "metaset/ips/version.h"
#include "metaset/web/pages.h"

#include "web/frame.h"

namespace metaset::web {
namespace {

constexpr std::size_t kFoundOnPage = 50;
constexpr std::size_t kLongestShown = 300;  // bytes of a value
constexpr depot::SearchLimits kPatience{std::chrono::seconds(5)};

std::string find_link(const Site& site, const FindArguments& arguments) {
  return site.links.page(site.publisher, kFindPage) +
         Query()
             .add("q", arguments.query)
             .add("for", arguments.actions ? "actions" : "")
             .add("case", arguments.case_sensitive ? "1" : "")
             .add("page", arguments.page > 1 ? std::to_string(arguments.page) : "")
             .text();
}

// Which of the results are on a page; one more shows that there is another page.
class PageWindow {
 public:
  explicit PageWindow(std::size_t page) : skip_((page - 1) * kFoundOnPage) {}
  bool takes() {
    if (skip_ == 0) return true;
    --skip_;
    return false;
  }
  std::size_t needed() const { return skip_ + kFoundOnPage + 1; }

 private:
  std::size_t skip_;
};

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

// A name once, with its newest version that was found.
using FoundNames = std::map<std::string, ips::Version>;

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

class Found {
 public:
  Found(const Site& site, const FindArguments& arguments) : site_(site), window_(arguments.page) {
    request_.case_sensitive = arguments.case_sensitive;
    request_.query = ips::parse_search(arguments.query);
    packages_ = !arguments.actions || request_.query.gives_packages();
    if (packages_) request_.query = ips::as_packages(std::move(request_.query));
    request_.packages = packages_;
  }

  void find() {
    const auto publishers = publishers_of(site_);
    several_ = publishers.size() > 1;
    for (const depot::PublisherFacts* facts : publishers) {
      if (rows_.size() > kFoundOnPage) return;
      packages_ ? find_names(facts->publisher) : find_actions(facts->publisher);
    }
  }
  bool packages() const { return packages_; }
  bool has_more() const { return rows_.size() > kFoundOnPage; }
  DataList take_rows() {
    if (has_more()) rows_.pop_back();
    return std::move(rows_);
  }

 private:
  void find_names(const store::Publisher& publisher) {
    FoundNames names;
    depot::search(
        site_.view, publisher.id, request_, kPatience, [&](const depot::SearchResult& result) {
          auto version = ips::Version::parse(result.version);
          const auto [place, is_new] = names.try_emplace(std::string(result.name), version);
          if (!is_new && place->second < version) place->second = std::move(version);
          return true;
        });
    for (const auto& [name, version] : names) {
      if (rows_.size() > kFoundOnPage) return;
      if (window_.takes()) {
        rows_.push_back(name_row(site_, publisher, several_, name, version));
      }
    }
  }
  void find_actions(const store::Publisher& publisher) {
    ips::SearchRequest request = request_;
    request.limit = window_.needed();  // those of an earlier publisher may be on the page too
    depot::search(site_.view, publisher.id, request, kPatience,
                  [&](const depot::SearchResult& result) {
                    if (window_.takes()) {
                      rows_.push_back(action_row(site_, publisher.prefix, several_, result));
                    }
                    return rows_.size() <= kFoundOnPage;
                  });
  }

  const Site& site_;
  PageWindow window_;
  ips::SearchRequest request_;
  bool packages_ = true, several_ = false;
  DataList rows_;
};

void add_found(const Site& site, const FindArguments& arguments, Data& data) {
  Found found(site, arguments);
  found.find();
  const auto link = [&](std::size_t page) {
    FindArguments other = arguments;
    other.page = page;
    return find_link(site, other);
  };
  put_text(data, "previous", arguments.page > 1 ? link(arguments.page - 1) : "");
  put_text(data, "next", found.has_more() ? link(arguments.page + 1) : "");
  put_flag(data, "has_pages", arguments.page > 1 || found.has_more());
  put(data, "page", count_text(arguments.page));
  DataList rows = found.take_rows();
  put_flag(data, "nothing", rows.empty());
  put_flag(data, "some", !rows.empty());
  put_list(data, found.packages() ? "names" : "actions", std::move(rows));
}

bool is_about_the_query(const Error& error) {
  return error.code() == Code::kInvalid || error.code() == Code::kLimit;
}

}  // namespace

FindPage find_page(const Site& site, const FindArguments& arguments) {
  FindPage page;
  Data data;
  put(data, "query", arguments.query);
  put(data, "action", site.links.page(site.publisher, kFindPage));
  put_flag(data, "for_actions", arguments.actions);
  put_flag(data, "case", arguments.case_sensitive);
  if (arguments.query.find_first_not_of(' ') != std::string::npos) {
    try {
      add_found(site, arguments, data);
    } catch (const Error& error) {
      if (!is_about_the_query(error)) throw;
      put(data, "error", error.message());
      page.bad_query = error.code() == Code::kInvalid;
    }
  }
  put_flag(data, "help_open", arguments.query.empty());
  page.html = framed(site, kFindPage, kFindPage, "Search", std::move(data));
  return page;
}

}  // namespace metaset::web
