// How damage is shown by the commands that look for it.
#pragma once

#include <string>

#include <rapidjson/document.h>

#include "metaset/depot/verify.h"

namespace metaset::app {

// What is damaged may hold anything, also what moves a terminal's cursor.
std::string one_line(std::string text);
// "payload: HASH: it is cut short; needed by FMRI, FMRI, FMRI and 7 more"
std::string damage_line(const depot::Damage& damage);
rapidjson::Value damage_json(const depot::Damage& damage, rapidjson::Document& json);

}  // namespace metaset::app
