// Which packages depend on one: the other direction of dependencies.
//
// There is no index of it. The catalog's dependency texts of all newest versions are searched for
// the name, and only the actions that have it are parsed. Thread-safety: as the view. What is
// returned does not refer to the transaction. Errors: kCorrupt.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/depot/publishers.h"
#include "metaset/store/view.h"

namespace metaset::depot {

struct Dependent {
  std::string publisher, name, version;
  std::string type;  // of the dependency: "require", ...
};

struct Dependents {
  std::vector<Dependent> packages;  // by publisher and name, at most `limit`
  std::size_t total = 0;
};

// Newest versions with a dependency on a package of that name, of that publisher or of any.
Dependents find_dependents(const store::View& view, const Publishers& publishers,
                           std::string_view publisher, std::string_view name, std::size_t limit);

}  // namespace metaset::depot
