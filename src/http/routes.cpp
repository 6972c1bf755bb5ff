// The HTTP interface is this table (protocol/http.md sections 1, 4 to 7 and 9).
#include "metaset/http/routes.h"

#include <algorithm>
#include <array>

#include "http/handlers.h"

namespace metaset::http {
namespace {

constexpr unsigned kFetch = kGet | kHead;
constexpr unsigned kUpload = kPost | kPut;
constexpr unsigned kAct = kGet | kPost;  // clients act with GET; never HEAD, which asks only
constexpr unsigned kAll = kDefaultMode | kReadonlyMode | kMirrorMode;
constexpr unsigned kFull = kDefaultMode | kReadonlyMode;
constexpr unsigned kOnlyDefault = kDefaultMode;
constexpr unsigned kByName = kPastViews | kStagedViews;  // things that have one name in all views
constexpr unsigned kWhole = kByName | kWholeView;
constexpr unsigned kStaged = kStagedViews;  // publication: below a view it names the area

// clang-format off
constexpr std::array kTable = {
//    operation    version read            write    modes         prefix          views    cache               handler  write_handler
Route{"abandon",   "0",    0,              kAct,    kOnlyDefault, Prefix::kKnown, kStaged, Cache::kNever,      nullptr, handle_abandon},
Route{"add",       "0",    0,              kUpload, kOnlyDefault, Prefix::kKnown, kStaged, Cache::kNever,      nullptr, handle_add},
Route{"admin",     "0",    0,              kAct,    kOnlyDefault, Prefix::kKnown, kStaged, Cache::kNever,      nullptr, handle_admin},
Route{"api",       "1",    kFetch,         kPost,   kFull,        Prefix::kKnown, kByName, Cache::kNever,      handle_api, handle_api_act},
Route{"append",    "0",    0,              kAct,    kOnlyDefault, Prefix::kKnown, kStaged, Cache::kNever,      nullptr, handle_append},
Route{"catalog",   "0",    kFetch,         0,       kFull,        Prefix::kKnown, kWhole,  Cache::kRevalidate, handle_catalog_0, nullptr},
Route{"catalog",   "1",    kFetch,         0,       kFull,        Prefix::kKnown, kWhole,  Cache::kRevalidate, handle_catalog_1, nullptr},
Route{"close",     "0",    0,              kAct,    kOnlyDefault, Prefix::kKnown, kStaged, Cache::kNever,      nullptr, handle_close},
Route{"feed",      "",     kFetch,         0,       kFull,        Prefix::kAny,   kWhole,  Cache::kPage,       handle_feed, nullptr},
Route{"file",      "0",    kFetch,         0,       kAll,         Prefix::kKnown, kByName, Cache::kImmutable,  handle_file, nullptr},
Route{"file",      "1",    kFetch,         kUpload, kAll,         Prefix::kKnown, kByName, Cache::kImmutable,  handle_file, handle_upload},
Route{"file",      "2",    kFetch,         kUpload, kAll,         Prefix::kKnown, kByName, Cache::kImmutable,  handle_file_2, handle_upload},
Route{"healthz",   "",     kFetch,         0,       kAll,         Prefix::kAny,   kNoViews, Cache::kNever,     handle_health, nullptr},
Route{"index",     "0",    0,              kAct,    kOnlyDefault, Prefix::kKnown, kStaged, Cache::kNever,      nullptr, handle_index},
Route{"info",      "0",    kFetch,         0,       kFull,        Prefix::kKnown, kWhole,  Cache::kImmutable,  handle_info, nullptr},
Route{"manifest",  "0",    kFetch,         0,       kFull,        Prefix::kKnown, kByName, Cache::kImmutable,  handle_manifest, nullptr},
Route{"manifest",  "1",    kFetch,         kUpload, kFull,        Prefix::kKnown, kByName, Cache::kImmutable,  handle_manifest, handle_manifest_upload},
Route{"metrics",   "",     kFetch,         0,       kAll,         Prefix::kAny,   kNoViews, Cache::kNever,     handle_metrics, nullptr},
Route{"open",      "0",    0,              kAct,    kOnlyDefault, Prefix::kAny,   kStaged, Cache::kNever,      nullptr, handle_open},
Route{"p5i",       "0",    kFetch,         0,       kFull,        Prefix::kKnown, kWhole,  Cache::kImmutable,  handle_p5i, nullptr},
Route{"publisher", "0",    kFetch,         0,       kAll,         Prefix::kKnown, kWhole,  Cache::kRefresh,    handle_publisher, nullptr},
Route{"publisher", "1",    kFetch,         0,       kAll,         Prefix::kKnown, kWhole,  Cache::kRefresh,    handle_publisher, nullptr},
Route{"search",    "0",    kFetch,         0,       kFull,        Prefix::kKnown, kWhole,  Cache::kSearch,     handle_search_0, nullptr},
Route{"search",    "1",    kFetch | kPost, 0,       kFull,        Prefix::kKnown, kWhole,  Cache::kSearch,     handle_search_1, nullptr},
Route{"status",    "0",    kFetch,         0,       kAll,         Prefix::kKnown, kWhole,  Cache::kBrief,      handle_status, nullptr},
Route{"versions",  "0",    kFetch,         0,       kAll,         Prefix::kKnown, kByName, Cache::kBrief,      handle_versions, nullptr},
};
// clang-format on
constexpr Route kPages = {
    "", "", kFetch, 0, kAll, Prefix::kAny, kWhole, Cache::kNever, handle_pages, nullptr};

}  // namespace

std::span<const Route> routes() { return kTable; }

const Route& page_route() { return kPages; }

bool is_operation_word(std::string_view word) {
  return !word.empty() &&
         std::ranges::any_of(kTable, [&](const Route& route) { return route.operation == word; });
}

}  // namespace metaset::http
