#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

#include "serve_web.h"

namespace metaset::app {
namespace {

constexpr std::string_view kShippedServe = "unix:/run/metaset/serve.sock";
constexpr std::string_view kShippedPublish = "unix:/run/metaset/publish.sock";
constexpr std::string_view kShippedWrapper = "unix:/run/fcgiwrap.socket";
constexpr std::string_view kShippedCache = "/var/cache/nginx/metaset";

std::string nginx_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '$' || static_cast<unsigned char>(c) < ' ') {
      throw Error(Code::kUsage, fmt::format("'{}': nginx cannot be told of a path with '$' or "
                                            "control characters",
                                            text));
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string temporary_paths(const ServePlaces& places) {
  std::string text;
  for (const char* kind : {"client_body", "fastcgi", "proxy", "scgi", "uwsgi"}) {
    text += fmt::format("  {}_temp_path {};\n", kind, nginx_quoted(places.directory + "/" + kind));
  }
  return text;
}

// The common format, and what it lacks: how long it took, whether the cache had it, and the name of
// the request in the workers' log.
std::string access_log(const ServeOptions& options) {
  if (options.access_log.empty()) return "  access_log off;\n";
  return fmt::format(
      "  log_format metaset '$remote_addr - $remote_user [$time_local] \"$request\" $status '\n"
      "                     '$body_bytes_sent \"$http_referer\" \"$http_user_agent\" '\n"
      "                     '$request_time $upstream_cache_status $request_id';\n"
      "  access_log {} metaset buffer=64k flush=1s;\n",
      nginx_quoted(options.access_log));
}

// Variables of http.conf, without the prefix "metaset_"; an empty value is the same as none.
std::string content(const ServeOptions& options, const WebSettings& settings,
                    std::string_view file) {
  std::string text =
      fmt::format("        set $metaset_root {};\n", nginx_quoted(options.repository));
  for (const auto& [name, value] : settings) {
    text += fmt::format("        set $metaset_{} {};\n", name, nginx_quoted(value));
  }
  return text + fmt::format("        include metaset/{};\n", file);
}

std::string location(const ServeOptions& options, std::string_view below, WebSettings settings,
                     std::string_view file) {
  settings.push_back({"base", options.base});
  return fmt::format("      location ^~ {}{} {{\n{}      }}\n", options.base, below,
                     content(options, settings, file));
}

// The same below /TOKEN/, for package tools, which can say a token in no other way. Nothing is
// logged by nginx, because the request line is in each message.
std::string token_location(const ServeOptions& options, std::string_view below,
                           const WebSettings& settings, std::string_view file) {
  return fmt::format(
      "      location ^~ {0}/mst_ {{\n"
      "       location ~ \"^(?<metaset_base>{0}/(?<metaset_token>mst_[0-9a-f_]+)){1}\" {{\n"
      "{2}"
      "        access_log off;\n"
      "        error_log /dev/null emerg;\n"
      "       }}\n"
      "       return 404;\n"
      "      }}\n",
      options.base, below, content(options, settings, file));
}

std::string depot_locations(const ServeOptions& options) {
  std::string text = location(options, "/", depot_settings(options), "depot.conf");
  if (options.preview.empty()) return text;
  WebSettings preview = preview_settings(options);
  preview.push_back({"auth", options.auth()});
  preview.push_back({"preview", options.preview});
  return text + location(options, "/staging/", preview, "preview.conf") +
         token_location(options, "/staging/", preview, "preview.conf");
}

std::string publish_locations(const ServeOptions& options) {
  WebSettings publish = publish_settings(options);
  publish.push_back({"auth", options.auth()});
  return location(options, "/", publish, "publish.conf") +
         token_location(options, "/", publish, "publish.conf");
}

// Behind balancers: who asks is whom they say.
std::string real_addresses(const ServeOptions& options) {
  if (options.trusted_proxies.empty()) return {};
  std::string text = "    real_ip_header X-Forwarded-For;\n    real_ip_recursive on;\n";
  for (const std::string& proxy : options.trusted_proxies) {
    text += fmt::format("    set_real_ip_from {};\n", proxy);
  }
  return text;
}

// Which fcgiwrap is to start.
std::string started_programs(const ServePrograms& programs) {
  if (programs.fcgiwrap.empty()) return {};
  std::string text;
  for (const auto& [name, path] : {std::pair("serve", programs.metaset_serve),
                                   std::pair("publish", programs.metaset_publish)}) {
    text += fmt::format("    set $metaset_{}_program {};\n", name, nginx_quoted(path));
  }
  return text;
}

// Searches and attributes of actions make long headers. What nginx hands on has to fit into one
// record of 64 KB, or it says 500.
std::string server(const ServeOptions& options, std::string_view listen,
                   std::string_view locations) {
  std::string text = fmt::format(
      "  server {{\n"
      "    listen {};\n"
      "    server_tokens off;\n"
      "    keepalive_requests 100000;\n"
      "    large_client_header_buffers 1 48k;\n",
      listen);
  // A depot below a path leaves the rest of the server empty.
  if (!options.base.empty()) text += "    location / { return 404; }\n";
  return text + fmt::format("{}    include metaset/internal.conf;\n  }}\n", locations);
}

// How many a process of nginx may have: half of the descriptors that are allowed
// (raise_descriptor_limit), because a request to a worker takes another one.
rlim_t most_connections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
    throw system_error(errno, "reading", "RLIMIT_NOFILE");
  }
  return std::clamp(files.rlim_cur / 2, rlim_t{64}, rlim_t{16384});
}

