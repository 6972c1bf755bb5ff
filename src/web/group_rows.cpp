#include "web/group_rows.h"

#include <fmt/format.h>

namespace metaset::web {
namespace {

using group::GroupState;

std::string number_or_none(std::uint64_t number) {
  return number == 0 ? "none" : std::to_string(number);
}

std::string part_of(const GroupState::Member& member) {
  if (member.held) return "held";
  if (member.ready) return "ready";
  return member.all == 0 ? std::string()
                         : fmt::format("fetching, {} of {}", member.done, member.all);
}

Data rollout_row(const GroupState::Rollout& rollout) {
  Data row;
  put(row, "metaset", std::to_string(rollout.metaset));
  put(row, "phase", rollout.phase);
  put(row, "started", rollout.started);
  put(row, "ended", rollout.ended);
  put_flag(row, "under_way", !rollout.is_over());
  put_text(row, "who", rollout.who);
  put_text(row, "message", rollout.message);
  put_text(row, "reason", rollout.reason);
  return row;
}

}  // namespace

void add_group(const Site& site, Data& data) {
  put_flag(data, "group", site.group_state.has_value());
  if (!site.group_state) return;
  const GroupState& state = *site.group_state;
  put(data, "group_name", state.name);
  put(data, "group_metaset", std::to_string(state.metaset));
  put_text(data, "group_link",
           site.history == History::kAll ? site.links.metaset(state.metaset) : "");
  put(data, "group_since", state.since);
  DataList rollouts, members;
  if (state.rollout) rollouts.push_back(rollout_row(*state.rollout));
  for (const GroupState::Member& member : state.members) {
    Data row;
    put(row, "name", member.name);
    put(row, "state", member.there ? member.state : member.state + ", silent");
    put(row, "latest", number_or_none(member.latest));
    put(row, "serving", number_or_none(member.serving));
    put(row, "part", part_of(member));
    members.push_back(std::move(row));
  }
  put_list(data, "rollout", std::move(rollouts));
  put_list(data, "members", std::move(members));
}

}  // namespace metaset::web
