// catalog/1 and catalog/0.
#include "metaset/depot/catalog.h"

#include "metaset/ips/catalog.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

struct CatalogDepot : TestDepot {
  CatalogDepot() : TestDepot({"north", "south.example.com"}, "") {
    publish(stock_manifests("repo-ascii/north"));
  }
  CatalogAnswer find(std::string_view name) {
    return find_catalog_file(view(), session.store().catalog_files(), *publishers().find("north"),
                             name);
  }
};

BOOST_AUTO_TEST_CASE(attrs_list_files_that_exist) {
  CatalogDepot t;
  const auto attrs = t.find("catalog.attrs").attrs;
  BOOST_REQUIRE(attrs != nullptr);
  const ips::CatalogAttrs parsed = ips::read_attrs(attrs->text);
  BOOST_TEST(parsed.package_version_count == 4u);
  BOOST_TEST(parsed.parts.size() == 3u);
  for (const auto* files : {&parsed.parts, &parsed.updates}) {
    for (const ips::FileAttrs& file : *files) {
      const CatalogAnswer answer = t.find(file.name);
      BOOST_TEST(answer.attrs == nullptr);
      BOOST_TEST(to_hex(answer.file.sha1) == to_hex(file.sha1));
      const std::string text = read_file(join_path(t.root, answer.file.path), 1 << 20);
      BOOST_TEST(text.size() == answer.file.size);
      BOOST_TEST((answer.file.last_modified == file.last_modified));
    }
  }
}

BOOST_AUTO_TEST_CASE(names_are_looked_up_not_joined_to_a_path) {
  CatalogDepot t;
  for (const char* name :
       {"", ".", "..", "../committed/data.mdb", "/etc/passwd", "catalog.attrs/", "Catalog.attrs",
        "catalog.summary.de", "catalog.base.", "update.20240501T10Z.C", "update.20240501T10Z",
        "catalog.base.C.gz", "update.20240501T10Z./../../x"}) {
    BOOST_TEST(fails(Code::kNotFound, "No such file '", [&] { t.find(name); }), name);
  }
}

BOOST_AUTO_TEST_CASE(catalog_0_lists_every_version_in_order) {
  CatalogDepot t;
  std::string text;
  const PublisherFacts& north = publisher_for_catalog_0(t.publishers(), "north");
  write_catalog_0(t.view(), north, [&](std::string_view bytes) { text.append(bytes); });
  BOOST_TEST(text == "S Last-Modified: " + iso_timestamp(north.state.last_modified) +
                         "\n"
                         "S prefix: CRSV\n"
                         "S npkgs: 4\n"
                         "V pkg:/lichen@1,5.11:20231231T233014Z\n"
                         "V pkg:/lichen@1,5.10:20240101T001007Z\n"
                         "V pkg:/moss@0.9,5.11-1:20231231T233007Z\n"
                         "V pkg:/moss@0.10,5.11-1:20231231T233021Z\n");
  text.clear();
  write_catalog_0(t.view(), *t.publishers().find("south.example.com"),
                  [&](std::string_view bytes) { text.append(bytes); });
  BOOST_TEST(text.ends_with("S npkgs: 0\n"));
}

BOOST_AUTO_TEST_CASE(catalog_0_without_publisher_is_a_bad_request) {
  CatalogDepot t;
  BOOST_TEST(fails(Code::kInvalid, "Operation not supported for this configuration.",
                   [&] { publisher_for_catalog_0(t.publishers(), ""); }));
  BOOST_TEST(fails(Code::kInvalid, "Unknown publisher: x",
                   [&] { publisher_for_catalog_0(t.publishers(), "x"); }));
}

BOOST_AUTO_TEST_CASE(a_big_catalog_0_comes_in_pieces) {
  TestDepot t;
  std::vector<std::string> manifests;
  for (int i = 0; i < 2000; ++i) {
    manifests.push_back(
        manifest_of("pkg://fruit/seed" + std::to_string(i) + "@1.0,5.11-1:20240101T000000Z"));
  }
  t.publish(manifests);
  std::size_t pieces = 0;
  std::size_t lines = 0;
  write_catalog_0(t.view(), *t.publishers().find("fruit"), [&](std::string_view bytes) {
    ++pieces;
    BOOST_TEST(bytes.size() < 40'000u);
    lines += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  });
  BOOST_TEST(pieces > 2u);
  BOOST_TEST(lines == 2003u);
}

}  // namespace
}  // namespace metaset::depot
