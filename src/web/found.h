// What a search finds, a part at a time: the same on the page and in JSON. Private to this
// directory. Thread-safety: one thread.
#pragma once

#include <functional>
#include <vector>

#include "metaset/depot/search.h"
#include "metaset/ips/version.h"
#include "metaset/web/pages.h"

namespace metaset::web {

class Found {
 public:
  // kInvalid, kLimit: the query is none.
  Found(const Site& site, const FindQuery& query, const depot::SearchLimits& limits);

  // What it gives: packages, even if actions are asked for, or actions.
  bool gives_packages() const { return request_.packages; }

  // Visits the part; true if there is more behind it. The first result of which the visitor returns
  // false is not in the part. Errors: those of depot::search().

  // Each name once, by publisher and name, with the versions that were found, the newest first.
  using NameVisitor = std::function<bool(const store::Publisher& publisher, const std::string& name,
                                         const std::vector<ips::Version>& versions)>;
  bool names(const NameVisitor& visit);
  // By publisher, package and token.
  using ActionVisitor =
      std::function<bool(const store::Publisher& publisher, const depot::SearchResult& result)>;
  bool actions(const ActionVisitor& visit);

 private:
  bool names_of(const store::Publisher& publisher, const NameVisitor& visit);
  bool actions_of(const store::Publisher& publisher, const ActionVisitor& visit);
  // Whether the next result is before the part.
  bool skip();

  const Site& site_;
  const depot::SearchLimits& limits_;
  ips::SearchRequest request_;
  std::size_t skip_, room_;
};

}  // namespace metaset::web
