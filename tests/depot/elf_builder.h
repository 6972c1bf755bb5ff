// Small ELF files of every class and byte order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

namespace metaset::depot {

struct TestSection {
  std::string name;
  std::string content;
  std::uint32_t type = SHT_PROGBITS;
  std::uint64_t size_without_content = 0;  // SHT_NOBITS
};

// Header, contents, section headers; the last section is that of the names.
class ElfBuilder {
 public:
  int bits = 64;
  bool big_endian = false;
  std::uint16_t machine = EM_X86_64;
  bool extended_numbers = false;  // as files with very many sections have them

  std::string build(const std::vector<TestSection>& sections) const {
    std::string names(1, '\0');
    append_name(names, ".shstrtab");
    for (const TestSection& section : sections) append_name(names, section.name);
    std::vector<TestSection> all = sections;
    all.push_back({".shstrtab", names, SHT_STRTAB});

    std::string contents;
    std::string table;
    const auto last = static_cast<std::uint32_t>(all.size());
    put_section(table, 0, SHT_NULL, 0, extended_numbers ? last + 1 : 0,
                extended_numbers ? last : 0);
    for (const TestSection& section : all) {
      const bool bare = section.type == SHT_NOBITS;
      put_section(table, names.find('\0' + section.name + '\0') + 1, section.type,
                  header_size() + contents.size(),
                  bare ? section.size_without_content : section.content.size(), 0);
      contents += section.content;
    }
    return header(header_size() + contents.size(), last) + contents + table;
  }

  std::size_t header_size() const { return bits == 64 ? 64 : 52; }
  std::size_t section_header_size() const { return bits == 64 ? 64 : 40; }

 private:
  static void append_name(std::string& names, std::string_view name) {
    names += name;
    names += '\0';
  }
  void put(std::string& out, std::uint64_t value, int bytes) const {
    for (int i = 0; i < bytes; ++i) {
      out += static_cast<char>(value >> 8 * (big_endian ? bytes - 1 - i : i));
    }
  }
  void put_word(std::string& out, std::uint64_t value) const { put(out, value, bits / 8); }

  std::string header(std::uint64_t table, std::uint32_t last) const {
    std::string out = "\177ELF";
    for (const int byte : {bits == 64 ? ELFCLASS64 : ELFCLASS32,
                           big_endian ? ELFDATA2MSB : ELFDATA2LSB, EV_CURRENT}) {
      out += static_cast<char>(byte);
    }
    out.resize(EI_NIDENT);
    put(out, ET_DYN, 2);
    put(out, machine, 2);
    put(out, EV_CURRENT, 4);
    put_word(out, 0);  // entry
    put_word(out, 0);  // program headers
    put_word(out, table);
    put(out, 0, 4);  // flags
    put(out, header_size(), 2);
    put(out, 0, 4);  // size and number of program headers
    put(out, section_header_size(), 2);
    put(out, extended_numbers ? 0 : last + 1, 2);
    put(out, extended_numbers ? SHN_XINDEX : last, 2);
    return out;
  }

  void put_section(std::string& out, std::uint64_t name, std::uint32_t type, std::uint64_t offset,
                   std::uint64_t size, std::uint32_t link) const {
    put(out, name, 4);
    put(out, type, 4);
    put_word(out, 0);  // flags
    put_word(out, 0);  // address
    put_word(out, offset);
    put_word(out, size);
    put(out, link, 4);
    put(out, 0, 4);    // info
    put_word(out, 1);  // alignment
    put_word(out, 0);  // size of entries
  }
};

}  // namespace metaset::depot
