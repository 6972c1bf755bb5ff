#include "env_state.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include <lmdb.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "metaset/base/file.h"

#include "data_file.h"
#include "error.h"

namespace metaset::lmdb {

namespace {

constexpr std::chrono::seconds kPatience{2};  // with transactions that others are in
constexpr int kOpenAttempts = 100;            // while the directory is replaced again and again

// Making tables is for new environments, and for tables that older programs did not know, once all
// others are there: it writes, and that into files of which nobody has said yet that they are the
// right ones.
class TableOpener {
 public:
  TableOpener(MDB_env* env, const std::string& directory, bool writing) : directory_(directory) {
    check(mdb_txn_begin(env, nullptr, writing ? 0 : MDB_RDONLY, &txn_), "begin transaction in",
          directory);
  }
  ~TableOpener() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }
  TableOpener(const TableOpener&) = delete;
  TableOpener& operator=(const TableOpener&) = delete;

  Table open(const std::string& name, unsigned flags, bool may_be_missing) {
    Table table;
    const int rc = mdb_dbi_open(txn_, name.c_str(), flags, &table.handle);
    if (rc == MDB_NOTFOUND && may_be_missing) return {Table::kMissing};
    check(rc, "open table " + name + " in", directory_);
    return table;
  }
  // Committing is what makes the handles permanent, for a read-only transaction too.
  void commit() {
    check(mdb_txn_commit(std::exchange(txn_, nullptr)), "open tables in", directory_);
  }

 private:
  const std::string& directory_;
  MDB_txn* txn_ = nullptr;
};

std::vector<Table> open_tables(MDB_env* env, const std::vector<std::string>& names,
                               const EnvOptions& options, const std::string& directory) {
  const bool create = !options.read_only && options.create;
  std::vector<Table> tables;
  TableOpener opener(env, directory, create);
  for (std::size_t i = 0; i < names.size(); ++i) {
    tables.push_back(
        opener.open(names[i], create ? MDB_CREATE : 0, i >= options.may_be_missing_from));
  }
  opener.commit();
  const auto is_missing = [](Table table) { return table.handle == Table::kMissing; };
  if (options.read_only || std::ranges::none_of(tables, is_missing)) return tables;
  TableOpener creator(env, directory, true);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (is_missing(tables[i])) tables[i] = creator.open(names[i], MDB_CREATE, false);
  }
  creator.commit();
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

struct CloseEnv {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};

FileIdentity identity_of(const struct stat& status) {
  return {std::uint64_t{status.st_dev}, std::uint64_t{status.st_ino}};
}

std::optional<FileIdentity> identity_at(const std::string& path) {
  const auto info = file_info(path);
  if (!info) return std::nullopt;
  return FileIdentity{info->device, info->inode};
}

}  // namespace

struct EnvState::Opened {
  ~Opened() {
    for (MDB_txn* txn : idle) mdb_txn_abort(txn);
  }
  std::unique_ptr<MDB_env, CloseEnv> env;
  std::vector<Table> tables;
  FileIdentity data;
  std::optional<FileIdentity> lock;  // none on a file system that cannot be written
  std::vector<MDB_txn*> idle;        // reading transactions at rest
  unsigned users = 0;
};

EnvState::EnvState(std::string directory, const EnvOptions& options, std::vector<std::string> names)
    : directory_(std::move(directory)), options_(options), names_(std::move(names)) {
  if (options.read_only || !options.create) refuse_empty(data_path(directory_));
  opened_.push_back(open());
  tables_ = opened_.back()->tables;
}

EnvState::~EnvState() = default;

// The library opens two files by name: both must be of the same directory. Otherwise it would take
// the numbers of transactions in one file for those of the other, so that is looked at before any
// transaction begins.
std::unique_ptr<EnvState::Opened> EnvState::open() const {
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    if (auto opened = open_once()) return opened;
  }
  throw Error(Code::kUnavailable, directory_ + " is being replaced");
}

