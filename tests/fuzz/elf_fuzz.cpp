// A file that may be ELF, in memory: whatever its headers claim, little time and memory are used.
#include <string>

#include "metaset/depot/elf.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using metaset::fuzz::require;
  const std::string_view content = metaset::fuzz::text_of(data, size);
  const auto facts = metaset::depot::elf_facts(content);
  if (!facts) return 0;
  require(content.starts_with("\177ELF"));
  require(facts->bits == 32 || facts->bits == 64);
  require(!facts->arch.empty());
  require(facts->elfhash.size() == 40 && facts->gelf.size() == 64);

  metaset::ips::Action action(metaset::ips::ActionType::kFile, "NOHASH");
  action.set("path", "usr/lib/a.so");
  metaset::depot::set_elf_attributes(action, *facts);
  metaset::depot::add_elf_content_hashes(action, *facts);
  const auto again = metaset::ips::Action::parse(action.text());
  require(metaset::depot::has_elf_attributes(again));
  require(again.text() == action.text());
  return 0;
}
