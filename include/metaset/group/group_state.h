// What everybody may know of a group. Its agents write it beside their gates, for web pages and for
// api/1; nothing is decided by it.
//
// The file is small, written anew as a whole, and believed in only while it is young: whoever reads
// it does not wait for anybody. Addresses and troubles of members are not in it.
// Memory: values. Thread-safety: free functions are re-entrant; a GroupStateWriter belongs to one
// thread. Errors: the writer's are those of files; readers find nothing instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/group/boot_clock.h"
#include "metaset/group/rules.h"

namespace metaset::group {

struct GroupState {
  struct Member {
    std::string name;
    std::string state;                      // in, joining, out
    bool there = false;                     // its agent is heard of
    std::uint64_t latest = 0, serving = 0;  // metasets; 0: none
    std::uint64_t done = 0, all = 0;        // of what it fetches
    bool ready = false, held = false;       // of a rollout that is under way
  };
  struct Rollout {
    std::string id, phase;
    std::uint64_t metaset = 0;
    std::string who, message, reason, started, ended;
    bool is_over() const { return !ended.empty(); }
  };
  std::string name;
  std::uint64_t metaset = 0;
  std::string since;               // ISO 8601
  std::optional<Rollout> rollout;  // under way, or the last one
  std::vector<Member> members;     // by name
};

// nullopt as long as the group has no metaset.
std::optional<GroupState> state_of(std::string_view group, const GroupSnapshot& seen);

// {"group", "metaset", "since", "rollout": null | {"id", "metaset", "phase", "who", "message",
// "reason", "started", "ended"}, "members": [{"name", "state", "there", "latest", "serving",
// "done", "all", "ready", "held"}]}
rapidjson::Value to_json(const GroupState& state, rapidjson::Document& document);
std::string to_json(const GroupState& state);
// kCorrupt, kInvalid
GroupState parse_group_state(std::string_view json);

// Beside the gate.
std::string group_state_path(std::string_view gate);
// nullopt if there is none, it is old, or not what it should be.
std::optional<GroupState> read_group_state(const std::string& path);

class GroupStateWriter {
 public:
  explicit GroupStateWriter(std::string path) : path_(std::move(path)) {}
  // Writes it if it is another one than before, or so that it stays young.
  void write(const GroupState& state);
  void remove();

 private:
  const std::string path_;
  std::string written_;
  BootTime when_ = 0;
};

}  // namespace metaset::group
