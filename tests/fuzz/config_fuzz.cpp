// METASET_ parameters, NAME=value on each line: a location's configuration, cached or not.
#include <map>
#include <string>

#include "metaset/http/config.h"

#include "fuzz.h"
#include "http/fake_gateway.h"

namespace {

using metaset::fuzz::require;
using namespace metaset::http;

Environment environment_of(std::string_view text) {
  Environment environment;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const std::size_t equals = line.find('='); equals != std::string::npos) {
      // As getenv(3) gives it.
      environment.emplace(line.substr(0, equals), line.substr(equals + 1).c_str());
    }
  }
  return environment;
}

void check(const Config& config) {
  require(config.root.size() > 1 && config.root.front() == '/' && config.root.back() != '/');
  require(config.base.empty() || (config.base.front() == '/' && config.base.back() != '/'));
  require(config.accel_prefix.empty() || config.accel_prefix.back() == '/');
  require((config.hand_over == HandOver::kAccel) == !config.accel_prefix.empty());
  for (const DisabledOperation& operation : config.disabled) require(!operation.name.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FakeGateway gateway(environment_of(metaset::fuzz::text_of(data, size)));
  const Request request(gateway);
  // Across inputs: an entry of another location must not answer.
  static ConfigCache cache;
  Config plain;
  const bool good = metaset::fuzz::accepts([&] { plain = parse_config(request); });
  const bool cached = metaset::fuzz::accepts([&] {
    for (int i = 0; i < 2; ++i) {
      const Config& config = cache.get(request);
      check(config);
      require(config.root == plain.root && config.base == plain.base);
      require(config.mode == plain.mode && config.accel_prefix == plain.accel_prefix);
      require(config.disabled.size() == plain.disabled.size());
    }
  });
  require(good == cached);
  return 0;
}
