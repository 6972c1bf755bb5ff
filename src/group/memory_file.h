// The file of a client memory, for this directory.
//
//   words: 0 magic and version   1 size in bytes   2..5 boot id, device and inode   6..9 secret
//   entries from 512: value, check (client_memory.cpp)
#pragma once

#include <cstdint>
#include <string>

#include "metaset/base/shared_mapping.h"
#include "metaset/group/client_memory.h"

namespace metaset::group {

inline constexpr std::size_t kMemoryGroups = 8192;
inline constexpr std::size_t kGroupEntries = 8;  // two cache lines
inline constexpr std::size_t kFirstEntry = 512;
inline constexpr std::size_t kMemoryFileBytes =
    8 * (kFirstEntry + 2 * kMemoryGroups * kGroupEntries);

// Of this version and this start of the machine, whatever was there before. kCorrupt if that is
// something else than a client memory: then it is left alone.
Fd open_memory_file(const std::string& path, const std::string& like);

struct ClientMemory::Mapping {
  Mapping(const Fd& file, std::string name);
  // In one order with the sequence number of a gate (gate_writer.cpp), as all reading is.
  bool exchange(std::size_t word, std::uint64_t from, std::uint64_t to) noexcept {
    return memory.word(word).compare_exchange_strong(from, to, std::memory_order_seq_cst);
  }
  SharedMapping memory;
  std::string path;
  Secret secret{};
};

}  // namespace metaset::group
