// A p5i document: what is written is read as the same document.
#include "metaset/ips/p5i.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  metaset::fuzz::accepts([&] {
    const std::string written =
        metaset::ips::write_p5i(metaset::ips::read_p5i(metaset::fuzz::text_of(data, size)));
    metaset::fuzz::require(metaset::ips::write_p5i(metaset::ips::read_p5i(written)) == written);
  });
  return 0;
}
