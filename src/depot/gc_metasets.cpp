// Collection: which metasets are forgotten, and what the database records of them alone.
#include <algorithm>
#include <set>

#include "metaset/store/active.h"
#include "metaset/store/statement.h"
#include "metaset/store/tags.h"

#include "depot/gc_steps.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kNumberAndFeature = 9;  // bytes: how keys of catalog digests end
constexpr std::size_t kRowsAtOnce = 4096;     // deleted in one transaction, which keeps commits out

// The first metaset of those that are kept as the newest ones.
store::MetasetNumber first_recent(const lmdb::Env& env, const lmdb::Txn& txn, const GcRules& rules,
                                  store::MetasetNumber latest) {
  store::MetasetNumber first = std::min(store::View::active_number(env, txn), latest);
  if (rules.keep_last) {
    const auto last = std::min<std::uint64_t>(*rules.keep_last, latest);
    first = std::min(first, latest - last + 1);
  }
  if (rules.keep_since) {
    first = std::min(
        first, std::max<store::MetasetNumber>(store::newest_at(env, txn, *rules.keep_since), 1));
  }
  return first;
}

struct Row {
  store::CommittedTable table;
  std::string key;
};

void find_statements(const lmdb::Env& env, const lmdb::Txn& txn,
                     const store::CollectedMetasets& collected, std::vector<Row>& rows) {
  store::for_each_statement_row(env, txn, [&](store::MetasetNumber number, std::string_view key) {
    if (collected.has(number)) rows.push_back({store::kMeta, std::string(key)});
  });
}

// A file is that of all metasets from the one that changed it to the one that changed it next.
void find_catalog_digests(const lmdb::Env& env, const lmdb::Txn& txn,
                          const store::CollectedMetasets& collected, std::vector<Row>& rows) {
  std::vector<std::string> same;  // rows of one file with one metaset
  store::MetasetNumber changed_in = 0;
  lmdb::Cursor cursor(txn, env.table(store::kCatalogFiles));
  const auto file_of = [](std::string_view key) {
    return key.substr(0, key.size() - std::min(key.size(), kNumberAndFeature));
  };
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const std::string_view key = cursor.key();
    if (key.size() <= kNumberAndFeature) continue;  // damaged: verify tells
    const store::MetasetNumber number = store::read_u64(key.substr(0, key.size() - 1));
    const bool same_file = !same.empty() && file_of(same.front()) == file_of(key);
    if (same_file && number != changed_in && collected.covers(changed_in, number)) {
      for (std::string& one : same) rows.push_back({store::kCatalogFiles, std::move(one)});
    }
    if (!same_file || number != changed_in) same.clear();
    changed_in = number;
    same.emplace_back(key);
  }
}

}  // namespace

GcPlan plan_collection(const lmdb::Env& env, const lmdb::Txn& txn, const GcRules& rules) {
  GcPlan plan{store::CollectedMetasets::load(env, txn), {}};
  if (!rules.any()) return plan;
  const store::MetasetNumber latest = store::View::latest_number(env, txn);
  const store::MetasetNumber first = first_recent(env, txn, rules, latest);
  std::set<store::MetasetNumber> tagged;
  for (const store::Tag& tag : store::list_tags(env, txn)) tagged.insert(tag.record.number);
  const store::CollectedMetasets before = plan.collected;
  for (store::MetasetNumber number = 1; number < first; ++number) {
    if (tagged.contains(number) || before.has(number)) continue;
    plan.collected.add(number, number);
    plan.forgotten.push_back(number);
  }
  return plan;
}

void forget_metasets(GcContext& context) {
  lmdb::Env& env = context.repository.committed();
  GcPlan plan;
  if (context.options.dry_run) {
    const lmdb::ReadTxn txn(env);
    plan = plan_collection(env, txn, context.options.rules);
  } else {
    // With what is active and tagged at that moment.
    lmdb::WriteTxn txn(env);
    const bool settled = store::settle_active(env, txn);
    plan = plan_collection(env, txn, context.options.rules);
    if (!plan.forgotten.empty()) plan.collected.save(env, txn);
    if (settled || !plan.forgotten.empty()) txn.commit();
  }
  const lmdb::ReadTxn txn(env);
  context.report.collected = plan.collected.count();
  context.report.kept = store::View::latest_number(env, txn) - context.report.collected;
  context.report.forgotten = std::move(plan.forgotten);
  context.collected = std::move(plan.collected);
}

void collect_records(GcContext& context) {
  if (context.options.dry_run) return;  // they are not counted
  lmdb::Env& env = context.repository.committed();
  std::vector<Row> rows;
  {
    const lmdb::ReadTxn txn(env);
    find_statements(env, txn, context.collected, rows);
    find_catalog_digests(env, txn, context.collected, rows);
  }
  for (std::size_t begin = 0; begin < rows.size(); begin += kRowsAtOnce) {
    lmdb::WriteTxn txn(env);
    for (std::size_t i = begin; i < std::min(rows.size(), begin + kRowsAtOnce); ++i) {
      txn.erase(env.table(rows[i].table), rows[i].key);
    }
    txn.commit();
  }
}

}  // namespace metaset::depot
