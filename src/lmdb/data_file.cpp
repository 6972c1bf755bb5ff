// LMDB does not write pages that a transaction took at the end and freed again, so a file may be
// shorter than its last page says. Only then the list of free pages has to tell whether all that is
// lacking is free. It is read from the file: what LMDB would read of it may be beyond the end.
// The format is that of data version 1, which all of LMDB 0.9 has.
#include "data_file.h"

#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>

#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/file.h"

#include "error.h"

namespace metaset::lmdb {

namespace {

static_assert(sizeof(std::size_t) == 8);
constexpr std::size_t kPageHeader = 16, kNodeHeader = 8;
constexpr std::uint16_t kBranch = 1, kLeaf = 2;  // flags of pages
constexpr std::uint16_t kBigData = 1;            // of a node: its data are on pages of their own
constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr unsigned kMaxDepth = 32;

class DataFile {
 public:
  DataFile(MDB_env* env, const std::string& path, std::uint64_t page_size)
      : path_(path), page_size_(page_size) {
    check(mdb_env_get_fd(env, &fd_), "use", path);
  }

  std::uint64_t size() const {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) throw system_error(errno, "look at", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

  struct Snapshot {
    std::uint64_t free_root = kNoPage, last_page = 0;
  };
  // nullopt if two transactions were committed since.
  std::optional<Snapshot> snapshot(std::uint64_t transaction) const {
    for (const std::uint64_t page : {0U, 1U}) {
      const std::string bytes = read(page * page_size_, page_size_);
      if (number<std::uint32_t>(bytes, 16) != kMagic) corrupt();
      if (number<std::uint64_t>(bytes, 144) != transaction) continue;
      return Snapshot{number<std::uint64_t>(bytes, 80), number<std::uint64_t>(bytes, 136)};
    }
    return std::nullopt;
  }

  // Free pages from `first` on, in the tree of free pages below `page`.
  std::uint64_t count_free(std::uint64_t page, std::uint64_t first, unsigned depth = 0) const {
    if (page == kNoPage) return 0;
    if (depth > kMaxDepth) corrupt();
    const std::string bytes = read(page * page_size_, page_size_);
    const auto flags = number<std::uint16_t>(bytes, 10);
    const std::size_t end = number<std::uint16_t>(bytes, 12);
    if ((flags & (kBranch | kLeaf)) == 0) corrupt();
    std::uint64_t count = 0;
    for (std::size_t at = kPageHeader; at + 2 <= end; at += 2) {
      const std::size_t node = number<std::uint16_t>(bytes, at);
      count += (flags & kBranch) != 0 ? count_free(child(bytes, node), first, depth + 1)
                                      : count_listed(bytes, node, first);
    }
    return count;
  }

 private:
  [[noreturn]] void corrupt() const {
    throw Error(Code::kCorrupt, path_ + " is damaged: its list of free pages cannot be read");
  }

  std::string read(std::uint64_t offset, std::uint64_t size) const {
    if (size > this->size()) corrupt();
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(fd_, bytes.data(), size, static_cast<off_t>(offset));
    if (got < 0) throw system_error(errno, "read", path_);
    if (static_cast<std::uint64_t>(got) != size) corrupt();
    return bytes;
  }

  template <typename Number>
  Number number(const std::string& bytes, std::size_t at) const {
    Number value{};
    if (at > bytes.size() || bytes.size() - at < sizeof value) corrupt();
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  }

  // Nodes begin with the low and the high half of a number, as the machine orders them.
  std::uint64_t halves(const std::string& bytes, std::size_t node) const {
    constexpr bool kLittle = std::endian::native == std::endian::little;
    const std::uint64_t low = number<std::uint16_t>(bytes, node + (kLittle ? 0 : 2));
    const std::uint64_t high = number<std::uint16_t>(bytes, node + (kLittle ? 2 : 0));
    return low | high << 16;
  }
  std::uint64_t child(const std::string& bytes, std::size_t node) const {
    return halves(bytes, node) | std::uint64_t{number<std::uint16_t>(bytes, node + 4)} << 32;
  }

  // A list is its length, then the numbers of pages.
  std::uint64_t count_listed(const std::string& bytes, std::size_t node,
                             std::uint64_t first) const {
    const std::uint64_t size = halves(bytes, node);
    const std::size_t data = node + kNodeHeader + number<std::uint16_t>(bytes, node + 6);
    std::string list;
    if ((number<std::uint16_t>(bytes, node + 4) & kBigData) != 0) {
      list = read(number<std::uint64_t>(bytes, data) * page_size_ + kPageHeader, size);
    } else if (data <= bytes.size()) {
      list = bytes.substr(data, size);
    }
    const auto length = number<std::uint64_t>(list, 0);
    if (length >= list.size()) corrupt();
    std::uint64_t count = 0;
    for (std::uint64_t i = 1; i <= length; ++i) {
      if (number<std::uint64_t>(list, i * 8) >= first) ++count;
    }
    return count;
  }

  std::string path_;
  std::uint64_t page_size_;
  int fd_ = -1;
};

// The pages of a snapshot stay as they are while there is a reader of it.
class Reader {
 public:
  explicit Reader(MDB_env* env) {
    check(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn_), "begin reading");
  }
  ~Reader() { mdb_txn_abort(txn_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  std::uint64_t number() const { return mdb_txn_id(txn_); }

 private:
  MDB_txn* txn_ = nullptr;
};

[[noreturn]] void cut_short(const std::string& path, std::uint64_t size, std::uint64_t used) {
  throw Error(Code::kCorrupt, path + " is cut short: it has " + std::to_string(size) + " of " +
                                  std::to_string(used) + " bytes");
}

}  // namespace

std::string data_path(const std::string& directory) { return join_path(directory, "data.mdb"); }

void check_data_file(MDB_env* env, const std::string& path) {
  MDB_envinfo info{};
  MDB_stat stat{};
  check(mdb_env_info(env, &info), "read statistics of", path);
  check(mdb_env_stat(env, &stat), "read statistics of", path);
  const std::uint64_t page_size = stat.ms_psize;
  const DataFile file(env, path, page_size);
  if (file.size() >= (info.me_last_pgno + 1) * page_size) return;
  constexpr int kTries = 100;  // against a very busy writer
  for (int i = 0; i < kTries; ++i) {
    const Reader reader(env);
    const auto snapshot = file.snapshot(reader.number());
    if (!snapshot) continue;
    const std::uint64_t size = file.size(), there = size / page_size;
    const std::uint64_t used = snapshot->last_page + 1;
    if (there >= used) return;
    std::uint64_t free = 0;
    try {
      free = file.count_free(snapshot->free_root, there);
    } catch (const Error& error) {
      if (error.code() == Code::kCorrupt) cut_short(path, size, used * page_size);
      throw;
    }
    if (free < used - there) cut_short(path, size, used * page_size);
    return;
  }
  throw Error(Code::kUnavailable, path + " is being written to all the time");
}

}  // namespace metaset::lmdb
