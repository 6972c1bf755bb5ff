// Property: an import of an export gives the same catalogs, so that export, import and export again
// lead to the same bytes.
#include "metaset/pkg5/export.h"

#include <filesystem>
#include <map>

#include "metaset/ips/p5i.h"
#include "metaset/store/layout.h"

#include "fixture.h"

namespace metaset::pkg5 {

namespace {

ExportResult export_latest(const std::string& metaset, const std::string& destination,
                           const ExportOptions& options = {}) {
  store::Repository repository(metaset, store::Access::kRead);
  store::MetasetNumber latest = 0;
  {
    const lmdb::Env& env = std::as_const(repository).committed();
    const lmdb::ReadTxn txn(env);
    latest = store::View::latest_number(env, txn);
  }
  ExportResult result;
  export_metaset(repository, latest, destination, options, {}, result);
  return result;
}

// Every file below a directory with its bytes.
std::map<std::string, std::string> files_below(const std::string& top) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
    if (!entry.is_regular_file()) continue;
    files[std::filesystem::relative(entry.path(), top).string()] = slurp(entry.path().string());
  }
  return files;
}

void check_round_trip(const std::string& archive, const std::string& name) {
  const Stock stock(archive);
  import(stock.path(name), stock.destination());
  export_latest(stock.destination(), stock.path("export"));
  check_same_catalogs(stock.path("export"), stock.destination());
  import(stock.path("export"), stock.path("metaset2"));
  check_same_catalogs(stock.path("export"), stock.path("metaset2"));
  export_latest(stock.path("metaset2"), stock.path("export2"));
  const auto first = files_below(stock.path("export"));
  BOOST_CHECK(first == files_below(stock.path("export2")));
  for (const auto& [path, bytes] : files_below(stock.path(name))) {
    if (contains(path, "/tmp/") || contains(path, "/file/")) continue;  // payloads may be strays
    const auto place = first.find(path);
    BOOST_REQUIRE_MESSAGE(place != first.end(), name << ": no " << path);
    if (contains(path, "pub.p5i")) {
      BOOST_CHECK(ips::write_p5i(ips::read_p5i(bytes)) == place->second);
    } else {
      BOOST_CHECK_MESSAGE(place->second == bytes, name << ": " << path << " differs");
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(export_suite)

BOOST_AUTO_TEST_CASE(an_import_of_an_export_is_the_same) {
  check_round_trip("repo", "repo-utf8");
  check_round_trip("repo", "repo-ascii");
  for (const char* step : {"step0", "step1", "step2", "step3", "emptied", "rebuilt"}) {
    check_round_trip("repo-steps", step);
  }
}

BOOST_AUTO_TEST_CASE(payloads_are_links_below_their_publishers) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  const ExportResult result = export_latest(stock.destination(), stock.path("export"));
  BOOST_CHECK_GT(result.linked, 0u);
  BOOST_CHECK_EQUAL(result.copied + result.reflinked, 0u);
  const auto here = file_info(stock.path("export") + std::string(kPayload));
  const auto there = file_info(store::PayloadStore(stock.destination()).path(kPayloadName));
  BOOST_REQUIRE(here && there);
  BOOST_CHECK_EQUAL(here->inode, there->inode);
}

BOOST_AUTO_TEST_CASE(one_publisher) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  export_latest(stock.destination(), stock.path("export"), {{"example.org"}, false, 1});
  BOOST_CHECK(list_directory(stock.path("export/publisher")) ==
              std::vector<std::string>{"example.org"});
  BOOST_CHECK_EQUAL(StockRepository(stock.path("export")).default_publisher(), "example.org");
  failure(Code::kNotFound, [&] {
    export_latest(stock.destination(), stock.path("other"), {{"nobody"}, false, 1});
  });
}

BOOST_AUTO_TEST_CASE(missing_payloads_are_named_and_nothing_is_left) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  remove_file(store::PayloadStore(stock.destination()).path(kPayloadName));
  const std::string message = failure(
      Code::kNotFound, [&] { export_latest(stock.destination(), stock.path("out/export")); });
  BOOST_CHECK(contains(message, kPayloadName));
  BOOST_CHECK(list_directory(stock.path("out")).empty());
  ExportOptions options;
  options.allow_missing_payloads = true;
  BOOST_CHECK_EQUAL(
      export_latest(stock.destination(), stock.path("out/export"), options).missing.size(), 1u);
}

BOOST_AUTO_TEST_CASE(what_is_there_is_left_alone) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  make_directories(stock.path("empty"));
  export_latest(stock.destination(), stock.path("empty/"));
  BOOST_CHECK(file_info(stock.path("empty/pkg5.repository")).has_value());
  failure(Code::kExists, [&] { export_latest(stock.destination(), stock.path("empty")); });
  failure(Code::kExists,
          [&] { export_latest(stock.destination(), stock.path("empty/pkg5.repository")); });
}

BOOST_AUTO_TEST_CASE(configuration_in_the_form_of_the_stock_tools) {
  const std::string text = repository_ini(
      R"({"other":{"x":"1"},"repository":{"signature-required-names":["a b","it's","\\"],)"
      R"("check-certificate-revocation":true,"version":4},"publisher":{"prefix":"old"}})",
      "new");
  BOOST_CHECK_EQUAL(text,
                    "[publisher]\nprefix = new\n\n[repository]\nversion = 4\n"
                    "signature-required-names = ['a b', \"it's\", '\\\\']\n"
                    "check-certificate-revocation = True\n\n[other]\nx = 1\n\n"
                    "[CONFIGURATION]\nversion = 4\n\n");
  const Ini ini = parse_ini(text);
  const auto names = parse_python_list(*ini.find("repository", "signature-required-names"))
                         .value_or(std::vector<std::string>{});
  BOOST_CHECK((names == std::vector<std::string>{"a b", "it's", "\\"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace metaset::pkg5
