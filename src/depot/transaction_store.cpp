// The directory of all open transactions.
#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/hash.h"
#include "metaset/depot/transaction.h"
#include "metaset/ips/payloads.h"
#include "metaset/store/layout.h"
#include "metaset/store/leftovers.h"

#include "depot/transaction_files.h"

namespace metaset::depot {

namespace {

constexpr std::uint64_t kMaxRecord = 64 << 10;
constexpr std::size_t kIdentityDigits = 16;

std::string short_hash(std::string_view text) { return to_hex(sha256_of(text)).substr(0, 40); }

std::string identity_prefix(std::string_view who) {
  return short_hash(who).substr(0, kIdentityDigits) + "-";
}

[[noreturn]] void no_transaction(std::string_view id) {
  throw Error(Code::kNotFound, fmt::format("No transaction matching '{}' could be found.", id));
}

// A directory that is filled before it gets its name.
class NewDirectory {
 public:
  explicit NewDirectory(const std::string& parent) : path_(join_path(parent, "new-XXXXXX")) {
    if (::mkdtemp(path_.data()) == nullptr) throw system_error(errno, "create", path_);
  }
  ~NewDirectory() {
    try {
      if (!path_.empty()) remove_tree(path_);
    } catch (const std::exception&) {
      // expire() finds it later.
    }
  }
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;
  const std::string& path() const { return path_; }
  void write(std::string_view name, std::string_view bytes) {
    const std::string path = join_path(path_, name);
    const Fd fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL, kOpenMode);
    write_all(fd.get(), bytes, path);
  }
  // False if there is something of that name.
  bool become(const std::string& name) {
    if (::rename(path_.c_str(), name.c_str()) == 0) {
      path_.clear();
      return true;
    }
    if (errno == ENOTEMPTY || errno == EEXIST) return false;
    throw system_error(errno, "create", name);
  }

 private:
  std::string path_;
};

void lock_file(const Fd& fd, const std::string& path) {
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error(errno, "lock", path);
  }
}

bool is_closed(const Fd& fd) {
  struct stat status {};
  return ::fstat(fd.get(), &status) == 0 && (status.st_mode & S_IWUSR) == 0;
}

// Whether the file has that name no longer: whoever had its lock before has removed it.
bool is_removed(const Fd& fd, const std::string& path) {
  struct stat status {};
  const auto named = file_info(path);
  return !named || ::fstat(fd.get(), &status) != 0 || status.st_dev != named->device ||
         status.st_ino != named->inode;
}

// Makes way for a new transaction: what a crash left of an old one, and one that is closed. False
// if it is still open.
bool discard_finished(const std::string& directory) {
  const std::string path = join_path(directory, "record");
  const auto fd = open_if_exists(path, O_RDONLY);
  if (fd) {
    if (!is_closed(*fd)) return false;
    // Whoever closes it, perhaps once more, is done soon, and removes it.
    lock_file(*fd, path);
    if (is_removed(*fd, path)) return true;
  }
  discard_transaction(directory);
  return true;
}

bool is_idle(const std::string& path, std::chrono::seconds idle) {
  const auto info = file_info(path);
  return !info || info->modified + idle.count() <= now().seconds();
}

}  // namespace

Transactions::Transactions(std::string_view repository)
    : root_(join_path(store::staging_directory(repository), "open")) {}

std::string Transactions::directory_of(const TransactionOwner& owner, std::string_view id) const {
  std::string key = owner.area;
  key.push_back('\0');
  key.append(id);
  return join_path(root_, identity_prefix(owner.who) + short_hash(key));
}

