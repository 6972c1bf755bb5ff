// What the parts of `metaset serve` share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.h"

namespace metaset::app {

// A web server, and how it reaches the programs: they run as services, which are asked over
// FastCGI, or it starts them: to stay (fcgid), or for one request (CGI; nginx has fcgiwrap do
// that).
enum class WebKind { kNginx, kNginxCgi, kApache, kApacheFcgid, kApacheCgi };

constexpr bool is_apache(WebKind kind) { return kind >= WebKind::kApache; }
constexpr bool has_services(WebKind kind) {
  return kind == WebKind::kNginx || kind == WebKind::kApache;
}

struct ServeOptions {
  WebKind web = WebKind::kNginx;
  std::string nginx, apache;  // the programs; empty: to be found
  std::string repository;     // absolute, without a final slash
  std::string address = "127.0.0.1";
  std::uint16_t port = 10000;  // 0: any free one
  unsigned workers = 2, threads = 4;
  std::string access_log;                    // empty: none
  std::string base;                          // "/r", or empty
  std::string mode;                          // default, readonly or mirror; empty: default
  std::string disable_ops;                   // as METASET_DISABLE_OPS
  std::string view;                          // as METASET_VIEW
  std::string past_views;                    // as METASET_PAST_VIEWS
  std::string transfer;                      // as METASET_TRANSFER
  std::string group;                         // as METASET_GROUP
  std::string templates;                     // as METASET_TEMPLATES
  std::string metrics;                       // as METASET_METRICS
  bool no_memory = false;                    // METASET_MEMORY is off
  std::vector<std::string> trusted_proxies;  // addresses and networks

  std::optional<std::uint16_t> publish_port;  // nullopt: nothing can be published; 0: any free one
  bool publish_anonymous = false;
  std::string publish_close;  // as METASET_CLOSE
  std::string publish_area;   // as METASET_AREA
  std::string preview;        // as METASET_PREVIEW; empty: the depot shows no staging areas

  // Staging areas are its business, also where they are only shown.
  bool needs_metaset_publish() const { return publish_port || !preview.empty(); }
  // As METASET_AUTH.
  std::string_view auth() const { return publish_anonymous ? "anonymous,token" : "token"; }
};

// What is needed besides the repository. All are absolute paths.
struct ServePrograms {
  std::string metaset_serve;
  std::string web;              // the web server
  std::string web_modules;      // the directory of its modules, if it loads some
  std::string fcgiwrap;         // empty unless it is needed
  std::string metaset_publish;  // empty unless it is needed
  std::string configuration;    // directory of depot.conf and the others
};

// Looks beside this program, then where things are installed. kNotFound naming what is missing,
// where it was looked for and what to do.
ServePrograms find_programs(const ServeOptions& options);

// Whom the children have to be, so that they can read the repository and what they write there
// belongs to its owner: nullopt unless root serves a repository of somebody else.
std::optional<Account> account_for(const std::string& repository);

}  // namespace metaset::app
