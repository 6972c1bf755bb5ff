// The data file of an environment, as far as LMDB itself does not look: is it all there?
#pragma once

#include <string>

struct MDB_env;

namespace metaset::lmdb {

std::string data_path(const std::string& directory);

// Reading a memory map beyond the end of its file kills the process. Throws kCorrupt if the file
// lacks pages that are in use. Beside other readers and writers; reads only what is in the file.
void check_data_file(MDB_env* env, const std::string& path);

}  // namespace metaset::lmdb
