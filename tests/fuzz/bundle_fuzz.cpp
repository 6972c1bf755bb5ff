// Bundles: whatever a file holds, it is a whole bundle or an Error. (The digest at the end keeps
// most changed ones from being accepted, but everything before it is read first.)
#include <sys/mman.h>
#include <unistd.h>

#include "metaset/base/file.h"

#include "depot/bundle_contents.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace metaset;
  const Fd file(::memfd_create("bundle", MFD_CLOEXEC));
  fuzz::require(static_cast<bool>(file));
  write_all(file.get(), fuzz::text_of(data, size), "bundle");
  fuzz::accepts([&] {
    const depot::BundleContents contents(file.get(), {});
    const auto& header = contents.header();
    for (auto number = header.from + 1; number <= header.to; ++number) {
      fuzz::require(!contents.record(number).empty());
    }
    for (const auto& manifest : contents.manifests()) fuzz::require(!manifest.package.empty());
    for (const auto& payload : contents.payloads()) fuzz::require(!payload.publishers.empty());
  });
  return 0;
}
