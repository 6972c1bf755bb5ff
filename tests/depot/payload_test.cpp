// file/0 to file/2.
#include "metaset/depot/payload.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

struct Filled : TestDepot {
  Filled() {
    publish({manifest_of("pkg://fruit/apple@1,5.11-0:20240101T000000Z")});
    facts = payloads().put_content("an apple a day\n");
    payloads().assign(facts.name, "fruit");
  }
  Payload find(std::string_view prefix, std::string_view name) {
    return find_payload(view(), publishers(), payloads(), prefix, name);
  }
  store::PayloadFacts facts;
};

BOOST_AUTO_TEST_CASE(payloads_are_found_with_and_without_prefix_in_either_case) {
  Filled t;
  std::string upper = t.facts.name;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (const std::string& name : {t.facts.name, upper}) {
    for (const char* prefix : {"", "fruit"}) {
      const Payload payload = t.find(prefix, name);
      BOOST_TEST(payload.name == t.facts.name);
      const std::string top = *prefix == '\0' ? t.root : t.root + "/publisher/" + prefix;
      BOOST_TEST(payload.path == top + "/file/" + t.facts.name.substr(0, 2) + "/" + t.facts.name);
      BOOST_TEST(payload.size == t.facts.csize);
      BOOST_TEST((payload.last_modified.micros > 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_publisher_has_the_payloads_of_its_packages_only) {
  Filled t;
  const std::string message =
      "No file could be found for the specified hash name: '" + t.facts.name + "'.";
  BOOST_TEST(fails(Code::kNotFound, message, [&] { t.find("example.org", t.facts.name); }));
  BOOST_TEST(fails(Code::kInvalid, "Unknown publisher: x", [&] { t.find("x", t.facts.name); }));
  t.remove("pkg://fruit/apple@1,5.11-0:20240101T000000Z");
  BOOST_TEST(t.find("fruit", t.facts.name).size == t.facts.csize);
  t.publish({manifest_of("pkg://example.org/a@1,5.11-0:20240101T000000Z")}, false);
  BOOST_TEST(fails(Code::kNotFound, message, [&] { t.find("example.org", t.facts.name); }));
  t.payloads().assign(t.facts.name, "example.org");
  BOOST_TEST(t.find("example.org", t.facts.name).size == t.facts.csize);
}

BOOST_AUTO_TEST_CASE(names_that_are_no_hashes_are_not_looked_for) {
  Filled t;
  write_file_atomically(t.root + "/file/plain", "x", false);
  for (const char* name : {"42", "index.html", "../committed/data.mdb", "plain",
                           "0000000000000000000000000000000000000000"}) {
    BOOST_TEST(fails(Code::kNotFound, "'" + std::string(name) + "'.", [&] { t.find("", name); }),
               name);
  }
  BOOST_TEST(fails(Code::kNotFound, "'None'.", [&] { t.find("fruit", ""); }));
}

BOOST_AUTO_TEST_CASE(probes_give_the_hashes_of_the_gzip_file) {
  Filled t;
  CompressedFactsCache cache(2);
  const Payload payload = t.find("", t.facts.name);
  for (int i = 0; i < 2; ++i) {
    const store::CompressedFacts facts = cache.get(t.payloads(), payload);
    BOOST_TEST(facts.csize == payload.size);
    BOOST_TEST(chash_attribute(facts) == "chash=" + to_hex(t.facts.chash));
    BOOST_TEST(content_hash_attribute(facts) ==
               "pkg.content-hash=gzip:sha512t_256:" + to_hex(t.facts.gzip_sha512t));
  }
}

BOOST_AUTO_TEST_CASE(the_cache_forgets_the_oldest_and_notices_replaced_files) {
  Filled t;
  CompressedFactsCache cache(2);
  std::vector<Payload> all;
  for (const char* text : {"one", "two", "three"}) {
    all.push_back(t.find("", t.payloads().put_content(text).name));
    cache.get(t.payloads(), all.back());
  }
  // Only what is remembered can be answered when the files are gone.
  const auto known = [&](std::size_t i) {
    try {
      cache.get(t.payloads(), all[i]);
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  for (const Payload& payload : all) remove_file(payload.path);
  BOOST_TEST(!known(0));
  BOOST_TEST(known(1));
  BOOST_TEST(known(2));
  all[1].inode += 1;
  BOOST_TEST(!known(1));
}

}  // namespace
}  // namespace metaset::depot
