// Properties under the names, types and syntax of pkgrepo get and set.
#include "metaset/depot/properties.h"

#include "metaset/depot/publisher_document.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

std::string shown(const std::vector<Property>& properties) {
  std::string result;
  for (const Property& p : properties) {
    result += p.section + "/" + p.name + " " + property_text(p.value) + "\n";
  }
  return result;
}

std::string repository_value(const TestDepot& t, std::string_view name) {
  const auto properties = repository_properties(t.view());
  const Property* property = find_property(properties, name);
  return property == nullptr ? "absent" : property_text(property->value);
}

std::string publisher_value(const TestDepot& t, const std::string& prefix, std::string_view name) {
  const auto all = publisher_properties(t.view(), {prefix});
  BOOST_REQUIRE(all.size() == 1u);
  return property_text(find_property(all.front().properties, name)->value);
}

BOOST_AUTO_TEST_CASE(a_new_repository_has_the_defaults) {
  TestDepot t({}, "");
  BOOST_TEST(shown(repository_properties(t.view())) ==
             "publisher/prefix \"\"\n"
             "repository/check-certificate-revocation False\n"
             "repository/format utf8\n"
             "repository/signature-required-names ()\n"
             "repository/trust-anchor-directory /etc/ssl/pkg/\n"
             "repository/version 4\n");
}

BOOST_AUTO_TEST_CASE(assignments_are_read_in_shell_syntax) {
  const auto one = [](const std::string& argument) {
    return parse_assignments({argument}).front();
  };
  const Assignment list = one("repository/signature-required-names=(a \"b c\" 'd\\e' f\\ g \"\")");
  const std::vector<std::string> words{"a", "b c", "d\\e", "f g", ""};
  BOOST_TEST(list.is_list);
  BOOST_TEST(list.values == words);
  BOOST_TEST(one("a/b/c=d=e").section == "a/b");
  BOOST_TEST(one("a/b=").values.front() == "");
  BOOST_TEST(one("a/b=()").values.empty());
  const auto twice = parse_assignments({"a/b=x", "a/b=(y z)"});
  BOOST_TEST(twice.size() == 1u);
  BOOST_TEST(twice.front().is_list);
  BOOST_TEST(twice.front().values.size() == 3u);
  for (const char* bad : {"", "a=b", "a/b", "a/b=(\"x)", "a/b=(x\\)"}) {
    BOOST_TEST(fails(Code::kUsage, "a property name and value must be provided",
                     [&] { parse_assignments({bad}); }),
               bad);
  }
  BOOST_TEST(fails(Code::kUsage, "must be provided", [] { parse_assignments({}); }));
}

BOOST_AUTO_TEST_CASE(values_are_shown_in_shell_syntax) {
  BOOST_TEST(property_text(std::monostate{}) == "");
  BOOST_TEST(property_text(std::string()) == "\"\"");
  BOOST_TEST(property_text(std::string("N n")) == "N\\ n");
  BOOST_TEST(property_text(std::vector<std::string>{"a", "b c", ""}) == "(a b\\ c \"\")");
  BOOST_TEST(property_text(true) == "True");
}

BOOST_AUTO_TEST_CASE(repository_properties_can_be_set) {
  TestDepot t;
  t.set({"repository/signature-required-names=(a \"b c\")",
         "repository/check-certificate-revocation=TRUE",
         "repository/trust-anchor-directory=/etc/certs/CA/", "publisher/prefix=example.org",
         "repository/version=4"});
  BOOST_TEST(repository_value(t, "repository/signature-required-names") == "(a b\\ c)");
  BOOST_TEST(repository_value(t, "repository/check-certificate-revocation") == "True");
  BOOST_TEST(repository_value(t, "repository/trust-anchor-directory") == "/etc/certs/CA/");
  BOOST_TEST(t.publishers().default_publisher()->publisher.prefix == "example.org");
  t.set({"publisher/prefix=", "repository/signature-required-names="});
  BOOST_TEST(t.publishers().default_publisher() == nullptr);
  BOOST_TEST(repository_value(t, "repository/signature-required-names") == "()");
}

BOOST_AUTO_TEST_CASE(a_default_publisher_is_created) {
  TestDepot t;
  t.set({"publisher/prefix=brand-new"});
  BOOST_TEST(t.publishers().default_publisher()->publisher.prefix == "brand-new");
}

