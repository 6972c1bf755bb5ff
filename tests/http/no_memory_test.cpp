// Requests when there is no memory left: they may fail, but nothing else may.
#include "tests/no_memory.h"

#include <boost/test/unit_test.hpp>

#include "dispatcher_fixture.h"

#ifndef METASET_FIXED_NEW

namespace metaset::http {
namespace {

BOOST_AUTO_TEST_SUITE(no_memory)

// Whichever allocation is the first to fail, also those that say that something did.
BOOST_FIXTURE_TEST_CASE(a_request_ends_or_breaks_off, DispatcherFixture) {
  work([](Exchange& exchange) {
    if (exchange.request[Param::kUri].ends_with("failing")) {
      throw Error(Code::kCorrupt, std::string(100, 'x'));
    }
    exchange.response.body = std::string(1000, 'b');
  });
  for (const std::string uri : {"/catalog/1/whole", "/catalog/1/failing", "/catalog/9/x"}) {
    const Environment environment = {{"REQUEST_METHOD", "GET"},
                                     {"REQUEST_URI", uri},
                                     {"METASET_ROOT", root()},
                                     {"METASET_REQUEST_ID", std::string(100, 'i')}};
    bool more = true;
    for (int allowed = 0; more && allowed < 1000; ++allowed) {
      FakeGateway gateway(environment);
      gateway.make_room(10'000);
      {
        const NoMemoryHere none(allowed);
        dispatcher().handle(gateway);
      }
      more = NoMemoryHere::failed();
      BOOST_TEST((gateway.aborted() || !gateway.output().empty()));
    }
    BOOST_TEST(!more);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http

#endif
