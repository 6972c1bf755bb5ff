#include "pkg5/catalog_flags.h"

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/ips/action.h"

namespace metaset::pkg5 {

CatalogFlags catalog_flags(std::string_view actions) {
  CatalogFlags flags;
  // Nearly all packages are neither, and parsing is slow.
  if (actions.find("pkg.obsolete") == std::string_view::npos &&
      actions.find("pkg.renamed") == std::string_view::npos) {
    return flags;
  }
  const rapidjson::Document list = parse_json(actions, "catalog actions");
  if (!list.IsArray()) return flags;
  for (const rapidjson::Value& item : list.GetArray()) {
    if (!item.IsString()) continue;
    const std::string_view text(item.GetString(), item.GetStringLength());
    if (!text.starts_with("set ")) continue;
    try {
      const ips::Action action = ips::Action::parse(text);
      const std::string* name = action.value("name");
      const std::string* value = action.value("value");
      if (name == nullptr || value == nullptr || *value != "true") continue;
      flags.obsolete = flags.obsolete || *name == "pkg.obsolete";
      flags.renamed = flags.renamed || *name == "pkg.renamed";
    } catch (const Error&) {
      continue;  // kept as it is in the catalog, but of no meaning here
    }
  }
  return flags;
}

}  // namespace metaset::pkg5
