// What people write in options and arguments: sizes, lengths of time, moments, rights, properties,
// names of packages.
#include <string>

#include "metaset/base/clock.h"
#include "metaset/base/quantity.h"
#include "metaset/depot/fmri_argument.h"
#include "metaset/depot/properties.h"
#include "metaset/store/access.h"
#include "metaset/store/activate.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::accepts;
using metaset::fuzz::require;

void assignments(std::string_view text) {
  std::vector<std::string> arguments;
  for (bool more = true; more;) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    arguments.emplace_back(text.substr(0, end));
    more = end < text.size();
    if (more) text.remove_prefix(end + 1);
  }
  accepts([&] {
    for (const auto& assignment : metaset::depot::parse_assignments(arguments)) {
      require(assignment.is_list || assignment.values.size() == 1);
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace metaset;
  const std::string_view text = fuzz::text_of(data, size);
  assignments(text);
  if (const auto bytes = parse_size(text)) {
    require(*bytes == 0 || parse_size(std::to_string(*bytes)) == bytes);
  }
  if (const auto duration = parse_duration(text)) {
    require(parse_duration(std::to_string(duration->count()) + "s") == duration);
  }
  if (const auto time = parse_iso_timestamp(text)) {
    require(parse_iso_timestamp(iso_timestamp(*time) + 'Z') == time);
    require(store::parse_moment(text) == *time);
  }
  accepts([&] { store::parse_moment(text); });
  accepts([&] {
    const store::Rights rights = store::parse_rights(text);
    require(store::parse_rights(store::rights_text(rights)) == rights);
  });
  accepts([&] {
    const ips::Fmri fmri = depot::parse_package_argument(text, "fruit");
    require(!fmri.publisher.empty());
    depot::require_version(fmri);
  });
  return 0;
}
