#include "metaset/pkg5/import.h"

#include <map>
#include <set>

#include <sys/stat.h>

#include "metaset/base/json.h"
#include "metaset/store/layout.h"

#include "fixture.h"

namespace metaset::pkg5 {

BOOST_AUTO_TEST_SUITE(import_suite)

std::set<std::string> publisher_payloads(const std::string& metaset) {
  std::set<std::string> result;
  const std::string top = store::publishers_directory(metaset);
  for (const std::string& publisher : list_directory(top)) {
    const std::string files = top + "/" + publisher + "/file";
    for (const std::string& sub : list_directory(files)) {
      for (const std::string& name : list_directory(join_path(files, sub))) {
        result.insert(join_path(join_path(files, sub), name));
      }
    }
  }
  return result;
}

BOOST_AUTO_TEST_CASE(catalogs_are_the_same_bytes) {
  const Stock stock;
  for (const std::string& source : {stock.utf8(), stock.ascii()}) {
    const std::string destination = source + "-metaset";
    const ImportResult result = import(source, destination);
    BOOST_CHECK(result.created_repository);
    BOOST_CHECK_EQUAL(result.metaset.value_or(0), 2u);
    BOOST_CHECK(result.warnings.empty());
    check_same_catalogs(source, destination);
  }
}

BOOST_AUTO_TEST_CASE(every_history_is_reproduced) {
  const Stock stock("repo-steps");
  for (const std::string name :
       {"step0", "step1", "step2", "step3", "emptied", "rebuilt", "rebuilt2", "format3"}) {
    BOOST_TEST_CONTEXT(name) {
      import(stock.path(name), stock.path(name + "-metaset"));
      check_same_catalogs(stock.path(name), stock.path(name + "-metaset"));
    }
  }
}

BOOST_AUTO_TEST_CASE(counts_and_numbers) {
  const Stock stock;
  std::map<std::string, PhaseProgress> phases;
  const auto note = [&](const PhaseProgress& p) {
    BOOST_CHECK_LE(p.done, p.total);
    phases[std::string(p.phase)] = p;
  };
  const ImportResult result = import(stock.utf8(), stock.destination(), {}, note);
  BOOST_CHECK_EQUAL(result.manifests, 23u);
  BOOST_CHECK_EQUAL(result.new_manifests, 23u);
  BOOST_CHECK_EQUAL(result.linked + result.reflinked + result.copied, result.payloads);
  BOOST_CHECK_EQUAL(result.present, 0u);
  BOOST_REQUIRE_EQUAL(result.publishers.size(), 3u);
  const ImportedPublisher& fruit = result.publishers[1];
  BOOST_CHECK_EQUAL(fruit.prefix, "fruit");
  BOOST_CHECK_EQUAL(fruit.packages, 14u);
  BOOST_CHECK_EQUAL(fruit.package_versions, 20u);
  BOOST_CHECK_EQUAL(fruit.added - fruit.removed, 20u);
  BOOST_CHECK(fruit.is_new);
  BOOST_CHECK_EQUAL(phases.size(), 6u);
  for (const auto& [name, phase] : phases) BOOST_CHECK_EQUAL(phase.done, phase.total);
  BOOST_CHECK_EQUAL(phases["payloads"].bytes, result.payload_bytes);
}

BOOST_AUTO_TEST_CASE(configuration_and_publisher_data) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  with_latest(stock.destination(), [&](store::Repository&, const store::View& view) {
    BOOST_CHECK_EQUAL(view.config(0).value_or(""),
                      R"({"publisher":{"prefix":"fruit"},"repository":{)"
                      R"("check-certificate-revocation":false,"format":"utf8",)"
                      R"("signature-required-names":[],"trust-anchor-directory":"/etc/ssl/pkg/",)"
                      R"("version":4}})");
    BOOST_REQUIRE(view.default_publisher());
    BOOST_CHECK_EQUAL(view.default_publisher()->prefix, "fruit");
    BOOST_CHECK_EQUAL(view.config(view.publisher("fruit")->id).value_or(""),
                      slurp(stock.utf8() + "/publisher/fruit/pub.p5i"));
    BOOST_CHECK_EQUAL(view.config(view.publisher("veg-dev")->id).value_or(""),
                      slurp(stock.utf8() + "/publisher/veg-dev/pub.p5i"));
    BOOST_CHECK(!view.config(view.publisher("example.org")->id));
  });
}

