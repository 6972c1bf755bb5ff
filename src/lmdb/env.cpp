#include <lmdb.h>

#include "metaset/base/file.h"
#include "metaset/lmdb/lmdb.h"

#include "data_file.h"
#include "error.h"

namespace metaset::lmdb {

Error lmdb_error(int rc, std::string_view doing, std::string_view name) {
  if (rc > 0) return system_error(rc, doing, name.empty() ? "the database" : name);
  std::string message(doing);
  if (!name.empty()) message.append(" ").append(name);
  message.append(": ").append(mdb_strerror(rc));
  switch (rc) {
    case MDB_MAP_FULL:
      return {Code::kNoSpace, message + " (raise METASET_MAP_SIZE)"};
    case MDB_TXN_FULL:
      return {Code::kLimit, message};
    case MDB_READERS_FULL:
    case MDB_MAP_RESIZED:
      return {Code::kUnavailable, message};
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
      return {Code::kCorrupt, message};
    case MDB_NOTFOUND:
      return {Code::kNotFound, message};
    default:
      return {Code::kInternal, message};
  }
}

namespace {

std::vector<Table> open_tables(MDB_env* env, const std::vector<std::string>& names, bool read_only,
                               const std::string& directory) {
  MDB_txn* txn = nullptr;
  check(mdb_txn_begin(env, nullptr, read_only ? MDB_RDONLY : 0, &txn), "begin transaction in",
        directory);
  std::vector<Table> tables;
  for (const std::string& name : names) {
    Table table;
    const int rc = mdb_dbi_open(txn, name.c_str(), read_only ? 0 : MDB_CREATE, &table.handle);
    if (rc != 0) {
      mdb_txn_abort(txn);
      throw lmdb_error(rc, "open table " + name + " in", directory);
    }
    tables.push_back(table);
  }
  // Committing is what makes the handles permanent, for a read-only transaction too.
  check(mdb_txn_commit(txn), "open tables in", directory);
  return tables;
}

std::string data_path(const std::string& directory) { return join_path(directory, "data.mdb"); }

// LMDB would take an empty file for a new environment.
void refuse_empty(const std::string& path) {
  const auto info = file_info(path);
  if (info && info->size == 0) throw Error(Code::kCorrupt, path + " is cut short: it is empty");
}

}  // namespace

void Env::Close::operator()(MDB_env* env) const { mdb_env_close(env); }

Env::Env(const std::string& directory, const EnvOptions& options,
         const std::vector<std::string>& tables)
    : directory_(directory), read_only_(options.read_only) {
  if (options.read_only || !options.create) refuse_empty(data_path(directory));
  MDB_env* env = nullptr;
  check(mdb_env_create(&env), "create environment for", directory);
  env_.reset(env);
  check(mdb_env_set_mapsize(env, options.map_size), "set map size of", directory);
  check(mdb_env_set_maxreaders(env, options.max_readers), "set readers of", directory);
  check(mdb_env_set_maxdbs(env, options.max_tables), "set tables of", directory);
  // No read-ahead: access is random, and big scans are sequential enough for the kernel to notice.
  unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
  if (options.read_only) flags |= MDB_RDONLY;
  if (!options.sync) flags |= MDB_NOSYNC;
  check(mdb_env_open(env, directory.c_str(), flags, 0644), "open", directory);
  check_file();
  check_readers();
  tables_ = open_tables(env, tables, options.read_only, directory);
}

void Env::check_file() const { check_data_file(env_.get(), data_path(directory_)); }

int Env::check_readers() {
  int dead = 0;
  check(mdb_reader_check(env_.get(), &dead), "check readers of", directory_);
  return dead;
}

EnvStatistics Env::statistics() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  check(mdb_env_info(env_.get(), &info), "read statistics of", directory_);
  check(mdb_env_stat(env_.get(), &stat), "read statistics of", directory_);
  EnvStatistics result;
  result.map_size = info.me_mapsize;
  result.page_size = stat.ms_psize;
  result.used_bytes = (info.me_last_pgno + 1) * std::uint64_t{stat.ms_psize};
  result.last_transaction = info.me_last_txnid;
  result.readers = info.me_numreaders;
  result.max_readers = info.me_maxreaders;
  return result;
}

void Env::copy_compact(const std::string& directory) const {
  check(mdb_env_copy2(env_.get(), directory.c_str(), MDB_CP_COMPACT), "copy to", directory);
}

}  // namespace metaset::lmdb