void Transactions::create(const TransactionRecord& record, std::string_view manifest) {
  make_directories(root_, 0700);
  const std::string prefix = identity_prefix(record.owner.who);
  std::size_t open = 0;
  for (const std::string& name : list_directory(root_)) open += name.starts_with(prefix) ? 1 : 0;
  if (open >= kMaxOpen) {
    throw Error(Code::kLimit,
                fmt::format("{} has {} open transactions; close or abandon some of them first.",
                            record.owner.who, open));
  }
  NewDirectory directory(root_);
  if (!manifest.empty()) directory.write("manifest", manifest);
  directory.write("record", record.to_json());
  const std::string name = directory_of(record.owner, record.id);
  if (directory.become(name)) return;
  if (discard_finished(name) && directory.become(name)) return;
  throw Error(Code::kExists, fmt::format("Transaction ID '{}' is already open.", record.id));
}

bool Transactions::exists(const TransactionOwner& owner, std::string_view id) const {
  return file_info(join_path(directory_of(owner, id), "record")).has_value();
}

Transaction Transactions::open(const TransactionOwner& owner, std::string_view id) {
  std::string directory = directory_of(owner, id);
  const std::string path = join_path(directory, "record");
  auto fd = open_if_exists(path, O_RDONLY);
  if (!fd) no_transaction(id);
  lock_file(*fd, path);
  if (is_removed(*fd, path)) no_transaction(id);
  ::futimens(fd->get(), nullptr);
  TransactionRecord record = TransactionRecord::from_json(read_all(fd->get(), path, kMaxRecord));
  if (record.id != id || record.owner.who != owner.who) no_transaction(id);
  return {std::move(directory), *std::move(fd), std::move(record)};
}

std::string Transactions::upload_directory(const TransactionOwner& owner,
                                           std::string_view id) const {
  std::string directory = directory_of(owner, id);
  if (!file_info(join_path(directory, "record"))) no_transaction(id);
  return directory;
}

std::vector<TransactionRecord> Transactions::list() const {
  std::vector<TransactionRecord> result;
  for (const std::string& name : list_directory(root_)) {
    if (name.starts_with(kUnfinished)) continue;
    const std::string path = join_path(join_path(root_, name), "record");
    try {
      if (const auto text = read_file_if_exists(path, kMaxRecord)) {
        result.push_back(TransactionRecord::from_json(*text));
      }
    } catch (const Error&) {
      // A power failure left it without its record: nobody can use it, and expire() removes it.
    }
  }
  return result;
}

void Transactions::for_each_payload(const TransactionRecord& record,
                                    const std::function<void(std::string_view)>& visit) const {
  const Transaction transaction(directory_of(record.owner, record.id), Fd(), record);
  ips::for_each_payload_name(transaction.manifest(), visit);
  for (const auto& [name, payload] : transaction.payloads()) {
    if (!payload.kept) visit(name);
  }
}

std::vector<TransactionRecord> Transactions::expire(std::chrono::seconds idle) {
  std::vector<TransactionRecord> removed;
  for (const std::string& name : list_directory(root_)) {
    const std::string directory = join_path(root_, name);
    const std::string path = join_path(directory, "record");
    const auto text = read_file_if_exists(path, kMaxRecord);
    if (name.starts_with(kUnfinished) || !text) {
      if (is_idle(directory, std::min(idle, store::kLeftoverAge))) remove_tree(directory);
      continue;
    }
    if (!is_idle(path, idle)) {
      store::remove_temporary_files(directory);
      continue;
    }
    try {
      const TransactionRecord record = TransactionRecord::from_json(*text);
      Transaction transaction(directory, open_file(path, O_RDONLY), record);
      // Busy is not idle.
      if (::flock(transaction.lock_.get(), LOCK_EX | LOCK_NB) != 0) continue;
      if (is_removed(transaction.lock_, path)) continue;
      transaction.remove();
      removed.push_back(record);
    } catch (const Error& error) {
      if (error.code() == Code::kNotFound) continue;  // closed at this moment
      if (error.code() != Code::kInvalid && error.code() != Code::kCorrupt) throw;
      discard_transaction(directory);  // its record is damaged
    }
  }
  return removed;
}

}  // namespace metaset::depot
