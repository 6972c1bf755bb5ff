// info/0, p5i/0, status/0, robots.txt. The expected texts are what a stock depot answers.
#include "metaset/base/json.h"
#include "metaset/depot/info.h"
#include "metaset/depot/p5i.h"
#include "metaset/depot/robots.h"
#include "metaset/depot/status.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

struct DescribedDepot : TestDepot {
  DescribedDepot() : TestDepot({"fruit", "example.org", "veg-dev"}) {
    publish(stock_manifests("repo-utf8/fruit"));
    publish(stock_manifests("repo-utf8/example.org"));
    payloads().put_content("Example licence of the orchard.\nTake what you like, plant a tree.\n");
  }
  std::string info(std::string_view prefix, std::string_view fmri) {
    return package_info(view(), publishers(), payloads(), prefix, ips::Fmri::parse(fmri));
  }
  std::string p5i(std::string_view prefix, std::string_view argument) {
    return p5i_documents(view(), publishers(), prefix, argument);
  }
  // The packages of one document, joined with blanks.
  std::string packages(std::string_view prefix, std::string_view argument) {
    const auto document = parse_json(p5i(prefix, argument), "p5i");
    std::string result;
    for (const auto& name : document["publishers"][0]["packages"].GetArray()) {
      result += (result.empty() ? "" : " ") + std::string(name.GetString());
    }
    return result;
  }
};

BOOST_AUTO_TEST_CASE(info_of_a_package_with_everything) {
  DescribedDepot t;
  BOOST_TEST(t.info("fruit", "basket@3.1,5.11-1:20240501T130514Z") ==
             R"(           Name: basket
        Summary: Basket of all actions: crème brûlée − 果物 "quoted"
      Publisher: fruit
        Version: 3.1 (3.1 (late harvest))
  Build Release: 5.11
         Branch: 1
 Packaging Date: Wed May  1 13:05:14 2024
           Size: 194.00 B
Compressed Size: 309.00 B
           FMRI: pkg://fruit/basket@3.1,5.11-1:20240501T130514Z

License:
Example licence of the orchard.
Take what you like, plant a tree.

)");
}