BOOST_AUTO_TEST_CASE(illegal_values_change_nothing) {
  TestDepot t;
  const store::MetasetNumber before = t.view().number();
  for (const char* bad :
       {"publisher/prefix=a_b", "publisher/prefix=(a b)", "publisher/prefix=search",
        "repository/signature-required-names=a", "repository/check-certificate-revocation=maybe",
        "repository/version=x", "repository/version=3", "repository/format=latin",
        "repository/trust-anchor-directory=(a b)"}) {
    BOOST_TEST(fails(Code::kInvalid, "Invalid value '",
                     [&] {
                       t.set({"publisher/prefix=example.org", bad});
                     }),
               bad);
  }
  BOOST_TEST(fails(Code::kInvalid, "Invalid value '['a', 'b']' for property 'prefix' in section",
                   [&] { t.set({"publisher/prefix=(a b)"}); }));
  for (const char* unknown : {"foo/bar=x", "repository/foo=x", "publisher/alias=x"}) {
    BOOST_TEST(fails(Code::kUsage, "unknown property '", [&] { t.set({unknown}); }), unknown);
  }
  BOOST_TEST(t.view().number() == before);
}

BOOST_AUTO_TEST_CASE(setting_what_is_set_makes_no_metaset) {
  TestDepot t;
  const store::MetasetNumber before = t.view().number();
  t.set({"publisher/prefix=fruit", "repository/format=utf8"});
  t.set({"publisher/alias="}, "fruit");
  t.set({"publisher/alias="}, "fruit");
  BOOST_TEST(t.view().number() == before + 1);
}

BOOST_AUTO_TEST_CASE(stored_properties_that_are_not_known_are_kept) {
  TestDepot t;
  t.session.store().write_metaset(
      {"tester", "old", std::nullopt, true}, [](store::MetasetWriter& writer, lmdb::WriteTxn&) {
        writer.set_config(0, R"({"feed":{"window":24},"publisher":{"prefix":"fruit"}})");
      });
  t.session.begin();
  BOOST_TEST(!wants_utf8_feature(t.view()));
  t.set({"repository/format=ascii"});
  BOOST_TEST(repository_value(t, "feed/window") == "24");
  BOOST_TEST(repository_value(t, "repository/format") == "ascii");
  BOOST_TEST(
      fails(Code::kUsage, "unknown property 'feed/window'", [&] { t.set({"feed/window=1"}); }));
}

BOOST_AUTO_TEST_CASE(the_format_decides_about_the_feature_of_every_catalog) {
  TestDepot t;
  const auto features = [&] {
    std::string result;
    for (const PublisherFacts& facts : t.publishers().all()) {
      result += facts.state.utf8_feature ? "u" : "a";
    }
    return result;
  };
  BOOST_TEST(features() == "uu");
  t.set({"repository/format=ascii"});
  BOOST_TEST(features() == "aa");
  t.set({"publisher/prefix=third"});
  t.set({"repository/name=x"}, "fourth");
  BOOST_TEST(features() == "aaaa");
  t.set({"publisher/prefix=fifth", "repository/format=utf8"});
  BOOST_TEST(features() == "uuuuu");
}

BOOST_AUTO_TEST_CASE(a_publisher_that_was_not_configured_shows_empty_values) {
  TestDepot t({"demo"}, "demo");
  BOOST_TEST(shown(publisher_properties(t.view(), {"demo"}).front().properties) ==
             "publisher/alias \n"
             "publisher/prefix demo\n"
             "repository/collection-type core\n"
             "repository/description \"\"\n"
             "repository/legal-uris ()\n"
             "repository/mirrors ()\n"
             "repository/name \"\"\n"
             "repository/origins ()\n"
             "repository/refresh-seconds \"\"\n"
             "repository/registration-uri \"\"\n"
             "repository/related-uris ()\n");
}

