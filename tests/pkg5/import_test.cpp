#include "metaset/pkg5/import.h"

#include <set>

#include "fixture.h"

namespace metaset::pkg5 {

BOOST_AUTO_TEST_SUITE(import_suite)

BOOST_AUTO_TEST_CASE(catalogs_are_the_same_bytes) {
  const Stock stock;
  for (const std::string& name : {std::string("repo-utf8"), std::string("repo-ascii")}) {
    const std::string destination = stock.path(name + "-metaset");
    const ImportResult result = import(stock.path(name), destination);
    BOOST_CHECK(result.created_repository);
    BOOST_CHECK_EQUAL(result.metaset.value_or(0), 2u);
    for (const std::string& warning : result.warnings) BOOST_TEST_MESSAGE(warning);
    check_same_catalogs(stock.path(name), destination);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace metaset::pkg5
