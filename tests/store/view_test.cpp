// What a metaset shows: visibility, order, counts, logs, times.
#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

#include "fixture.h"

namespace metaset::store {
namespace {

constexpr const char* kApple1 = "pkg://first/apple@1.0,5.11-1:20240101T000000Z";
constexpr const char* kApple2 = "pkg://first/apple@1.10,5.11-1:20240101T000000Z";
constexpr const char* kApple9 = "pkg://first/apple@1.9,5.11-1:20240101T000000Z";

BOOST_AUTO_TEST_CASE(a_new_repository_has_metaset_1_with_empty_catalogs) {
  TestRepository t;
  BOOST_TEST(t.visible(1, "first").empty());
  const auto attrs = ips::read_attrs(t.rendered(1, "second", "catalog.attrs"));
  BOOST_TEST(attrs.package_count == 0u);
  BOOST_TEST(basic_timestamp(attrs.created) == "20231114T221320Z");
}

BOOST_AUTO_TEST_CASE(versions_stand_in_version_order_and_old_metasets_stay) {
  TestRepository t;
  t.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple2)); });
  t.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple9)); });
  t.write([](MetasetWriter& w) {
    w.add(w.publisher("first"), facts_for(kApple1));
    w.remove(w.publisher("first"), "apple", ips::Fmri::parse(kApple2).version.value());
  });
  const std::vector<std::string> two{"apple@1.10,5.11-1:20240101T000000Z"};
  const std::vector<std::string> three{"apple@1.9,5.11-1:20240101T000000Z",
                                       "apple@1.10,5.11-1:20240101T000000Z"};
  const std::vector<std::string> four{"apple@1.0,5.11-1:20240101T000000Z",
                                      "apple@1.9,5.11-1:20240101T000000Z"};
  BOOST_TEST(t.visible(1, "first").empty());
  BOOST_TEST(t.visible(2, "first") == two);
  BOOST_TEST(t.visible(3, "first") == three);
  BOOST_TEST(t.visible(4, "first") == four);
  BOOST_TEST(t.visible(4, "second").empty());
  const auto attrs = ips::read_attrs(t.rendered(4, "first", "catalog.attrs"));
  BOOST_TEST(attrs.package_count == 1u);
  BOOST_TEST(attrs.package_version_count == 2u);
}

BOOST_AUTO_TEST_CASE(a_removed_package_is_still_found_by_its_full_name) {
  TestRepository t;
  Sha256 digest{};
  t.write([&](MetasetWriter& w) {
    digest = w.put_manifest(manifest_of(ips::Fmri::parse(kApple1)));
    w.add(w.publisher("first"), facts_for(kApple1));
  });
  const auto version = ips::Fmri::parse(kApple1).version.value();
  t.write([&](MetasetWriter& w) { w.remove(w.publisher("first"), "apple", version); });
  {
    const lmdb::ReadTxn txn(t.repository->committed());
    const View view(t.repository->committed(), txn, 3);
    BOOST_TEST(view.find(1, "apple", version).has_value());
  }
  // Not if its manifest was collected.
  lmdb::Env& env = t.repository->committed();
  lmdb::WriteTxn txn(env);
  BOOST_TEST(txn.erase(env.table(kManifests), bytes_of(digest)));
  const View view(env, txn, 3);
  BOOST_TEST(!view.find(1, "apple", version).has_value());
  BOOST_TEST(!view.find_visible(1, "apple", version).has_value());
  BOOST_TEST(!view.find(2, "apple", version).has_value());
  BOOST_TEST(!view.find(1, "appl", version).has_value());
}

BOOST_AUTO_TEST_CASE(build_releases_are_told_apart_though_they_compare_equal) {
  TestRepository t;
  const auto with_build = [](const char* build) {
    return std::string("pkg://first/x@4,") + build + "-1:20240101T000000Z";
  };
  t.write([&](MetasetWriter& w) {
    for (const char* build : {"5.11", "5.10", "5.9"}) {
      w.add(w.publisher("first"), facts_for(with_build(build)));
    }
  });
  // Insertion order, as protocol/catalog.md section 4 has seen it.
  const std::vector<std::string> expected{
      "x@4,5.11-1:20240101T000000Z", "x@4,5.10-1:20240101T000000Z", "x@4,5.9-1:20240101T000000Z"};
  BOOST_TEST(t.visible(2, "first") == expected);
  const lmdb::ReadTxn txn(t.repository->committed());
  const View view(t.repository->committed(), txn, 2);
  BOOST_TEST(view.find(1, "x", ips::Version::parse("4,5.10-1:20240101T000000Z"))->version ==
             "4,5.10-1:20240101T000000Z");
  BOOST_TEST(!view.find(1, "x", ips::Version::parse("4,5.8-1:20240101T000000Z")));
}

