#include "metaset/base/notify.h"

#include <cstdlib>

#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "metaset/base/file.h"

namespace metaset {
namespace {

// The environment of a service, and the socket of its manager.
struct NotifyFixture {
  ~NotifyFixture() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }

  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }

  // `name` as the kernel takes it.
  void bind(const std::string& name) {
    socket.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof(address.sun_path));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  }

  std::string received() const {
    char text[1000];
    const ssize_t size = ::recv(socket.get(), text, sizeof(text), 0);
    return size < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(size));
  }

  TemporaryDirectory directory;
  std::string path = join_path(directory.path(), "notify");
  Fd socket;
};

BOOST_FIXTURE_TEST_SUITE(notifications, NotifyFixture)

BOOST_AUTO_TEST_CASE(a_message_comes_as_it_was_sent) {
  bind(path);
  set("NOTIFY_SOCKET", path);
  const Notifier notifier = Notifier::from_environment();
  notifier.send("READY=1\nSTATUS=2 workers");
  notifier.send("STOPPING=1");
  BOOST_TEST(received() == "READY=1\nSTATUS=2 workers");
  BOOST_TEST(received() == "STOPPING=1");
  BOOST_TEST(received() == "nothing");
}

BOOST_AUTO_TEST_CASE(abstract_names_begin_with_an_at_sign) {
  const std::string name = "metaset-notify-test-" + std::to_string(::getpid());
  bind(std::string(1, '\0') + name);
  set("NOTIFY_SOCKET", "@" + name);
  Notifier::from_environment().send("READY=1");
  BOOST_TEST(received() == "READY=1");
}

BOOST_AUTO_TEST_CASE(without_a_manager_nothing_happens) {
  set("WATCHDOG_USEC", "1000000");
  BOOST_TEST(!Notifier::from_environment().watchdog());
  Notifier::from_environment().send("READY=1");
  for (const std::string& bad : {std::string("relative"), std::string(), std::string(500, '/')}) {
    set("NOTIFY_SOCKET", bad);
    Notifier::from_environment().send("READY=1");
    BOOST_TEST(!Notifier::from_environment().watchdog());
  }
  set("NOTIFY_SOCKET", path);  // where nobody listens
  Notifier::from_environment().send("READY=1");
  BOOST_TEST(!file_info(path));
}

BOOST_AUTO_TEST_CASE(a_watchdog_is_for_one_process) {
  set("NOTIFY_SOCKET", path);
  BOOST_TEST(!Notifier::from_environment().watchdog());
  set("WATCHDOG_USEC", "30000000");
  BOOST_TEST((Notifier::from_environment().watchdog() == std::chrono::seconds(30)));
  BOOST_TEST((Notifier::from_environment().watchdog_interval() == std::chrono::seconds(15)));
  set("WATCHDOG_PID", std::to_string(::getpid()));
  BOOST_TEST((Notifier::from_environment().watchdog() == std::chrono::seconds(30)));
  set("WATCHDOG_PID", std::to_string(::getppid()));
  BOOST_TEST(!Notifier::from_environment().watchdog());
  BOOST_TEST(!Notifier::from_environment().watchdog_interval());
  set("WATCHDOG_PID", "");
  set("WATCHDOG_USEC", "1");
  BOOST_TEST((Notifier::from_environment().watchdog_interval() == std::chrono::milliseconds(1)));
  for (const char* const bad : {"", "0", "-5", "soon", "1s", "99999999999999999999"}) {
    set("WATCHDOG_USEC", bad);
    BOOST_TEST(!Notifier::from_environment().watchdog(), bad);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
