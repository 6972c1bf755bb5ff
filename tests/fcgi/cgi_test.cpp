// A plain CGI program: a child with its own environment, standard input and standard output.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/wait.h>

#include "metaset/fcgi/serve.h"

#include "fcgi_client.h"
#include "test_handler.h"

namespace metaset::fcgi {
namespace {

struct CgiResult {
  int status = -1;
  std::string output;
};

CgiResult run(const Params& environment, const std::string& input) {
  const TemporaryDirectory directory;
  const std::string in_path = directory.path() + "/in";
  const std::string out_path = directory.path() + "/out";
  write_file_atomically(in_path, input, false);
  // What waits to be printed here must not be printed once more there.
  std::cout.flush();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::clearenv();
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    const Fd in = open_file(in_path, O_RDONLY);
    const Fd out = open_file(out_path, O_CREAT | O_WRONLY);
    ::dup2(in.get(), STDIN_FILENO);
    ::dup2(out.get(), STDOUT_FILENO);
    const Logger log(STDERR_FILENO, "test");
    int status = 99;
    try {
      status = serve(
          {}, [] { return test_handlers(); }, log);
    } catch (const Error& error) {
      status = error.code() == Code::kUsage ? 2 : 3;
    }
    ::_exit(status);
  }
  CgiResult result;
  ::waitpid(child, &result.status, 0);
  result.status = WEXITSTATUS(result.status);
  result.output = read_file_if_exists(out_path, 1 << 26).value_or("");
  return result;
}

BOOST_AUTO_TEST_SUITE(cgi)

BOOST_AUTO_TEST_CASE(one_request) {
  const Params environment = {
      {"GATEWAY_INTERFACE", "CGI/1.1"}, {"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/bytes/5"}};
  const CgiResult result = run(environment, "");
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.output == "Status: 200 OK\r\n\r\nbbbbb");
}

BOOST_AUTO_TEST_CASE(bodies_are_as_long_as_they_say) {
  const std::string input(1'000'000, 'x');
  Params environment = {{"GATEWAY_INTERFACE", "CGI/1.1"},
                        {"REQUEST_METHOD", "POST"},
                        {"REQUEST_URI", "/echo"},
                        {"CONTENT_LENGTH", "1000000"}};
  BOOST_TEST((run(environment, input + "more").output == "Status: 200 OK\r\n\r\n" + input));
  BOOST_TEST(run(environment, input.substr(1)).status == 1);
}

BOOST_AUTO_TEST_CASE(neither_socket_nor_cgi_is_a_usage_error) {
  BOOST_TEST(run({}, "").status == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
