// What a service manager hears from a pool of workers.
#include <boost/test/unit_test.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fcgi/reporter.h"
#include "pool_fixture.h"

namespace metaset::fcgi {
namespace {

constexpr milliseconds kWatchdog{4000};  // so the master looks at its workers every two seconds

constexpr milliseconds kPatience{30000};

// The manager's end of the socket.
struct Manager {
  Manager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    socket.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
                  0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
  }

  // Empty if nothing comes.
  std::string next(milliseconds limit = kPatience) const {
    pollfd event{socket.get(), POLLIN, 0};
    if (::poll(&event, 1, static_cast<int>(limit.count())) <= 0) return {};
    char text[1000];
    const ssize_t size = ::recv(socket.get(), text, sizeof(text), 0);
    return std::string(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }

  // Skips others; false if it does not come.
  bool hears(std::string_view line) const {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (next().find(line) != std::string::npos) return true;
    }
    return false;
  }

  TemporaryDirectory directory;
  std::string path = directory.path() + "/notify";
  Fd socket;
};

// The manager first: the pool finds it in the environment.
struct ManagedPool : Manager, PoolFixture {
  static void want_watchdog(std::chrono::microseconds time = kWatchdog) {
    ::setenv("WATCHDOG_USEC", std::to_string(time.count()).c_str(), 1);
  }
};

BOOST_FIXTURE_TEST_SUITE(managed_pools, ManagedPool)

BOOST_AUTO_TEST_CASE(ready_renewed_and_stopping) {
  start(2);
  std::string first = next();
  if (first == "STATUS=1 of 2 workers answer") first = next();
  BOOST_TEST(first == "READY=1\nSTATUS=2 workers answer");
  BOOST_TEST(worker_pid() > 0);
  signal(SIGHUP);
  BOOST_TEST(next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  BOOST_TEST(next() == "READY=1\nSTATUS=2 workers answer");
  signal(SIGTERM);
  BOOST_TEST(next() == "STOPPING=1\nSTATUS=requests under way are finished");
  BOOST_TEST(ended() == 0);
  BOOST_TEST(next(milliseconds(0)).empty());
}

BOOST_AUTO_TEST_CASE(a_lost_worker_is_told_of) {
  start(2);
  BOOST_TEST(hears("READY=1"));
  ::kill(worker_pid(), SIGKILL);
  BOOST_TEST(next() == "STATUS=1 of 2 workers answer");
  BOOST_TEST(next() == "STATUS=2 workers answer");
}

BOOST_AUTO_TEST_CASE(a_process_without_a_master_tells_of_itself) {
  want_watchdog();
  start(0);
  BOOST_TEST(hears("READY=1\nSTATUS=1 worker answers"));
  BOOST_TEST(hears("WATCHDOG=1"));
  signal(SIGTERM);
  BOOST_TEST(hears("STOPPING=1"));
  BOOST_TEST(ended() == 0);
}

// More often than workers show themselves, which nobody holds against them.
BOOST_AUTO_TEST_CASE(a_short_watchdog_hears_in_time) {
  constexpr milliseconds kShort{400};
  want_watchdog(kShort);
  for (const unsigned workers : {0U, 2U}) {
    start(workers);
    BOOST_TEST(hears("WATCHDOG=1"));
    int late = 0;  // on a busy machine some are
    for (int i = 0; i < 20; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      BOOST_TEST(hears("WATCHDOG=1"));
      if (std::chrono::steady_clock::now() - begin >= kShort) ++late;
    }
    BOOST_TEST(late < 10);
    signal(SIGTERM);
    BOOST_TEST(ended() == 0);
    while (next(milliseconds(0)) != "") continue;
  }
  BOOST_TEST(logged().find("no sign of life") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(successors_that_cannot_start_end_the_reload) {
  const std::string broken = PoolFixture::directory.path() + "/broken";
  start(1, [broken] {
    if (file_info(broken)) throw Error(Code::kInvalid, "it is broken");
    return test_handlers();
  });
  BOOST_TEST(hears("READY=1"));
  write_file_atomically(broken, "", false);
  signal(SIGHUP);
  BOOST_TEST(next().starts_with("RELOADING=1"));
  BOOST_TEST(next() == "READY=1\nSTATUS=1 worker answers");
}

BOOST_AUTO_TEST_CASE(a_worker_without_a_sign_of_life_is_replaced) {
  want_watchdog();
  start(2);
  BOOST_TEST(hears("READY=1"));
  const pid_t hung = worker_pid();
  ::kill(hung, SIGSTOP);
  BOOST_TEST(hears("STATUS=1 of 2 workers answer"));
  BOOST_TEST(hears("STATUS=2 workers answer"));
  BOOST_TEST(gone(hung));
  BOOST_TEST(logged().find("no sign of life") != std::string::npos);
  BOOST_TEST(hears("WATCHDOG=1"));
}

BOOST_AUTO_TEST_CASE(who_starts_has_time) {
  want_watchdog();
  start(1, [] {
    std::this_thread::sleep_for(milliseconds(1200));
    return test_handlers();
  });
  BOOST_TEST(hears("READY=1"));
  BOOST_TEST(logged().find("no sign of life") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(busy_workers_are_alive) {
  want_watchdog();
  start(1);
  const pid_t worker = worker_pid();
  FcgiClient one(PoolFixture::path);
  FcgiClient other(PoolFixture::path);
  one.send(request_bytes("/sleep/7000"));
  other.send(request_bytes("/sleep/7000"));
  for (int i = 0; i < 3; ++i) BOOST_TEST(hears("WATCHDOG=1"));
  BOOST_TEST(one.receive().ended);
  BOOST_TEST(other.receive().ended);
  BOOST_TEST(worker_pid() == worker);
}

BOOST_AUTO_TEST_CASE(nobody_is_told_of_life_where_there_is_none) {
  want_watchdog();
  const std::string blocked = PoolFixture::directory.path() + "/blocked";
  start(1, [blocked] {
    while (file_info(blocked)) std::this_thread::sleep_for(milliseconds(20));
    return test_handlers();
  });
  BOOST_TEST(hears("READY=1"));  // or what dies had never answered, as far as the manager knows
  write_file_atomically(blocked, "", false);
  ::kill(worker_pid(), SIGKILL);
  BOOST_TEST(hears("STATUS=0 of 1 workers answer"));
  const auto deadline = std::chrono::steady_clock::now() + 2 * kWatchdog;
  while (std::chrono::steady_clock::now() < deadline) {
    BOOST_TEST(next(milliseconds(100)) != "WATCHDOG=1");
  }
  remove_file(blocked);
  BOOST_TEST(hears("STATUS=1 worker answers"));
  BOOST_TEST(hears("WATCHDOG=1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
