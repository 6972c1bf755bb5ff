// The client memory of this member as its agent sees it, and what it learns from the others.
// Thread-safety: one thread. Errors: those of ClientMemory::open() and of etcd.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "metaset/base/log.h"
#include "metaset/group/client_memory.h"
#include "metaset/group/rules.h"

#include "group/observations.h"

namespace metaset::group {

class MemberMemory {
 public:
  // `path` and `like` as for ClientMemory::open().
  MemberMemory(std::string path, std::string like, std::string member, const Logger& log);

  const std::shared_ptr<ClientMemory>& shared() const { return memory_; }
  // What is remembered, for others.
  std::string encoded() const;

  // True if another file has taken its place: somebody deleted it and the workers made a new one.
  bool follow();
  // It was not in the group: nobody told it anything.
  void was_away() { away_ = true; }
  bool has_to_learn() const { return away_ || started_; }

  // Whether etcd has the memories of the rollout that led to what the group serves now: they go
  // when the next one begins.
  static bool can_learn(const GroupSnapshot& seen);
  // Before the gate opens. False: not now. A member whose agent saw the hold of the last rollout
  // gets to know exactly what the others gave. Otherwise it knows only whom they gave something to,
  // since when they may have told each other more; what itself gave counts if it was in the group.
  // When a client memory has lasted since the switch, nobody else has anything to tell.
  bool learn(EtcdClient& etcd, const GroupKeys& keys, const GroupSnapshot& seen,
             const Observations& observations);

 private:
  void merge(std::vector<MemoryEntry> entries, const RolloutRecord& rollout,
             const Observations& observations);
  std::vector<MemoryEntry> fetch(EtcdClient& etcd, const GroupKeys& keys,
                                 const RolloutRecord& rollout) const;
  void add_memory(const EtcdRecord& record, std::vector<MemoryEntry>& all) const;

  const std::string path_, like_, member_;
  const Logger& log_;
  std::shared_ptr<ClientMemory> memory_;
  std::string learned_;  // the rollout
  bool away_ = false, started_ = true;
};

}  // namespace metaset::group
