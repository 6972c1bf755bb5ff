#include "env_state.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <lmdb.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "metaset/base/file.h"

#include "data_file.h"
#include "error.h"

namespace metaset::lmdb {

namespace {

constexpr std::chrono::seconds kPatience{2};  // with transactions that others are in
constexpr int kOpenAttempts = 5;              // while the directory is being replaced

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

// LMDB says EIO of a write that a full disk cut short.
bool is_full(const std::string& directory) {
  constexpr std::uint64_t kSmall = 64 << 10;  // a commit writes less rarely
  struct statvfs status {};
  return ::statvfs(directory.c_str(), &status) == 0 &&
         std::uint64_t{status.f_bavail} * status.f_frsize < kSmall;
}

// LMDB would take an empty file for a new environment.
void refuse_empty(const std::string& path) {
  const auto info = file_info(path);
  if (info && info->size == 0) throw Error(Code::kCorrupt, path + " is cut short: it is empty");
}

}  // namespace

void EnvState::Close::operator()(MDB_env* env) const { mdb_env_close(env); }

EnvState::EnvState(std::string directory, const EnvOptions& options, std::vector<std::string> names)
    : directory_(std::move(directory)), options_(options), names_(std::move(names)) {
  if (options.read_only || !options.create) refuse_empty(data_path(directory_));
  open();
}

EnvState::~EnvState() { close(); }

// The library opens two files by name: both must be of the same directory.
void EnvState::open() {
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    const auto before = file_info(directory_);
    open_once();
    const auto after = file_info(directory_);
    const bool same = before && after && before->inode == after->inode &&
                      before->device == after->device && !was_replaced();
    if (same) return;
    close();
  }
  throw Error(Code::kUnavailable, directory_ + " is being replaced");
}

void EnvState::open_once() {
  MDB_env* env = nullptr;
  check(mdb_env_create(&env), "create environment for", directory_);
  std::unique_ptr<MDB_env, Close> opened(env);
  check(mdb_env_set_mapsize(env, options_.map_size), "set map size of", directory_);
  check(mdb_env_set_maxreaders(env, options_.max_readers), "set readers of", directory_);
  check(mdb_env_set_maxdbs(env, options_.max_tables), "set tables of", directory_);
  // No read-ahead: access is random, and big scans are sequential enough for the kernel to notice.
  unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
  if (options_.read_only) flags |= MDB_RDONLY;
  if (!options_.sync) flags |= MDB_NOSYNC;
  check(mdb_env_open(env, directory_.c_str(), flags, 0644), "open", directory_);
  check_data_file(env, data_path(directory_));
  int dead = 0;
  check(mdb_reader_check(env, &dead), "check readers of", directory_);
  auto tables = open_tables(env, names_, options_.read_only, directory_);
  // Handles are numbers in the order of opening.
  const auto same = [](const Table& a, const Table& b) { return a.handle == b.handle; };
  if (!tables_.empty() && !std::ranges::equal(tables_, tables, same)) {
    throw Error(Code::kInternal, directory_ + ": opened again, its tables have other handles");
  }
  int fd = -1;
  struct stat status {};
  check(mdb_env_get_fd(env, &fd), "get the file of", directory_);
  if (::fstat(fd, &status) != 0) throw system_error(errno, "look at", data_path(directory_));
  device_ = status.st_dev;
  inode_ = status.st_ino;
  tables_ = std::move(tables);
  env_ = std::move(opened);
}

// A directory that is missing for a moment has not been replaced yet.
bool EnvState::was_replaced() const {
  const auto named = file_info(data_path(directory_));
  return named && (named->inode != inode_ || named->device != device_);
}

void EnvState::close() {
  for (MDB_txn* txn : idle_) mdb_txn_abort(txn);
  idle_.clear();
  env_.reset();
}

void EnvState::reopen(std::unique_lock<std::mutex>& lock) {
  if (!unused_.wait_for(lock, kPatience, [this] { return users_ == 0 || !failed_; })) {
    throw Error(Code::kUnavailable, directory_ +
                                        " cannot be used at the moment: it has to be opened "
                                        "again, and others do not end");
  }
  if (!failed_) return;  // somebody else has done it
  close();
  open();
  failed_ = false;
}

void EnvState::enter() {
  std::unique_lock lock(mutex_);
  if (failed_) reopen(lock);
  ++users_;
}

void EnvState::leave() noexcept {
  const std::lock_guard lock(mutex_);
  if (--users_ == 0) unused_.notify_all();
}

MDB_txn* EnvState::begin(std::string_view doing, const Begin& begin) {
  for (bool first = true;; first = false) {
    enter();
    MDB_txn* txn = nullptr;
    const int rc = begin(txn);
    if (rc == 0) return txn;
    leave();
    if (rc != MDB_PANIC || !first) throw lmdb_error(rc, doing, directory_);
    note_failure();
  }
}

void EnvState::note_failure() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
}

MDB_txn* EnvState::begin_in_place(std::string_view doing, const Begin& how) {
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    MDB_txn* const txn = begin(doing, how);
    if (options_.read_only || !was_replaced()) return txn;
    abort(txn);
    note_failure();
  }
  throw Error(Code::kUnavailable, directory_ + " is being replaced");
}

bool EnvState::follow() {
  {
    std::unique_lock lock(mutex_);
    if (!failed_ && !was_replaced()) return false;
    failed_ = true;
    reopen(lock);
  }
  return true;
}

int EnvState::begin_or_renew_reading(MDB_txn*& txn) {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      txn = idle_.back();
      idle_.pop_back();
    }
  }
  if (txn == nullptr) return mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
  const int rc = mdb_txn_renew(txn);
  if (rc != 0) mdb_txn_abort(txn);
  return rc;
}

MDB_txn* EnvState::renew_reading() {
  return begin("begin reading", [this](MDB_txn*& txn) { return try_reading(txn); });
}

MDB_txn* EnvState::begin_reading() {
  return begin_in_place("begin reading", [this](MDB_txn*& txn) { return try_reading(txn); });
}

int EnvState::try_reading(MDB_txn*& txn) {
  const int rc = begin_or_renew_reading(txn);
  if (rc != MDB_READERS_FULL) return rc;
  // Slots of killed readers are only freed when somebody asks.
  int dead = 0;
  const int checked = mdb_reader_check(env_.get(), &dead);
  txn = nullptr;
  return checked != 0 ? checked : mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
}

MDB_txn* EnvState::begin_writing() {
  return begin_in_place("begin writing", [this](MDB_txn*& txn) {
    int dead = 0;
    const int rc = mdb_reader_check(env_.get(), &dead);
    return rc != 0 ? rc : mdb_txn_begin(env_.get(), nullptr, 0, &txn);
  });
}

void EnvState::abort(MDB_txn* txn) noexcept {
  if (txn == nullptr) return;
  mdb_txn_abort(txn);
  leave();
}

int EnvState::commit(MDB_txn* txn) noexcept {
  // Frees the transaction whether it succeeds or not.
  const int rc = mdb_txn_commit(txn);
  leave();
  return rc == EIO && is_full(directory_) ? ENOSPC : rc;
}

void EnvState::rest(MDB_txn* txn) noexcept {
  mdb_txn_reset(txn);
  const std::lock_guard lock(mutex_);
  try {
    idle_.push_back(txn);
  } catch (const std::exception&) {
    mdb_txn_abort(txn);  // without memory for the list
  }
  if (--users_ == 0) unused_.notify_all();
}

void EnvState::with_env(const std::function<void(MDB_env*)>& use) {
  enter();
  try {
    use(env_.get());
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

}  // namespace metaset::lmdb
