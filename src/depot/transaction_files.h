// Names within the directory of open transactions, and how one goes.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

namespace metaset::depot {

inline constexpr std::string_view kUnfinished = "new-";  // directories that have no name yet, or no
                                                         // longer
inline constexpr mode_t kOpenMode = 0600;                // of a record
inline constexpr mode_t kClosedMode = 0400;              // of one whose package is published

// Removes a transaction or what is left of one; the caller has its lock if it has a record.
void discard_transaction(const std::string& directory);

}  // namespace metaset::depot
