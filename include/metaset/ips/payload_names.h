// The payloads of a manifest, for those who want to know nothing else of it.
//
// The names are those of ManifestSummary::payloads, found several times faster; one can come more
// than once. Pure. Errors: kInvalid and kLimit for some of what is no manifest, but not for all of
// it: only for texts that were checked before.
#pragma once

#include <functional>
#include <string_view>

namespace metaset::ips {

// The name that `visit` gets is only valid while it runs.
void for_each_payload_name(std::string_view manifest,
                           const std::function<void(std::string_view name)>& visit);

}  // namespace metaset::ips
