// What processes that were killed left behind: temporary files that never got their name.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace metaset::store {

// What names of temporary files and directories begin with, those of base/file.h AtomicFile too.
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";
// Nobody writes that long without a byte.
inline constexpr std::chrono::seconds kLeftoverAge{3600};

// Removes temporary files and directories that are right in a directory and that nobody has written
// to for `age`. A directory that is not there is fine. Thread-safety: any thread
// and process. Errors: system errors.
void remove_temporary_files(const std::string& directory, std::chrono::seconds age = kLeftoverAge);

// Of all directories of a repository in which payloads, links to them and catalog files are made.
void remove_leftovers(const std::string& repository, std::chrono::seconds age = kLeftoverAge);

}  // namespace metaset::store
