#include "metaset/store/collected.h"

#include <algorithm>
#include <string>

#include "metaset/base/error.h"

namespace metaset::store {

namespace {

constexpr std::string_view kCollectedPrefix = "collected/";

std::string collected_key(MetasetNumber first) {
  return std::string(kCollectedPrefix).append(u64_key(first));
}

struct Range {
  MetasetNumber first = 0, last = 0;
};

Range decode_range(std::string_view key, std::string_view value) {
  if (key.size() == kCollectedPrefix.size() + 8 && value.size() == 8) {
    const Range range{read_u64(key), read_u64(value)};
    if (range.first >= 1 && range.first <= range.last) return range;
  }
  throw Error(Code::kCorrupt, "damaged list of collected metasets in the database");
}

}  // namespace

CollectedMetasets CollectedMetasets::load(const lmdb::Env& env, const lmdb::Txn& txn) {
  CollectedMetasets result;
  lmdb::Cursor cursor(txn, env.table(kMeta));
  for (bool more = cursor.seek(kCollectedPrefix);
       more && cursor.key().starts_with(kCollectedPrefix); more = cursor.next()) {
    const Range range = decode_range(cursor.key(), cursor.value());
    result.add(range.first, range.last);
  }
  return result;
}

void CollectedMetasets::save(const lmdb::Env& env, lmdb::WriteTxn& txn) const {
  const lmdb::Table table = env.table(kMeta);
  for (const auto& [first, last] : load(env, txn).ranges_) txn.erase(table, collected_key(first));
  for (const auto& [first, last] : ranges_) txn.put(table, collected_key(first), u64_key(last));
}

void CollectedMetasets::add(MetasetNumber first, MetasetNumber last) {
  if (first > last) return;
  // The range before may overlap or touch, and any number of those behind.
  auto place = ranges_.upper_bound(first);
  if (place != ranges_.begin() && std::prev(place)->second + 1 >= first) --place;
  while (place != ranges_.end() && place->first <= last + 1) {
    first = std::min(first, place->first);
    last = std::max(last, place->second);
    place = ranges_.erase(place);
  }
  ranges_.emplace(first, last);
}

bool CollectedMetasets::covers(MetasetNumber first, MetasetNumber end) const {
  if (first >= end) return true;
  const auto place = ranges_.upper_bound(first);
  return place != ranges_.begin() && std::prev(place)->second + 1 >= end;
}

std::uint64_t CollectedMetasets::count() const {
  std::uint64_t count = 0;
  for (const auto& [first, last] : ranges_) count += last - first + 1;
  return count;
}

bool is_collected(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number) {
  lmdb::Cursor cursor(txn, env.table(kMeta));
  return cursor.seek_at_most(collected_key(number)) && cursor.key().starts_with(kCollectedPrefix) &&
         decode_range(cursor.key(), cursor.value()).last >= number;
}

void require_not_collected(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number) {
  if (!is_collected(env, txn, number)) return;
  throw Error(Code::kNotFound, "metaset " + std::to_string(number) +
                                   " was collected (metaset gc): only its record is left");
}

}  // namespace metaset::store