BOOST_AUTO_TEST_CASE(untouched_parts_keep_their_time_and_logs_are_per_hour_and_locale) {
  TestRepository t;
  const Time hour1{1'714'557'600'000'001};  // 20240501T10
  const Time hour2{hour1.micros + 3'600'000'000};
  t.write(
      [](MetasetWriter& w) {
        w.add(w.publisher("first"), facts_for(kApple1,
                                              "depend type=require fmri=pkg:/b@1\n"
                                              "set name=pkg.summary:fr value=pomme\n"));
      },
      hour1);
  t.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple2)); }, hour2);
  const auto attrs = ips::read_attrs(t.rendered(3, "first", "catalog.attrs"));
  std::vector<std::string> parts, logs;
  for (const auto& p : attrs.parts)
    parts.push_back(p.name + " " + basic_timestamp(p.last_modified));
  for (const auto& u : attrs.updates)
    logs.push_back(u.name + " " + basic_timestamp(u.last_modified));
  const std::vector<std::string> expected_parts{
      "catalog.base.C 20240501T110000.000001Z", "catalog.dependency.C 20240501T100000.000001Z",
      "catalog.summary.C 20240501T110000.000001Z", "catalog.summary.fr 20240501T100000.000001Z"};
  const std::vector<std::string> expected_logs{"update.20240501T10Z.C 20240501T100000.000001Z",
                                               "update.20240501T10Z.fr 20240501T100000.000001Z",
                                               "update.20240501T11Z.C 20240501T110000.000001Z"};
  BOOST_TEST(parts == expected_parts);
  BOOST_TEST(logs == expected_logs);
  // The metaset before had only the first hour.
  BOOST_TEST(ips::read_attrs(t.rendered(2, "first", "catalog.attrs")).updates.size() == 2u);
  BOOST_TEST(t.rendered(2, "first", "update.20240501T11Z.C").empty());
}

BOOST_AUTO_TEST_CASE(a_log_grows_over_the_metasets_of_an_hour_and_each_sees_its_own_state) {
  TestRepository t;
  const Time hour{1'714'557'600'000'001};
  t.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple1)); }, hour);
  t.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple2)); },
          Time{hour.micros + 1});
  std::vector<std::string> seen;
  const auto read = [&](MetasetNumber number) {
    seen.clear();
    ips::read_log(t.rendered(number, "first", "update.20240501T10Z.C"),
                  [&](ips::LogEntry&& entry) { seen.push_back(entry.version); });
    return seen;
  };
  BOOST_TEST(read(2).size() == 1u);
  BOOST_TEST(read(3).size() == 2u);
}

BOOST_AUTO_TEST_CASE(time_never_goes_back_even_if_the_clock_does) {
  TestRepository t;
  const Time future{4'000'000'000'000'000};
  t.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple1)); }, future);
  const auto next = t.write(
      [](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple2)); }, Time{1'000'000});
  BOOST_TEST(next.time.micros == future.micros + 1);
}

BOOST_AUTO_TEST_CASE(the_digests_chain) {
  TestRepository t;
  const auto a = t.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple1)); },
                         Time{1'714'557'600'000'001});
  TestRepository u;
  const auto b = u.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple1)); },
                         Time{1'714'557'600'000'001});
  BOOST_TEST((a.digest == b.digest));  // a pure function of the history
  TestRepository v;
  const auto c = v.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple2)); },
                         Time{1'714'557'600'000'001});
  BOOST_TEST((a.digest != c.digest));
  const auto a2 = t.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple9)); },
                          Time{1'714'557'600'000'002});
  const auto c2 = v.write([](MetasetWriter& w) { w.add(w.publisher("first"), facts_for(kApple9)); },
                          Time{1'714'557'600'000'002});
  BOOST_TEST((a2.content == c2.content));
  BOOST_TEST((a2.digest != c2.digest));  // the parents differ
}

BOOST_AUTO_TEST_CASE(a_metaset_that_changes_nothing_is_not_written) {
  TestRepository t;
  const auto none =
      t.repository->write_metaset({"tester", "", {}, true}, [](MetasetWriter&, lmdb::WriteTxn&) {});
  BOOST_TEST(!none.has_value());
  BOOST_CHECK_THROW(t.write([](MetasetWriter& w) {
    w.add(w.publisher("first"), facts_for(kApple1));
    w.add(w.publisher("first"), facts_for(kApple1));
  }),
                    Error);
  const lmdb::ReadTxn txn(t.repository->committed());
  BOOST_TEST(View::latest_number(t.repository->committed(), txn) == 1u);
}

BOOST_AUTO_TEST_CASE(publishers_are_listed_default_first_and_only_since_they_exist) {
  TestRepository t;
  t.write([](MetasetWriter& w) { w.publisher("aaa"); });
  const lmdb::ReadTxn txn(t.repository->committed());
  const auto names = [&](MetasetNumber number) {
    std::string all;
    for (const auto& p : View(t.repository->committed(), txn, number).publishers())
      all += p.prefix + " ";
    return all;
  };
  BOOST_TEST(names(1) == "first second ");
  BOOST_TEST(names(2) == "first aaa second ");
  BOOST_CHECK_THROW(t.write([](MetasetWriter& w) { w.publisher("catalog"); }), Error);
}

}  // namespace
}  // namespace metaset::store
