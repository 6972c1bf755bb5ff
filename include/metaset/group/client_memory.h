// The client memory: which metaset each client was given last in catalog.attrs, for 60 seconds, so
// that the parts and logs that it asks for next come from the same one.
//
// One file of fixed size (REPO/catalog/clients) that all workers of a depot and the agent have
// mapped: a table of 65,536 entries in groups of eight. An entry is two words, a value and the key
// mixed with it, so that halves of two entries are an entry of nobody: readers need no lock. A
// writer takes an entry by exchanging its value, which at most one can, and gives up no older entry
// of the same client before the new one is complete; killed in between, it leaves an entry that is
// nobody's until it expires. A group of entries that is full of fresh ones loses its oldest.
// Nobody may make the file shorter while it is in use.
// Thread-safety: any thread and process. Errors: open() throws system errors and kCorrupt.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/group/boot_clock.h"
#include "metaset/group/secret.h"

namespace metaset::group {

inline constexpr BootTime kMemoryLife = 60 * kSecond;
// Ages at different members differ a little. Whoever is about to give a client something newer
// counts with what others may still remember.
inline constexpr BootTime kLongMemory = 75 * kSecond;
// A larger metaset number is not remembered.
inline constexpr std::uint64_t kMaxRememberedMetaset = 0xffff'fffe;
// In place of a metaset: a client of whom a member that was away does not know what others gave it.
inline constexpr std::uint64_t kUnsettled = 0xffff'ffff;

// Who a client is; never 0. The upper half depends on the network and a 64th of its clients, and
// chooses the group of entries: one network can take no more than 512 entries from others.
// `publisher` is the prefix in the URL, empty for the default.
using ClientKey = std::uint64_t;
ClientKey client_key(const Secret& secret, std::string_view address, std::string_view uuid,
                     std::string_view publisher);

struct Remembered {
  std::uint64_t metaset = 0;
  std::uint64_t age_ms = 0;
  bool operator==(const Remembered&) const = default;
};

struct MemoryEntry {
  ClientKey key = 0;
  std::uint64_t metaset = 0;
  std::uint64_t age_ms = 0;
  bool operator==(const MemoryEntry&) const = default;
};

class ClientMemory {
 public:
  // Makes the file if there is none, with the owner's permissions of `like` (and its group's), and
  // replaces what is of another version. What is from before the machine was started, or a copy
  // of another one, is emptied.
  static std::shared_ptr<ClientMemory> open(const std::string& path, const std::string& like);
  ~ClientMemory();
  ClientMemory(const ClientMemory&) = delete;
  ClientMemory& operator=(const ClientMemory&) = delete;

  // Of this file: for depots that are in no group.
  const Secret& secret() const;
  // What was noted last within `life`, at most kLongMemory.
  std::optional<Remembered> find(ClientKey key, BootTime now,
                                 BootTime life = kMemoryLife) const noexcept;
  // The key was given the metaset at `when`; of what others note at the same moment the larger
  // metaset counts. Complete for all processes when it returns.
  void note(ClientKey key, std::uint64_t metaset, BootTime when) noexcept;
  // The same, but nothing older takes the place of a newer metaset: of a depot that is in no group,
  // where only an answer that took long can be older.
  void note_forward(ClientKey key, std::uint64_t metaset, BootTime when) noexcept;

  // Everything younger than kMemoryLife, in no order, each key once, without what is unsettled.
  std::vector<MemoryEntry> snapshot(BootTime now) const;
  // Of each key the younger one counts: what is here, unless it is unsettled, or what comes. A
  // newer metaset that is here stays: clients only move forward.
  void merge(std::span<const MemoryEntry> entries, BootTime now) noexcept;
  // From now on these are unsettled, unless they are remembered here; `all`: and so is everything
  // that is.
  void unsettle(std::span<const MemoryEntry> entries, BootTime now, bool all) noexcept;
  // False if the path leads to another file by now (a repository that was replaced).
  bool is_current() const noexcept;

 private:
  struct Mapping;
  struct Scan;
  explicit ClientMemory(std::unique_ptr<Mapping> mapping);
  enum class Rule { kAlways, kIfYounger, kForward };
  void put(ClientKey key, std::uint64_t metaset, BootTime when, BootTime now, Rule rule) noexcept;
  std::unique_ptr<Mapping> mapping_;
};

// For the exchange between members: "MSM1", then for each entry its key (u64, little-endian) and
// varints of its age (the difference to the one before) and metaset; the youngest first, as many as
// fit.
inline constexpr std::size_t kMaxMemoryBytes = 400 * 1024;
std::string encode_memory(std::vector<MemoryEntry> entries,
                          std::size_t max_bytes = kMaxMemoryBytes);
// kInvalid for what encode_memory does not write; at most max_bytes are looked at (kLimit).
std::vector<MemoryEntry> decode_memory(std::string_view bytes,
                                       std::size_t max_bytes = kMaxMemoryBytes);

}  // namespace metaset::group
