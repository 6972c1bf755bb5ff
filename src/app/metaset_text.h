// How metasets are shown by several commands.
#pragma once

#include <string>

#include <rapidjson/document.h>

#include "metaset/store/view.h"

namespace metaset::app {

// number, parent, time, who, message, counts, digests; publishers by prefix.
rapidjson::Value metaset_json(const store::View& view, const store::MetasetRecord& record,
                              rapidjson::Document& document);
// "+3 -1" over all publishers
std::string change_counts(const store::MetasetRecord& record);

}  // namespace metaset::app
