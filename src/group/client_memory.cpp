#include "metaset/group/client_memory.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "metaset/base/hash.h"

#include "group/memory_file.h"

namespace metaset::group {
namespace {

constexpr int kScans = 3;
constexpr int kAttempts = 16;
// How far ahead of the clock an entry may be: the next one of the same client is later than it.
constexpr std::int32_t kMostAhead = 32;

// A value: the metaset above, below it the time in units of 16 ms, which repeat after two years.
constexpr BootTime kTick = 16 * kMillisecond;
constexpr auto kLifeTicks = static_cast<std::int32_t>(kLongMemory / kTick);

constexpr auto kLifeMs = static_cast<std::uint64_t>(kMemoryLife / kMillisecond);

std::uint32_t tick_of(BootTime time) { return static_cast<std::uint32_t>(time / kTick); }
std::uint64_t value_of(std::uint64_t metaset, std::uint32_t tick) { return metaset << 32 | tick; }
std::uint64_t metaset_of(std::uint64_t value) { return value >> 32; }
std::int32_t age_of(std::uint64_t value, std::uint32_t now) {
  return static_cast<std::int32_t>(now - static_cast<std::uint32_t>(value));
}
bool is_fresh(std::uint64_t value, std::uint32_t now) {
  const std::int32_t age = age_of(value, now);
  return metaset_of(value) != 0 && age >= -2 * kMostAhead && age < kLifeTicks;
}
// Of two fresh ones.
bool is_newer(std::uint64_t value, std::uint64_t other, std::uint32_t now) {
  const std::int32_t age = age_of(value, now), other_age = age_of(other, now);
  return age != other_age ? age < other_age : metaset_of(value) > metaset_of(other);
}
std::uint64_t age_ms(std::uint64_t value, std::uint32_t now) {
  return static_cast<std::uint64_t>(std::max(age_of(value, now), 0)) *
         static_cast<std::uint64_t>(kTick / kMillisecond);
}

// So that a check with the value of another entry gives a key that has nothing to do with either.
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ value >> 32) * 0x9e37'79b9'7f4a'7c15;
  value = (value ^ value >> 29) * 0xbf58'476d'1ce4'e5b9;
  return value ^ value >> 32;
}
std::uint64_t check_of(ClientKey key, std::uint64_t value) { return key ^ mixed(value); }
ClientKey key_in(std::uint64_t check, std::uint64_t value) { return check ^ mixed(value); }

std::size_t group_of(ClientKey key) { return (key >> 32) % kMemoryGroups; }

// Groups of the table that clients of one network can fill.
constexpr std::uint64_t kSharesOfAddress = 64;

// Of IPv6 the first half: that is what one site has at least.
std::string network_of(std::string_view address) {
  const std::string text(address);
  std::array<char, sizeof(in6_addr)> bytes;
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  return {bytes.data(), bytes.size() / 2};
}

struct Cell {
  std::size_t word = 0;
  std::uint64_t value = 0, check = 0;
};

}  // namespace

ClientKey client_key(const Secret& secret, std::string_view address, std::string_view uuid,
                     std::string_view publisher) {
  const auto digest_of = [&](std::initializer_list<std::string_view> parts) {
    std::string text(bytes_of(secret));
    for (const std::string_view part : parts) text.append(1, '\0').append(part);
    return sha256_of(text);
  };
  const auto number = [](const Sha256& digest) {
    std::uint64_t value = 0;
    std::memcpy(&value, digest.data(), sizeof(value));
    return value;
  };
  const std::uint64_t client = number(digest_of({address, uuid, publisher}));
  // Whoever makes up UUIDs gets no more than these groups of the table.
  const char share = static_cast<char>('0' + client % kSharesOfAddress);
  const std::uint64_t place = number(digest_of({network_of(address), {&share, 1}}));
  const ClientKey key = place << 32 | client >> 32;
  return key != 0 ? key : 1;
}

// The newest fresh value of a key in its group, and where another one may be put.
struct ClientMemory::Scan {
  Scan(const Mapping& mapping, ClientKey key, std::uint32_t now) {
    const std::size_t first = kFirstEntry + group_of(key) * 2 * kGroupEntries;
    for (std::size_t word = first; word < first + 2 * kGroupEntries; word += 2) {
      // The check first: whoever takes the entry writes it last.
      Cell cell{word, 0, mapping.memory.word(word + 1).load(std::memory_order_seq_cst)};
      cell.value = mapping.memory.word(word).load(std::memory_order_seq_cst);
      if (!is_fresh(cell.value, now)) {
        prefer(cell, 0);
      } else if (key_in(cell.check, cell.value) != key) {
        prefer(cell, 2 + kLifeTicks - age_of(cell.value, now));
      } else if (!newest) {
        newest = cell;
      } else if (is_newer(cell.value, newest->value, now)) {
        prefer(*newest, 1);
        newest = cell;
      } else {
        prefer(cell, 1);
      }
    }
  }
  // Of the places the one that is missed least.
  void prefer(const Cell& cell, std::int32_t loss) {
    if (place && loss >= least) return;
    place = cell;
    least = loss;
  }
  std::optional<Cell> newest, place;
  std::int32_t least = 0;
};