// Null if the directory was replaced meanwhile.
std::unique_ptr<EnvState::Opened> EnvState::open_once() const {
  auto opened = std::make_unique<Opened>();
  MDB_env* env = nullptr;
  check(mdb_env_create(&env), "create environment for", directory_);
  opened->env.reset(env);
  check(mdb_env_set_mapsize(env, options_.map_size), "set map size of", directory_);
  check(mdb_env_set_maxreaders(env, options_.max_readers), "set readers of", directory_);
  check(mdb_env_set_maxdbs(env, options_.max_tables), "set tables of", directory_);
  // No read-ahead: access is random, and big scans are sequential enough for the kernel to notice.
  unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
  if (options_.read_only) flags |= MDB_RDONLY;
  if (!options_.sync) flags |= MDB_NOSYNC;
  const auto before = identity_at(directory_);
  check(mdb_env_open(env, directory_.c_str(), flags, 0644), "open", directory_);
  int fd = -1;
  struct stat status {};
  check(mdb_env_get_fd(env, &fd), "get the file of", directory_);
  if (::fstat(fd, &status) != 0) throw system_error(errno, "look at", data_path(directory_));
  opened->data = identity_of(status);
  opened->lock = identity_at(join_path(directory_, "lock.mdb"));
  if (!before || identity_at(directory_) != before || was_replaced(*opened)) return nullptr;
  check_data_file(env, data_path(directory_));
  int dead = 0;
  check(mdb_reader_check(env, &dead), "check readers of", directory_);
  freed_readers_ = dead;
  EnvOptions options = options_;
  options.create = options_.create && tables_.empty();
  opened->tables = open_tables(env, names_, options, directory_);
  return opened;
}

// Handles are numbers in the order of opening. A table that was missing stays so.
void EnvState::take_tables(const Opened& opened) {
  const auto same = [](const Table& mine, const Table& its) {
    return mine.handle == its.handle || mine.handle == Table::kMissing;
  };
  if (!std::ranges::equal(tables_, opened.tables, same)) {
    throw Error(Code::kInternal, directory_ + ": opened again, its tables have other handles");
  }
}

// A directory that is missing for a moment has not been replaced yet.
bool EnvState::was_replaced(const Opened& opened) const {
  const auto named = identity_at(data_path(directory_));
  return named && *named != opened.data;
}

void EnvState::reopen(std::unique_lock<std::mutex>& lock) {
  const auto is_unused = [this] { return opened_.back()->users == 0 || !failed_; };
  if (!unused_.wait_for(lock, kPatience, is_unused)) {
    throw Error(Code::kUnavailable, directory_ +
                                        " cannot be used at the moment: writing into it failed, "
                                        "and it is being opened again");
  }
  if (!failed_) return;                         // somebody else has done it
  opened_.back() = std::make_unique<Opened>();  // closed before it is opened
  opened_.back() = open();
  take_tables(*opened_.back());
  failed_ = false;
}

void EnvState::follow() {
  const std::lock_guard lock(mutex_);
  if (failed_ || !was_replaced(*opened_.back())) return;
  // Two environments with one lock file must not be open in a process.
  const auto& lock_file = opened_.back()->lock;
  if (lock_file && identity_at(join_path(directory_, "lock.mdb")) == lock_file) {
    throw Error(Code::kUnavailable,
                directory_ + ": data.mdb was replaced without lock.mdb; replace both");
  }
  auto next = open();
  take_tables(*next);
  opened_.push_back(std::move(next));
  const auto is_unused = [this](const auto& one) {
    return one != opened_.back() && one->users == 0;
  };
  std::erase_if(opened_, is_unused);
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

FileIdentity EnvState::identity() const {
  const std::lock_guard lock(mutex_);
  return opened_.back()->data;
}

EnvState::Opened& EnvState::enter() {
  std::unique_lock lock(mutex_);
  if (failed_) reopen(lock);
  ++opened_.back()->users;
  return *opened_.back();
}

void EnvState::leave(Opened& opened) noexcept {
  const std::lock_guard lock(mutex_);
  if (--opened.users > 0) return;
  if (&opened == opened_.back().get()) return unused_.notify_all();
  std::erase_if(opened_, [&opened](const auto& one) { return one.get() == &opened; });
}

EnvState::Opened& EnvState::opened_of(MDB_txn* txn) noexcept {
  const std::lock_guard lock(mutex_);
  MDB_env* const env = mdb_txn_env(txn);
  const auto is_it = [env](const auto& one) { return one->env.get() == env; };
  return **std::ranges::find_if(opened_, is_it);
}

MDB_txn* EnvState::begin(std::string_view doing, const Begin& how) {
  for (bool first = true;; first = false) {
    Opened& opened = enter();
    MDB_txn* txn = nullptr;
    const int rc = how(opened.env.get(), txn);
    if (rc == 0) return txn;
    leave(opened);
    if (rc != MDB_PANIC || !first) throw lmdb_error(rc, doing, directory_);
    const std::lock_guard lock(mutex_);
    if (&opened == opened_.back().get()) failed_ = true;
  }
}

MDB_txn* EnvState::begin_in_place(std::string_view doing, const Begin& how) {
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    MDB_txn* const txn = begin(doing, how);
    if (options_.read_only || !was_replaced(opened_of(txn))) return txn;
    abort(txn);
    follow();
  }
  throw Error(Code::kUnavailable, directory_ + " is being replaced");
}

