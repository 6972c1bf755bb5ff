// The gate: what the agent of a member allows the workers beside it to answer mutable names from.
//
// One file of fixed size that the agent (GateWriter) and the workers (GateReader) have mapped. The
// state is written into the one of two slots that nobody reads, with a checksum, and the sequence
// number then names it: a reader gets all of a state or all of the one before, and a writer that is
// killed leaves what was before. The sequence number is also what readers sleep on (futex).
// A file that is missing, foreign, damaged or from before the machine was started reads as closed.
// Nobody may make the file shorter while it is in use.
// Thread-safety: a reader belongs to one thread; a writer to one thread at a time, and there is one
// writer for each file in the whole machine. Errors: readers have none; writers throw system
// errors, kConflict if the file has a writer, and kCorrupt if it is something else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/file.h"
#include "metaset/group/boot_clock.h"
#include "metaset/group/peer_address.h"
#include "metaset/group/secret.h"

namespace metaset::group {

inline constexpr std::size_t kMaxPeers = 64;

enum class Phase : std::uint32_t { kClosed = 0, kOpen = 1, kHold = 2 };

struct GateState {
  Phase phase = Phase::kClosed;
  std::uint64_t metaset = 0;       // what mutable names are answered from while it is open
  BootTime valid_until = 0;        // later than this it is closed, whatever `phase` says
  BootTime hold_until = 0;         // nobody waits longer in a hold
  Secret secret{};                 // of the group
  std::vector<PeerAddress> peers;  // agents of the other members, at most kMaxPeers
  bool operator==(const GateState&) const = default;
};

// What a reader found.
struct GateLook {
  GateState state;             // phase kClosed with everything else empty if it cannot be used
  std::uint32_t sequence = 0;  // to wait for another one
  std::uint64_t change = 0;    // differs if something else than valid_until was written since
  std::string_view reason;     // why it is closed: a literal, for people; empty if it is not
  bool answers() const { return state.phase == Phase::kOpen; }
};

class GateReader {
 public:
  explicit GateReader(std::string path);
  ~GateReader();
  GateReader(GateReader&&) noexcept;
  GateReader& operator=(GateReader&&) noexcept;

  // What holds at `now`. While the gate is open it makes no system call. The reference lives until
  // the next call.
  const GateLook& look(BootTime now = boot_now());
  // Sleeps until something else than `sequence` was written or until `until`; also returns early.
  void wait(std::uint32_t sequence, BootTime until) const;
  const std::string& path() const { return path_; }

 private:
  struct Mapping;
  bool attach(BootTime now);
  void close(std::string_view reason);
  std::string path_;
  std::unique_ptr<Mapping> mapping_;
  GateLook look_;    // what was read last, as it was written
  GateLook closed_;  // what is given out if that cannot be used
  bool cached_ = false;
  BootTime attached_ = 0;  // when the path was looked at last
};

class GateWriter {
 public:
  // Makes the file or takes over what is there, and closes it. Readable by the file's group (the
  // secret is in it); the directory must exist.
  explicit GateWriter(const std::string& path);
  // Leaves it closed.
  ~GateWriter();
  GateWriter(const GateWriter&) = delete;
  GateWriter& operator=(const GateWriter&) = delete;

  // When it returns, every reader that looks sees this state, and those that wait are awake.
  // kLimit for more than kMaxPeers.
  void write(const GateState& state);
  // The last state with another valid_until.
  void renew(BootTime valid_until);
  void close() { write({}); }
  const GateState& state() const { return state_; }

 private:
  struct Mapping;
  std::string path_;
  Fd file_;  // with the lock
  std::unique_ptr<Mapping> mapping_;
  GateState state_;
  std::uint64_t change_ = 0;
};

}  // namespace metaset::group