std::string nginx_config(const WebContext& context) {
  const ServeOptions& options = context.options;
  const ServePlaces& places = context.places;
  std::string text = "# Made by metaset serve; it is gone when that ends.\n";
  // Without it, workers of a master that is root become somebody who may not read the repository.
  if (context.as_root) text += "user root;\n";
  text += fmt::format(
      "daemon off;\n"
      "pcre_jit on;\n"
      "worker_processes {};\n"
      "worker_shutdown_timeout 10s;\n"
      "pid {};\n"
      "error_log stderr error;\n"
      "events {{ worker_connections {}; }}\n"
      "http {{\n",
      std::clamp(std::thread::hardware_concurrency(), 1U, 4U),
      nginx_quoted(places.directory + "/nginx.pid"), most_connections());
  text += temporary_paths(places) + access_log(options);
  text += "  include metaset/http.conf;\n  include paths.conf;\n";
  const std::string started = started_programs(context.programs);
  text += server(options, context.addresses.depot,
                 started + real_addresses(options) + depot_locations(options));
  if (!context.addresses.publish.empty()) {
    text += server(options, context.addresses.publish, started + publish_locations(options));
  }
  return text + "}\n";
}

std::string nginx_paths(const WebContext& context) {
  const ServePlaces& places = context.places;
  const std::pair cache(kShippedCache, nginx_quoted(places.cache()));
  const std::string serve = nginx_quoted("unix:" + places.serve_socket());
  if (!context.programs.fcgiwrap.empty()) {
    return with_paths(shipped_paths(context.programs, "paths-cgi.conf"),
                      {{kShippedWrapper, serve}, cache});
  }
  return with_paths(shipped_paths(context.programs),
                    {{kShippedServe, serve},
                     {kShippedPublish, nginx_quoted("unix:" + places.publish_socket())},
                     cache});
}

class Nginx : public WebServer {
 public:
  const char* name() const override { return "nginx"; }

  void write_files(const WebContext& context) const override {
    const ServePlaces& places = context.places;
    write_file_atomically(places.paths(), nginx_paths(context), false);
    write_file_atomically(config(places), nginx_config(context), false);
  }

  ChildOptions command(const WebContext& context,
                       const std::vector<fcgi::Listener>& ports) const override {
    const ServePlaces& places = context.places;
    ChildOptions child;
    // The log of its start has nothing but notices; errors go to standard error as well.
    child.arguments = {
        context.programs.web,           "-p", places.directory, "-c", config(places), "-e",
        places.directory + "/start.log"};
    // nginx takes over listening sockets that this variable lists, as after an upgrade of itself.
    std::string inherited = "NGINX=";
    int number = STDERR_FILENO;
    for (const fcgi::Listener& port : ports) {
      child.descriptors.emplace_back(port.fd(), ++number);
      inherited += fmt::format("{};", number);
    }
    child.environment = {std::move(inherited)};
    return child;
  }

  bool inherits_sockets() const override { return true; }
  bool keeps_connections() const override { return true; }
  int stop_signal() const override { return SIGQUIT; }

 private:
  static std::string config(const ServePlaces& places) { return places.directory + "/nginx.conf"; }
};

}  // namespace

std::unique_ptr<WebServer> make_nginx() { return std::make_unique<Nginx>(); }

}  // namespace metaset::app
