// The packages that are published, made before the clock starts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::bench {

struct UploadedFile {
  std::string name;  // SHA-1, hex
  std::string content;
};
struct NewPackage {
  std::string fmri;  // without timestamp, as pkgsend sends it
  std::vector<UploadedFile> files;
  std::string manifest;  // gzip, without pkg.fmri
};
struct Wanted {
  unsigned packages = 0;
  unsigned files = 0;         // of each package
  std::size_t file_size = 0;  // bytes
};

// Other seeds give other packages with other files. The names are spread over the catalog.
std::vector<NewPackage> make_packages(std::string_view seed, const Wanted& wanted);

}  // namespace metaset::bench
