#include "pkg5/history.h"

#include <unordered_map>

#include "metaset/base/error.h"

namespace metaset::pkg5 {

namespace {

std::string stem_of(const CatalogPackage& package) {
  return std::string(package.name) + "@" + std::string(package.version);
}

std::string describe(const CatalogOperation& operation) {
  return std::string(operation.add ? "adding " : "removing ") + stem_of(operation.package) +
         " at " + basic_timestamp(operation.time);
}

[[noreturn]] void conflict(const StockCatalog& catalog, const std::string& reason,
                           std::string_view advice) {
  throw Error(Code::kConflict,
              "publisher " + catalog.publisher + ": " + reason + "; " + std::string(advice));
}

constexpr std::string_view kNewRepository =
    "import into a new repository, or take single packages over with pkgrecv";

bool same(const store::OperationRecord& mine, const CatalogOperation& theirs) {
  return mine.add == theirs.add && mine.time == theirs.time && mine.name == theirs.package.name &&
         mine.version == theirs.package.version;
}

// The number of operations here; all of them must be the first ones there.
std::size_t count_common(const store::View& latest, store::PublisherId publisher,
                         const StockCatalog& catalog, std::int64_t& last_hour) {
  std::size_t count = 0;
  lmdb::Cursor cursor(latest.txn(), latest.env().table(store::kOperations));
  for (bool more = cursor.seek(store::pair_key(publisher, 0));
       more && store::read_u32(cursor.key()) == publisher; more = cursor.next()) {
    const auto mine = store::OperationRecord::decode(cursor.value());
    if (!mine.logged) continue;
    if (count == catalog.operations.size() || !same(mine, catalog.operations[count])) {
      conflict(catalog,
               std::string("its history differs from the source's: ") +
                   (mine.add ? "adding " : "removing ") + mine.name + "@" + mine.version + " at " +
                   basic_timestamp(mine.time) + " is only known here",
               kNewRepository);
    }
    last_hour = mine.time.hour();
    ++count;
  }
  return count;
}

}  // namespace

HistoryPlan plan_history(const store::View& latest, const StockCatalog& catalog) {
  HistoryPlan plan;
  const auto publisher = latest.publisher(catalog.publisher);
  if (!publisher) return plan;
  const store::PublisherState state = latest.state(publisher->id);
  if (state.next_sequence == 0) return plan;
  plan.fresh = false;
  if (!catalog.exists) {
    conflict(catalog, "it has packages here but no catalog in the source", kNewRepository);
  }
  if (state.created != catalog.attrs.created) {
    conflict(catalog,
             "its catalog here was created at " + basic_timestamp(state.created) +
                 ", that of the source at " + basic_timestamp(catalog.attrs.created) +
                 " (after pkgrepo rebuild it has a new history)",
             kNewRepository);
  }
  std::int64_t last_hour = 0;
  plan.first_operation = count_common(latest, publisher->id, catalog, last_hour);
  if (plan.first_operation < catalog.operations.size()) {
    const CatalogOperation& next = catalog.operations[plan.first_operation];
    if (next.time.hour() < last_hour) {
      conflict(catalog,
               "the source's clock was set back: " + describe(next) +
                   " is earlier than operations that were imported before",
               kNewRepository);
    }
  }
  return plan;
}

std::vector<const CatalogPackage*> packages_before_logs(const StockCatalog& catalog) {
  std::unordered_map<std::string, const CatalogOperation*> last;
  for (const CatalogOperation& operation : catalog.operations) {
    last[stem_of(operation.package)] = &operation;
  }
  const auto fail = [&](const std::string& stem, const std::string& reason) {
    throw Error(Code::kCorrupt, "the update logs of publisher " + catalog.publisher +
                                    " do not lead to its catalog: " + stem + " " + reason +
                                    "; mend it with pkgrepo rebuild, or import without history");
  };
  std::vector<const CatalogPackage*> result;
  for (const CatalogPackage& package : catalog.packages) {
    const auto place = last.find(stem_of(package));
    if (place == last.end()) {
      result.push_back(&package);
      continue;
    }
    if (!place->second->add) fail(place->first, "was removed but is still listed");
    if (place->second->package.manifest_sha1 != package.manifest_sha1) {
      fail(place->first, "was added with another manifest than the one that is listed");
    }
    last.erase(place);
  }
  for (const auto& [stem, operation] : last) {
    if (operation->add) fail(stem, "was added but is not listed");
  }
  return result;
}

void replay(store::MetasetWriter& writer, store::PublisherId publisher, const StockCatalog& catalog,
            const HistoryPlan& plan) {
  const auto before = packages_before_logs(catalog);
  if (plan.fresh) {
    for (const CatalogPackage* package : before) {
      writer.add(publisher, package->facts(), {catalog.attrs.created, false});
    }
  }
  for (std::size_t i = plan.first_operation; i < catalog.operations.size(); ++i) {
    const CatalogOperation& operation = catalog.operations[i];
    store::PackageFacts facts = operation.package.facts();
    const store::OperationTime when{operation.time, true};
    if (operation.add) {
      // A manifest that was replaced since (by signing) or removed is no longer there.
      const CatalogPackage* now = catalog.find(facts.name, operation.package.version);
      if (now != nullptr && now->manifest_sha1 == facts.manifest_sha1) {
        facts.manifest = now->manifest;
      }
      writer.add(publisher, facts, when);
    } else if (writer.view().find_visible(publisher, facts.name, facts.version)) {
      writer.remove(publisher, facts.name, facts.version, when);
    } else {
      writer.remove_unknown(publisher, facts, when);
    }
  }
}

}  // namespace metaset::pkg5
