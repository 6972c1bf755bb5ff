// What the pages say, as JSON for other programs (man/metaset-web.5). Members are only ever added.
//
// Values are allocated from `document`. Thread-safety and errors: as pages.h.
#pragma once

#include <cstddef>
#include <string>

#include <rapidjson/document.h>

#include "metaset/depot/browse.h"
#include "metaset/web/pages.h"
#include "metaset/web/site.h"

namespace metaset::web {

// [{"name", "alias", "packages", "package-versions", "created", "last-modified"}]
rapidjson::Value publishers_json(const Site& site, rapidjson::Document& document);

// {"metaset", "total", "first", "folders": {name: count}, "packages": [{"publisher", "name",
// "version", "fmri", "summary", "classifications", "obsolete", "renamed", "newest", "versions"}]}
// The publishers of the query are those of the site.
rapidjson::Value packages_json(const Site& site, depot::BrowseQuery query,
                               rapidjson::Document& document);

// All of one version; {"paths": []} only if wanted.
rapidjson::Value package_json(const Site& site, const std::string& fmri, bool paths,
                              rapidjson::Document& document);

// {"metaset", "first", "next": number | null} and, of a search for packages, "packages":
// [{"publisher", "name", "version", "fmri", "summary", "obsolete", "renamed"}], the newest version
// that was found of each name, which are what is counted, or all; else "actions": [{"publisher",
// "name", "version", "fmri", "type", "key", "token", "value", "action"}]. Errors besides: kInvalid
// and kLimit for a query that is none, those of depot::search().
rapidjson::Value search_json(const Site& site, const FindQuery& query, bool all_versions,
                             const depot::SearchLimits& limits, rapidjson::Document& document);

// {classification: count}
rapidjson::Value classes_json(const Site& site, rapidjson::Document& document);

// [{"publisher", "name", "version", "change": "added" | "removed", "metaset", "time"}], the newest
// first.
rapidjson::Value changes_json(const Site& site, std::size_t limit, rapidjson::Document& document);

}  // namespace metaset::web
