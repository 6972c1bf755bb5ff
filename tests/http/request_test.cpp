#include "metaset/http/request.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "fake_gateway.h"
#include "has_code.h"

namespace metaset::http {
namespace {

BOOST_AUTO_TEST_SUITE(request)

BOOST_AUTO_TEST_CASE(parameters_and_headers_by_name) {
  FakeGateway gateway(Environment{{"REQUEST_METHOD", "POST"},
                                  {"REQUEST_URI", "/x"},
                                  {"REMOTE_ADDR", "::1"},
                                  {"HTTP_CLIENT_RELEASE", "5.11"},
                                  {"HTTP_CLIENT_RELEASE_X", "no"},
                                  {"METASET_ROOT", "/repo"}});
  const Request request(gateway);
  BOOST_TEST((request.method() == kPost));
  BOOST_TEST(request[Param::kUri] == "/x");
  BOOST_TEST(request[Param::kRoot] == "/repo");
  BOOST_TEST(request[Param::kMode] == "");
  BOOST_TEST(request.param("REMOTE_ADDR") == "::1");
  BOOST_TEST(request.param("REMOTE") == "");
  BOOST_TEST(request.header("client-release") == "5.11");
  BOOST_TEST(request.header("Client") == "");
  BOOST_TEST(request.unknown_parameter() == "");
}

BOOST_AUTO_TEST_CASE(headers_by_prefix) {
  FakeGateway gateway(
      Environment{{"HTTP_X_IPKG_SETATTR0", "a=b"}, {"HTTP_X_IPKG_SETATTR10", "c=[d]"}});
  const auto found = Request(gateway).headers("x-ipkg-setattr");
  BOOST_REQUIRE(found.size() == 2);
  BOOST_TEST(found[0].first == "X_IPKG_SETATTR0");
  BOOST_TEST(found[1].second == "c=[d]");
}

BOOST_AUTO_TEST_CASE(misspelt_parameters_are_noticed) {
  FakeGateway gateway(Environment{{"METASET_MODUS", "mirror"}});
  BOOST_TEST(Request(gateway).unknown_parameter() == "METASET_MODUS");
}

BOOST_AUTO_TEST_CASE(bodies_of_known_and_unknown_length) {
  const std::string content(200'000, 'x');
  FakeGateway known(Environment{{"CONTENT_LENGTH", "200000"}}, content);
  BOOST_TEST(Request(known).read_body(200'000) == content);
  FakeGateway unknown(Environment{}, content);
  BOOST_TEST(Request(unknown).read_body(200'000) == content);
  FakeGateway empty(Environment{});
  BOOST_TEST(Request(empty).read_body(0) == "");
}

BOOST_AUTO_TEST_CASE(bodies_that_are_not_what_they_say) {
  const auto read = [](const char* length, std::string body, std::uint64_t max) {
    FakeGateway gateway(Environment{{"CONTENT_LENGTH", length}}, std::move(body));
    return Request(gateway).read_body(max);
  };
  BOOST_CHECK_EXCEPTION(read("5", "abc", 10), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(read("2", "abc", 10), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(read("-1", "abc", 10), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(read("3x", "abc", 10), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(read("3", "abc", 2), Error, has_code(Code::kLimit));
  BOOST_CHECK_EXCEPTION(read("", "abc", 2), Error, has_code(Code::kLimit));
  // Only announced: nothing like that much memory is taken.
  BOOST_CHECK_EXCEPTION(read("18446744073709551615", "abc", UINT64_MAX), Error,
                        has_code(Code::kInvalid));
}

BOOST_AUTO_TEST_CASE(forms) {
  BOOST_TEST(form_value("cmd=rebuild&x", "cmd").value() == "rebuild");
  BOOST_TEST(form_value("a=1+2%2B%zz", "a").value() == "1 2+%zz");
  BOOST_TEST(form_value("&&x&y=", "x").value() == "");
  BOOST_TEST(!form_value("", "x").has_value());
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a&";
  BOOST_CHECK_EXCEPTION(parse_form(many), Error, has_code(Code::kLimit));
}

BOOST_AUTO_TEST_CASE(any_form_parses) {
  BOOST_CHECK(rc::check(
      "forms", [](const std::string& text) { RC_ASSERT(parse_form(text).size() <= text.size()); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
