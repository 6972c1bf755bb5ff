// The stock repositories below tests/data/ips.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "metaset/base/file.h"

namespace metaset::ips::testing {

inline std::string read_data(const std::string& path) { return read_file(path, 64 << 20); }

// Directories "repo-*/<publisher>".
inline std::vector<std::filesystem::path> publishers() {
  std::vector<std::filesystem::path> out;
  for (const auto& repository : std::filesystem::directory_iterator(METASET_TEST_DATA "/ips")) {
    if (!repository.path().filename().string().starts_with("repo-")) continue;
    for (const auto& publisher : std::filesystem::directory_iterator(repository.path())) {
      out.push_back(publisher.path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Paths of the catalog files of a publisher whose names begin so.
inline std::vector<std::filesystem::path> catalog_files(const std::filesystem::path& publisher,
                                                        const std::string& prefix) {
  std::vector<std::filesystem::path> out;
  for (const auto& file : std::filesystem::directory_iterator(publisher / "catalog")) {
    if (file.path().filename().string().starts_with(prefix)) out.push_back(file.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace metaset::ips::testing
