// The compare that most transactions of a group rest on.
#pragma once

#include <string>
#include <utility>

#include "metaset/group/etcd.h"

namespace metaset::group {

// That a key was not written since that revision; 0: that it is not there.
inline EtcdCompare unchanged(std::string key, std::int64_t revision) {
  return EtcdCompare::mod_revision(EtcdKeys::one(std::move(key)), EtcdRelation::kEqual, revision);
}

}  // namespace metaset::group
