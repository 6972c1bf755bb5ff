#include "web/metaset_rows.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/collected.h"
#include "metaset/store/tags.h"

namespace metaset::web {

std::vector<ListedMetaset> list_metasets(const Site& site, store::MetasetNumber before,
                                         std::size_t limit) {
  std::vector<ListedMetaset> result;
  if (site.history == History::kNone || before == 0) return result;
  const store::View& view = site.view;
  const auto tags = store::tags_by_metaset(view.env(), view.txn());
  const auto collected = store::CollectedMetasets::load(view.env(), view.txn());
  lmdb::Cursor cursor(view.txn(), view.env().table(store::kMetasets));
  for (bool more = cursor.seek_at_most(store::u64_key(before - 1)); more;
       more = cursor.previous()) {
    if (result.size() == limit) break;
    ListedMetaset one;
    one.record = store::MetasetRecord::decode(cursor.value());
    const auto named = tags.find(one.record.number);
    if (site.history == History::kTagged && named == tags.end()) continue;
    if (collected.has(one.record.number)) continue;
    if (named != tags.end()) one.tags = named->second;
    result.push_back(std::move(one));
  }
  return result;
}

store::View shown_metaset_view(const Site& site, std::string_view name) {
  const store::View& view = site.view;
  const auto number = store::require_metaset(view.env(), view.txn(), name);
  const bool seen =
      site.history == History::kAll ||
      (site.history == History::kTagged && !store::tags_of(view.env(), view.txn(), number).empty());
  if (!seen) throw Error(Code::kNotFound, fmt::format("Metaset {} is not shown here.", name));
  return view.at(number);
}

DataList metaset_rows(const Site& site, const std::vector<ListedMetaset>& metasets) {
  const auto active = store::View::active_number(site.view.env(), site.view.txn());
  DataList rows;
  for (const ListedMetaset& one : metasets) {
    Data row;
    put(row, "number", std::to_string(one.record.number));
    put(row, "link", site.links.metaset(one.record.number));
    put_time(row, "time", one.record.time);
    put_text(row, "who", one.record.who);
    put_text(row, "message", one.record.message);
    put(row, "added", count_text(one.record.added()));
    put(row, "removed", count_text(one.record.removed()));
    put_flag(row, "active", one.record.number == active);
    put_flag(row, "held", one.record.number > active);
    DataList tags;
    for (const std::string& tag : one.tags) tags.emplace_back(Data(tag));
    put_list(row, "tags", std::move(tags));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace metaset::web
