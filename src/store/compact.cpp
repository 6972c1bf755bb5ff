#include "metaset/store/compact.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

namespace metaset::store {

namespace {

constexpr const char* kFiles[] = {"data.mdb", "lock.mdb"};

// The copy belongs to whom the original belongs to, or others could not open it.
void copy_owner(const std::string& from, const std::string& to) {
  struct stat status {};
  if (::stat(from.c_str(), &status) != 0) throw system_error(errno, "look at", from);
  struct stat made {};
  if (::stat(to.c_str(), &made) != 0) throw system_error(errno, "look at", to);
  const bool same = made.st_uid == status.st_uid && made.st_gid == status.st_gid;
  if (!same && ::chown(to.c_str(), status.st_uid, status.st_gid) != 0) {
    if (errno != EPERM) throw system_error(errno, "give an owner to", to);
    throw Error(Code::kDenied, "cannot give " + to + " the owner of " + from +
                                   ": run this as that user, or as root");
  }
  if (::chmod(to.c_str(), status.st_mode & 07777) != 0) {
    throw system_error(errno, "give permissions to", to);
  }
}

std::uint64_t size_of_data(const std::string& directory) {
  const auto info = file_info(join_path(directory, kFiles[0]));
  return info ? info->size : 0;
}

void make_copy(const lmdb::Env& env, const std::string& copy) {
  make_directories(copy, 0700);
  env.copy_compact(copy);
}

// Opening it makes its lock file, and shows that it can be opened.
std::unique_ptr<lmdb::Env> open_copy(const lmdb::Env& env, const std::string& copy) {
  lmdb::EnvOptions options;
  options.read_only = false;
  options.create = false;
  options.map_size = configured_map_size();
  auto made = std::make_unique<lmdb::Env>(copy, options, committed_tables());
  for (const char* file : kFiles) {
    copy_owner(join_path(env.directory(), file), join_path(copy, file));
  }
  // Not lock.mdb: whoever closes a descriptor of it gives up the lock that the process has on it,
  // and others would then take the environment for one that nobody uses.
  sync_path(join_path(copy, kFiles[0]));
  copy_owner(env.directory(), copy);
  sync_path(copy);
  return made;
}

void exchange(const std::string& one, const std::string& other) {
#ifdef RENAME_EXCHANGE
  if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) return;
#else
  errno = ENOSYS;
#endif
  throw system_error(errno, "exchange", one + " and " + other);
}

// Once the directories have changed places it is done, whatever else fails: those who do not find
// the mark find the other files within a second, and what is left is removed by the next one.
void finish_exchange(lmdb::Env& env, lmdb::WriteTxn& txn) noexcept {
  try {
    txn.put(env.table(kMeta), "active", u64_key(0));
    txn.commit();
  } catch (const std::exception&) {
  }
}

void remove_quietly(const std::string& directory) noexcept {
  try {
    remove_tree(directory);
  } catch (const std::exception&) {
    // The next one does it.
  }
}

void replace_by_copy(const Repository& repository, lmdb::Env& env, const std::string& copy) {
  lmdb::WriteTxn txn(env);  // keeps commits out
  try {
    make_copy(env, copy);
    const auto made = open_copy(env, copy);
    // Nobody commits into the new files before they are sure to be found after a power failure.
    const lmdb::WriteTxn nobody_else(*made);
    exchange(copy, env.directory());
    sync_path(repository.root());
  } catch (...) {
    // (If they have changed places it is the old one, which nobody needs any more.)
    remove_quietly(copy);
    throw;
  }
  finish_exchange(env, txn);
}

}  // namespace

void remove_compaction_leftovers(const Repository& repository) {
  remove_tree(compacting_directory(repository.root()));
}

Compaction compact_committed(Repository& repository) {
  lmdb::Env& env = repository.committed();
  const std::string copy = compacting_directory(repository.root());
  remove_tree(copy);
  Compaction result;
  result.before = size_of_data(env.directory());
  replace_by_copy(repository, env, copy);
  result.after = size_of_data(env.directory());
  remove_quietly(copy);
  repository.follow();
  return result;
}

}  // namespace metaset::store
