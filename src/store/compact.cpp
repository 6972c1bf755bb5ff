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
  {
    // Opening it makes its lock file, and shows that it can be opened.
    lmdb::EnvOptions options;
    options.read_only = false;
    options.create = false;
    options.map_size = configured_map_size();
    const lmdb::Env made(copy, options, committed_tables());
  }
  for (const char* file : kFiles) {
    copy_owner(join_path(env.directory(), file), join_path(copy, file));
    sync_path(join_path(copy, file));
  }
  copy_owner(env.directory(), copy);
  sync_path(copy);
}

void exchange(const std::string& one, const std::string& other) {
#ifdef RENAME_EXCHANGE
  if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) return;
#else
  errno = ENOSYS;
#endif
  throw system_error(errno, "exchange", one + " and " + other);
}

}  // namespace

Compaction compact_committed(Repository& repository) {
  lmdb::Env& env = repository.committed();
  const std::string copy = compacting_directory(repository.root());
  Compaction result;
  {
    lmdb::WriteTxn txn(env);  // keeps commits and other compactions out
    remove_tree(copy);
    result.before = size_of_data(env.directory());
    try {
      make_copy(env, copy);
      exchange(copy, env.directory());
    } catch (...) {
      try {
        remove_tree(copy);
      } catch (const Error&) {
        // The next one does it; why this one failed is what has to be told.
      }
      throw;
    }
    sync_path(repository.root());
    txn.put(env.table(kMeta), "active", u64_key(0));
    txn.commit();
  }
  env.follow();
  result.after = size_of_data(env.directory());
  remove_tree(copy);
  return result;
}

std::uint64_t free_bytes(const Repository& repository) {
  return repository.committed().free_bytes();
}

}  // namespace metaset::store