BOOST_AUTO_TEST_CASE(info_counts_certificates_and_leaves_out_what_is_not_there) {
  DescribedDepot t;
  const std::string signed_cherry = t.info("", "signed/cherry@4.2,5.11-1:20240501T104117Z");
  BOOST_TEST(signed_cherry.find("           Size: 3.68 kB\nCompressed Size: 1.07 kB\n") !=
             std::string::npos);
  const std::string quince = t.info("fruit", "quince@1.1,5.11-1:20240501T130549Z");
  BOOST_TEST(quince.find("        Summary: \n") != std::string::npos);
  BOOST_TEST(quince.ends_with("License:\n\n"));
  const std::string citrus = t.info("fruit", "fruit/citrus@0.5,5.11:20240501T104021Z");
  BOOST_TEST(citrus.find("         Branch: None\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(info_names_the_publisher_that_was_meant) {
  DescribedDepot t;
  const std::string knife = "pkg://example.org/tool/knife@7.1,5.11-2:20240502T000022Z";
  BOOST_TEST(t.info("", knife).find("Publisher: example.org\n") != std::string::npos);
  BOOST_TEST(fails(Code::kNotFound, "No manifest could be found",
                   [&] { t.info("", "tool/knife@7.1,5.11-2:20240502T000022Z"); }));
  TestDepot none({"north", "south.example.com"}, "");
  none.publish(stock_manifests("repo-ascii/north"));
  const std::string moss = package_info(none.view(), none.publishers(), none.payloads(), "",
                                        ips::Fmri::parse("moss@0.9,5.11-1:20231231T233007Z"));
  BOOST_TEST(moss == R"(           Name: moss
        Summary: Moss − grün und weich
      Publisher: None
        Version: 0.9
  Build Release: 5.11
         Branch: 1
 Packaging Date: Sun Dec 31 23:30:07 2023
           Size: 5.00 B
Compressed Size: 25.00 B
           FMRI: pkg:/moss@0.9,5.11-1:20231231T233007Z

License:

)");
}

BOOST_AUTO_TEST_CASE(licences_are_joined_by_newlines_and_made_utf8) {
  TestDepot t;
  const auto one = t.payloads().put_content("first \xff\xc3\xbc");
  const auto two = t.payloads().put_content("second\n");
  const std::string fmri = "pkg://fruit/a@1,5.11-0:20240101T000000Z";
  const std::string lost(40, '0');
  t.publish({manifest_of(fmri, "license " + one.name + " license=a\nlicense " + lost +
                                   " license=b\nlicense " + two.name + " license=c\n")});
  const std::string text =
      package_info(t.view(), t.publishers(), t.payloads(), "", ips::Fmri::parse(fmri));
  BOOST_TEST(text.substr(text.find("License:")) ==
             "License:\nfirst \xef\xbf\xbd\xc3\xbc\n\nsecond\n\n");
}

BOOST_AUTO_TEST_CASE(sizes_have_two_decimals_and_divisor_1024) {
  BOOST_TEST(size_text(0) == "0.00 B");
  BOOST_TEST(size_text(1023) == "1023.00 B");
  BOOST_TEST(size_text(1024) == "1.00 kB");
  BOOST_TEST(size_text(1'048'576 + 1) == "1.00 MB");
  BOOST_TEST(size_text(std::uint64_t{5} << 60) == "5.00 EB");
}

BOOST_AUTO_TEST_CASE(p5i_of_names_gives_names) {
  DescribedDepot t;
  BOOST_TEST(t.packages("fruit", "apple") == "apple");
  BOOST_TEST(t.packages("fruit", "apple.p5i") == "apple");
  BOOST_TEST(t.packages("fruit", "lemon") == "fruit/citrus/lemon");
  BOOST_TEST(t.packages("fruit", "a*") == "a+b_c.d-e apple");
  BOOST_TEST(t.packages("fruit", "fruit/*") == "fruit/citrus fruit/citrus/lemon fruit/pome/quince");
  BOOST_TEST(t.packages("fruit", "pkg:/apple") == "apple");
  BOOST_TEST(t.packages("fruit", "apple@*") == "apple");
  BOOST_TEST(t.packages("", "pkg://example.org/*") == "apple tool/knife");
}

BOOST_AUTO_TEST_CASE(p5i_of_versions_gives_fmris_newest_first) {
  DescribedDepot t;
  BOOST_TEST(t.packages("fruit", "apple@1.10") ==
             "apple@1.10,5.11-1.1:20240501T130507Z apple@1.10,5.11-1.1:20240501T115947Z "
             "apple@1.10,5.11-1:20240501T104014Z");
  BOOST_TEST(t.packages("fruit", "apple@1.10,5.11-1.1:20240501T130507Z") ==
             "apple@1.10,5.11-1.1:20240501T130507Z");
  BOOST_TEST(t.packages("fruit", "apple@latest") == "apple@1.10,5.11-1.1:20240501T130507Z");
  TestDepot north({"north"}, "north");
  north.publish(stock_manifests("repo-ascii/north"));
  const std::string text = p5i_documents(north.view(), north.publishers(), "", "lichen@1");
  BOOST_TEST(text.find("lichen@1,5.10:20240101T001007Z") <
             text.find("lichen@1,5.11:20231231T233014Z"));
}

BOOST_AUTO_TEST_CASE(p5i_has_one_document_for_each_publisher_with_matches) {
  DescribedDepot t;
  const std::string text = t.p5i("", "apple");
  BOOST_TEST(text.find("\"name\": \"fruit\"") < text.find("\"name\": \"example.org\""));
  BOOST_TEST(text.find("veg-dev") == std::string::npos);
  BOOST_TEST(text.find("}\n{") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(p5i_refuses_what_is_bad_and_what_matches_nothing) {
  DescribedDepot t;
  for (const char* argument : {"nothing-here", "APPLE", "citr?s", "no*"}) {
    BOOST_TEST(fails(Code::kNotFound, "No matching package found in repository.",
                     [&] { t.p5i("fruit", argument); }),
               argument);
  }
  BOOST_TEST(fails(Code::kNotFound, "No matching", [&] { t.p5i("veg-dev", "*"); }));
  for (const char* argument : {"", ".p5i", "[a", "apple@bad version"}) {
    BOOST_TEST(fails(Code::kInvalid, "' is an illegal FMRI", [&] { t.p5i("fruit", argument); }),
               argument);
  }
  BOOST_TEST(fails(Code::kInvalid, "Unknown publisher: x", [&] { t.p5i("x", "*"); }));
}

BOOST_AUTO_TEST_CASE(status_shows_configuration_counts_and_requests) {
  DescribedDepot t;
  const std::string text = status_document(t.view(), t.publishers(), {28, 29, 44});
  BOOST_TEST(text.starts_with(R"({
  "repository": {
    "configuration": {
      "publisher": {
        "prefix": "fruit"
      },
      "repository": {
        "check-certificate-revocation": false,
        "format": "utf8",
        "signature-required-names": [],
        "trust-anchor-directory": "/etc/ssl/pkg/",
        "version": 4
      }
    },
    "publishers": {
      "example.org": {
)"));
  BOOST_TEST(text.ends_with(R"(
    "requests": {
      "catalog": 28,
      "file": 29,
      "manifests": 44
    },
    "status": "online",
    "version": 4
  },
  "version": 1
}
)"));
  const auto document = parse_json(text, "status");
  const auto& fruit = document["repository"]["publishers"]["fruit"];
  BOOST_TEST(fruit["package-count"].GetInt() == 14);
  BOOST_TEST(fruit["package-version-count"].GetInt() == 20);
  BOOST_TEST(fruit["last-catalog-update"].GetString() ==
             basic_timestamp(t.publishers().find("fruit")->state.last_modified));
  BOOST_TEST(document["repository"]["publishers"]["veg-dev"]["package-count"].GetInt() == 0);
}

BOOST_AUTO_TEST_CASE(robots_stay_out) { BOOST_TEST(kRobotsText == "User-agent: *\nDisallow: /\n"); }

}  // namespace
}  // namespace metaset::depot
