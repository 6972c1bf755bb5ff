// The library's environment and who uses it, so that it can be opened again while it is used.
//
// There are two reasons for that. When LMDB cannot write the page that makes a commit valid (the
// disk is full or fails), it refuses everything in this process from then on, also after the
// trouble is over. Opening the environment again is the cure; a process must not have the same
// files open twice, so that happens when nobody is within a transaction, and who comes meanwhile
// waits for a moment. And the directory may be replaced by another one of the same name, such as a
// compact copy of itself: what is written into the old files is lost. Whoever begins a transaction
// with a writable environment looks for that. The new files are opened beside the old ones, which
// are closed when the last transaction in them ends: nobody waits. Thread-safety: any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "metaset/lmdb/lmdb.h"

namespace metaset::lmdb {

class EnvState {
 public:
  EnvState(std::string directory, const EnvOptions& options, std::vector<std::string> names);
  ~EnvState();
  EnvState(const EnvState&) = delete;
  EnvState& operator=(const EnvState&) = delete;

  // In the order of the names. They stay the same.
  const std::vector<Table>& tables() const { return tables_; }
  const std::string& directory() const { return directory_; }

  // kUnavailable if it has to be opened again and somebody does not end.
  MDB_txn* begin_reading();
  // The same, at rest before perhaps: does not look whether the directory was replaced.
  MDB_txn* renew_reading();
  MDB_txn* begin_writing();
  // Null is fine for those that end.
  void abort(MDB_txn* txn) noexcept;
  int commit(MDB_txn* txn) noexcept;
  // Ends reading, but keeps the slot for whoever reads next.
  void rest(MDB_txn* txn) noexcept;

  // Goes on with the new files if the directory was replaced.
  void follow();
  // How often that was done.
  unsigned generation() const { return generation_.load(std::memory_order_acquire); }
  FileIdentity identity() const;
  // Slots of dead readers that were freed when it was opened last.
  int freed_readers() const { return freed_readers_; }

  // Calls use(env) while nobody can close it.
  void with_env(const std::function<void(MDB_env*)>& use);

 private:
  struct Opened;
  using Begin = std::function<int(MDB_env*, MDB_txn*&)>;

  Opened& enter();
  void leave(Opened& opened) noexcept;
  Opened& opened_of(MDB_txn* txn) noexcept;
  // Both: the transaction, or the error of the library.
  MDB_txn* begin(std::string_view doing, const Begin& how);
  // Begins anew until it is in the files that have the name now.
  MDB_txn* begin_in_place(std::string_view doing, const Begin& how);
  int try_reading(MDB_env* env, MDB_txn*& txn);
  MDB_txn* take_idle(MDB_env* env);
  bool was_replaced(const Opened& opened) const;
  void reopen(std::unique_lock<std::mutex>& lock);
  std::unique_ptr<Opened> open() const;
  std::unique_ptr<Opened> open_once() const;
  void take_tables(const Opened& opened);

  const std::string directory_;
  const EnvOptions options_;
  const std::vector<std::string> names_;
  std::vector<Table> tables_;
  std::atomic<unsigned> generation_{0};
  mutable std::atomic<int> freed_readers_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable unused_;
  // The last one is that of the directory, the others are still in use.
  std::vector<std::unique_ptr<Opened>> opened_;
  bool failed_ = false;  // the last one has to be opened again
};

}  // namespace metaset::lmdb
