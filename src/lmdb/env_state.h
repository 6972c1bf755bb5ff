// The library's environment and how many use it, so that it can be closed and opened in place.
//
// When LMDB cannot write the page that makes a commit valid (the disk is full or fails), it refuses
// everything in this process from then on, also after the trouble is over. Opening the environment
// again is the cure. So it is when the directory was replaced by another one of the same name, such
// as a compact copy of itself: what is written into the old files is lost. Whoever begins a
// transaction with a writable environment looks for that. A process must not have it open twice, so
// it is opened again when nobody is within a transaction; who comes meanwhile waits for a moment.
// Thread-safety: any thread.
#pragma once

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
  // Opens the environment again if its directory was replaced. False if it was not.
  bool follow();
  // Null is fine for those that end.
  void abort(MDB_txn* txn) noexcept;
  int commit(MDB_txn* txn) noexcept;
  // Ends reading, but keeps the slot for whoever reads next.
  void rest(MDB_txn* txn) noexcept;

  // Calls use(env) while nobody can close it.
  void with_env(const std::function<void(MDB_env*)>& use);

 private:
  struct Close {
    void operator()(MDB_env* env) const;
  };
  using Begin = std::function<int(MDB_txn*&)>;
  MDB_txn* begin(std::string_view doing, const Begin& begin);
  // Begins anew until it is in the files that have the name now.
  MDB_txn* begin_in_place(std::string_view doing, const Begin& begin);
  int try_reading(MDB_txn*& txn);
  int begin_or_renew_reading(MDB_txn*& txn);
  bool was_replaced() const;
  void note_failure();
  void enter();
  void leave() noexcept;
  void reopen(std::unique_lock<std::mutex>& lock);
  void close();
  void open();
  void open_once();

  const std::string directory_;
  const EnvOptions options_;
  const std::vector<std::string> names_;
  std::vector<Table> tables_;
  std::mutex mutex_;  // guards what follows; env_ is only used between enter() and leave()
  std::condition_variable unused_;
  std::unique_ptr<MDB_env, Close> env_;
  std::vector<MDB_txn*> idle_;            // reading transactions at rest
  std::uint64_t device_ = 0, inode_ = 0;  // of the data file
  unsigned users_ = 0;
  bool failed_ = false;  // has to be opened again
};

}  // namespace metaset::lmdb
