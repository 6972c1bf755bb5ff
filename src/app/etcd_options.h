// The options that name etcd and the group, for `agent` and `rollout`.
#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "metaset/group/etcd.h"

namespace metaset::app {

struct GroupArguments {
  std::string group;
  std::string etcd;           // URLs
  std::string password_file;  // its first line
  group::EtcdOptions options;
};

// --group and --etcd, which METASET_GROUP_NAME and METASET_ETCD stand for, and --etcd-*.
std::shared_ptr<GroupArguments> add_group_options(CLI::App& command);
// kUsage if something is missing or wrong. Reads the password.
group::EtcdOptions etcd_options(const GroupArguments& arguments);

}  // namespace metaset::app
