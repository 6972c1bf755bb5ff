// What workers count: one file of fixed size that all worker processes of a depot have mapped.
//
// Each process has a slot of the file, which it adds to with relaxed atomic additions: it shares no
// cache line with other processes, and a request costs no system call, lock or allocation. A slot
// is owned through a lock on one byte of the file, which the kernel lets go of when the process
// ends, however it ends. The next process that needs a slot goes on counting in one that nobody
// owns: so nothing has to be moved when a worker dies, and sums never become smaller. Slot 0 is
// owned by nobody and added to by all for whom there is no other one, such as CGI programs.
// A file of another version, or a damaged one, is replaced by an empty one.
// Thread-safety: begin(), end() and add() from any thread; not to be used across fork(2).
// Errors: kCorrupt if the path leads to something else, which is left alone; system errors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/file.h"
#include "metaset/base/shared_mapping.h"

namespace metaset::metrics {

// What is counted of each operation. 0 stands for every other status; kBroken for answers that
// could not be sent whole.
inline constexpr int kBroken = 1;
inline constexpr std::array kStatuses = {0,   kBroken, 200, 204, 206, 301, 302, 303,
                                         304, 400,     401, 403, 404, 405, 409, 412,
                                         413, 414,     416, 500, 501, 503, 504, 507};
// Upper bounds of the buckets of durations, in nanoseconds; there is one more bucket above them.
inline constexpr std::array<std::uint64_t, 19> kBounds = {
    50'000,        100'000,        200'000,        500'000,       1'000'000,
    2'000'000,     5'000'000,      10'000'000,     20'000'000,    50'000'000,
    100'000'000,   200'000'000,    500'000'000,    1'000'000'000, 2'000'000'000,
    5'000'000'000, 10'000'000'000, 20'000'000'000, 50'000'000'000};
inline constexpr std::size_t kBuckets = kBounds.size() + 1;
inline constexpr std::size_t kMaxOperations = 40;
inline constexpr std::size_t kMaxOperationName = 24;  // bytes
inline constexpr std::size_t kSlots = 128;

// The bucket that a duration belongs to.
std::size_t bucket_of(std::uint64_t nanoseconds) noexcept;
// The place of a status in kStatuses.
std::size_t status_index(int status) noexcept;

enum class Program : std::uint32_t { kServe = 1, kPublish = 2 };
enum class Place { kOwnSlot, kSharedSlot };

// What is counted besides requests.
enum class Event : std::size_t { kCommits, kCount };

// A request that has ended.
struct Finished {
  std::size_t operation = 0;  // position in the list of operations
  int status = 0;
  std::uint64_t nanoseconds = 0;
  std::uint64_t sent = 0;         // bytes of the body that went through the worker
  std::uint64_t handed_over = 0;  // bytes of the file that the web server was told to send
  std::uint64_t received = 0;     // bytes of the request's body
};

// What is not counted but noted by whoever knows it last: each is a number.
enum class Note : std::size_t {
  kReplicationTime,    // seconds since 1970: when the source was asked last with success
  kReplicationSource,  // the newest metaset that is wanted from there
  kReplicationLag,     // how many were missing then
  kGroupMembers,       // in the configuration of the group
  kGroupMembersIn,     // that take part
  kGroupTime,          // seconds since 1970: when the agent has looked at the group
  kCount,
};

class Counters {
 public:
  // Opens the file or makes it, with the permissions of `like`. The names of operations say what
  // the file counts: another list is another version.
  Counters(const std::string& path, const std::string& like,
           std::span<const std::string> operations, Program program, Place place);
  ~Counters();  // the slot is free for others
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;

  void begin() noexcept;  // a request is being answered now
  // It has been: who reads that it is not under way any more reads it counted, too.
  void end(const Finished& finished) noexcept;
  void add(Event event, std::uint64_t count = 1) noexcept;
  // False if somebody has replaced or removed the file.
  bool is_current() const noexcept { return mapping_.is_at(path_); }
  std::size_t slot() const { return slot_; }

 private:
  Counters(Fd file, const std::string& path, Program program, Place place);
  std::atomic_ref<std::uint64_t> word(std::size_t at) const { return mapping_.word(first_ + at); }
  void take_slot(Place place) noexcept;
  void count(const Finished& finished) noexcept;

  std::string path_;
  Fd file_;  // with the lock
  SharedMapping mapping_;
  std::size_t slot_ = 0;
  std::size_t first_ = 0;  // word of the slot
};

// Notes something in the file, if it is there and usable. Never fails: metrics are no reason to.
void note(const std::string& path, std::span<const std::pair<Note, std::uint64_t>> notes) noexcept;

}  // namespace metaset::metrics
