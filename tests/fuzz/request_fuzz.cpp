// A whole request, as a web server hands it over: NAME=value on each line, an empty line, the body.
// The answer is a well-formed CGI response, whatever comes.
#include <algorithm>
#include <cctype>
#include <string>

#include "metaset/base/percent.h"

#include "fuzz.h"
#include "http/fake_gateway.h"
#include "request_depot.h"

namespace {

using metaset::fuzz::require;
using namespace metaset::http;

FakeGateway gateway_of(std::string_view text, const std::string& root) {
  Environment environment;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string value = line.substr(std::min(equals + 1, line.size())).c_str();
    environment.emplace(line.substr(0, equals).c_str(), value);
  }
  environment["METASET_ROOT"] = root;
  return FakeGateway(environment, std::string(text));
}

bool is_configured(Gateway& gateway) {
  const Request request(gateway);
  return metaset::fuzz::accepts([&] { parse_config(request); });
}

void check_line(std::string_view line) {
  const std::size_t colon = line.find(": ");
  require(colon != std::string_view::npos && colon > 0);
  for (const char c : line.substr(0, colon)) require(std::isalnum(c) != 0 || c == '-');
  for (const char c : line) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

// Header lines up to the empty one.
void check_head(std::string_view head) {
  require(head.starts_with("Status: "));
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    require(end != std::string_view::npos);
    check_line(head.substr(0, end));
    head.remove_prefix(end + 2);
  }
}

void check_answer(FakeGateway& gateway) {
  require(!gateway.aborted());
  const std::size_t end = gateway.output().find("\r\n\r\n");
  require(end != std::string::npos);
  check_head(std::string_view(gateway.output()).substr(0, end + 2));
  const int status = gateway.status();
  require(status >= 200 && status < 600);
  // 500 is a bug unless it is the location's configuration.
  if (is_configured(gateway)) require(status != 500 && status != 504 && status != 507);
  const std::string body = gateway.body();
  const Request request(gateway);
  if (request.method() == kHead || status == 304) {
    require(body.empty());
  } else if (gateway.has_field("Content-Length")) {
    require(gateway.field("Content-Length") == std::to_string(body.size()));
  }
  if (status >= 400 && status != 416) require(metaset::is_utf8(body));
  // A hand-over must not lead out of the repository.
  for (const char* field : {"X-Accel-Redirect", "X-Sendfile"}) {
    require(gateway.field(field).find("/..") == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static metaset::fuzz::RequestDepot depot;
  FakeGateway gateway = gateway_of(metaset::fuzz::text_of(data, size), depot.root());
  depot.handle(gateway);
  check_answer(gateway);
  return 0;
}