BOOST_AUTO_TEST_CASE(manifests_payloads_and_flags) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  with_latest(stock.destination(), [&](store::Repository& repository, const store::View& view) {
    const StockRepository source(stock.utf8());
    std::set<std::string> obsolete, renamed, wanted;
    for (const store::Publisher& publisher : view.publishers()) {
      view.for_each(publisher.id, [&](std::string_view name, const store::PackageEntry& entry) {
        const auto stored = view.manifest(entry.manifest);
        BOOST_REQUIRE(stored);
        BOOST_CHECK(stored->text() == source.manifest(publisher.prefix, name, entry.version));
        for (const std::string& payload : ips::summarize(stored->text()).payloads) {
          BOOST_CHECK_NO_THROW(repository.payloads().examine(payload));
          wanted.insert(repository.payloads().path(payload, publisher.prefix));
        }
        if (entry.obsolete) obsolete.insert(std::string(name));
        if (entry.renamed) renamed.insert(std::string(name));
        return true;
      });
    }
    BOOST_CHECK(obsolete == std::set<std::string>{"pear"});
    BOOST_CHECK(renamed == std::set<std::string>{"quince"});
    BOOST_CHECK(publisher_payloads(stock.destination()) == wanted);
  });
}

BOOST_AUTO_TEST_CASE(importing_again_writes_nothing) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  const ImportResult again = import(stock.utf8(), stock.destination());
  BOOST_CHECK(!again.metaset);
  BOOST_CHECK(!again.created_repository);
  BOOST_CHECK_EQUAL(again.manifests, 0u);
  ImportOptions options;
  options.complete = true;
  const ImportResult complete = import(stock.utf8(), stock.destination(), options);
  BOOST_CHECK(!complete.metaset);
  BOOST_CHECK_EQUAL(complete.manifests, 23u);
  BOOST_CHECK_EQUAL(complete.new_manifests, 0u);
  BOOST_CHECK_EQUAL(complete.present, complete.payloads);
}

BOOST_AUTO_TEST_CASE(into_a_repository_that_exists) {
  const Stock stock;
  store::Repository::create(stock.destination(), {"north"}, "{}", {"me", "init", {}, true});
  const ImportResult result = import(stock.ascii(), stock.destination());
  BOOST_CHECK(!result.created_repository);
  BOOST_CHECK(!result.publishers[0].is_new);
  check_same_catalogs(stock.ascii(), stock.destination());
  // A second source with other publishers: both are there, the configuration stays.
  import(stock.utf8(), stock.destination());
  with_latest(stock.destination(), [&](store::Repository&, const store::View& view) {
    BOOST_CHECK_EQUAL(view.publishers().size(), 5u);
    BOOST_CHECK(!contains(view.config(0).value_or(""), "fruit"));
  });
}

BOOST_AUTO_TEST_CASE(wrong_places) {
  const Stock stock;
  failure(Code::kNotFound, [&] { import(stock.path("none"), stock.destination()); });
  failure(Code::kInvalid, [&] { import(stock.utf8(), stock.ascii()); });
  failure(Code::kInvalid, [&] { import(stock.utf8(), stock.utf8()); });
  import(stock.ascii(), stock.destination());
  failure(Code::kInvalid, [&] { import(stock.destination(), stock.path("other")); });
  BOOST_CHECK(!file_info(stock.path("other")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace metaset::pkg5
