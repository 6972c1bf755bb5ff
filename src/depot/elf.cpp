#include "metaset/depot/elf.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <libelf.h>

#include "metaset/base/hash.h"

#include "elf_input.h"

namespace metaset::depot {

namespace {

// libelf knows the layout and byte order of each structure. Where the structures are is checked
// here: elf_begin() would allocate whatever number of sections the header claims.
struct Elf32Format {
  using Header = Elf32_Ehdr;
  using SectionHeader = Elf32_Shdr;
  static constexpr auto kToMemory = elf32_xlatetom;
  static constexpr int kBits = 32;
};
struct Elf64Format {
  using Header = Elf64_Ehdr;
  using SectionHeader = Elf64_Shdr;
  static constexpr auto kToMemory = elf64_xlatetom;
  static constexpr int kBits = 64;
};

constexpr std::uint64_t kMaxElfSections = 1 << 20;
constexpr std::size_t kElfBlock = 64 * 1024;

// Sections that differ between builds of the same program: not hashed.
constexpr std::string_view kUnhashedSections[] = {
    ".SUNW_signature", ".comment",  ".SUNW_dof", ".debug", ".plt",
    ".rela.bss",       ".rela.plt", ".line",     ".note",  ".compcom"};
constexpr std::size_t kSectionNameBytes = 16;  // the longest of them with its NUL

constexpr Elf32_Half kMachine486 = 6;  // illumos has it, Linux uses the number for another

std::string_view elf_arch(Elf32_Half machine) {
  switch (machine) {
    case EM_NONE:
      return "none";
    case EM_SPARC:
    case EM_SPARC32PLUS:
    case EM_SPARCV9:
      return "sparc";
    case EM_386:
    case kMachine486:
    case EM_X86_64:
      return "i386";
    case EM_PPC:
    case EM_PPC64:
      return "ppc";
    case EM_AARCH64:
      return "aarch64";
    default:
      return "other";
  }
}

struct ElfSection {
  std::uint32_t name = 0;  // offset in the section of names
  std::uint32_t type = SHT_NULL;
  std::uint32_t link = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

template <typename Format>
class ElfReader {
 public:
  ElfReader(const ElfInput& input, unsigned encoding) : input_(input), encoding_(encoding) {}

  std::optional<ElfFacts> facts() {
    if (!read(0, ELF_T_EHDR, header_) || !find_sections()) return std::nullopt;
    for (std::uint64_t i = 1; i < count_; ++i) {
      if (!hash_section(i)) return std::nullopt;
    }
    return ElfFacts{std::string(elf_arch(header_.e_machine)), Format::kBits,
                    to_hex(sha1_.finish_sha1()), to_hex(sha512t_.finish_sha256())};
  }

 private:
  template <typename Structure>
  bool read(std::uint64_t offset, Elf_Type type, Structure& structure) {
    if (!input_.read(offset, &structure, sizeof structure)) return false;
    Elf_Data data{};
    data.d_buf = &structure;
    data.d_type = type;
    data.d_version = EV_CURRENT;
    data.d_size = sizeof structure;
    return Format::kToMemory(&data, &data, encoding_) != nullptr;
  }

  std::optional<ElfSection> section(std::uint64_t index) {
    typename Format::SectionHeader header{};
    if (!read(header_.e_shoff + index * sizeof header, ELF_T_SHDR, header)) return std::nullopt;
    return ElfSection{header.sh_name, header.sh_type, header.sh_link, header.sh_offset,
                      header.sh_size};
  }

  // Sets count_ and names_. Numbers too big for the header are in section 0.
  bool find_sections() {
    if (header_.e_shoff == 0) return true;
    if (header_.e_shentsize != sizeof(typename Format::SectionHeader)) return false;
    if (header_.e_shoff > input_.size()) return false;
    const auto first = section(0);
    if (!first) return false;
    count_ = header_.e_shnum != 0 ? header_.e_shnum : first->size;
    if (count_ <= 1) return true;
    if (count_ > kMaxElfSections) return false;
    const std::uint64_t index = header_.e_shstrndx != SHN_XINDEX ? header_.e_shstrndx : first->link;
    const auto names = index < count_ ? section(index) : std::nullopt;
    if (!names || names->type != SHT_STRTAB) return false;
    names_ = *names;
    return input_.contains(names_.offset, names_.size);
  }

