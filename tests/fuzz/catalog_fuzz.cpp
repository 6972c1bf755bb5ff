// A catalog file, also with the signature that its content ought to have, so that the readers get
// beyond the check.
#include <string>

#include "metaset/ips/catalog.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::accepts;
using metaset::fuzz::require;

void read(std::string_view text) {
  accepts([&] {
    const metaset::ips::CatalogAttrs attrs = metaset::ips::read_attrs(text);
    const std::string written = metaset::ips::write_attrs(attrs);
    const metaset::ips::CatalogAttrs second = metaset::ips::read_attrs(written);
    require(second.parts == attrs.parts && second.updates == attrs.updates);
    require(metaset::ips::write_attrs(second) == written);
  });
  accepts([&] {
    metaset::ips::read_part(text, [](metaset::ips::PartEntry&& entry) {
      require(!entry.version.empty());
      std::string out;
      metaset::ips::append_actions_entry(entry.actions, entry.version, out);
    });
  });
  accepts([&] {
    metaset::ips::read_log(text, [](metaset::ips::LogEntry&& entry) {
      require(!entry.version.empty());
      for (const auto& part : entry.parts) require(metaset::ips::is_catalog_file_name(part.part));
    });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  read(text);
  if (metaset::ips::is_catalog_file_name(text)) {
    require(text.find('/') == std::string_view::npos && text.find("..") == std::string_view::npos);
  }
  if (text.ends_with('}') && text.size() > 2) {
    const std::string hash = metaset::to_hex(metaset::sha1_of(std::string(text) + '\n'));
    read(std::string(text.substr(0, text.size() - 1)) + ",\"_SIGNATURE\":{\"sha-1\":\"" + hash +
         "\"}}\n");
  }
  return 0;
}
