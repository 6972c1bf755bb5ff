#include <utility>

#include <lmdb.h>

#include "metaset/lmdb/lmdb.h"

#include "env_state.h"
#include "error.h"

namespace metaset::lmdb {

namespace {
MDB_val to_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
std::string_view to_view(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}
}  // namespace

std::optional<std::string_view> Txn::get(Table table, std::string_view key) const {
  if (table.handle == Table::kMissing) return std::nullopt;
  MDB_val k = to_val(key);
  MDB_val v{};
  const int rc = mdb_get(txn_, table.handle, &k, &v);
  if (rc == MDB_NOTFOUND) return std::nullopt;
  check(rc, "read");
  return to_view(v);
}

std::uint64_t Txn::count(Table table) const {
  if (table.handle == Table::kMissing) return 0;
  MDB_stat stat{};
  check(mdb_stat(txn_, table.handle, &stat), "count");
  return stat.ms_entries;
}

std::uint64_t Txn::bytes(Table table) const {
  if (table.handle == Table::kMissing) return 0;
  MDB_stat stat{};
  check(mdb_stat(txn_, table.handle, &stat), "measure");
  return (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) *
         std::uint64_t{stat.ms_psize};
}

ReadTxn::ReadTxn(const Env& env) : state_(*env.state_) { txn_ = state_.begin_reading(); }

ReadTxn::~ReadTxn() { state_.abort(txn_); }

void ReadTxn::reset() {
  if (txn_ != nullptr) state_.rest(txn_);
  txn_ = nullptr;
}

void ReadTxn::renew() {
  reset();
  txn_ = state_.renew_reading();
}

WriteTxn::WriteTxn(Env& env) : state_(*env.state_) { txn_ = state_.begin_writing(); }

WriteTxn::~WriteTxn() { state_.abort(txn_); }

void WriteTxn::put(Table table, std::string_view key, std::string_view value) {
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  check(mdb_put(txn_, table.handle, &k, &v, 0), "write");
}

void WriteTxn::append(Table table, std::string_view key, std::string_view value) {
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  const int rc = mdb_put(txn_, table.handle, &k, &v, MDB_APPEND);
  if (rc == MDB_KEYEXIST) return put(table, key, value);  // not the greatest key after all
  check(rc, "write");
}

bool WriteTxn::insert(Table table, std::string_view key, std::string_view value) {
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  const int rc = mdb_put(txn_, table.handle, &k, &v, MDB_NOOVERWRITE);
  if (rc == MDB_KEYEXIST) return false;
  check(rc, "write");
  return true;
}

bool WriteTxn::erase(Table table, std::string_view key) {
  MDB_val k = to_val(key);
  const int rc = mdb_del(txn_, table.handle, &k, nullptr);
  if (rc == MDB_NOTFOUND) return false;
  check(rc, "erase");
  return true;
}

void WriteTxn::clear(Table table) { check(mdb_drop(txn_, table.handle, 0), "clear"); }

void WriteTxn::commit() {
  check(state_.commit(std::exchange(txn_, nullptr)), "commit", state_.directory());
}

Cursor::Cursor(const Txn& txn, Table table) {
  if (table.handle == Table::kMissing) return;
  check(mdb_cursor_open(txn.raw(), table.handle, &cursor_), "open a cursor");
}

Cursor::~Cursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

bool Cursor::move(unsigned operation) {
  if (cursor_ == nullptr) return false;
  MDB_val k = to_val(key_);
  MDB_val v{};
  const int rc = mdb_cursor_get(cursor_, &k, &v, static_cast<MDB_cursor_op>(operation));
  if (rc == MDB_NOTFOUND) return false;
  check(rc, "move a cursor");
  key_ = to_view(k);
  value_ = to_view(v);
  return true;
}

bool Cursor::first() { return move(MDB_FIRST); }
bool Cursor::last() { return move(MDB_LAST); }
bool Cursor::next() { return move(MDB_NEXT); }
bool Cursor::previous() { return move(MDB_PREV); }

bool Cursor::seek(std::string_view key) {
  key_ = key;
  return move(MDB_SET_RANGE);
}

bool Cursor::seek_at_most(std::string_view key) {
  const std::string wanted(key);
  if (!seek(wanted)) return last();
  return key_ == wanted || previous();
}

}  // namespace metaset::lmdb
