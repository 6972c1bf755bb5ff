// METASET_* parameters of a location: which repository, how to serve it.
//
//   METASET_ROOT         path of the repository, absolute; required
//   METASET_MODE         default | readonly | mirror
//   METASET_DISABLE_OPS  operations not to offer: "op[/version],..."
//   METASET_ACCEL        empty: files travel through FastCGI; "/uri": X-Accel-Redirect below that
//                        internal location; "sendfile": X-Sendfile with absolute paths
//   METASET_AREA         staging area that publications go to; default: default
//   METASET_CLOSE        immediate (default): a closed package is published and active at once;
//                        staged: it waits in the area until somebody commits
//   METASET_AUTH         what proves an identity, by preference (identity.h): "cert", "user",
//                        "token", "anonymous", separated by commas; default: nothing does
//   METASET_PREVIEW      who may look at staging areas: granted (default), those whose identity has
//                        a grant to publish or preview; open, anybody
//   METASET_VIEW         the metaset that the location shows instead of the active one: a number,
//                        UTC time or tag (store/tags.h); nothing can be published there
//   METASET_PAST_VIEWS   which metasets can be seen below /metaset/: all (default), tagged or none
//   METASET_TRANSFER     which metasets replicas get (api/1/transfer): active (default), those up
//                        to the active one, where all past ones are shown; all, held ones too; none
//   METASET_GROUP        the depot is a member of a group: the file with which its agent says what
//                        it answers from (group/gate.h), absolute
//   METASET_MEMORY       the file that remembers what clients were given (group/client_memory.h),
//                        absolute, or off; default: catalog/clients in the repository
//   METASET_SEARCH_SECONDS  how long one request may search, 1 to 3600; default: 30
//   METASET_SLOW_SEARCHES  how many searches of a worker process may take longer than half a
//                        second at the same time, 1 to 1024; default: half of its threads
//   METASET_TEMPLATES    a directory of templates for pages that are used instead of those that are
//                        compiled in (web/templates.h), absolute
//   METASET_METRICS      the file in which workers count (metrics/counters.h), absolute; on:
//                        catalog/metrics in the repository; default: off
//   METASET_METRICS_TO   who gets them at /metrics: local (default), clients on this machine; all
//   METASET_BASE         path of the location, e.g. /r; without it SCRIPT_NAME decides
// and two that are of the request: METASET_REQUEST_TIME, when the web server took it, in seconds
// since 1970, with up to six decimals, and METASET_REQUEST_ID, what the web server calls it in its
// logs, at most 128 bytes.
// An empty value is the same as none. Thread-safety: values; a ConfigCache belongs to one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/clock.h"
#include "metaset/http/request.h"

namespace metaset::http {

// Bits, so that a route can name several.
enum Mode : unsigned { kDefaultMode = 1, kReadonlyMode = 2, kMirrorMode = 4 };
enum class HandOver { kNone, kAccel, kSendfile };
enum class Closing { kImmediate, kStaged };

enum class PreviewAccess { kGranted, kOpen };
enum class PastViews { kAll, kTagged, kNone };
enum class Transfer { kActive, kAll, kNone };
enum class MetricsTo { kLocal, kAll };
enum class AuthSource { kCertificate, kUser, kToken, kAnonymous };

struct DisabledOperation {
  std::string name;
  std::string version;  // empty: all
};

struct Config {
  std::string root;  // without a final slash
  Mode mode = kDefaultMode;
  std::vector<DisabledOperation> disabled;
  HandOver hand_over = HandOver::kNone;
  std::string accel_prefix;  // with a final slash
  std::vector<AuthSource> auth;
  std::string area{"default"};
  Closing closing = Closing::kImmediate;
  PreviewAccess preview = PreviewAccess::kGranted;
  std::string view;  // empty: the active metaset
  PastViews past_views = PastViews::kAll;
  Transfer transfer = Transfer::kActive;
  std::chrono::seconds search_time{30};
  unsigned slow_searches = 0;  // 0: half of the threads
  std::string group;           // empty: in no group
  std::string memory;          // empty: off
  std::string templates;       // empty: those that are compiled in
  std::string metrics;         // empty: off
  MetricsTo metrics_to = MetricsTo::kLocal;
  std::string base;  // empty, or with a leading and without a final slash
  bool has_base = false;
};

inline constexpr std::size_t kMaxRequestId = 128;

// kUsage naming the parameter and the rule, also if one that is of the request breaks its own.
Config parse_config(const Request& request);
// The value of METASET_DISABLE_OPS.
std::vector<DisabledOperation> parse_disabled_operations(std::string_view text);
// The value of METASET_AUTH.
std::vector<AuthSource> parse_auth(std::string_view text);

// The value of METASET_REQUEST_TIME; nullopt if it is empty.
std::optional<Time> parse_request_time(std::string_view text);

// The parsed parameters of the locations that a thread has served, keyed by the raw values.
class ConfigCache {
 public:
  // Throws what parse_config throws. The reference lives until the next call.
  const Config& get(const Request& request);

 private:
  struct Entry;
  std::vector<std::shared_ptr<const Entry>> entries_;
};

}  // namespace metaset::http
