// The client memory on its way to other members.
#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/group/client_memory.h"

#include "group/bytes.h"

namespace metaset::group {
namespace {

constexpr std::string_view kMemoryMagic = "MSM1";

Error not_a_memory(std::string_view why) {
  return Error(Code::kInvalid, fmt::format("The client memory of another member {}.", why));
}

}  // namespace

std::string encode_memory(std::vector<MemoryEntry> entries, std::size_t max_bytes) {
  std::ranges::sort(entries, {}, [](const MemoryEntry& entry) {
    return std::tuple(entry.age_ms, entry.key, entry.metaset);
  });
  std::string out(kMemoryMagic);
  std::uint64_t age = 0;
  for (const MemoryEntry& entry : entries) {
    const std::size_t before = out.size();
    put_number(entry.key, out);
    put_varint(entry.age_ms - age, out);
    put_varint(entry.metaset, out);
    if (out.size() > max_bytes) {
      out.resize(before);
      break;
    }
    age = entry.age_ms;
  }
  return out;
}

std::vector<MemoryEntry> decode_memory(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    throw Error(Code::kLimit, fmt::format("The client memory of another member has {} bytes, more "
                                          "than {}.",
                                          text.size(), max_bytes));
  }
  if (!text.starts_with(kMemoryMagic)) throw not_a_memory("is of another version");
  text.remove_prefix(kMemoryMagic.size());
  std::vector<MemoryEntry> entries;
  std::uint64_t age = 0;
  while (!text.empty()) {
    if (text.size() < sizeof(ClientKey)) throw not_a_memory("is cut off");
    MemoryEntry entry;
    entry.key = take_number<ClientKey>(text);
    const auto later = take_varint(text);
    const auto metaset = later ? take_varint(text) : std::nullopt;
    if (!metaset) throw not_a_memory("has a number that is none");
    if (*later > UINT64_MAX - age) throw not_a_memory("has a time that is none");
    entry.metaset = *metaset;
    entry.age_ms = age += *later;
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace metaset::group
