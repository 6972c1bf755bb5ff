#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/dependents.h"
#include "metaset/ips/package_details.h"

#include "../base/certificate_text.h"
#include "page_fixture.h"

namespace metaset::web {
namespace {

using depot::manifest_of;

constexpr const char* kHostile =
    "set name=pkg.summary value=\"<script>alert(1)</script> & 'more' \\\"\"\n"
    "set name=pkg.description value=\"</bdi></p><img src=x onerror=y>\"\n"
    "set name=info.upstream-url value=javascript:alert(1)\n"
    "set name=info.classification value=\"<b>/{{x}}\"\n"
    "set name=\"x<y\" value=\"{{{z}}}\"\n"
    "depend type=\"<i>\" fmri=\"<u>not an fmri\"\n"
    "depend type=require fmri=pkg:/lib/dep@1.0\n"
    "file NOHASH path=\"usr/<b>\\\"x\" owner=\"<root>\" group=bin mode=0644 pkg.size=12\n"
    "link path=usr/l target=\"<b>target\"\n"
    "license NOHASH license=\"<b>licence\"\n"
    "signature algorithm=\"<b>alg\" value=\"<b>\" version=0\n";

// Markup that only a package can have brought.
bool has_foreign_markup(const std::string& page) {
  for (const char* tag : {"<script", "<img", "<b>", "<i>", "<u>", "<root>", "href=\"javascript"}) {
    if (has(page, tag)) return true;
  }
  return false;
}

struct HostileFixture : PageFixture {
  HostileFixture() {
    publish({manifest_of("pkg://fruit/evil@1.0,5.11:20240101T000000Z", kHostile),
             manifest_of("pkg://fruit/lib/dep@1.0,5.11:20240101T000000Z"),
             manifest_of("pkg://fruit/lib/dep@2.0,5.11:20240101T000000Z"),
             manifest_of("pkg://fruit/lib/dep-more@2.0,5.11:20240101T000000Z",
                         "depend type=require fmri=pkg://example.org/lib/dep\n"
                         "depend type=optional fmri=lib/dependent@1\n")});
  }
};

BOOST_FIXTURE_TEST_SUITE(package, HostileFixture)

BOOST_AUTO_TEST_CASE(nothing_of_a_package_becomes_markup) {
  for (const auto part : {PackagePart::kOverview, PackagePart::kFiles, PackagePart::kLicences,
                          PackagePart::kManifest}) {
    const std::string page = package("evil", part);
    BOOST_TEST(!has_foreign_markup(page));
    BOOST_TEST(has(page, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;more&#39; &quot;"));
    BOOST_TEST(has(page, "</html>"));
  }
  BOOST_TEST(!has_foreign_markup(packages_page(site(), {})));
  BOOST_TEST(!has_foreign_markup(classes_page(site())));
  BOOST_TEST(has(package("evil"), "{{{z}}}"));
}

BOOST_AUTO_TEST_CASE(an_overview) {
  const std::string page = package("lib/dep@1.0");
  BOOST_TEST(has(page, "pkg://fruit/lib/dep@1.0,5.11:20240101T000000Z"));
  BOOST_TEST(has(page, "There is a newer version"));
  BOOST_TEST(has(page, "href=\"./fruit/p5i/0/lib/dep@1.0,5.11:20240101T000000Z\""));
  BOOST_TEST(has(page, "<a href=\"./fruit/package/evil\">evil</a>"));
  BOOST_TEST(has(page, "<svg"));
  BOOST_TEST(!has(package("lib/dep"), "There is a newer version"));
}

BOOST_AUTO_TEST_CASE(who_has_signed) {
  const std::string certificate = payloads().put_content(kCertificate).name;
  const std::string other = payloads().put_content("no certificate").name;
  publish({manifest_of("pkg://fruit/signed@1.0,5.11:20240101T000000Z",
                       "signature " + certificate + " algorithm=rsa-sha256 value=00 version=0\n" +
                           "signature " + other + " algorithm=rsa-sha256 value=01 version=0\n" +
                           "signature " + std::string(40, 'e') +
                           " algorithm=rsa-sha256 value=02 version=0\n")});
  const std::string page = package("signed");
  BOOST_TEST(has(page,
                 "<bdi>O=Example, CN=J\xc3\xbcrgen \\&lt;i\\&gt;x</bdi> "
                 "<span class=\"muted\">certified by"));
  BOOST_TEST(page.find("certified by") == page.rfind("certified by"));
  BOOST_TEST(has(page, std::string(40, 'e')));
}

BOOST_AUTO_TEST_CASE(texts_of_licences) {
  const std::string name = payloads().put_content("Do <i>what</i> you like").name;
  const std::string certificate = payloads().put_content(kCertificate).name;
  publish({manifest_of("pkg://fruit/free@1.0,5.11:20240101T000000Z",
                       "license " + name + " license=own\n" + "signature " + certificate +
                           " algorithm=rsa-sha256 value=00 version=0\n")});
  const auto state = [&](PackagePart part) { return package_payloads(site(), {"free", part, {}}); };
  const auto licences = [&] { return package("free", PackagePart::kLicences); };
  const std::string overview = state(PackagePart::kOverview);
  const std::string there = state(PackagePart::kLicences);
  BOOST_TEST(has(licences(), "Do &lt;i&gt;what&lt;/i&gt; you like"));
  BOOST_TEST(state(PackagePart::kFiles) == "");
  const std::string path = payloads().path(name), whole = read_file(path, 1000);
  for (const std::string& damaged : {std::string("no gzip file"), whole.substr(0, 30)}) {
    write_file_atomically(path, damaged, false);
    BOOST_TEST(has(licences(), "The text cannot be read"));
    BOOST_TEST(state(PackagePart::kLicences) != there);
  }
  const std::string damaged = state(PackagePart::kLicences);
  remove_file(path);
  BOOST_TEST(has(licences(), "The text is not in this depot"));
  BOOST_TEST(state(PackagePart::kLicences) != damaged);
  BOOST_TEST(state(PackagePart::kOverview) == overview);
  write_file_atomically(path, whole, false);
  BOOST_TEST(state(PackagePart::kLicences) == there);
  remove_file(payloads().path(certificate));
  BOOST_TEST(state(PackagePart::kOverview) != overview);
  // What the validator has read the page does not read again, nor does it show anything else.
  const Site request = site();
  const PackageArguments arguments{"free", PackagePart::kLicences, {}};
  BOOST_TEST(package_payloads(request, arguments) == there);
  remove_file(path);
  BOOST_TEST(has(package_page(request, arguments), "Do &lt;i&gt;what&lt;/i&gt; you like"));
  BOOST_TEST(has(licences(), "The text is not in this depot"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there) {
  const auto is_missing = [](const Error& error) { return error.code() == Code::kNotFound; };
  for (const char* fmri : {"nothing", "evil@2.0", "pkg://example.org/evil"}) {
    BOOST_CHECK_EXCEPTION(package(fmri), Error, is_missing);
  }
  BOOST_CHECK_EXCEPTION(package("<b>"), Error,
                        [](const Error& error) { return error.code() == Code::kInvalid; });
}

BOOST_AUTO_TEST_CASE(who_depends_on_it) {
  const auto of = [&](const char* name) {
    std::string text;
    for (const auto& one : depot::find_dependents(view(), publishers(), "fruit", name, 10).packages)
      text += one.name + " " + one.type + ";";
    return text;
  };
  BOOST_TEST(of("lib/dep") == "evil require;");  // dep-more needs that of another publisher
  BOOST_TEST(of("lib/dependent") == "lib/dep-more optional;");
  BOOST_TEST(of("dep") == "");
  BOOST_TEST(of("lib") == "");
  BOOST_TEST(depot::find_dependents(view(), publishers(), "fruit", "lib/dep", 0).total == 1U);
}

BOOST_AUTO_TEST_CASE(plain_and_quoted_lines_count_alike) {
  const std::string lines =
      "file NOHASH path=a pkg.size=10 pkg.csize=4\n"
      "file NOHASH path=\"b c\" pkg.size=\"20\" pkg.csize=5\n"
      "dir path=d\n  link path=e target=f\nhardlink path='g' target=h\n# no\n\n"
      "license l license=x pkg.size=1\n";
  for (const std::string& text : {lines, lines + "dir \\\npath=/z\n"}) {
    const auto details = ips::package_details(text);
    BOOST_TEST(details.size == 31U);
    BOOST_TEST(details.compressed_size == 10U);
    BOOST_TEST(details.files == 2U);
    BOOST_TEST(details.links == 2U);
  }
  std::string paths;
  ips::for_each_path(
      lines, [&](const ips::DeliveredPath& path) { paths += std::string(path.path) + ";"; });
  BOOST_TEST(paths == "a;b c;d;e;g;");
}

BOOST_AUTO_TEST_CASE(files_as_a_tree) {
  std::string lines = "dir path=usr mode=0755 owner=root group=sys\n";
  for (int i = 0; i < 3; ++i) {
    lines += "file NOHASH path=usr/lib/f" + std::to_string(i) + " pkg.size=1024\n";
  }
  publish({manifest_of("pkg://fruit/few@1.0,5.11:20240101T000000Z", lines)});
  const std::string few = package("few", PackagePart::kFiles);
  BOOST_TEST(has(few, "<td class=\"mono i0\">usr/</td>"));
  BOOST_TEST(has(few, "<td class=\"mono i1\">lib/</td>"));
  BOOST_TEST(has(few, "<td class=\"mono i2\">f2</td>"));
  BOOST_TEST(has(few, "3.00 kB"));
  for (int i = 0; i < 1000; ++i) {
    lines += "file NOHASH path=usr/share/f" + std::to_string(i) + " pkg.size=1024\n";
  }
  publish({manifest_of("pkg://fruit/many@1.0,5.11:20240101T000000Z", lines)});
  const std::string many = package("many", PackagePart::kFiles);
  BOOST_TEST(has(many, "?show=files&amp;under=usr/\">usr/</a>"));
  BOOST_TEST(!has(many, "lib/"));
  const std::string below = package("many", PackagePart::kFiles, "usr/share/");
  BOOST_TEST(has(below, "f0</td>"));
  BOOST_TEST(has(below, "And 600 more"));
}

BOOST_AUTO_TEST_CASE(a_damaged_outline_is_made_anew) {
  std::string lines;
  for (int i = 0; i < 9000; ++i) {
    lines += "file NOHASH path=usr/lib/" + std::to_string(i % 9) + "/f" + std::to_string(i) +
             " pkg.size=1024\n";
  }
  publish({manifest_of("pkg://fruit/large@1.0,5.11:20240101T000000Z", lines)});
  const auto files = [&](const char* under) {
    return package("large", PackagePart::kFiles, under);
  };
  const std::string overview = package("large"), top = files(""), below = files("usr/lib/4/");
  BOOST_TEST(has(top, "9,000"));
  BOOST_TEST(has(below, "f4</td>"));
  const std::string place = root + "/catalog/outline";
  BOOST_TEST_REQUIRE(list_directory(place).size() == 1U);
  const std::string path = place + "/" + list_directory(place)[0];
  const std::string whole = read_file(path, 1 << 20);
  for (std::size_t at = 10; at < whole.size(); at += at < 100 ? 7 : 1009) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(~damaged[at]);
    write_file_atomically(path, damaged, false);
    cache.emplace();
    BOOST_TEST((package("large") == overview));
    BOOST_TEST((files("") == top));
    BOOST_TEST((files("usr/lib/4/") == below));
  }
  // One that is whole, but of another package.
  publish({manifest_of("pkg://fruit/larger@1.0,5.11:20240101T000000Z", lines + lines)});
  package("larger");
  cache.emplace();
  const std::string overview_now = package("large"), top_now = files("");
  std::vector<std::string> names = list_directory(place);
  BOOST_TEST_REQUIRE(names.size() == 2U);
  std::erase(names, path.substr(place.size() + 1));
  write_file_atomically(path, read_file(place + "/" + names[0], 1 << 20), false);
  cache.emplace();
  BOOST_TEST((files("") == top_now));
  BOOST_TEST((package("large") == overview_now));
  BOOST_TEST((read_file(path, 1 << 20) == whole));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::web
