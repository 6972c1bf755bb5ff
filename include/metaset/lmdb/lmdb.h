// A thin RAII layer over LMDB 0.9: environment, transactions, cursors. The only user of lmdb.h.
//
// Lifetime: a string_view that a Txn or Cursor gives out points into the memory map and dies with
// the transaction (or with its reset(), or with a later write of the same WriteTxn). Copy what must
// live. Thread-safety: an Env is shared by threads; a transaction or cursor belongs to one thread
// at a time. An Env must not be used across fork(2), and a directory must not be opened twice in
// one process. Errors: kNoSpace for a full map or disk, kUnavailable when readers are used up or
// the map was grown by another process (open the Env again), kCorrupt for damaged files and for
// files that were cut short (looked for when opening), kIo otherwise.
//
// A directory can be replaced by another one of the same name while it is open: by a compact copy
// (store/compact.h), or when somebody restores a backup. A writable Env notices that when a
// transaction begins and goes on with the new files, so that nothing is written into lost ones. A
// read-only one stays with what it has until follow(). Transactions that are open end in the old
// files, which are closed then.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace metaset::lmdb {

inline constexpr std::size_t kMaxKey = 511;  // bytes; a property of the library's build

struct EnvOptions {
  bool read_only = true;
  bool create = true;  // false: a data file that is empty is no new one, but a damaged one
  bool sync = true;    // false only for tests and benchmarks
  std::uint64_t map_size = std::uint64_t{256} << 30;  // address space, not disk
  unsigned max_readers = 2048;
  unsigned max_tables = 32;
  // Tables from this position on may be missing: the environment was made by an older program. They
  // are created when it is opened for writing; for a reader they are empty as long as it has it
  // open.
  std::size_t may_be_missing_from = ~std::size_t{0};
};

// A named table. A plain handle, valid as long as its Env.
struct Table {
  static constexpr unsigned kMissing = ~0U;  // to a reader an empty table
  unsigned handle = 0;
};

struct EnvStatistics {
  std::uint64_t map_size = 0, used_bytes = 0, page_size = 0, last_transaction = 0;
  unsigned readers = 0, max_readers = 0;
};

// Tells files apart, whatever they are called.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

// Who holds a slot for reading. Its process may have died since: check_readers() frees such slots.
struct ReaderSlot {
  std::uint64_t process = 0;                 // its id
  std::optional<std::uint64_t> transaction;  // whose state it sees; nullopt: it reads nothing now
};

class EnvState;

class Env {
 public:
  // `directory` must exist. Tables are opened by name at once (created unless read_only) and are
  // found by their position in `tables`.
  Env(const std::string& directory, const EnvOptions& options,
      const std::vector<std::string>& tables);
  ~Env();
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  Table table(std::size_t position) const { return tables_.at(position); }
  const std::string& directory() const { return directory_; }
  bool read_only() const { return read_only_; }
  // Frees the slots of readers whose process died; gives their number.
  int check_readers();
  // How many that was when it was opened.
  int freed_readers() const;
  EnvStatistics statistics() const;
  std::vector<ReaderSlot> readers() const;
  // Of used_bytes: pages that are free, or will be when their last reader ends. Reads their list.
  std::uint64_t free_bytes() const;
  // kCorrupt if the data file was cut short; reading what it lacks would kill the process.
  void check_file() const;
  // Goes on with what the directory is now if it was replaced. kUnavailable if that cannot be.
  void follow();
  // How often that was done, here or by a transaction.
  unsigned generation() const;
  FileIdentity identity() const;  // of the data file
  // A consistent copy into an empty directory, without free pages.
  void copy_compact(const std::string& directory) const;

 private:
  friend class ReadTxn;
  friend class WriteTxn;
  std::unique_ptr<EnvState> state_;
  std::string directory_;
  bool read_only_;
  std::vector<Table> tables_;
};

// What reading needs; the base of both kinds of transaction.
class Txn {
 public:
  Txn(const Txn&) = delete;
  Txn& operator=(const Txn&) = delete;
  std::optional<std::string_view> get(Table table, std::string_view key) const;
  std::uint64_t count(Table table) const;
  std::uint64_t bytes(Table table) const;  // of its pages
  MDB_txn* raw() const { return txn_; }

 protected:
  Txn() = default;
  ~Txn() = default;
  MDB_txn* txn_ = nullptr;
};

class ReadTxn : public Txn {
 public:
  explicit ReadTxn(const Env& env);
  ~ReadTxn();
  // Gives the snapshot back but keeps the reader slot: cheap to renew.
  void reset();
  void renew();

 private:
  EnvState& state_;
};

// Aborted unless committed. One at a time per environment, also across processes.
class WriteTxn : public Txn {
 public:
  explicit WriteTxn(Env& env);
  ~WriteTxn();
  void put(Table table, std::string_view key, std::string_view value);
  // For keys that mostly grow: the same as put, but pages at the end of the table are filled.
  void append(Table table, std::string_view key, std::string_view value);
  // False if the key is there already (and nothing was changed).
  bool insert(Table table, std::string_view key, std::string_view value);
  // False if there was nothing.
  bool erase(Table table, std::string_view key);
  // Erases all rows.
  void clear(Table table);
  // Durable when it returns. If it throws, nothing was changed, and the environment can be used
  // again as soon as the trouble is over (all of its transactions have to end for that).
  void commit();

 private:
  EnvState& state_;
};

// Must be gone before its WriteTxn commits.
class Cursor {
 public:
  Cursor(const Txn& txn, Table table);
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  // Each moves and says whether there is an entry there.
  bool first();
  bool last();
  bool next();
  bool previous();
  bool seek(std::string_view key);          // first key >= key
  bool seek_at_most(std::string_view key);  // last key <= key
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

 private:
  bool move(unsigned operation);
  MDB_cursor* cursor_ = nullptr;
  std::string_view key_, value_;
};

}  // namespace metaset::lmdb
