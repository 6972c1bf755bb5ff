// Which payloads a manifest names, and how large it says that they are.
//
// Reads what it needs of each action and no more. Pure. Errors: kInvalid with the line number,
// kLimit, as for_each_action().
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace metaset::ips {

// `csize`: of the gzip file, from pkg.csize, or chain.csizes for the certificates of a signature; 0
// if that is missing or no number. The name dies after the call. One that several actions have is
// given several times.
using PayloadVisitor = std::function<void(std::string_view name, std::uint64_t csize)>;
void for_each_payload(std::string_view manifest, const PayloadVisitor& visit);

}  // namespace metaset::ips
