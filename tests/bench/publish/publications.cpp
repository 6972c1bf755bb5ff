#include "publications.h"

#include <fmt/format.h>

#include "metaset/base/gzip.h"
#include "metaset/base/hash.h"

#include "../corpus.h"

namespace metaset::bench {

namespace {

constexpr std::size_t kNameDigits = 12;
constexpr int kDependencies = 10;

std::string manifest_text(std::string_view name, const std::vector<UploadedFile>& files) {
  std::string text = fmt::format(
      "set name=pkg.summary value=\"{} - a package that is published to see how long it takes\"\n"
      "set name=info.classification value=System/Libraries\n"
      "set name=info.upstream-url value=https://example.org/{}/\n"
      "set name=org.opensolaris.consolidation value=userland\n"
      "set name=variant.arch value=i386\n",
      name, name);
  for (int i = 0; i < kDependencies; ++i) {
    text += fmt::format("depend fmri=pkg:/library/needed-{}@1.{} type=require\n", i, i);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    text += fmt::format(
        "file {} path=usr/lib/{}/{}.txt owner=root group=bin mode=0444 pkg.size={} "
        "pkg.content-hash=file:sha512t_256:{}\n",
        files[i].name, name, i, files[i].content.size(), to_hex(sha512t256_of(files[i].content)));
  }
  return text;
}

}  // namespace

std::vector<NewPackage> make_packages(std::string_view seed, const Wanted& wanted) {
  std::vector<NewPackage> packages;
  for (unsigned i = 0; i < wanted.packages; ++i) {
    const std::string name =
        to_hex(sha1_of(fmt::format("{} {}", seed, i))).substr(0, kNameDigits) + "/tool";
    NewPackage package;
    package.fmri = fmt::format("pkg://{}/{}@1.{},5.11-1", kPublisher, name, i);
    for (unsigned k = 0; k < wanted.files; ++k) {
      std::string content = prose(fmt::format("{} {} {}", seed, i, k), wanted.file_size);
      std::string hash = to_hex(sha1_of(content));
      package.files.push_back({std::move(hash), std::move(content)});
    }
    package.manifest = gzip(manifest_text(name, package.files), kPayloadLevel);
    packages.push_back(std::move(package));
  }
  return packages;
}

}  // namespace metaset::bench
