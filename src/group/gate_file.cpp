#include "group/gate_file.h"

#include <cstring>

namespace metaset::group {
namespace {

const std::uint64_t kGateMagic = word_of("MSGATE01");

std::uint64_t checksum(const SlotWords& words) {
  std::uint64_t sum = 0x6d65'7461'7365'7431;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    sum = (sum ^ words[i]) * 0x9e37'79b9'7f4a'7c15;
    sum ^= sum >> 29;
  }
  return sum;
}

// Copies bytes to and from words one after the other.
class WordWriter {
 public:
  explicit WordWriter(SlotWords& words) : words_(words) {}
  void put(std::uint64_t word) { words_[at_++] = word; }
  template <std::size_t N>
  void put(const std::array<std::uint8_t, N>& bytes) {
    static_assert(N % 8 == 0);
    std::memcpy(&words_[at_], bytes.data(), N);
    at_ += N / 8;
  }

 private:
  SlotWords& words_;
  std::size_t at_ = 0;
};

class WordReader {
 public:
  explicit WordReader(const SlotWords& words) : words_(words) {}
  std::uint64_t take() { return words_[at_++]; }
  template <std::size_t N>
  void take(std::array<std::uint8_t, N>& bytes) {
    std::memcpy(bytes.data(), &words_[at_], N);
    at_ += N / 8;
  }

 private:
  const SlotWords& words_;
  std::size_t at_ = 0;
};

}  // namespace

SlotWords to_words(const SlotContent& content) {
  SlotWords words{};
  WordWriter writer(words);
  const GateState& state = content.state;
  writer.put(content.sequence);
  writer.put(content.change);
  writer.put(content.boot);
  writer.put(static_cast<std::uint64_t>(state.phase));
  writer.put(state.metaset);
  writer.put(static_cast<std::uint64_t>(state.valid_until));
  writer.put(static_cast<std::uint64_t>(state.hold_until));
  writer.put(state.secret);
  writer.put(state.peers.size());
  for (const PeerAddress& peer : state.peers) {
    writer.put(peer.address);
    writer.put(peer.port);
  }
  words.back() = checksum(words);
  return words;
}

std::optional<SlotContent> from_words(const SlotWords& words) {
  if (words.back() != checksum(words)) return std::nullopt;
  SlotContent content;
  GateState& state = content.state;
  WordReader reader(words);
  content.sequence = reader.take();
  content.change = reader.take();
  reader.take(content.boot);
  const std::uint64_t phase = reader.take();
  state.phase = static_cast<Phase>(phase);
  state.metaset = reader.take();
  state.valid_until = static_cast<BootTime>(reader.take());
  state.hold_until = static_cast<BootTime>(reader.take());
  reader.take(state.secret);
  const std::uint64_t peers = reader.take();
  if (phase > static_cast<std::uint64_t>(Phase::kHold) || peers > kMaxPeers) return std::nullopt;
  state.peers.resize(peers);
  for (PeerAddress& peer : state.peers) {
    reader.take(peer.address);
    peer.port = static_cast<std::uint16_t>(reader.take());
  }
  return content;
}

bool is_gate(const SharedMapping& mapping) {
  return mapping.word(0).load(std::memory_order_relaxed) == kGateMagic &&
         mapping.word(1).load(std::memory_order_relaxed) == kGateBytes;
}

void mark_as_gate(SharedMapping& mapping) {
  mapping.word(1).store(kGateBytes, std::memory_order_relaxed);
  mapping.word(0).store(kGateMagic, std::memory_order_release);
}

}  // namespace metaset::group
