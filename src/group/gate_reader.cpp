#include <algorithm>
#include <climits>
#include <thread>

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/group/gate.h"

#include "group/gate_file.h"

namespace metaset::group {
namespace {

// How often a gate that cannot be used is looked for anew.
constexpr BootTime kLookAgain = 100 * kMillisecond;
// A writer that is killed before it wakes anybody delays them no longer than this.
constexpr BootTime kLongestSleep = 50 * kMillisecond;
constexpr int kTries = 64;

}  // namespace

struct GateReader::Mapping {
  Mapping(const Fd& file, const std::string& path)
      : memory(file, path, kGateBytes, false), boot(boot_id()) {}

  std::uint32_t sequence() const {
    return std::atomic_ref<std::uint32_t>(*memory.half(kSequenceWord))
        .load(std::memory_order_seq_cst);
  }
  // nullopt if what is there is damaged, or never stays the same for long enough.
  std::optional<SlotContent> read() const {
    for (int i = 0; i < kTries; ++i) {
      const std::uint32_t before = sequence();
      const std::size_t first = kFirstSlot + (before & 1U) * kSlotWords;
      SlotWords words;
      for (std::size_t at = 0; at < words.size(); ++at) {
        words[at] = memory.word(first + at).load(std::memory_order_acquire);
      }
      if (sequence() != before) continue;
      auto content = from_words(words);
      if (!content || content->sequence != before) return std::nullopt;
      return content;
    }
    return std::nullopt;
  }

  SharedMapping memory;
  BootId boot;
};

GateReader::GateReader(std::string path) : path_(std::move(path)) {}
GateReader::~GateReader() = default;
GateReader::GateReader(GateReader&&) noexcept = default;
GateReader& GateReader::operator=(GateReader&&) noexcept = default;

void GateReader::close(std::string_view reason) {
  closed_.sequence = look_.sequence;
  closed_.change = look_.change;
  closed_.reason = reason;
}

// Maps the file if the path leads to another one than before.
bool GateReader::attach(BootTime now) {
  attached_ = now;
  if (mapping_ && mapping_->memory.is_at(path_)) return true;
  mapping_.reset();
  cached_ = false;
  look_ = {};
  try {
    const auto file = open_if_exists(path_, O_RDONLY);
    const auto info = file_info(path_);
    if (!file || !info) {
      close("no agent has run");
      return false;
    }
    auto mapping = info->is_regular && info->size == kGateBytes
                       ? std::make_unique<Mapping>(*file, path_)
                       : nullptr;
    if (!mapping || !is_gate(mapping->memory)) {
      close("the file is no gate");
      return false;
    }
    mapping_ = std::move(mapping);
    return true;
  } catch (const std::exception&) {
    close("the gate cannot be read");
    return false;
  }
}

const GateLook& GateReader::look(BootTime now) {
  const bool again = now - attached_ >= kLookAgain || attached_ == 0 || now < attached_;
  if (!mapping_ && !(again && attach(now))) return closed_;
  for (int i = 0; i < 2; ++i) {
    if (!cached_ || mapping_->sequence() != look_.sequence) {
      const auto content = mapping_->read();
      cached_ = content.has_value();
      look_ = {};
      if (!content) {
        close("the gate is damaged");
      } else {
        look_.state = content->state;
        look_.sequence = static_cast<std::uint32_t>(content->sequence);
        look_.change = content->change;
        if (content->boot != mapping_->boot) look_.reason = "no agent has run since the start";
        if (look_.state.phase == Phase::kClosed) look_.reason = "its agent has closed it";
      }
    }
    if (cached_ && look_.reason.empty() && now <= look_.state.valid_until) return look_;
    if (cached_) close(look_.reason.empty() ? "its agent is not heard of any more" : look_.reason);
    // Another file may have taken its place.
    if (i != 0 || now - attached_ < kLookAgain || !attach(now)) break;
  }
  return closed_;
}

void GateReader::wait(std::uint32_t sequence, BootTime until) const {
  const BootTime rest = std::min(until - boot_now(), kLongestSleep);
  if (rest <= 0) return;
  const timespec time{rest / kSecond, rest % kSecond};
  if (!mapping_) {
    ::nanosleep(&time, nullptr);
    return;
  }
  ::syscall(SYS_futex, mapping_->memory.half(kSequenceWord), FUTEX_WAIT, sequence, &time, nullptr,
            0);
}

}  // namespace metaset::group
