#include "http/freshness.h"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"

#include "fake_gateway.h"

namespace metaset::http {
namespace {

class LeavingGateway : public FakeGateway {
 public:
  using FakeGateway::FakeGateway;
  bool peer_gone() const noexcept override { return gone; }
  bool gone = false;
};

// A request that began so many milliseconds ago.
Environment began(std::int64_t millis) {
  const std::int64_t then = now().micros - millis * 1000;
  return {{"METASET_REQUEST_TIME", fmt::format("{}.{:06}", then / 1'000'000, then % 1'000'000)}};
}

bool lasts(const Environment& environment, bool in_group) {
  FakeGateway gateway(environment);
  const Request request(gateway);
  return Freshness(request, in_group).lasts();
}

BOOST_AUTO_TEST_SUITE(freshness)

BOOST_AUTO_TEST_CASE(a_request_has_its_time_in_a_group) {
  constexpr std::int64_t kLimit = Freshness::kLimit / group::kMillisecond;
  BOOST_TEST(lasts(began(kLimit - 1000), true));
  BOOST_TEST(!lasts(began(kLimit + 1), true));
  BOOST_TEST(!lasts({{"METASET_REQUEST_TIME", "0"}}, true));
  BOOST_TEST(lasts({}, true));
  // The clock was set back meanwhile.
  BOOST_TEST(lasts(began(-1'000'000), true));
  // Nobody else is asked.
  BOOST_TEST(lasts(began(kLimit + 1), false));
}

BOOST_AUTO_TEST_CASE(a_hold_gives_it_more) {
  FakeGateway gateway(began(60'000));
  const Request request(gateway);
  Freshness held(request, true);
  BOOST_TEST(!held.lasts());
  const group::BootTime now = group::boot_now();
  held.held_until(now - Freshness::kAfterHold);
  BOOST_TEST(!held.lasts());
  held.held_until(now);
  BOOST_TEST(held.lasts());
  held.held_until(now - group::kSecond);  // never less
  BOOST_TEST(held.lasts());
}

BOOST_AUTO_TEST_CASE(who_has_gone_does_not_wait) {
  for (const bool in_group : {false, true}) {
    LeavingGateway gateway(Environment{});
    const Request request(gateway);
    const Freshness freshness(request, in_group);
    BOOST_TEST(freshness.lasts());
    gateway.gone = true;
    BOOST_TEST(!freshness.lasts());
  }
}

BOOST_AUTO_TEST_CASE(a_malformed_time_is_an_error) {
  FakeGateway gateway(Environment{{"METASET_REQUEST_TIME", "noon"}});
  const Request request(gateway);
  BOOST_CHECK_THROW(Freshness(request, true), Error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
