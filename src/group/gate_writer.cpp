#include <climits>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/group/gate.h"

#include "group/gate_file.h"

namespace metaset::group {
namespace {

constexpr mode_t kGateMode = 0640;

// Opened and locked; the path leads to it.
Fd open_locked(const std::string& path) {
  while (true) {
    Fd file = open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, kGateMode);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) throw system_error(errno, "locking", path);
      throw Error(Code::kConflict,
                  fmt::format("{}: another agent writes it; stop that one first", path));
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw system_error(errno, "looking at", path);
    const auto there = file_info(path);
    if (there && there->inode == status.st_ino && there->device == status.st_dev) return file;
  }
}

// Only an empty file becomes a gate: the path may be a mistake.
void prepare(const Fd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw system_error(errno, "looking at", path);
  // The secret is in it; the workers' group has to read it, whatever the umask is.
  if (::fchmod(file.get(), (status.st_mode & 0770) | 0640) != 0) {
    throw system_error(errno, "setting the permissions of", path);
  }
  if (status.st_size == static_cast<off_t>(kGateBytes)) return;
  if (status.st_size != 0) {
    throw Error(Code::kCorrupt,
                fmt::format("{}: this is no gate; remove it or name another file", path));
  }
  // All at once, so that the file never has another size; its blocks are there when it is mapped.
  write_all(file.get(), std::string(kGateBytes, '\0'), path);
}

}  // namespace

struct GateWriter::Mapping {
  Mapping(const Fd& file, const std::string& path)
      : memory(file, path, kGateBytes, true), boot(boot_id()) {}
  SharedMapping memory;
  BootId boot;
};

GateWriter::GateWriter(const std::string& path) : path_(path), file_(open_locked(path)) {
  prepare(file_, path);
  mapping_ = std::make_unique<Mapping>(file_, path);
  SharedMapping& memory = mapping_->memory;
  if (!is_gate(memory)) {
    if (memory.word(0).load() != 0) {
      throw Error(Code::kCorrupt,
                  fmt::format("{}: this is no gate; remove it or name another file", path));
    }
    mark_as_gate(memory);
  }
  // Larger than any that a writer before this one has used.
  change_ = static_cast<std::uint64_t>(boot_now());
  write({});
}

GateWriter::~GateWriter() { write({}); }

void GateWriter::write(const GateState& state) {
  if (state.peers.size() > kMaxPeers) {
    throw Error(Code::kLimit, fmt::format("A group has at most {} members.", kMaxPeers + 1));
  }
  GateState same = state;
  same.valid_until = state_.valid_until;
  if (same != state_ || state.phase == Phase::kClosed) ++change_;
  state_ = state;
  SharedMapping& memory = mapping_->memory;
  std::atomic_ref<std::uint32_t> sequence(*memory.half(kSequenceWord));
  const std::uint32_t next = sequence.load(std::memory_order_relaxed) + 1;
  const SlotWords words = to_words({next, change_, mapping_->boot, state_});
  // Whoever reads this slot still, and sees some of it, will see that the number changed.
  for (std::size_t at = 0; at < words.size(); ++at) {
    memory.word(kFirstSlot + (next & 1U) * kSlotWords + at)
        .store(words[at], std::memory_order_release);
  }
  // In one order with the client memory, which is read after this: who still saw the state before
  // has noted what it gives, and that is seen.
  sequence.store(next, std::memory_order_seq_cst);
  ::syscall(SYS_futex, memory.half(kSequenceWord), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void GateWriter::renew(BootTime valid_until) {
  GateState state = state_;
  state.valid_until = valid_until;
  write(state);
}

}  // namespace metaset::group
