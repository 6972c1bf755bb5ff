// Directories below `catalog`, which several users write to. Private to the store.
#pragma once

#include <string>
#include <string_view>

#include "metaset/base/error.h"

namespace metaset::store {

// Whether this user may make files in `catalog` of a repository. Who may not does without them.
bool can_write_catalog(const std::string& repository);
// Whether files could not be made for such reasons: they are done without, too.
bool is_of_the_disk(const Error& error);

// Whoever may write to `catalog` may also write to what is in it, whoever of them made it:
// metaset-serve and metaset-publish can be different users. The mode is that of the directory
// above. Errors: system errors.
void make_shared_directory(const std::string& path);

// Writes a file that can be made again, in such a directory: a name that a crash took away is no
// loss. What a killed process leaves lies in `catalog`, where remove_leftovers() looks.
void write_shared_file(const std::string& catalog, const std::string& path,
                       std::string_view content);

}  // namespace metaset::store