BOOST_AUTO_TEST_CASE(publisher_properties_can_be_set) {
  TestDepot t;
  t.set({"publisher/alias=dd", "repository/origins=(https://x/y http://a.b/c)",
         "repository/refresh-seconds=12"},
        "fruit");
  BOOST_TEST(shown(publisher_properties(t.view(), {"fruit"}).front().properties) ==
             "publisher/alias dd\n"
             "publisher/prefix fruit\n"
             "repository/collection-type core\n"
             "repository/description \n"
             "repository/legal-uris ()\n"
             "repository/mirrors ()\n"
             "repository/name \n"
             "repository/origins (http://a.b/c/ https://x/y/)\n"
             "repository/refresh-seconds 12\n"
             "repository/registration-uri \"\"\n"
             "repository/related-uris ()\n");
  t.set({"repository/mirrors=http://m", "repository/legal-uris=http://l/x",
         "repository/related-uris=file:///r", "repository/registration-uri=http://r/q",
         "repository/name=N n", "repository/description=", "repository/origins=",
         "repository/collection-type=supplemental"},
        "fruit");
  BOOST_TEST(publisher_value(t, "fruit", "repository/mirrors") == "(http://m/)");
  BOOST_TEST(publisher_value(t, "fruit", "repository/legal-uris") == "(http://l/x)");
  BOOST_TEST(publisher_value(t, "fruit", "repository/related-uris") == "(file:///r)");
  BOOST_TEST(publisher_value(t, "fruit", "repository/registration-uri") == "http://r/q");
  BOOST_TEST(publisher_value(t, "fruit", "repository/name") == "N\\ n");
  BOOST_TEST(publisher_value(t, "fruit", "repository/description") == "\"\"");
  BOOST_TEST(publisher_value(t, "fruit", "repository/origins") == "()");
  BOOST_TEST(publisher_value(t, "fruit", "repository/collection-type") == "supplemental");
  BOOST_TEST(publisher_value(t, "fruit", "repository/refresh-seconds") == "12");
}

BOOST_AUTO_TEST_CASE(illegal_publisher_properties_change_nothing) {
  TestDepot t;
  const store::MetasetNumber before = t.view().number();
  struct Case {
    const char *assignment, *message;
  };
  for (const Case& c : {
           Case{"publisher/alias=d_d", "'d_d' is not a valid publisher alias."},
           Case{"repository/origins=bogus", "The URI 'bogus' uses the unsupported scheme ''."},
           Case{"repository/mirrors=http://u:p@m/", "'http://u:p@m/' is not a valid URI."},
           Case{"repository/mirrors=http://", "'http://' is not a valid URI."},
           Case{"repository/origins=(http://a http://b:x)", "'http://b:x' is not a valid URI."},
           Case{"repository/refresh-seconds=-1", "'-1' is not a valid value for repository"},
           Case{"repository/refresh-seconds=", "'' is not a valid value for repository attribute"},
           Case{"repository/collection-type=odd", "'odd' is not a valid repository collection"},
           Case{"repository/name=(a b)", "Invalid value '['a', 'b']' for property 'name'"},
       }) {
    BOOST_TEST(fails(Code::kInvalid, c.message, [&] { t.set({c.assignment}, "fruit"); }),
               c.assignment);
  }
  BOOST_TEST(fails(Code::kInvalid, "Unable to set properties for publisher 'fruit':\n",
                   [&] { t.set({"publisher/alias=_"}, "fruit"); }));
  BOOST_TEST(fails(Code::kUsage, "'prefix' may not be set using this command",
                   [&] { t.set({"publisher/prefix=x"}, "fruit"); }));
  BOOST_TEST(
      fails(Code::kUsage, "unknown property 'foo'", [&] { t.set({"repository/foo=x"}, "fruit"); }));
  BOOST_TEST(fails(Code::kUsage, "unknown property section 'foo'",
                   [&] { t.set({"foo/alias=x"}, "fruit"); }));
  BOOST_TEST(fails(Code::kInvalid, "'n_ew' is not a valid publisher name.",
                   [&] { t.set({"publisher/alias=x"}, "n_ew"); }));
  BOOST_TEST(t.view().number() == before);
}

BOOST_AUTO_TEST_CASE(all_means_every_publisher_and_new_ones_are_created) {
  TestDepot t;
  t.set({"repository/name=everyone"}, "all");
  BOOST_TEST(publisher_value(t, "fruit", "repository/name") == "everyone");
  BOOST_TEST(publisher_value(t, "example.org", "repository/name") == "everyone");
  t.set({"repository/name=only"}, "another");
  BOOST_TEST(publisher_value(t, "another", "repository/name") == "only");
  BOOST_TEST(publisher_properties(t.view(), {"all"}).size() == 3u);
  BOOST_TEST(publisher_properties(t.view(), {"nobody"}).empty());
  TestDepot none({}, "");
  BOOST_TEST(
      fails(Code::kUsage, "none exist yet", [&] { none.set({"repository/name=x"}, "all"); }));
}

}  // namespace
}  // namespace metaset::depot