  // As much of the name as tells whether the section is hashed; nullopt if it has none.
  std::optional<std::string> name_of(const ElfSection& section) {
    if (section.name >= names_.size) return std::nullopt;
    std::array<char, kSectionNameBytes> bytes{};
    const std::uint64_t left = names_.size - section.name;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
    if (!input_.read(names_.offset + section.name, bytes.data(), length)) return std::nullopt;
    const std::string_view text(bytes.data(), length);
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos && left <= bytes.size()) return std::nullopt;
    return std::string(text.substr(0, end));
  }

  bool hash_section(std::uint64_t index) {
    const auto header = section(index);
    if (!header) return false;
    const auto name = name_of(*header);
    if (!name) return false;
    if (std::ranges::find(kUnhashedSections, *name) != std::end(kUnhashedSections)) return true;
    if (header->type == SHT_NOBITS) {
      hash_number(header->size);
      return true;
    }
    return hash_range(header->offset, header->size);
  }

  // As the eight bytes of a big-endian number.
  void hash_number(std::uint64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
    hash(bytes);
  }

  bool hash_range(std::uint64_t offset, std::uint64_t size) {
    if (size == 0) return true;
    // Sections of a sound file do not overlap; many that do would be hashed for hours.
    hashed_ += std::min(size, input_.size() + 1);
    if (!input_.contains(offset, size) || hashed_ / 2 > input_.size()) return false;
    while (size > 0) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(size, block_.size()));
      if (!input_.read(offset, block_.data(), length)) return false;
      hash({block_.data(), length});
      offset += length;
      size -= length;
    }
    return true;
  }

  void hash(std::string_view bytes) {
    sha1_.update(bytes);
    sha512t_.update(bytes);
  }

  const ElfInput& input_;
  unsigned encoding_;  // ELFDATA2LSB or ELFDATA2MSB
  typename Format::Header header_{};
  std::uint64_t count_ = 0;
  ElfSection names_;
  std::uint64_t hashed_ = 0;
  std::vector<char> block_ = std::vector<char>(kElfBlock);
  Hasher sha1_{HashKind::kSha1};
  Hasher sha512t_{HashKind::kSha512t256};
};

std::optional<ElfFacts> facts_of_input(const ElfInput& input) {
  std::array<unsigned char, EI_NIDENT> ident{};
  if (!input.read(0, ident.data(), ident.size())) return std::nullopt;
  constexpr std::string_view kMagic{ELFMAG, SELFMAG};
  if (!std::equal(kMagic.begin(), kMagic.end(), ident.begin())) return std::nullopt;
  const unsigned encoding = ident[EI_DATA];
  if (encoding != ELFDATA2LSB && encoding != ELFDATA2MSB) return std::nullopt;
  if (ident[EI_VERSION] != EV_CURRENT) return std::nullopt;
  switch (ident[EI_CLASS]) {
    case ELFCLASS32:
      return ElfReader<Elf32Format>(input, encoding).facts();
    case ELFCLASS64:
      return ElfReader<Elf64Format>(input, encoding).facts();
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<ElfFacts> elf_facts(std::string_view content) {
  return facts_of_input(ElfInput(content));
}

std::optional<ElfFacts> elf_facts_of_file(const std::string& path) {
  return facts_of_input(ElfInput::of_file(path));
}

bool has_elf_attributes(const ips::Action& action) {
  return action.value("elfarch") != nullptr && action.value("elfbits") != nullptr &&
         action.value("elfhash") != nullptr;
}

void set_elf_attributes(ips::Action& action, const ElfFacts& facts) {
  action.set("elfarch", facts.arch);
  action.set("elfbits", std::to_string(facts.bits));
  action.set("elfhash", facts.elfhash);
}

// OmniOS hashes signed and unsigned content alike, by other rules than Solaris does.
void add_elf_content_hashes(ips::Action& action, const ElfFacts& facts) {
  action.add("pkg.content-hash", "gelf:sha512t_256:" + facts.gelf);
  action.add("pkg.content-hash", "gelf.unsigned:sha512t_256:" + facts.gelf);
}

}  // namespace metaset::depot
