// Which FMRIs can still be published. Private to the publication operations.
// Thread-safety: any thread; makes its own transactions.
#pragma once

#include <string_view>

#include "metaset/ips/fmri.h"
#include "metaset/store/repository.h"

namespace metaset::depot {

// True if the version is or was in any metaset, or the staging area adds it. One that the area
// removes may be published again.
bool is_taken(store::Repository& repository, const ips::Fmri& fmri, std::string_view area);
// "The specified FMRI, '...', already exists or has been restricted."
[[noreturn]] void throw_taken(const ips::Fmri& fmri);
// The publisher that FMRIs without one get; kInvalid if none is configured.
std::string default_prefix(store::Repository& repository, const ips::Fmri& fmri);

}  // namespace metaset::depot
