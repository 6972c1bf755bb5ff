// Whether the payloads of a manifest are what it says (protocol/formats.md section 4.2).
// Thread-safety: re-entrant.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "metaset/depot/transaction.h"
#include "metaset/store/payloads.h"

namespace metaset::depot {

// Every payload that the manifest names is among the uploads or in the store; uploads have the
// sizes and hashes that the manifest claims. kInvalid naming each that does not.
void check_payloads(const store::PayloadStore& payloads,
                    const std::map<std::string, UploadedPayload>& uploads,
                    std::string_view manifest);

}  // namespace metaset::depot
