#include "group_text.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "metaset/depot/documents.h"

#include "text_table.h"

namespace metaset::app {

using depot::json_text;
using group::GroupSnapshot;
using group::RolloutRecord;

namespace {

std::string bar(std::uint64_t done, std::uint64_t all) {
  constexpr std::uint64_t kWidth = 20;
  if (all == 0) return "";
  const std::uint64_t filled = std::min(done, all) * kWidth / all;
  return fmt::format("[{}{}] {}/{}", std::string(filled, '#'), std::string(kWidth - filled, '-'),
                     done, all);
}

std::string_view part_in_rollout(const GroupSnapshot& seen, const std::string& name) {
  if (!seen.rollout || seen.rollout->ended_already()) return "";
  if (seen.held.contains(name)) return "held";
  return seen.ready.contains(name) ? "ready" : "";
}

const group::MemberRecord* record_of(const GroupSnapshot& seen, const std::string& name) {
  const group::SeenMember* const member = seen.member(name);
  return member == nullptr ? nullptr : &member->record;
}

std::vector<std::string> member_row(const GroupSnapshot& seen, const std::string& name) {
  const group::MemberRecord* record = record_of(seen, name);
  const std::string part(part_in_rollout(seen, name));
  if (record == nullptr) return {name, std::string(seen.membership(name)), "", "", part, "silent"};
  std::string doing = bar(record->done, record->all);
  if (!record->problem.empty()) doing += (doing.empty() ? "" : " ") + record->problem;
  if (record->ttl_ms == 0) doing = "stopped";
  return {name,
          std::string(seen.membership(name)),
          std::to_string(record->latest),
          record->serving == 0 ? "-" : std::to_string(record->serving),
          part,
          doing};
}

rapidjson::Value rollout_value(const RolloutRecord& rollout, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value value(rapidjson::kObjectType);
  const auto add = [&](const char* name, std::string_view text) {
    value.AddMember(rapidjson::StringRef(name), json_text(text, json), allocator);
  };
  add("id", rollout.id);
  value.AddMember("metaset", rollout.metaset, allocator);
  add("digest", rollout.digest);
  add("phase", group::phase_name(rollout.phase));
  add("reason", rollout.reason);
  add("who", rollout.who);
  add("message", rollout.message);
  add("started", rollout.started);
  add("held", rollout.held);
  add("ended", rollout.ended);
  rapidjson::Value members(rapidjson::kArrayType);
  for (const std::string& name : rollout.members) {
    members.PushBack(json_text(name, json), allocator);
  }
  value.AddMember("members", members, allocator);
  return value;
}

}  // namespace

std::string rollout_line(const RolloutRecord& rollout) {
  std::string line = fmt::format("rollout {}: metaset {}, {}", rollout.id, rollout.metaset,
                                 group::phase_name(rollout.phase));
  if (!rollout.reason.empty()) line += ": " + rollout.reason;
  line += fmt::format(" (started {}{}{})", rollout.started,
                      rollout.who.empty() ? "" : " by " + rollout.who,
                      rollout.message.empty() ? "" : ": " + rollout.message);
  return line + "\n";
}

std::string group_text(const std::string& group, const GroupSnapshot& seen) {
  std::string text = fmt::format("group {}: metaset {} since {}\n", group, seen.current->metaset,
                                 seen.current->time);
  if (seen.rollout) text += rollout_line(*seen.rollout);
  Table table = {{"MEMBER", "STATE", "HAS", "ANSWERS", "ROLLOUT", ""}};
  for (const std::string& name : seen.names()) table.push_back(member_row(seen, name));
  return text + text_table(table, true);
}

rapidjson::Document group_json(const std::string& group, const GroupSnapshot& seen) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("group", json_text(group, json), allocator);
  json.AddMember("metaset", seen.current->metaset, allocator);
  json.AddMember("digest", json_text(seen.current->digest, json), allocator);
  json.AddMember("since", json_text(seen.current->time, json), allocator);
  rapidjson::Value rollout;
  if (seen.rollout) rollout = rollout_value(*seen.rollout, json);
  json.AddMember("rollout", rollout, allocator);
  rapidjson::Value members(rapidjson::kArrayType);
  for (const std::string& name : seen.names()) {
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("name", json_text(name, json), allocator);
    item.AddMember("state", json_text(seen.membership(name), json), allocator);
    item.AddMember("ready", seen.ready.contains(name), allocator);
    item.AddMember("held", seen.held.contains(name), allocator);
    const group::MemberRecord* record = record_of(seen, name);
    item.AddMember("there", record != nullptr && record->ttl_ms != 0, allocator);
    if (record != nullptr) {
      item.AddMember("latest", record->latest, allocator);
      item.AddMember("serving", record->serving, allocator);
      item.AddMember("address", json_text(record->address, json), allocator);
      item.AddMember("done", record->done, allocator);
      item.AddMember("all", record->all, allocator);
      item.AddMember("problem", json_text(record->problem, json), allocator);
    }
    members.PushBack(item, allocator);
  }
  json.AddMember("members", members, allocator);
  return json;
}

std::string rollouts_text(const std::vector<RolloutRecord>& rollouts) {
  std::string text;
  for (const RolloutRecord& rollout : rollouts) text += rollout_line(rollout);
  return text;
}

rapidjson::Document rollouts_json(const std::vector<RolloutRecord>& rollouts) {
  rapidjson::Document json(rapidjson::kArrayType);
  for (const RolloutRecord& rollout : rollouts) {
    json.PushBack(rollout_value(rollout, json), json.GetAllocator());
  }
  return json;
}

}  // namespace metaset::app
