// What manifests say of an ELF file (protocol/formats.md section 4.2): elfarch, elfbits, elfhash,
// and for `pkgsend publish` the gelf content hashes.
//
// Any file may be given, hostile ones included: memory is constant, and the time is bounded by the
// size of the file. Headers that contradict themselves or the file's size make it no ELF file.
// Thread-safety: re-entrant. Errors: system_error() for a file that cannot be read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "metaset/ips/action.h"

namespace metaset::depot {

struct ElfFacts {
  std::string arch;     // i386 (64 bits too), sparc, ppc, aarch64, none, other
  int bits = 0;         // 32 or 64
  std::string elfhash;  // SHA-1, hex
  std::string gelf;     // SHA-512/256 of the same bytes, hex
};

// nullopt for what is not ELF, or not whole.
std::optional<ElfFacts> elf_facts(std::string_view content);
std::optional<ElfFacts> elf_facts_of_file(const std::string& path);

// A depot describes ELF content unless the client did so completely: elfarch, elfbits, elfhash.
bool has_elf_attributes(const ips::Action& action);
void set_elf_attributes(ips::Action& action, const ElfFacts& facts);
// The two gelf values of pkg.content-hash, which come before all others. A depot adds none.
void add_elf_content_hashes(ips::Action& action, const ElfFacts& facts);

}  // namespace metaset::depot
