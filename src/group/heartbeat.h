// The seat of this member in etcd: its key below members/, written anew again and again.
//
// A heartbeat is a transaction that a majority of etcd has agreed on. It compares the revision of
// the configuration with the one that the agent has acted upon (MemberRecord::config), so when it
// is done, this member was in the group as it believes. Others take it out only after they have
// seen no heartbeat for its time to live, and so later than the fence ends, which begins before
// the heartbeat was sent and is a tenth shorter: clocks may differ in speed by that. The lease of
// the key, three times as long, only tidies up; nothing is concluded from it.
// Thread-safety: any thread; it has one of its own. Errors: take_seat() throws those of etcd.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "metaset/base/log.h"
#include "metaset/group/etcd.h"
#include "metaset/group/records.h"
#include "metaset/group/rounds.h"

#include "group/member_gate.h"

namespace metaset::group {

class Heartbeat {
 public:
  Heartbeat(const EtcdOptions& etcd, const GroupKeys& keys, std::string member,
            std::chrono::milliseconds ttl, MemberGate& gate,
            std::function<void(BootTime sent)> on_contact, Rounds& rounds, const Logger& log);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // Takes the seat if it is free, or its last holder has been silent for its time to live; false:
  // not yet, `why` says what is waited for. Beats from then on.
  bool take_seat(std::string& why);
  // False once another agent has the seat, or the key is gone: the gate is to be closed.
  bool has_seat() const { return seated_; }
  const std::string& incarnation() const { return record_.incarnation; }

  // What the next heartbeats say. One is sent at once if others wait for that: that the
  // configuration is known, what is answered again, where this member is.
  template <typename Change>
  void tell(const Change& change) {
    const std::lock_guard lock(mutex_);
    const MemberRecord before = record_;
    change(record_);
    if (record_.config == before.config && record_.address == before.address &&
        (record_.serving == before.serving || record_.serving == 0)) {
      return;
    }
    due_ = true;
    wake_.notify_all();
  }
  // Ends the beating and says that this member stopped in order; its gate is closed by now.
  void leave();

 private:
  void run(std::stop_token stop);
  void beat();
  enum class Beat {
    kFence,    // extends the fence
    kPresent,  // only says that this member is there
    kStopped,  // and that it is no more
  };
  bool write(Beat beat);
  void find_seat();
  std::int64_t lease();

  const GroupKeys& keys_;
  const std::string key_;
  const std::chrono::milliseconds ttl_;
  MemberGate& gate_;
  const std::function<void(BootTime)> on_contact_;
  Rounds& rounds_;
  const Logger& log_;
  EtcdClient etcd_;  // of the beating thread, once it runs

  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool due_ = false;
  MemberRecord record_;

  std::int64_t revision_ = 0;  // of the key when it was written last
  std::int64_t lease_ = 0;
  std::atomic<bool> seated_{false};
  // The holder of the seat that is waited for.
  std::int64_t other_revision_ = 0;
  BootTime other_since_ = 0;
  std::jthread thread_;
};

}  // namespace metaset::group
