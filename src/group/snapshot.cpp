#include <algorithm>
#include <iterator>
#include <utility>

#include "metaset/base/error.h"
#include "metaset/group/rules.h"

namespace metaset::group {
namespace {

// The NAME of DIRECTORY/ID/NAME if the ID is that of the rollout.
std::optional<std::string> name_below(std::string_view key, std::string_view directory,
                                      std::string_view id) {
  if (!key.starts_with(directory)) return std::nullopt;
  key.remove_prefix(directory.size());
  if (!key.starts_with(id) || key.size() <= id.size() + 1 || key[id.size()] != '/') {
    return std::nullopt;
  }
  return std::string(key.substr(id.size() + 1));
}

void read_members(const GroupKeys& keys, const EtcdRecords& records, GroupSnapshot& snapshot) {
  for (const EtcdRecord& record : records.records) {
    if (!record.key.starts_with(keys.members())) continue;
    std::string name = record.key.substr(keys.members().size());
    SeenMember member;
    member.mod_revision = record.mod_revision;
    try {
      require_group_word(name, "a member");
      member.record = parse_member(record.value);
    } catch (const Error&) {
      continue;  // who wrote that is no member; the others go on
    }
    snapshot.members.emplace(std::move(name), std::move(member));
  }
}

}  // namespace

bool GroupSnapshot::is_in(std::string_view name) const {
  if (!config) return false;
  const auto member = config->members.find(name);
  return member != config->members.end() && member->second == Membership::kIn;
}

bool GroupSnapshot::is_member(std::string_view name) const {
  return config && config->members.find(name) != config->members.end();
}

std::string_view GroupSnapshot::membership(std::string_view name) const {
  if (is_in(name)) return "in";
  return is_member(name) ? "joining" : "out";
}

std::set<std::string> GroupSnapshot::names() const {
  std::set<std::string> names;
  for (const auto& [name, member] : members) names.insert(name);
  if (config) {
    for (const auto& [name, membership] : config->members) names.insert(name);
  }
  return names;
}

const SeenMember* GroupSnapshot::member(std::string_view name) const {
  const auto place = members.find(name);
  return place == members.end() ? nullptr : &place->second;
}

std::string_view GroupSnapshot::first_in() const {
  if (!config) return {};
  const auto first = std::ranges::find(config->members, Membership::kIn,
                                       [](const auto& member) { return member.second; });
  return first == config->members.end() ? std::string_view() : std::string_view(first->first);
}

GroupSnapshot read_snapshot(const GroupKeys& keys, const EtcdRecords& records) {
  GroupSnapshot snapshot;
  snapshot.revision = records.revision;
  if (const EtcdRecord* record = records.find(keys.current())) {
    snapshot.current = parse_current(record->value);
    snapshot.current_revision = record->mod_revision;
  }
  if (const EtcdRecord* record = records.find(keys.config())) {
    snapshot.config = parse_config(record->value);
    snapshot.config_revision = record->mod_revision;
  }
  if (const EtcdRecord* record = records.find(keys.rollout())) {
    snapshot.rollout = parse_rollout(record->value);
    snapshot.rollout_revision = record->mod_revision;
    for (const EtcdRecord& other : records.records) {
      if (auto name = name_below(other.key, keys.ready(), snapshot.rollout->id)) {
        snapshot.ready.insert(std::move(*name));
      } else if (auto held = name_below(other.key, keys.held(), snapshot.rollout->id)) {
        snapshot.held.insert(std::move(*held));
      }
    }
  }
  read_members(keys, records, snapshot);
  return snapshot;
}

GroupSnapshot read_group(EtcdClient& etcd, const GroupKeys& keys) {
  EtcdTxn txn;
  for (const std::string& key : {keys.config(), keys.current(), keys.rollout()}) {
    txn.then.push_back(EtcdOperation::range(EtcdKeys::one(key)));
  }
  for (const std::string& prefix : {keys.members(), keys.ready(), keys.held()}) {
    txn.then.push_back(EtcdOperation::range(EtcdKeys::prefix(prefix)));
  }
  EtcdTxnResult result = etcd.txn(txn);
  EtcdRecords records;
  records.revision = result.revision;
  for (EtcdTxnResult::Result& part : result.results) {
    std::ranges::move(part.records, std::back_inserter(records.records));
  }
  std::ranges::sort(records.records, {}, &EtcdRecord::key);
  return read_snapshot(keys, records);
}

}  // namespace metaset::group
