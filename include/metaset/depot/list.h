// The packages of a view, as `metaset list` and `pkgrepo list` show them.
// Thread-safety: as the view.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metaset/depot/publishers.h"
#include "metaset/ips/version.h"
#include "metaset/store/view.h"

namespace metaset::depot {

struct ListedPackage {
  std::string publisher, name;
  ips::Version version;
  bool obsolete = false, renamed = false;
  Sha1 manifest{};
};

struct ListQuery {
  std::vector<std::string> publishers;  // empty or with "all": all
  std::vector<std::string> patterns;    // empty: everything
};
struct ListResult {
  std::vector<ListedPackage> packages;          // by publisher, name, newest version first
  std::vector<std::string> unmatched_patterns;  // of the query, in its order
  std::vector<std::string> unknown_publishers;  // of the query
};

// kInvalid naming every illegal pattern; kNotFound if publishers were named and none is known.
// Parts that match nothing are returned, for the caller to refuse after showing the rest.
ListResult list_packages(const store::View& view, const Publishers& publishers,
                         const ListQuery& query);
// "The following pattern(s) did not match any packages:" with one line for each pattern.
std::string unmatched_message(const std::vector<std::string>& patterns);

}  // namespace metaset::depot
