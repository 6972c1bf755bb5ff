#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/store/catalog_render.h"

#include "pkg5/history.h"

namespace metaset::pkg5 {

namespace {

[[noreturn]] void differs(const StockCatalog& catalog, const std::string& what) {
  throw Error(Code::kCorrupt, "the catalog of publisher " + catalog.publisher +
                                  " cannot be reproduced from its own history: " + what +
                                  "; mend it with pkgrepo rebuild, or import without history");
}

// The digest that a file of ours would have with an empty _FEATURE list.
Sha1 digest_with_empty_feature(const store::View& view, const store::CatalogFileName& file) {
  std::string text;
  store::render_catalog_file(view, file, [&](std::string_view bytes) { text.append(bytes); });
  const bool empty = text.starts_with(R"({"_SIGNATURE":)");
  text.erase(text.rfind(R"("_SIGNATURE":)") - (empty ? 0 : 1));
  text.insert(1, empty ? R"("_FEATURE":[])" : R"("_FEATURE":[],)");
  return sha1_of(text + "}\n");
}

// The digest of our file in the form that the stock one has.
Sha1 comparable_digest(const store::View& view, store::CatalogFileName file,
                       const StockFile& stock) {
  file.utf8_feature = stock.content.utf8_feature;
  if (stock.empty_feature) return digest_with_empty_feature(view, file);
  return store::render_catalog_file(view, file, [](std::string_view) {}).sha1;
}

void compare_times(const StockCatalog& catalog, const std::vector<ips::FileAttrs>& ours,
                   const std::vector<ips::FileAttrs>& theirs) {
  for (const ips::FileAttrs& file : ours) {
    const auto same = [&](const ips::FileAttrs& other) { return other.name == file.name; };
    const auto other = std::find_if(theirs.begin(), theirs.end(), same);
    if (other != theirs.end() && other->last_modified == file.last_modified) continue;
    differs(catalog,
            "the time of " + file.name + " would be " + basic_timestamp(file.last_modified));
  }
}

void compare_attrs(const StockCatalog& catalog, const ips::CatalogAttrs& ours) {
  const ips::CatalogAttrs& theirs = catalog.attrs;
  if (ours.created != theirs.created || ours.last_modified != theirs.last_modified ||
      ours.package_count != theirs.package_count ||
      ours.package_version_count != theirs.package_version_count) {
    differs(catalog, "catalog.attrs would have other times or counts");
  }
  compare_times(catalog, ours.parts, theirs.parts);
  compare_times(catalog, ours.updates, theirs.updates);
}

}  // namespace

void verify_history(const store::View& view, const StockCatalog& catalog, bool with_history,
                    std::vector<std::string>& warnings) {
  const auto publisher = view.publisher(catalog.publisher);
  if (!publisher || !catalog.exists) return;
  const store::PublisherState state = view.state(publisher->id);
  ips::CatalogAttrs attrs;
  attrs.created = state.created;
  attrs.last_modified = state.last_modified;
  attrs.package_count = state.packages;
  attrs.package_version_count = state.package_versions;
  attrs.utf8_feature = state.utf8_feature;
  std::size_t other_form = state.utf8_feature != catalog.attrs.utf8_feature ? 1 : 0;
  bool upper_case = false;

  auto expected = catalog.files;
  for (const auto& file : store::list_catalog_files(view, *publisher, state)) {
    const auto stock = expected.extract(file.name);
    if (stock.empty()) differs(catalog, file.name + " is not there");
    const ips::ReadResult& content = stock.mapped().content;
    if (stock.mapped().empty_feature || content.utf8_feature != file.utf8_feature) ++other_form;
    upper_case = upper_case || content.upper_case_escapes;
    const Sha1 sha1 = comparable_digest(view, file, stock.mapped());
    if (sha1 != content.sha1) {
      differs(catalog, file.name + " would get the signature " + to_hex(sha1) + ", not " +
                           to_hex(content.sha1));
    }
    (file.log ? attrs.updates : attrs.parts).push_back({file.name, file.last_modified, sha1});
  }
  if (!expected.empty()) differs(catalog, expected.begin()->first + " would be missing");
  if (!with_history) return;
  compare_attrs(catalog, attrs);
  if (other_form > 0) {
    warnings.push_back("catalog of " + catalog.publisher + ": " + std::to_string(other_form) +
                       " files differ in their _FEATURE (a change of repository/format, or pkgrepo "
                       "remove, did that); they are served " +
                       (state.utf8_feature ? "with" : "without") +
                       " it, so clients may download the catalog whole once");
  } else if (!upper_case && ips::read_attrs(ips::write_attrs(attrs)).sha1 != catalog.attrs.sha1) {
    differs(catalog, "catalog.attrs would have the content " + ips::write_attrs(attrs));
  }
}

}  // namespace metaset::pkg5
