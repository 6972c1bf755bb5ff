// elfarch, elfbits, elfhash and the gelf content hashes. Hashes with names of their own were
// recorded from the stock server and `pkgsend publish`.
#include "metaset/depot/elf.h"

#include <algorithm>
#include <map>

#include <rapidcheck.h>

#include "metaset/base/hash.h"
#include "metaset/depot/publish.h"

#include "elf_builder.h"
#include "fixture.h"

namespace metaset::depot {
namespace {

using namespace std::string_literals;

// The sections of two small programs that the stock tools published.
const std::vector<TestSection> kOther = {
    {".text",
     "\xb8\x01\0\0\0\x48\x8d\x35\xf4\x0f\0\0\xba\x15\0\0\0\x89\xc7\x0f\x05\xb8\x3c\0\0\0\x31\xff"
     "\x0f\x1f\x40\0\x0f\x05\xeb\xfc"s},
    {".rodata", "other fixture binary\n\0"s},
    {".eh_frame",
     "\x14\0\0\0\0\0\0\0\x01zR\0\x01x\x10\x01\x1b\x0c\x07\x08\x90\x01\0\0\x10\0\0\0\x1c\0\0\0"
     "\xc8\xef\xff\xff\x24\0\0\0\0\0\0\0"s},
    {".comment", "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\0"s}};
constexpr std::string_view kOtherHash = "df364b352ffd0e93e23b58c8774c75e2c880b886";

const std::vector<TestSection> kBasket = {
    {".text",
     "\xb8\x01\0\0\0\x48\x8d\x35\xf4\x0f\0\0\xba\x08\0\0\0\x89\xc7\x0f\x05\xb8\x3c\0\0\0\x31\xff"
     "\x0f\x05\xeb\xfc"s},
    {".rodata", "fixture\n\0"s},
    {".eh_frame",
     "\x14\0\0\0\0\0\0\0\x01zR\0\x01x\x10\x01\x1b\x0c\x07\x08\x90\x01\0\0\x10\0\0\0\x1c\0\0\0"
     "\xd0\xef\xff\xff\x20\0\0\0\0\0\0\0"s},
    {".comment", "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\0"s}};
constexpr std::string_view kBasketHash = "e93e5c2f1429d22d12bad1d8ac7b7fd4cef121a2";
constexpr std::string_view kBasketGelf =
    "58137de356d17d328603cc1efe0850ee4040167631ba2afb8a8a0b63674443b1";

std::string names_of(const std::vector<TestSection>& sections) {
  std::string names = "\0.shstrtab\0"s;
  for (const TestSection& section : sections) names += section.name + '\0';
  return names;
}

std::string hash_of(const std::string& file) {
  const auto facts = elf_facts(file);
  BOOST_REQUIRE(facts.has_value());
  return facts->elfhash;
}

bool same(const std::optional<ElfFacts>& a, const std::optional<ElfFacts>& b) {
  if (!a || !b) return !a && !b;
  return a->arch == b->arch && a->bits == b->bits && a->elfhash == b->elfhash && a->gelf == b->gelf;
}

BOOST_AUTO_TEST_CASE(the_facts_are_those_that_the_stock_tools_recorded) {
  const auto other = elf_facts(ElfBuilder().build(kOther));
  BOOST_REQUIRE(other.has_value());
  BOOST_TEST(other->arch == "i386");
  BOOST_TEST(other->bits == 64);
  BOOST_TEST(other->elfhash == kOtherHash);
  const auto basket = elf_facts(ElfBuilder().build(kBasket));
  BOOST_REQUIRE(basket.has_value());
  BOOST_TEST(basket->elfhash == kBasketHash);
  BOOST_TEST(basket->gelf == kBasketGelf);
}

BOOST_AUTO_TEST_CASE(every_class_and_byte_order_is_read) {
  for (const int bits : {32, 64}) {
    for (const bool big_endian : {false, true}) {
      for (const bool extended_numbers : {false, true}) {
        const ElfBuilder builder{bits, big_endian, EM_386, extended_numbers};
        const auto facts = elf_facts(builder.build(kBasket));
        BOOST_REQUIRE(facts.has_value());
        BOOST_TEST(facts->bits == bits);
        BOOST_TEST(facts->arch == "i386");
        BOOST_TEST(facts->elfhash == kBasketHash);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(machines_have_the_names_of_the_stock_tools) {
  const std::pair<int, const char*> machines[] = {
      {EM_NONE, "none"},   {EM_386, "i386"},          {6, "i386"},           {EM_X86_64, "i386"},
      {EM_SPARC, "sparc"}, {EM_SPARC32PLUS, "sparc"}, {EM_SPARCV9, "sparc"}, {EM_PPC, "ppc"},
      {EM_PPC64, "ppc"},   {EM_AARCH64, "aarch64"},   {EM_ARM, "other"},     {EM_RISCV, "other"}};
  for (const auto& [machine, name] : machines) {
    const ElfBuilder builder{64, true, static_cast<std::uint16_t>(machine)};
    const auto facts = elf_facts(builder.build({}));
    BOOST_REQUIRE(facts.has_value());
    BOOST_TEST(facts->arch == name);
  }
}

BOOST_AUTO_TEST_CASE(some_sections_are_not_hashed) {
  for (const char* name : {".SUNW_signature", ".comment", ".SUNW_dof", ".debug", ".plt",
                           ".rela.bss", ".rela.plt", ".line", ".note", ".compcom"}) {
    const auto with = [&](const char* text) {
      return hash_of(ElfBuilder().build({{".data", "data"}, {name, text}}));
    };
    BOOST_TEST(with("one") == with("another"), name);
  }
  for (const char* name :
       {".data", ".debug_info", ".note.ABI", ".SUNW_signature1", ".plt.got", ""}) {
    const std::vector<TestSection> sections = {{name, "content"}};
    BOOST_TEST(
        hash_of(ElfBuilder().build(sections)) == to_hex(sha1_of("content" + names_of(sections))),
        name);
  }
}

BOOST_AUTO_TEST_CASE(a_section_without_content_counts_with_its_size) {
  const std::vector<TestSection> sections = {{".bss", "", SHT_NOBITS, 0x12345}};
  const std::string expected = to_hex(sha1_of("\0\0\0\0\0\x01\x23\x45"s + names_of(sections)));
  for (const int bits : {32, 64}) {
    for (const bool big_endian : {false, true}) {
      BOOST_TEST(hash_of(ElfBuilder{bits, big_endian}.build(sections)) == expected);
    }
  }
  // However big it says it is.
  BOOST_TEST(hash_of(ElfBuilder().build({{".bss", "", SHT_NOBITS, ~0ull}})).size() == 40u);
}

BOOST_AUTO_TEST_CASE(sections_of_many_blocks_are_hashed_whole) {
  std::string content(200'001, 'x');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 >> 3);
  const std::vector<TestSection> sections = {{".data", content}};
  const std::string file = ElfBuilder().build(sections);
  BOOST_TEST(hash_of(file) == to_hex(sha1_of(content + names_of(sections))));
}

BOOST_AUTO_TEST_CASE(a_file_without_section_headers_has_the_hash_of_nothing) {
  std::string file = ElfBuilder().build({}).substr(0, 64);
  std::fill_n(file.begin() + offsetof(Elf64_Ehdr, e_shoff), 8, '\0');
  BOOST_TEST(hash_of(file) == to_hex(sha1_of("")));
}

BOOST_AUTO_TEST_CASE(other_files_are_not_elf) {
  const std::string file = ElfBuilder().build(kOther);
  for (const std::string& content :
       {""s, "\177"s, "\177ELF"s, "#!/bin/sh\n"s, "!<arch>\n"s, std::string(100, '\0'),
        file.substr(0, EI_NIDENT), file.substr(1)}) {
    BOOST_TEST(!elf_facts(content).has_value());
  }
  for (const std::size_t at : {EI_CLASS, EI_DATA, EI_VERSION}) {
    std::string changed = file;
    changed[at] = 3;
    BOOST_TEST(!elf_facts(changed).has_value());
  }
}

// Sets a 16 or 64 bit field.
std::string with_field(std::string file, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) file[at + i] = static_cast<char>(value >> 8 * i);
  return file;
}

BOOST_AUTO_TEST_CASE(headers_that_contradict_the_file_make_it_no_elf_file) {
  const std::string file = ElfBuilder().build(kOther);
  const auto header = [&](std::size_t at, std::uint64_t value, std::size_t bytes) {
    return elf_facts(with_field(file, at, value, bytes)).has_value();
  };
  BOOST_TEST(header(offsetof(Elf64_Ehdr, e_flags), 7, 4));
  for (const std::uint64_t table :
       {file.size(), file.size() - 63, ~std::size_t{0}, ~std::size_t{99}}) {
    BOOST_TEST(!header(offsetof(Elf64_Ehdr, e_shoff), table, 8));
  }
  BOOST_TEST(!header(offsetof(Elf64_Ehdr, e_shentsize), 40, 2));
  BOOST_TEST(!header(offsetof(Elf64_Ehdr, e_shnum), 7, 2));
  for (const std::uint64_t index : {0, 1, 6, SHN_XINDEX}) {
    BOOST_TEST(!header(offsetof(Elf64_Ehdr, e_shstrndx), index, 2));
  }
  const std::size_t first = file.size() - 5 * 64;
  const std::size_t last = file.size() - 64;
  const std::uint64_t far = ~std::uint64_t{0} - 8;
  BOOST_TEST(!header(first + offsetof(Elf64_Shdr, sh_name), 0x2c, 4));
  BOOST_TEST(header(first + offsetof(Elf64_Shdr, sh_name), 0x2b, 4));
  for (const std::size_t at : {first, last}) {
    BOOST_TEST(!header(at + offsetof(Elf64_Shdr, sh_offset), far, 8));
    BOOST_TEST(!header(at + offsetof(Elf64_Shdr, sh_size), far, 8));
    BOOST_TEST(!header(at + offsetof(Elf64_Shdr, sh_size), file.size(), 8));
  }
  // The last name has no end.
  BOOST_TEST(!header(last + offsetof(Elf64_Shdr, sh_size), 0x2b, 8));
}

BOOST_AUTO_TEST_CASE(overlapping_sections_are_not_hashed_for_hours) {
  const std::size_t count = 60'000;
  std::string file = ElfBuilder().build(std::vector<TestSection>(count, {".data", "x"}));
  BOOST_TEST(elf_facts(file).has_value());
  const std::size_t size = file.size();
  const std::size_t table = size - (count + 2) * 64;
  for (std::size_t i = 1; i <= count; ++i) {
    const std::size_t at = table + i * 64;
    file = with_field(std::move(file), at + offsetof(Elf64_Shdr, sh_offset), 0, 8);
    file = with_field(std::move(file), at + offsetof(Elf64_Shdr, sh_size), size, 8);
  }
  BOOST_TEST(!elf_facts(file).has_value());
}

BOOST_AUTO_TEST_CASE(more_sections_than_any_linker_makes_are_refused) {
  std::string file = ElfBuilder{64, false, EM_X86_64, true}.build({});
  const std::size_t count = file.size() - 128 + offsetof(Elf64_Shdr, sh_size);
  for (const std::uint64_t sections :
       {std::uint64_t{3}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    BOOST_TEST(!elf_facts(with_field(file, count, sections, 8)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(no_change_of_a_file_does_harm) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  BOOST_CHECK(rc::check("mutations", [&](bool wide, bool big_endian, bool extended_numbers) {
    std::string file =
        ElfBuilder{wide ? 64 : 32, big_endian, EM_SPARC, extended_numbers}.build(kOther);
    const auto change = rc::gen::pair(rc::gen::inRange<std::size_t>(0, file.size()),
                                      rc::gen::element<char>(0, 1, 6, 64, 127, -128, -1));
    for (const auto& [at, value] :
         *rc::gen::container<std::vector<std::pair<std::size_t, char>>>(change)) {
      file[at] = value;
    }
    if (*rc::gen::element(false, false, true)) {
      file.resize(*rc::gen::inRange<std::size_t>(0, file.size()));
    }
    write_file_atomically(path, file, false);
    const auto facts = elf_facts(file);
    RC_ASSERT(same(facts, elf_facts_of_file(path)));
    RC_ASSERT(!facts || (facts->elfhash.size() == 40 && facts->gelf.size() == 64));
  }));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_an_error) {
  const TemporaryDirectory directory;
  BOOST_TEST(
      fails(Code::kNotFound, "/none", [&] { elf_facts_of_file(directory.path() + "/none"); }));
}

BOOST_AUTO_TEST_CASE(a_client_may_have_described_the_file) {
  const auto has = [](const std::string& attributes) {
    return has_elf_attributes(ips::Action::parse("file NOHASH path=a " + attributes));
  };
  BOOST_TEST(!has("elfarch=i386 elfbits=32"));
  BOOST_TEST(!has("elfbits=32 elfhash=0"));
  BOOST_TEST(!has("elfarch=i386 elfhash=0"));
  BOOST_TEST(has("elfarch=i386 elfbits=32 elfhash=0"));
}

BOOST_AUTO_TEST_CASE(publishing_describes_elf_files_as_pkgsend_does) {
  TestDepot t;
  write_file_atomically(t.directory.path() + "/basket.so", ElfBuilder().build(kBasket), false);
  write_file_atomically(t.directory.path() + "/readme", "plain\n", false);
  t.session.end();
  const std::string tail = " owner=root group=bin mode=0755 elfarch=sparc elfhash=0";
  const auto published = publish_package(
      t.session.store(),
      manifest_of("pkg://fruit/basket@1", "file basket.so path=basket.so" + tail + "\n" +
                                              "file readme path=readme" + tail + "\n"),
      "basket.p5m", {{t.directory.path()}, "default", "tester"});
  const store::Staging staging(t.session.store().staging());
  const auto change = staging.change(staging.area("default")->record.id, published.fmri);
  std::map<std::string, ips::Action> files;
  ips::for_each_action(staging.manifest(change->record.manifest),
                       [&](ips::Action&& action, std::size_t) {
                         if (const auto* path = action.value("path")) files.emplace(*path, action);
                       });
  const ips::Action& elf = files.at("basket.so");
  BOOST_TEST(*elf.value("elfarch") == "i386");
  BOOST_TEST(*elf.value("elfbits") == "64");
  BOOST_TEST(*elf.value("elfhash") == kBasketHash);
  const std::vector<std::string>& hashes = *elf.values("pkg.content-hash");
  BOOST_REQUIRE(hashes.size() == 4u);
  BOOST_TEST(hashes[0] == "gelf:sha512t_256:" + std::string(kBasketGelf));
  BOOST_TEST(hashes[1] == "gelf.unsigned:sha512t_256:" + std::string(kBasketGelf));
  BOOST_TEST(hashes[2].starts_with("file:sha512t_256:"));
  BOOST_TEST(hashes[3].starts_with("gzip:sha512t_256:"));
  const ips::Action& plain = files.at("readme");
  for (const char* key : {"elfarch", "elfbits", "elfhash"}) {
    BOOST_TEST(plain.values(key) == nullptr);
  }
  BOOST_TEST(plain.values("pkg.content-hash")->size() == 2u);
  t.session.begin();
}

}  // namespace
}  // namespace metaset::depot
