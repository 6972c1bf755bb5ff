// Directories below `catalog`, which several users write to. Private to the store.
#pragma once

#include <string>

namespace metaset::store {

// Whoever may write to `catalog` may also write to what is in it, whoever of them made it:
// metaset-serve and metaset-publish can be different users. The mode is that of the directory
// above. Errors: system errors.
void make_shared_directory(const std::string& path);

}  // namespace metaset::store
