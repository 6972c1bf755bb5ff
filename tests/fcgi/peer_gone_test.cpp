// Whether a handler notices that nobody waits for its answer.
#include <atomic>

#include <boost/test/unit_test.hpp>

#include "fcgi_client.h"
#include "test_handler.h"

namespace metaset::fcgi {
namespace {

using std::chrono::milliseconds;

// Looks for its peer until that is gone, or for a second.
struct PeerGoneFixture : SocketFixture {
  struct Looking : http::Handler {
    explicit Looking(std::atomic<int>& found) : found_(found) {}
    void handle(http::Gateway& gateway) noexcept override {
      bool gone = gateway.peer_gone();
      for (int i = 0; i < 100 && !gone; ++i) {
        std::this_thread::sleep_for(milliseconds(10));
        gone = gateway.peer_gone();
      }
      found_ = gone ? 1 : 0;
    }
    std::atomic<int>& found_;
  };

  PeerGoneFixture()
      : worker(
            listener.fd(), WorkerOptions{}, [this] { return std::make_unique<Looking>(found); },
            log) {}
  // What the handler saw.
  bool saw_it() {
    BOOST_REQUIRE(becomes([this] { return found >= 0; }));
    return found == 1;
  }

  std::atomic<int> found = -1;
  Worker worker;
};

BOOST_FIXTURE_TEST_SUITE(peer_gone, PeerGoneFixture)

BOOST_AUTO_TEST_CASE(one_that_waits) {
  FcgiClient client(path);
  BOOST_REQUIRE(client.send(request_bytes("/")));
  BOOST_TEST(!saw_it());
}

BOOST_AUTO_TEST_CASE(one_that_has_said_all_it_has_to_say_waits_too) {
  FcgiClient client(path);
  BOOST_REQUIRE(client.send(request_bytes("/", {}, false)));
  BOOST_REQUIRE(::shutdown(client.fd(), SHUT_WR) == 0);
  BOOST_TEST(!saw_it());
}

BOOST_AUTO_TEST_CASE(one_that_has_closed_the_connection) {
  {
    FcgiClient client(path);
    BOOST_REQUIRE(client.send(request_bytes("/")));
  }
  BOOST_TEST(saw_it());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
