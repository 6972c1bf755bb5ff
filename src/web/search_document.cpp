#include "metaset/depot/browse.h"
#include "metaset/web/documents.h"

#include "web/found.h"
#include "web/frame.h"
#include "web/json_members.h"

namespace metaset::web {
namespace {

using rapidjson::Value;

// Of texts in a document. Lines of manifests may be long, and versions of a name many: what is more
// is in the next part.
constexpr std::size_t kMostText = 8 << 20;

// Returns how many bytes of text it has.
std::size_t add_found_version(const Site& site, const store::Publisher& publisher,
                              const std::string& name, const ips::Version& version, Value& list,
                              rapidjson::Document& document) {
  Value object(rapidjson::kObjectType);
  Members members(object, document);
  const std::string text = version.text();
  const std::string fmri = full_fmri(publisher.prefix, name, text);
  const auto visible = site.view.find_visible(publisher.id, name, version);
  const std::string summary =
      visible ? depot::catalog_text(site.view, visible->entry).summary : std::string();
  members.text("publisher", publisher.prefix)
      .text("name", name)
      .text("version", text)
      .text("fmri", fmri)
      .text("summary", summary)
      .flag("obsolete", visible && visible->entry.obsolete)
      .flag("renamed", visible && visible->entry.renamed);
  list.PushBack(object, document.GetAllocator());
  return 2 * fmri.size() + summary.size();
}

void add_found_action(const store::Publisher& publisher, const depot::SearchResult& result,
                      Value& list, rapidjson::Document& document) {
  const std::string name(result.name), version(result.version);
  Value object(rapidjson::kObjectType);
  Members(object, document)
      .text("publisher", publisher.prefix)
      .text("name", name)
      .text("version", version)
      .text("fmri", full_fmri(publisher.prefix, name, version))
      .text("type", result.type)
      .text("key", result.key)
      .text("token", result.token)
      .text("value", result.value)
      .text("action", result.line);
  list.PushBack(object, document.GetAllocator());
}

}  // namespace

Value search_json(const Site& site, const FindQuery& query, bool all_versions,
                  const depot::SearchLimits& limits, rapidjson::Document& document) {
  Found found(site, query, limits);
  Value list(rapidjson::kArrayType);
  std::size_t count = 0, size = 0;
  bool more = false;
  if (found.gives_packages()) {
    more = found.names([&](const store::Publisher& publisher, const std::string& name,
                           const std::vector<ips::Version>& versions) {
      if (size > kMostText) return false;
      ++count;
      for (const ips::Version& version : versions) {
        size += add_found_version(site, publisher, name, version, list, document);
        if (!all_versions) break;
      }
      return true;
    });
  } else {
    more = found.actions([&](const store::Publisher& publisher, const depot::SearchResult& one) {
      size += one.line.size() + one.value.size() + one.token.size();
      if (count > 0 && size > kMostText) return false;
      ++count;
      add_found_action(publisher, one, list, document);
      return true;
    });
  }
  Value object(rapidjson::kObjectType);
  Members members(object, document);
  members.number("metaset", site.view.number()).number("first", query.first);
  members.add("next", more ? Value(std::uint64_t{query.first + count}) : Value());
  members.add(found.gives_packages() ? "packages" : "actions", std::move(list));
  return object;
}

}  // namespace metaset::web
