// The payloads of a manifest, for those who want to know nothing else of it.
//
// Both functions find those of ManifestSummary::payloads; one that several actions have is given
// several times. Reads what it needs of each action and no more. Pure. The name that `visit` gets
// dies after the call.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace metaset::ips {

// `csize`: of the gzip file, from pkg.csize, or chain.csizes for the certificates of a signature; 0
// if that is missing or no number. Errors: kInvalid with the line number, kLimit, as
// for_each_action().
using PayloadVisitor = std::function<void(std::string_view name, std::uint64_t csize)>;
void for_each_payload(std::string_view manifest, const PayloadVisitor& visit);

// Names alone, several times faster. Errors: the same for some of what is no manifest, but not for
// all of it: only for texts that were checked before.
void for_each_payload_name(std::string_view manifest,
                           const std::function<void(std::string_view name)>& visit);

}  // namespace metaset::ips
