// How the history of a stock catalog continues, or begins, that of a publisher here.
#pragma once

#include <cstddef>
#include <vector>

#include "metaset/store/metaset_writer.h"
#include "metaset/store/view.h"

#include "pkg5/stock_catalog.h"

namespace metaset::pkg5 {

struct HistoryPlan {
  bool fresh = true;                // nothing ever happened here: take everything
  std::size_t first_operation = 0;  // the first one of the stock catalog that is not here
};

// Compares a stock catalog with what the latest metaset says. kConflict if that is other history.
HistoryPlan plan_history(const store::View& latest, const StockCatalog& catalog);

// Packages that no log mentions, in catalog order: they were there when the logs began. kCorrupt if
// the logs do not lead to the packages of the catalog.
std::vector<const CatalogPackage*> packages_before_logs(const StockCatalog& catalog);

// Repeats the operations that are not here yet.
void replay(store::MetasetWriter& writer, store::PublisherId publisher, const StockCatalog& catalog,
            const HistoryPlan& plan);

// Proves that the view has the catalog files of the stock repository, byte for byte; adds warnings
// for harmless differences. kCorrupt naming the file.
void verify_history(const store::View& view, const StockCatalog& catalog, bool with_history,
                    std::vector<std::string>& warnings);

}  // namespace metaset::pkg5
