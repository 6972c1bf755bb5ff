// One action: what is printed is read as the same action.
#include <algorithm>

#include "metaset/ips/action.h"

#include "fuzz.h"

namespace {

using metaset::ips::Action;

std::vector<std::pair<std::string, std::vector<std::string>>> sorted(const Action& action) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  for (const auto& attribute : action.attributes()) {
    out.emplace_back(attribute.key, attribute.values);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using metaset::fuzz::require;
  metaset::fuzz::accepts([&] {
    const Action first = Action::parse(metaset::fuzz::text_of(data, size));
    const std::string text = first.text();
    const Action second = Action::parse(text);
    require(second.type() == first.type());
    require(second.hash() == first.hash());
    require(sorted(second) == sorted(first));
    require(second.text() == text);
  });
  return 0;
}
