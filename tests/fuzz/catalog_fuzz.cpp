// A catalog file, also with the signature that its content ought to have, so that the readers get
// beyond the check.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "metaset/ips/catalog.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::accepts;
using metaset::fuzz::require;

using Entries = std::vector<metaset::ips::PartEntry>;

std::pair<Entries, bool> read_entries(std::string_view text) {
  Entries entries;
  const auto result = metaset::ips::read_part(text, [&](metaset::ips::PartEntry&& entry) {
    require(!entry.version.empty());
    entries.push_back(std::move(entry));
  });
  return {std::move(entries), result.utf8_feature};
}

bool has_base_form(const metaset::ips::PartEntry& entry) {
  return entry.manifest && entry.actions.empty();
}

std::string write_entries(const Entries& entries, bool utf8) {
  std::string written;
  metaset::ips::PartWriter writer([&](std::string_view bytes) { written += bytes; }, utf8);
  std::string publisher, name;
  for (const metaset::ips::PartEntry& entry : entries) {
    if (entry.publisher != publisher) writer.publisher(entry.publisher);
    if (entry.publisher != publisher || entry.name != name) writer.package(entry.name);
    publisher = entry.publisher;
    name = entry.name;
    std::string json;
    if (has_base_form(entry)) {
      metaset::ips::append_base_entry(*entry.manifest, entry.version, json);
    } else {
      metaset::ips::append_actions_entry(entry.actions.empty() ? "[]" : entry.actions,
                                         entry.version, json);
    }
    writer.entry(json);
  }
  writer.finish();
  return written;
}

bool is_same(const metaset::ips::PartEntry& a, const metaset::ips::PartEntry& b) {
  if (a.publisher != b.publisher || a.name != b.name || a.version != b.version) return false;
  if (has_base_form(a)) return a.manifest == b.manifest && b.actions.empty();
  return a.actions == b.actions || (a.actions.empty() && b.actions == "[]");
}

void read(std::string_view text) {
  accepts([&] {
    const metaset::ips::CatalogAttrs attrs = metaset::ips::read_attrs(text);
    const std::string written = metaset::ips::write_attrs(attrs);
    const metaset::ips::CatalogAttrs second = metaset::ips::read_attrs(written);
    require(second.parts == attrs.parts && second.updates == attrs.updates);
    require(metaset::ips::write_attrs(second) == written);
  });
  accepts([&] {
    const auto [entries, utf8] = read_entries(text);
    const std::string written = write_entries(entries, utf8);
    const auto [again, utf8_again] = read_entries(written);
    require(utf8_again == utf8);
    require(std::equal(entries.begin(), entries.end(), again.begin(), again.end(), is_same));
    require(write_entries(again, utf8) == written);
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
