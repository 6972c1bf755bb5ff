#include "http_options.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"

#include "help_format.h"

namespace metaset::app {

namespace {

constexpr std::uint64_t kMaxTokenFile = 4096;

std::string read_token(const std::string& file) {
  std::string token = read_file(file, kMaxTokenFile);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) {
    token.pop_back();
  }
  if (token.empty()) throw Error(Code::kUsage, "--token-file: " + file + " has no token");
  return token;
}

}  // namespace

void add_http_options(CLI::App& command, net::HttpOptions& http) {
  const auto file = [&](const char* name, std::string& value, const char* help) {
    command.add_option(name, value, help)->type_name("FILE");
  };
  file("--ca-file", http.ca_file, "certificates of authorities to trust for https");
  file("--client-cert", http.client_cert, "certificate to show to https servers");
  file("--client-key", http.client_key, "its key, if not in the same file");
  command.add_option("--proxy", http.proxy, "proxy to fetch through")->type_name("URL");
  command
      .add_option_function<std::uint32_t>(
          "--timeout",
          [&http](const std::uint32_t& seconds) {
            http.total_timeout = std::chrono::seconds(seconds);
          },
          "the longest time for one request (default: 21600)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 1'000'000U));
  seldom_needed(command, {"--ca-file", "--client-cert", "--client-key", "--proxy", "--timeout"});
}

void add_token_option(CLI::App& command, net::HttpOptions& http) {
  command
      .add_option_function<std::string>(
          "--token-file", [&http](const std::string& name) { http.token = read_token(name); },
          "file with the token to show to the sources")
      ->type_name("FILE");
}

}  // namespace metaset::app
