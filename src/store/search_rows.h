// Which rows of `search-tokens` lead to an action. Private to the store. Pure; thread-safe.
#pragma once

#include <functional>
#include <string_view>

#include "store/search_keys.h"

namespace metaset::store {

// Calls `visit` with the key of a row and the tag of the posting in it. Keys of backward shelves
// have no postings (tag empty). The same row may come twice. Nothing for a line that is no action.
using SearchRowVisitor = std::function<void(std::string_view key, std::string_view tag)>;
void for_each_search_row(std::string_view line, ChainId chain, const SearchRowVisitor& visit);

// Keys of these shelves end in a chain and have postings.
bool has_postings(std::string_view key);

}  // namespace metaset::store
