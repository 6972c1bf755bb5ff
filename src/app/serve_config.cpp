#include "serve_config.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "metaset/base/error.h"

namespace metaset::app {
namespace {

constexpr std::string_view kShippedSocket = "unix:/run/metaset/serve.sock";
constexpr std::string_view kShippedCache = "/var/cache/nginx/metaset";

std::string quoted(std::string_view text) {
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

std::size_t replace(std::string& text, std::string_view from, std::string_view to) {
  std::size_t count = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
    ++count;
  }
  return count;
}

std::string temporary_paths(const ServePlaces& places) {
  std::string text;
  for (const char* kind : {"client_body", "fastcgi", "proxy", "scgi", "uwsgi"}) {
    text += fmt::format("  {}_temp_path {};\n", kind, quoted(places.directory + "/" + kind));
  }
  return text;
}

std::string access_log(const ServeOptions& options) {
  if (options.access_log.empty()) return "  access_log off;\n";
  return fmt::format("  access_log {} combined buffer=64k flush=1s;\n", quoted(options.access_log));
}

std::string location(const ServeOptions& options) {
  return fmt::format(
      "    location ^~ {}/ {{\n"
      "      set $metaset_root {};\n"
      "      set $metaset_base {};\n"
      "      set $metaset_mode {};\n"
      "      set $metaset_disable_ops {};\n"
      "      include metaset/depot.conf;\n"
      "    }}\n",
      options.base, quoted(options.repository), quoted(options.base), quoted(options.mode),
      quoted(options.disable_ops));
}

}  // namespace

std::string nginx_config(const ServeOptions& options, const ServePlaces& places,
                         std::string_view listen, bool as_root) {
  std::string text = "# Made by metaset serve; it is gone when that ends.\n";
  // Without it, workers of a master that is root become somebody who may not read the repository.
  if (as_root) text += "user root;\n";
  text += fmt::format(
      "daemon off;\n"
      "pcre_jit on;\n"
      "worker_processes {};\n"
      "worker_shutdown_timeout 10s;\n"
      "pid {};\n"
      "error_log stderr warn;\n"
      "events {{ worker_connections 4096; }}\n"
      "http {{\n",
      std::clamp(std::thread::hardware_concurrency(), 1U, 4U),
      quoted(places.directory + "/nginx.pid"));
  text += temporary_paths(places) + access_log(options);
  text += fmt::format(
      "  include metaset/http.conf;\n"
      "  include paths.conf;\n"
      "  server {{\n"
      "    listen {};\n"
      "    server_tokens off;\n"
      "    keepalive_requests 100000;\n"
      "    large_client_header_buffers 4 32k;\n",
      listen);
  // A depot below a path leaves the rest of the server empty.
  if (!options.base.empty()) text += "    location / { return 404; }\n";
  text += location(options);
  text += "    include metaset/internal.conf;\n  }\n}\n";
  return text;
}

std::string nginx_paths(std::string_view shipped, const ServePlaces& places) {
  std::string text(shipped);
  if (replace(text, kShippedSocket, quoted("unix:" + places.socket())) == 0 ||
      replace(text, kShippedCache, quoted(places.cache())) == 0) {
    throw Error(Code::kCorrupt,
                fmt::format("paths.conf does not name {} and {}: it must be the file that is "
                            "shipped with metaset",
                            kShippedSocket, kShippedCache));
  }
  return text;
}

}  // namespace metaset::app
