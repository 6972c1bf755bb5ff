// Catalog files as a pure function of a metaset (protocol/catalog.md sections 3, 4 and 6).
//
// Rendering streams: memory does not grow with the catalog (an update log: with its operations).
// Thread-safety: as the View's transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "metaset/ips/catalog.h"
#include "metaset/store/view.h"

namespace metaset::store {

// A catalog file that exists in a view: which one, and since which metaset it has its content.
struct CatalogFileName {
  Publisher publisher;
  std::string name;  // "catalog.base.C", "update.20240501T10Z.C"; never catalog.attrs
  MetasetNumber changed_in = 0;
  Time last_modified;
  bool utf8_feature = true;
  std::optional<UpdateLog> log;  // for update logs
  // The key of its row in catalog-files; equal keys mean equal bytes.
  std::string key() const;
};

// nullopt if the view has no such file. `state` is that of the publisher in the view.
std::optional<CatalogFileName> find_catalog_file(const View& view, const Publisher& publisher,
                                                 const PublisherState& state,
                                                 std::string_view name);
// All parts and update logs, parts first, each sorted by name.
std::vector<CatalogFileName> list_catalog_files(const View& view, const Publisher& publisher,
                                                const PublisherState& state);

ips::FileDigest render_catalog_file(const View& view, const CatalogFileName& file,
                                    const ips::Sink& sink);

}  // namespace metaset::store
