// What import and export tell of payloads.
#pragma once

#include <vector>

#include <rapidjson/document.h>

#include "metaset/pkg5/bad_payload.h"

namespace metaset::app {

// One line on standard error for each.
void list_bad_payloads(const std::vector<pkg5::BadPayload>& payloads, const char* what);
rapidjson::Value bad_payloads_json(const std::vector<pkg5::BadPayload>& payloads,
                                   rapidjson::Document& json);

}  // namespace metaset::app
