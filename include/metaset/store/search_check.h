// Whether the search index says what the manifests say. Reads all of both. Thread-safety: one
// thread. Errors: kCorrupt for records that cannot be read at all.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "metaset/store/view.h"

namespace metaset::store {

struct SearchFault {
  PublisherId publisher = 0;
  std::string name;  // of the package
  std::string reason;
};

// Gives each package at fault once. `step` is called for each name. Nothing if there is no index.
void check_search_index(const lmdb::Env& env, const lmdb::Txn& txn,
                        const std::function<void()>& step,
                        const std::function<void(SearchFault fault)>& report);

// How many names there are to check.
std::uint64_t count_search_names(const lmdb::Env& env, const lmdb::Txn& txn);

}  // namespace metaset::store
