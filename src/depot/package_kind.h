// Rules for obsolete and renamed packages as add/0 checks them, action by action
// (protocol/http.md section 7.9). Pure.
#pragma once

#include <string_view>

#include "metaset/ips/action.h"

namespace metaset::depot {

// Whether `action` may follow what the manifest has so far. kInvalid in the stock depot's words.
void check_kind(std::string_view manifest, const ips::Action& action);
// Whether all actions are signatures; kInvalid otherwise: what may be appended to a package.
void require_signatures(std::string_view lines);

}  // namespace metaset::depot
