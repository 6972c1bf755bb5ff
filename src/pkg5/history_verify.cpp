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

void warn_of_feature(const StockCatalog& catalog, bool feature, std::size_t count,
                     std::vector<std::string>& warnings) {
  if (count == 0) return;
  warnings.push_back("catalog of " + catalog.publisher + ": " + std::to_string(count) +
                     (feature ? " files were written without _FEATURE, they are served with it"
                              : " files were written with _FEATURE, they are served without it") +
                     "; so their signatures differ from the stock repository's");
}

}  // namespace

void verify_history(const store::View& view, const StockCatalog& catalog, bool with_history,
                    std::vector<std::string>& warnings) {
  const auto publisher = view.publisher(catalog.publisher);
  if (!publisher || !catalog.exists) return;
  const store::PublisherState state = view.state(publisher->id);
  const ips::Sink ignore = [](std::string_view) {};
  ips::CatalogAttrs attrs;
  attrs.created = state.created;
  attrs.last_modified = state.last_modified;
  attrs.package_count = state.packages;
  attrs.package_version_count = state.package_versions;
  attrs.utf8_feature = state.utf8_feature;
  std::size_t other_feature = state.utf8_feature != catalog.attrs.utf8_feature ? 1 : 0;
  bool upper_case = false;

  auto expected = catalog.files;
  for (store::CatalogFileName file : store::list_catalog_files(view, *publisher, state)) {
    auto stock = expected.extract(file.name);
    if (stock.empty()) differs(catalog, file.name + " is not there");
    if (stock.mapped().utf8_feature != file.utf8_feature) ++other_feature;
    upper_case = upper_case || stock.mapped().upper_case_escapes;
    file.utf8_feature = stock.mapped().utf8_feature;  // compare the content in the form it is in
    const Sha1 sha1 = store::render_catalog_file(view, file, ignore).sha1;
    if (sha1 != stock.mapped().sha1) {
      differs(catalog, file.name + " would get the signature " + to_hex(sha1) + ", not " +
                           to_hex(stock.mapped().sha1));
    }
    (file.log ? attrs.updates : attrs.parts).push_back({file.name, file.last_modified, sha1});
  }
  if (!expected.empty()) differs(catalog, expected.begin()->first + " would be missing");
  warn_of_feature(catalog, state.utf8_feature, other_feature, warnings);
  if (other_feature > 0 || upper_case || !with_history) return;
  if (ips::read_attrs(ips::write_attrs(attrs)).sha1 != catalog.attrs.sha1) {
    differs(catalog, "catalog.attrs would have other times or counts");
  }
}

}  // namespace metaset::pkg5