ClientMemory::ClientMemory(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
ClientMemory::~ClientMemory() = default;

const Secret& ClientMemory::secret() const { return mapping_->secret; }
bool ClientMemory::is_current() const noexcept { return mapping_->memory.is_at(mapping_->path); }

std::shared_ptr<ClientMemory> ClientMemory::open(const std::string& path, const std::string& like) {
  return std::shared_ptr<ClientMemory>(
      new ClientMemory(std::make_unique<Mapping>(open_memory_file(path, like), path)));
}

std::optional<Remembered> ClientMemory::find(ClientKey key, BootTime now,
                                             BootTime life) const noexcept {
  const std::uint32_t tick = tick_of(now);
  // More than once: others that write twice meanwhile can be ahead of the first scan.
  for (int i = 0; i < kScans; ++i) {
    const Scan scan(*mapping_, key, tick);
    if (!scan.newest) continue;
    if (age_of(scan.newest->value, tick) >= static_cast<std::int32_t>(life / kTick)) break;
    return Remembered{metaset_of(scan.newest->value), age_ms(scan.newest->value, tick)};
  }
  return std::nullopt;
}

void ClientMemory::note(ClientKey key, std::uint64_t metaset, BootTime when) noexcept {
  put(key, metaset, when, when, Rule::kAlways);
}

void ClientMemory::note_forward(ClientKey key, std::uint64_t metaset, BootTime when) noexcept {
  put(key, metaset, when, when, Rule::kForward);
}

void ClientMemory::put(ClientKey key, std::uint64_t metaset, BootTime when, BootTime now,
                       Rule rule) noexcept {
  const bool only_newer = rule == Rule::kIfYounger;
  if (key == 0 || metaset == 0 || metaset > kUnsettled) return;
  const std::uint32_t now_tick = tick_of(now);
  for (int i = 0; i < kAttempts; ++i) {
    const Scan scan(*mapping_, key, now_tick);
    std::uint64_t value = value_of(metaset, tick_of(when));
    if (scan.newest) {
      const std::uint64_t before = scan.newest->value;
      if (before == value || (only_newer && !is_newer(value, before, now_tick))) return;
      if (rule == Rule::kForward && metaset_of(before) != kUnsettled &&
          metaset_of(before) > metaset && age_ms(before, now_tick) < kLifeMs) {
        return;
      }
      // What is noted later counts, also within one tick of the clock.
      const std::int32_t ahead = -age_of(before, now_tick) + 1;
      if (!only_newer && !is_newer(value, before, now_tick) && ahead <= kMostAhead) {
        value = value_of(metaset, now_tick + static_cast<std::uint32_t>(ahead));
      }
    }
    if (!scan.place || !mapping_->exchange(scan.place->word, scan.place->value, value)) continue;
    if (mapping_->exchange(scan.place->word + 1, scan.place->check, check_of(key, value))) return;
  }
}

std::vector<MemoryEntry> ClientMemory::snapshot(BootTime now) const {
  const std::uint32_t tick = tick_of(now);
  std::vector<MemoryEntry> entries;
  std::vector<std::pair<ClientKey, std::uint64_t>> found;
  for (std::size_t group = 0; group < kMemoryGroups; ++group) {
    found.clear();
    const std::size_t first = kFirstEntry + group * 2 * kGroupEntries;
    // Twice, for the reason that find() has.
    for (std::size_t at = 0; at < 2 * kGroupEntries; ++at) {
      const std::size_t word = first + 2 * (at % kGroupEntries);
      const std::uint64_t check = mapping_->memory.word(word + 1).load(std::memory_order_seq_cst);
      const std::uint64_t value = mapping_->memory.word(word).load(std::memory_order_seq_cst);
      const ClientKey key = key_in(check, value);
      if (!is_fresh(value, tick) || key == 0 || group_of(key) != group) continue;
      const auto known = std::ranges::find(found, key, &std::pair<ClientKey, std::uint64_t>::first);
      if (known == found.end()) {
        found.emplace_back(key, value);
      } else if (is_newer(value, known->second, tick)) {
        known->second = value;
      }
    }
    for (const auto& [key, value] : found) {
      if (metaset_of(value) == kUnsettled || age_ms(value, tick) >= kLifeMs) continue;
      entries.push_back({key, metaset_of(value), age_ms(value, tick)});
    }
  }
  return entries;
}

void ClientMemory::merge(std::span<const MemoryEntry> entries, BootTime now) noexcept {
  for (const MemoryEntry& entry : entries) {
    if (entry.age_ms >= kLifeMs || entry.metaset > kMaxRememberedMetaset) continue;
    const auto known = find(entry.key, now, kLongMemory);
    const bool unsettled = known && known->metaset == kUnsettled;
    if (known && !unsettled && known->metaset > entry.metaset) continue;
    const auto age = static_cast<BootTime>(unsettled ? 0 : entry.age_ms);
    put(entry.key, entry.metaset, now - age * kMillisecond, now,
        unsettled ? Rule::kAlways : Rule::kIfYounger);
  }
}

void ClientMemory::unsettle(std::span<const MemoryEntry> entries, BootTime now, bool all) noexcept {
  if (all) {
    for (const MemoryEntry& entry : snapshot(now))
      put(entry.key, kUnsettled, now, now, Rule::kAlways);
  }
  for (const MemoryEntry& entry : entries) {
    if (!find(entry.key, now, kLongMemory)) put(entry.key, kUnsettled, now, now, Rule::kAlways);
  }
}

}  // namespace metaset::group
