// A group and its rollouts as text and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/group/rules.h"

namespace metaset::app {

// A table with a bar for each member that fetches something.
std::string group_text(const std::string& group, const group::GroupSnapshot& seen);
rapidjson::Document group_json(const std::string& group, const group::GroupSnapshot& seen);

// "rollout 0193...: metaset 42 switched ..."
std::string rollout_line(const group::RolloutRecord& rollout);
std::string rollouts_text(const std::vector<group::RolloutRecord>& rollouts);
rapidjson::Document rollouts_json(const std::vector<group::RolloutRecord>& rollouts);

}  // namespace metaset::app
