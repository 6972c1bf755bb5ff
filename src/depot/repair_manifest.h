// Repair: the manifests of one package version.
#pragma once

#include <string>

#include "metaset/depot/repair.h"

namespace metaset::depot {

// `damage` names the package. Gives what was done or why it could not be; whether that was enough
// shows when the manifests are verified again.
std::string repair_manifest(store::Repository& repository, const Sources& sources,
                            const Damage& damage);

}  // namespace metaset::depot
