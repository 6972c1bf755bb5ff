// What the search index holds of an action (protocol/search.md section 4), and what a result shows
// of it. Pure; thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "metaset/ips/action.h"

namespace metaset::ips {

// One tuple of section 4.1 and 4.2. The views die with the call that they are given to.
struct SearchTuple {
  ActionType type = ActionType::kUnknown;
  std::string_view key;    // the index key: "path", "basename", "pkg.summary", "require", ...
  std::string_view token;  // never empty
  std::string_view full;   // the full value; empty: none
  // The value that results show (section 4.3): not empty.
  std::string_view shown() const;
};
using SearchTupleVisitor = std::function<void(const SearchTuple& tuple)>;

// Calls `visit` for each tuple, in a fixed order, as often as the action generates it. Nothing for
// actions that lack an attribute which section 4.1 expects.
void for_each_search_tuple(const Action& action, const SearchTupleVisitor& visit);

// True if tuples of this kind are made of a path: keys "path" and "basename" of file, dir, link and
// hardlink.
bool is_path_key(ActionType type, std::string_view key);

}  // namespace metaset::ips
