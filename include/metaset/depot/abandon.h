// Abandoning a staging area: its changes, and the payloads that only it used.
//
// Payloads are deleted only if that is safe with everything that publishes meanwhile
// (store/payload_lock.h); otherwise they are left, harmless, for a later collection. A payload that
// any committed manifest, of past metasets too, or another area refers to stays.
// Cost: reads every manifest of the repository if the area had payloads. Memory: 32 bytes for each
// manifest of the repository, 100 for each payload of the area.
// Thread-safety: any thread; makes its own transactions. Errors: kNotFound if there is no such
// area, kInvalid for an illegal name. The area is gone when payloads cannot be deleted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/store/repository.h"

namespace metaset::depot {

struct Abandoned {
  std::uint64_t changes = 0;                      // of the area
  std::uint64_t payloads = 0, payload_bytes = 0;  // deleted; bytes of the gzip files
  // Payloads of the area that nothing else seems to need, left because somebody is publishing.
  std::uint64_t left = 0;
};
Abandoned abandon_area(store::Repository& repository, std::string_view area);

}  // namespace metaset::depot
