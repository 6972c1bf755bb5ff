#include <charconv>
#include <cstring>

#include <lmdb.h>

#include "metaset/lmdb/lmdb.h"

#include "data_file.h"
#include "env_state.h"
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

// A line of the library's list: process, thread, and a transaction or "-". Others are headings.
std::optional<ReaderSlot> parse_reader(std::string_view line) {
  constexpr std::string_view kBlanks = " \n";
  std::vector<std::string_view> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) break;
    const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  const auto number = [](std::string_view text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  ReaderSlot reader;
  if (words.size() != 3 || !number(words[0], reader.process)) return std::nullopt;
  std::uint64_t transaction = 0;
  if (number(words[2], transaction)) reader.transaction = transaction;
  return reader;
}

int take_reader(const char* line, void* readers) {
  const auto reader = parse_reader(line);
  if (reader) static_cast<std::vector<ReaderSlot>*>(readers)->push_back(*reader);
  return 0;
}

}  // namespace

Env::Env(const std::string& directory, const EnvOptions& options,
         const std::vector<std::string>& tables)
    : state_(std::make_unique<EnvState>(directory, options, tables)),
      directory_(directory),
      read_only_(options.read_only),
      tables_(state_->tables()) {}

Env::~Env() = default;

void Env::check_file() const {
  state_->with_env([this](MDB_env* env) { check_data_file(env, data_path(directory_)); });
}

int Env::check_readers() {
  int dead = 0;
  state_->with_env(
      [&](MDB_env* env) { check(mdb_reader_check(env, &dead), "check readers of", directory_); });
  return dead;
}

int Env::freed_readers() const { return state_->freed_readers(); }

EnvStatistics Env::statistics() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  state_->with_env([&](MDB_env* env) {
    check(mdb_env_info(env, &info), "read statistics of", directory_);
    check(mdb_env_stat(env, &stat), "read statistics of", directory_);
  });
  EnvStatistics result;
  result.map_size = info.me_mapsize;
  result.page_size = stat.ms_psize;
  result.used_bytes = (info.me_last_pgno + 1) * std::uint64_t{stat.ms_psize};
  result.last_transaction = info.me_last_txnid;
  result.readers = info.me_numreaders;
  result.max_readers = info.me_maxreaders;
  return result;
}

std::vector<ReaderSlot> Env::readers() const {
  std::vector<ReaderSlot> readers;
  state_->with_env([&](MDB_env* env) {
    const int rc = mdb_reader_list(env, take_reader, &readers);
    // How much the last callback said, on success.
    if (rc < 0) check(rc, "list the readers of", directory_);
  });
  return readers;
}

void Env::follow() { state_->follow(); }
unsigned Env::generation() const { return state_->generation(); }
FileIdentity Env::identity() const { return state_->identity(); }

std::uint64_t Env::free_bytes() const {
  // The library's own table of free pages: each row is a list, its length first.
  constexpr Table kFreePages{0};
  const std::uint64_t page_size = statistics().page_size;
  const ReadTxn txn(*this);
  std::uint64_t pages = 0;
  Cursor cursor(txn, kFreePages);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    std::size_t length = 0;
    if (cursor.value().size() < sizeof length) continue;
    std::memcpy(&length, cursor.value().data(), sizeof length);
    pages += length;
  }
  return pages * page_size;
}

void Env::copy_compact(const std::string& directory) const {
  state_->with_env([&](MDB_env* env) {
    check(mdb_env_copy2(env, directory.c_str(), MDB_CP_COMPACT), "copy to", directory);
  });
}

}  // namespace metaset::lmdb
