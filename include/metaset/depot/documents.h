// JSON that the command line and the HTTP interface give alike (man/metaset.1, metaset-publish.8).
//
// Values are allocated from `document`. Thread-safety: free functions, as what they are given.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/depot/commit_check.h"
#include "metaset/store/active.h"
#include "metaset/store/staging.h"
#include "metaset/store/tags.h"
#include "metaset/store/view.h"

namespace metaset::depot {

rapidjson::Value json_text(std::string_view text, rapidjson::Document& document);

// number, parent, time, who, message, counts, digests, tags; publishers by prefix.
rapidjson::Value metaset_json(const store::View& view, const store::MetasetRecord& record,
                              rapidjson::Document& document);
// The same with the tags of all, for those who show many.
rapidjson::Value metaset_json(const store::View& view, const store::MetasetRecord& record,
                              const store::TagsByMetaset& tags, rapidjson::Document& document);
// The same of one that was just made, in a transaction of its own.
rapidjson::Value metaset_json(const store::Repository& repository,
                              const store::MetasetRecord& record, rapidjson::Document& document);
// {"name", "metaset", "time", "who"}
rapidjson::Value tag_json(const store::Tag& tag, rapidjson::Document& document);
// {"metaset", "at"}; null if nothing is scheduled.
rapidjson::Value schedule_json(const std::optional<store::Schedule>& schedule,
                               rapidjson::Document& document);
// [{"name", "changes", "created", "who", "base"}]
rapidjson::Value areas_json(const std::vector<store::Area>& areas, rapidjson::Document& document);
// [{"change": "add" | "replace" | "remove", "fmri", "time"}]
rapidjson::Value changes_json(const std::vector<store::StagedChange>& changes,
                              rapidjson::Document& document);
// The members of report_json(), "metaset": that of metaset_json() or null if there is none, and
// "also-activated": [numbers].
rapidjson::Value outcome_json(const store::Repository& repository, const CommitOutcome& outcome,
                              rapidjson::Document& document);

std::string_view change_name(store::ChangeKind kind);

}  // namespace metaset::depot
