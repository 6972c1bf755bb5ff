#include "metaset/http/config.h"

#include <boost/test/unit_test.hpp>

#include "metaset/http/routes.h"

#include "fake_gateway.h"
#include "has_code.h"

namespace metaset::http {
namespace {

Config parse(Environment environment) {
  environment.try_emplace("METASET_ROOT", "/repo/");
  FakeGateway gateway(environment);
  return parse_config(Request(gateway));
}

void nothing(Exchange&) {}

BOOST_AUTO_TEST_SUITE(config)

BOOST_AUTO_TEST_CASE(defaults) {
  const Config config = parse({});
  BOOST_TEST(config.root == "/repo");
  BOOST_TEST((config.mode == kDefaultMode));
  BOOST_TEST((config.hand_over == HandOver::kNone));
  BOOST_TEST(config.disabled.empty());
  BOOST_TEST(!config.has_base);
}

BOOST_AUTO_TEST_CASE(everything) {
  const Config config = parse({{"METASET_MODE", "mirror"},
                               {"METASET_DISABLE_OPS", "search, file/2 ,,"},
                               {"METASET_ACCEL", "/.metaset-internal/"},
                               {"METASET_BASE", "/r/"}});
  BOOST_TEST((config.mode == kMirrorMode));
  BOOST_REQUIRE(config.disabled.size() == 2);
  BOOST_TEST(config.disabled[0].name == "search");
  BOOST_TEST(config.disabled[0].version == "");
  BOOST_TEST(config.disabled[1].version == "2");
  BOOST_TEST((config.hand_over == HandOver::kAccel));
  BOOST_TEST(config.accel_prefix == "/.metaset-internal/");
  BOOST_TEST(config.base == "/r");
  BOOST_TEST((parse({{"METASET_ACCEL", "sendfile"}}).hand_over == HandOver::kSendfile));
}

BOOST_AUTO_TEST_CASE(which_metasets_a_location_shows) {
  BOOST_TEST(parse({}).view == "");
  BOOST_TEST((parse({}).past_views == PastViews::kAll));
  for (const char* view : {"7", "r151054-1", "20240501T100000Z", "2024-05-01T10:00:00.500000Z"}) {
    BOOST_TEST(parse({{"METASET_VIEW", view}}).view == view);
  }
  BOOST_TEST((parse({{"METASET_PAST_VIEWS", "tagged"}}).past_views == PastViews::kTagged));
  BOOST_TEST((parse({{"METASET_PAST_VIEWS", "none"}}).past_views == PastViews::kNone));
}

BOOST_AUTO_TEST_CASE(where_requests_are_counted) {
  BOOST_TEST(parse({}).metrics == "");
  BOOST_TEST((parse({}).metrics_to == MetricsTo::kLocal));
  BOOST_TEST(parse({{"METASET_METRICS", "off"}}).metrics == "");
  BOOST_TEST(parse({{"METASET_METRICS", "on"}}).metrics == "/repo/catalog/metrics");
  BOOST_TEST(parse({{"METASET_METRICS", "/run/m"}}).metrics == "/run/m");
  BOOST_TEST((parse({{"METASET_METRICS_TO", "all"}}).metrics_to == MetricsTo::kAll));
  for (const char* bad : {"yes", "run/m", "/run/"}) {
    BOOST_CHECK_EXCEPTION(parse({{"METASET_METRICS", bad}}), Error, has_code(Code::kUsage));
  }
  BOOST_CHECK_EXCEPTION(parse({{"METASET_METRICS_TO", "me"}}), Error, has_code(Code::kUsage));
}

BOOST_AUTO_TEST_CASE(groups_and_memories) {
  BOOST_TEST(parse({}).group == "");
  BOOST_TEST(parse({}).memory == "/repo/catalog/clients");
  BOOST_TEST(parse({{"METASET_MEMORY", "off"}}).memory == "");
  BOOST_TEST(parse({{"METASET_MEMORY", "/run/clients"}}).memory == "/run/clients");
  BOOST_TEST((parse({}).search_time == std::chrono::seconds(30)));
  BOOST_TEST((parse({{"METASET_SEARCH_SECONDS", "3600"}}).search_time == std::chrono::hours(1)));
  BOOST_TEST(parse({}).slow_searches == 0u);
  BOOST_TEST(parse({{"METASET_SLOW_SEARCHES", "1024"}}).slow_searches == 1024u);
  BOOST_TEST(parse({{"METASET_GROUP", "/run/gate"}}).group == "/run/gate");
}

BOOST_AUTO_TEST_CASE(when_a_request_began) {
  BOOST_TEST(!parse_request_time(""));
  BOOST_TEST(parse_request_time("1700000000.123")->micros == 1'700'000'000'123'000);
  BOOST_TEST(parse_request_time("1700000000")->micros == 1'700'000'000'000'000);
  BOOST_TEST(parse_request_time("0.000001")->micros == 1);
  BOOST_TEST(parse_request_time("99999999999.999999")->micros == 99'999'999'999'999'999);
  for (const char* bad : {"-1", "+1", "1,5", "t=1", "1.1.1", "1e9", " 1", ".5", "1.0000001",
                          "100000000000", "99999999999999999999"}) {
    BOOST_CHECK_THROW(parse_request_time(bad), Error);
  }
  // It is looked at in every request, but makes no difference to what is kept of the others.
  ConfigCache cache;
  const auto get = [&](const char* time) {
    FakeGateway gateway(Environment{{"METASET_ROOT", "/r"}, {"METASET_REQUEST_TIME", time}});
    return &cache.get(Request(gateway));
  };
  const Config* const one = get("1700000000.123");
  BOOST_TEST(get("1700000001.124") == one);
  BOOST_CHECK_THROW(get("yesterday"), Error);
}

BOOST_AUTO_TEST_CASE(which_metasets_replicas_get) {
  BOOST_TEST((parse({}).transfer == Transfer::kActive));
  BOOST_TEST((parse({{"METASET_TRANSFER", "active"}}).transfer == Transfer::kActive));
  BOOST_TEST((parse({{"METASET_TRANSFER", "all"}}).transfer == Transfer::kAll));
  BOOST_TEST((parse({{"METASET_TRANSFER", "none"}}).transfer == Transfer::kNone));
}

BOOST_AUTO_TEST_CASE(mistakes_name_the_parameter) {
  const std::vector<std::pair<std::string, std::string>> bad = {{"METASET_ROOT", ""},
                                                                {"METASET_ROOT", "repo"},
                                                                {"METASET_ROOT", "/"},
                                                                {"METASET_MODE", "read-only"},
                                                                {"METASET_DISABLE_OPS", "foo"},
                                                                {"METASET_DISABLE_OPS", "search/7"},
                                                                {"METASET_DISABLE_OPS", "search/"},
                                                                {"METASET_DISABLE_OPS", "/0"},
                                                                {"METASET_ACCEL", "internal"},
                                                                {"METASET_ACCEL", "/a b"},
                                                                {"METASET_VIEW", "1x"},
                                                                {"METASET_VIEW", "a b"},
                                                                {"METASET_PAST_VIEWS", "some"},
                                                                {"METASET_GROUP", "gate"},
                                                                {"METASET_GROUP", "/run/"},
                                                                {"METASET_MEMORY", "on"},
                                                                {"METASET_MEMORY", "/run/"},
                                                                {"METASET_TRANSFER", "held"},
                                                                {"METASET_SEARCH_SECONDS", "0"},
                                                                {"METASET_SEARCH_SECONDS", "3601"},
                                                                {"METASET_SEARCH_SECONDS", "5s"},
                                                                {"METASET_SEARCH_SECONDS", "-1"},
                                                                {"METASET_SLOW_SEARCHES", "0"},
                                                                {"METASET_SLOW_SEARCHES", "1025"},
                                                                {"METASET_BASE", "r"},
                                                                {"METASET_REQUEST_TIME", "today"},
                                                                {"METASET_TYPO", "x"}};
  for (const auto& [name, value] : bad) {
    BOOST_CHECK_EXCEPTION(parse({{name, value}}), Error, ([&](const Error& error) {
                            return error.code() == Code::kUsage &&
                                   error.message().find(name) != std::string::npos;
                          }));
  }
}

BOOST_AUTO_TEST_CASE(one_entry_per_distinct_set) {
  ConfigCache cache;
  const auto get = [&](const Environment& environment) {
    FakeGateway gateway(environment);
    return &cache.get(Request(gateway));
  };
  const Config* const one = get({{"METASET_ROOT", "/one"}});
  BOOST_TEST(get({{"METASET_ROOT", "/one"}}) == one);
  BOOST_TEST(get({{"METASET_ROOT", "/two"}}) != one);
  BOOST_TEST(get({{"METASET_ROOT", "/one"}, {"METASET_MODE", "mirror"}})->mode == kMirrorMode);
  BOOST_TEST(get({{"METASET_ROOT", "/one"}}) == one);
  BOOST_CHECK_THROW(get({{"METASET_ROOT", "/one"}, {"METASET_X", "1"}}), Error);
  for (int i = 0; i < 200; ++i) {
    BOOST_TEST(get({{"METASET_ROOT", "/" + std::to_string(i)}})->root == "/" + std::to_string(i));
  }
}

BOOST_AUTO_TEST_CASE(versions_come_from_the_table) {
  const auto route = [](const char* name, const char* version, unsigned modes, bool reads,
                        bool writes) {
    return Route{name,
                 version,
                 kGet,
                 kPost,
                 modes,
                 Prefix::kKnown,
                 true,
                 Cache::kNone,
                 reads ? nothing : nullptr,
                 writes ? nothing : nullptr};
  };
  const unsigned all = kDefaultMode | kReadonlyMode | kMirrorMode;
  const std::vector<Route> table = {
      route("catalog", "1", kDefaultMode | kReadonlyMode, true, false),
      route("feed", "", all, true, false),
      route("file", "0", all, true, false),
      route("file", "1", all, true, true),
      route("info", "0", all, false, false),
      route("open", "0", kDefaultMode, false, true)};
  const auto text = [&](const Environment& environment, Role role) {
    const std::string all_lines = versions_text(table, parse(environment), role);
    BOOST_TEST(all_lines.starts_with("pkg-server "));
    return all_lines.substr(all_lines.find('\n') + 1);
  };
  BOOST_TEST(text({}, Role::kPublish) == "catalog 1\nfile 0 1\nopen 0\n");
  BOOST_TEST(text({}, Role::kRetrieve) == "catalog 1\nfile 0 1\n");
  BOOST_TEST(text({{"METASET_MODE", "readonly"}}, Role::kPublish) == "catalog 1\nfile 0 1\n");
  BOOST_TEST(text({{"METASET_MODE", "mirror"}}, Role::kPublish) == "file 0 1\n");
  BOOST_TEST(text({{"METASET_DISABLE_OPS", "file/1,open"}}, Role::kPublish) ==
             "catalog 1\nfile 0\n");
}

BOOST_AUTO_TEST_CASE(the_table_is_in_order) {
  const auto table = routes();
  for (std::size_t i = 1; i < table.size(); ++i) {
    BOOST_TEST((std::pair(table[i - 1].operation, table[i - 1].version) <
                std::pair(table[i].operation, table[i].version)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
