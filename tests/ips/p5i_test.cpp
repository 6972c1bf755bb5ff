#include "metaset/ips/p5i.h"

#include <boost/test/unit_test.hpp>

#include "expect.h"
#include "generators.h"

namespace metaset::ips {
namespace {

using testing::expect_invalid;

BOOST_AUTO_TEST_SUITE(p5i)

BOOST_AUTO_TEST_CASE(writes_publishers_without_configuration) {
  P5i document;
  document.publishers.emplace_back().name = "test";
  document.publishers[0].packages = {"lib/zlib"};
  BOOST_TEST(write_p5i(document) == R"({
  "packages": [],
  "publishers": [
    {
      "alias": null,
      "name": "test",
      "packages": [
        "lib/zlib"
      ],
      "repositories": []
    }
  ],
  "version": 1
}
)");
}

BOOST_AUTO_TEST_CASE(writes_repositories_unescaped) {
  P5i document;
  auto& publisher = document.publishers.emplace_back();
  publisher.name = "test";
  publisher.alias = "gr\xc3\xbcn";
  publisher.repository.emplace().origins = {"http://h/"};
  publisher.repository->refresh_seconds = 14400;
  const std::string text = write_p5i(document);
  BOOST_TEST(text.find("\"alias\": \"gr\xc3\xbcn\"") != std::string::npos);
  BOOST_TEST(text.find("\"refresh_seconds\": 14400") != std::string::npos);
  BOOST_TEST(text.find("\"description\": null") != std::string::npos);
  BOOST_TEST(write_p5i(read_p5i(text)) == text);
}

BOOST_AUTO_TEST_CASE(has_defaults_for_everything_but_the_version) {
  const P5i empty = read_p5i(R"({"version": 1})");
  BOOST_TEST(empty.packages.empty());
  BOOST_TEST(empty.publishers.empty());
  const P5i document = read_p5i(R"({"version": "0", "packages": ["a"], "publishers": [
      {"repositories": [{"name": "None", "alias": 5, "refresh_seconds": "60", "mirrors": null,
                         "origins": ["http://a", "http://b/"], "legal_uris": ["http://c"]}]},
      {"name": "b", "alias": "None", "packages": ["x", "y"], "repositories": "None"}]})");
  BOOST_TEST(document.packages.size() == 1U);
  BOOST_REQUIRE(document.publishers.size() == 2U);
  BOOST_TEST(document.publishers[0].name == "Unknown");
  const P5iRepository& repository = *document.publishers[0].repository;
  BOOST_TEST(!repository.name);
  BOOST_TEST(*repository.refresh_seconds == 60U);
  BOOST_TEST(repository.collection_type == "core");
  BOOST_TEST(repository.origins == std::vector<std::string>({"http://a/", "http://b/"}),
             boost::test_tools::per_element());
  BOOST_TEST(repository.legal_uris[0] == "http://c");
  BOOST_TEST(repository.registration_uri == "");
  BOOST_TEST(!document.publishers[1].alias);
  BOOST_TEST(!document.publishers[1].repository);
}

BOOST_AUTO_TEST_CASE(refuses_other_documents) {
  expect_invalid("", [] { read_p5i(""); });
  expect_invalid("not a JSON object", [] { read_p5i("[]"); });
  expect_invalid("missing version", [] { read_p5i("{}"); });
  expect_invalid("version 2 is not known", [] { read_p5i(R"({"version": 2})"); });
  expect_invalid("\"version\" is not a number", [] { read_p5i(R"({"version": "x"})"); });
  expect_invalid("\"version\" is not a number", [] { read_p5i(R"({"version": -1})"); });
  const auto publisher = [](const std::string& text) {
    return [text] { read_p5i("{\"version\": 1, \"publishers\": [" + text + "]}"); };
  };
  expect_invalid("a publisher is not an object", publisher("1"));
  expect_invalid("\"name\" is not a string", publisher(R"({"name": 1})"));
  expect_invalid("illegal publisher name 'a_b'", publisher(R"({"name": "a_b"})"));
  expect_invalid("\"packages\" is not a list of strings", publisher(R"({"packages": [1]})"));
  expect_invalid("a repository is not an object", publisher(R"({"repositories": [1]})"));
  expect_invalid("neither core nor supplemental",
                 publisher(R"({"repositories": [{"collection_type": "x"}]})"));
  expect_invalid("\"refresh_seconds\" is not a number",
                 publisher(R"({"repositories": [{"refresh_seconds": -5}]})"));
}

BOOST_AUTO_TEST_CASE(is_read_as_written) {
  BOOST_TEST(testing::holds([] {
    P5i document;
    document.packages = *rc::gen::container<std::vector<std::string>>(testing::package_name());
    auto& publisher = document.publishers.emplace_back();
    publisher.name = "test";
    if (*rc::gen::arbitrary<bool>()) publisher.alias = "b" + *testing::text_of("ab\"\\\n/ ");
    if (*rc::gen::arbitrary<bool>()) {
      auto& repository = publisher.repository.emplace();
      repository.description = "d" + *testing::text_of("ab\"\\\n/ ");
      repository.origins = {"http://h/" + *testing::text_of("ab") + "/"};
      repository.related_uris = {*testing::text_of("ab/")};
      repository.refresh_seconds = *rc::gen::arbitrary<std::uint64_t>();
    }
    const std::string written = write_p5i(document);
    RC_ASSERT(write_p5i(read_p5i(written)) == written);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
