#include "metaset/store/leftovers.h"

#include "metaset/base/clock.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

namespace metaset::store {

void remove_temporary_files(const std::string& directory, std::chrono::seconds age) {
  const std::int64_t before = now().seconds() - age.count();
  for (const std::string& name : list_directory(directory)) {
    if (!name.starts_with(kTemporaryPrefix)) continue;
    const std::string path = join_path(directory, name);
    const auto info = file_info(path);
    if (info && info->modified <= before) remove_tree(path);
  }
}

void remove_leftovers(const std::string& repository, std::chrono::seconds age) {
  const std::string catalog = catalog_directory(repository);
  for (const std::string& directory :
       {payload_directory(repository), publishers_directory(repository), catalog,
        join_path(catalog, "known")}) {
    remove_temporary_files(directory, age);
  }
}

}  // namespace metaset::store