MDB_txn* EnvState::take_idle(MDB_env* env) {
  const std::lock_guard lock(mutex_);
  auto& idle = opened_.back()->idle;
  if (opened_.back()->env.get() != env || idle.empty()) return nullptr;
  MDB_txn* const txn = idle.back();
  idle.pop_back();
  return txn;
}

int EnvState::try_reading(MDB_env* env, MDB_txn*& txn) {
  txn = take_idle(env);
  int rc = txn != nullptr ? mdb_txn_renew(txn) : mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
  if (rc != 0 && txn != nullptr) mdb_txn_abort(txn);
  if (rc != MDB_READERS_FULL) return rc;
  // Slots of killed readers are only freed when somebody asks.
  int dead = 0;
  rc = mdb_reader_check(env, &dead);
  txn = nullptr;
  return rc != 0 ? rc : mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
}

MDB_txn* EnvState::renew_reading() {
  return begin("begin reading",
               [this](MDB_env* env, MDB_txn*& txn) { return try_reading(env, txn); });
}

MDB_txn* EnvState::begin_reading() {
  return begin_in_place("begin reading",
                        [this](MDB_env* env, MDB_txn*& txn) { return try_reading(env, txn); });
}

MDB_txn* EnvState::begin_writing() {
  return begin_in_place("begin writing", [](MDB_env* env, MDB_txn*& txn) {
    int dead = 0;
    const int rc = mdb_reader_check(env, &dead);
    return rc != 0 ? rc : mdb_txn_begin(env, nullptr, 0, &txn);
  });
}

void EnvState::abort(MDB_txn* txn) noexcept {
  if (txn == nullptr) return;
  Opened& opened = opened_of(txn);
  mdb_txn_abort(txn);
  leave(opened);
}

int EnvState::commit(MDB_txn* txn) noexcept {
  Opened& opened = opened_of(txn);
  // Frees the transaction whether it succeeds or not.
  const int rc = mdb_txn_commit(txn);
  leave(opened);
  return rc == EIO && is_full(directory_) ? ENOSPC : rc;
}

void EnvState::rest(MDB_txn* txn) noexcept {
  Opened& opened = opened_of(txn);
  mdb_txn_reset(txn);
  {
    const std::lock_guard lock(mutex_);
    try {
      if (&opened == opened_.back().get()) {
        opened.idle.push_back(txn);
        txn = nullptr;
      }
    } catch (const std::exception&) {
      // Without memory for the list it is not kept.
    }
  }
  if (txn != nullptr) mdb_txn_abort(txn);
  leave(opened);
}

void EnvState::with_env(const std::function<void(MDB_env*)>& use) {
  Opened& opened = enter();
  try {
    use(opened.env.get());
  } catch (...) {
    leave(opened);
    throw;
  }
  leave(opened);
}

}  // namespace metaset::lmdb
