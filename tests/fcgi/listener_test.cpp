#include "metaset/fcgi/listener.h"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "metaset/base/error.h"

#include "fcgi_client.h"

namespace metaset::fcgi {
namespace {

auto has_code(Code code, const std::string& text) {
  return [code, text](const Error& error) {
    return error.code() == code && error.message().find(text) != std::string::npos;
  };
}

BOOST_AUTO_TEST_SUITE(listeners)

BOOST_AUTO_TEST_CASE(a_socket_file_comes_and_goes) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  {
    const Listener listener = Listener::open("unix:" + path, 0640);
    struct stat status {};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777) == 0640U);
    BOOST_TEST(listener.name() == path);
    BOOST_TEST(is_listening(listener.fd()));
    BOOST_TEST(FcgiClient(path).connected());
  }
  BOOST_TEST(!file_info(path).has_value());
}

BOOST_AUTO_TEST_CASE(stale_sockets_are_replaced_live_ones_never) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  const Listener live = Listener::open(path, 0600);
  BOOST_CHECK_EXCEPTION(Listener::open(path, 0600), Error, has_code(Code::kExists, path));
  BOOST_TEST(FcgiClient(path).connected());
  ::rename(path.c_str(), (path + "x").c_str());
  {
    // A process that ended without cleaning up.
    Listener gone = Listener::open(path, 0600);
    ::link(path.c_str(), (path + "y").c_str());
  }
  ::rename((path + "y").c_str(), path.c_str());
  BOOST_TEST(!FcgiClient(path).connected());
  const Listener fresh = Listener::open(path, 0600);
  BOOST_TEST(FcgiClient(path).connected());
}

BOOST_AUTO_TEST_CASE(other_files_are_left_alone) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  write_file_atomically(path, "precious", false);
  BOOST_CHECK_EXCEPTION(Listener::open(path, 0600), Error, has_code(Code::kExists, path));
  BOOST_TEST(read_file(path, 100) == "precious");
}

BOOST_AUTO_TEST_CASE(a_successor_keeps_its_socket_file) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  std::optional<Listener> first(Listener::open(path, 0600));
  remove_file(path);
  const Listener second = Listener::open(path, 0600);
  first.reset();
  BOOST_TEST(FcgiClient(path).connected());
}

BOOST_AUTO_TEST_CASE(tcp) {
  const Listener listener = Listener::open("127.0.0.1:0", 0);
  BOOST_TEST(listener.name().starts_with("127.0.0.1:"));
  BOOST_TEST(!listener.name().ends_with(":0"));
  BOOST_TEST(is_listening(listener.fd()));
  BOOST_CHECK_EXCEPTION(Listener::open(listener.name(), 0), Error,
                        has_code(Code::kExists, listener.name()));
}

BOOST_AUTO_TEST_CASE(a_port_that_is_kept_for_another_program) {
  const Listener kept = Listener::reserve("127.0.0.1:0");
  BOOST_TEST(!is_listening(kept.fd()));
  const Listener other = Listener::open(kept.name(), 0);
  BOOST_TEST(other.name() == kept.name());
  BOOST_TEST(is_listening(other.fd()));
  BOOST_CHECK_EXCEPTION(Listener::reserve(kept.name()), Error,
                        has_code(Code::kExists, kept.name()));
}

BOOST_AUTO_TEST_CASE(bad_addresses_are_named) {
  for (const char* bad :
       {"", "relative", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "localhost:80",
        "[::1:80", "unix:relative", ":80", "127.0.0.1:80 "}) {
    BOOST_CHECK_EXCEPTION(Listener::open(bad, 0600), Error, has_code(Code::kUsage, bad));
  }
  const std::string longest = "/tmp/" + std::string(200, 'x');
  BOOST_CHECK_EXCEPTION(Listener::open(longest, 0600), Error, has_code(Code::kUsage, longest));
  BOOST_CHECK_THROW(Listener::open("/nonexistent/directory/s", 0600), Error);
}

BOOST_AUTO_TEST_CASE(a_socket_as_standard_input) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  const Listener listener = Listener::open(path, 0600);
  BOOST_TEST(!Listener::inherited().has_value());
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(listener.fd(), STDIN_FILENO);
    const std::optional<Listener> inherited = Listener::inherited();
    ::_exit(inherited && is_listening(inherited->fd()) && inherited->fd() != STDIN_FILENO ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
