#include "web/found.h"

#include <algorithm>

#include "web/frame.h"

namespace metaset::web {

Found::Found(const Site& site, const FindQuery& query, const depot::SearchLimits& limits)
    : site_(site), limits_(limits), skip_(query.first), room_(query.limit) {
  request_.case_sensitive = query.case_sensitive;
  request_.query = ips::parse_search(query.text);
  request_.packages = !query.actions || request_.query.gives_packages();
  if (request_.packages) request_.query = ips::as_packages(std::move(request_.query));
}

bool Found::skip() {
  if (skip_ == 0) return false;
  --skip_;
  return true;
}

bool Found::names(const NameVisitor& visit) {
  return std::ranges::any_of(shown_publishers(site_), [&](const store::Publisher& publisher) {
    return names_of(publisher, visit);
  });
}

bool Found::names_of(const store::Publisher& publisher, const NameVisitor& visit) {
  bool more = false;
  depot::search_names(site_.view, publisher.id, request_, limits_,
                      [&](const std::string& name, const std::vector<std::string>& found) {
                        if (skip()) return true;
                        std::vector<ips::Version> versions;
                        for (const std::string& text : found)
                          versions.push_back(ips::Version::parse(text));
                        std::ranges::sort(versions,
                                          [](const auto& a, const auto& b) { return b < a; });
                        more = room_ == 0 || !visit(publisher, name, versions);
                        if (!more) --room_;
                        return !more;
                      });
  return more;
}

bool Found::actions(const ActionVisitor& visit) {
  return std::ranges::any_of(shown_publishers(site_), [&](const store::Publisher& publisher) {
    return actions_of(publisher, visit);
  });
}

bool Found::actions_of(const store::Publisher& publisher, const ActionVisitor& visit) {
  // Results of a request with a limit come as they are found, and so in the same order each time.
  request_.limit = skip_ + room_ + 1;
  bool more = false;
  depot::search(site_.view, publisher.id, request_, limits_,
                [&](const depot::SearchResult& result) {
                  if (skip()) return true;
                  more = room_ == 0 || !visit(publisher, result);
                  if (!more) --room_;
                  return !more;
                });
  return more;
}

}  // namespace metaset::web
