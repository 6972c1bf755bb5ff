#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/http/config.h"

#include "serve_web.h"

namespace metaset::app {
namespace {

constexpr std::string_view kApacheServe = "/run/metaset/serve.sock";
constexpr std::string_view kApachePublish = "/run/metaset/publish.sock";

// Names of modules, some of which a build may have compiled in.
using Modules = std::vector<std::string_view>;

Modules modules_of(WebKind kind) {
  Modules all = {"mpm_event", "authz_core", "alias",    "buffer",   "env",
                 "headers",   "log_config", "macro",    "remoteip", "reqtimeout",
                 "rewrite",   "setenvif",   "unique_id"};
  const Modules ours =
      kind == WebKind::kApacheFcgid ? Modules{"fcgid"}
      : kind == WebKind::kApacheCgi
          ? Modules{"cgid"}
          : Modules{"slotmem_shm", "proxy", "proxy_fcgi", "proxy_balancer", "lbmethod_byrequests"};
  all.insert(all.end(), ours.begin(), ours.end());
  return all;
}

std::string apache_quoted(std::string_view text) {
  const bool plain = std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < ' ' ||
           std::string_view("\"\\$%?").find(c) != std::string_view::npos;
  });
  if (plain) return fmt::format("\"{}\"", text);
  throw Error(Code::kUsage, fmt::format("'{}': Apache cannot be told of a path with '\"', '\\', "
                                        "'$', '%', '?' or control characters",
                                        text));
}

std::string apache_modules(const std::string& directory, WebKind kind) {
  std::string text;
  for (const std::string_view name : modules_of(kind)) {
    text += fmt::format(
        "<IfModule !mod_{0}.c>\n"
        "  LoadModule {0}_module {1}\n"
        "</IfModule>\n",
        name, apache_quoted(fmt::format("{}/mod_{}.so", directory, name)));
  }
  // Not part of Apache itself.
  const std::string xsendfile = join_path(directory, "mod_xsendfile.so");
  if (file_info(xsendfile)) {
    text += fmt::format("LoadModule xsendfile_module {}\n", apache_quoted(xsendfile));
  }
  return text;
}

// A connection has a thread from its beginning until its first request is answered, and then during
// requests; so there are many threads, which cost little. Descriptors (raise_descriptor_limit) are
// for connections, for what is sent on them, and for those to workers: a process that has none left
// closes connections.
std::string apache_processes(bool as_root) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
    throw system_error(errno, "reading", "RLIMIT_NOFILE");
  }
  constexpr rlim_t kOwn = 64, kMostThreads = 1024, kMostKept = 64;  // kept for each idle thread
  const rlim_t count = std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
  const rlim_t threads = std::clamp(files.rlim_cur / 8, rlim_t{16}, kMostThreads / count);
  const rlim_t each = (std::max(files.rlim_cur, kOwn) - kOwn) / threads;
  const rlim_t kept = std::clamp(each, rlim_t{4}, kMostKept + 3) - 3;
  std::string text = fmt::format(
      "StartServers {0}\nServerLimit {0}\nThreadsPerChild {1}\nThreadLimit {1}\n"
      "MaxRequestWorkers {2}\nMinSpareThreads {2}\nMaxSpareThreads {2}\n"
      "AsyncRequestWorkerFactor {3}\nListenBacklog 4096\n",
      count, threads, count * threads, kept);
  // Apache refuses to stay root. With what root may do (ChildOptions::keep_privileges), it does not
  // matter who it becomes.
  if (as_root) text += "User #65534\nGroup #65534\n";
  return text;
}

// The same as with nginx, with milliseconds. Without tokens, which are a part of the path.
std::string apache_log(const ServeOptions& options) {
  if (options.access_log.empty()) return {};
  return fmt::format(
      "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %O \\\"%{{Referer}}i\\\" \\\"%{{User-Agent}}i\\\" "
      "%{{ms}}T - %{{UNIQUE_ID}}e\" metaset\n"
      "CustomLog {} metaset env=!metaset-token\n",
      apache_quoted(options.access_log));
}

// Behind balancers: who asks is whom they say.
std::string apache_proxies(const ServeOptions& options) {
  if (options.trusted_proxies.empty()) return {};
  std::string text = "  RemoteIPHeader X-Forwarded-For\n";
  for (const std::string& proxy : options.trusted_proxies) {
    text += fmt::format("  RemoteIPInternalProxy {}\n", proxy);
  }
  return text;
}

std::string apache_settings(const std::string& path, const WebSettings& list) {
  std::string text = fmt::format("  <Location {}>\n", apache_quoted(path));
  for (const auto& [name, value] : list) {
    if (value.empty()) continue;
    std::string parameter(name);
    for (char& c : parameter) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    text += fmt::format("    SetEnv METASET_{} {}\n", parameter, apache_quoted(value));
  }
  return text + "  </Location>\n";
}

std::string apache_depot(const ServeOptions& options) {
  const std::string path = options.base + "/";
  const std::string root = apache_quoted(options.repository);
  const auto disabled = http::parse_disabled_operations(options.disable_ops);
  const bool no_payloads = std::ranges::any_of(
      disabled, [](const http::DisabledOperation& one) { return one.name == "file"; });
  std::string text = fmt::format("  Use MetasetDepot{} {} {}\n",
                                 no_payloads ? "WithoutPayloads" : "", apache_quoted(path), root);
  text += apache_settings(path, depot_settings(options));
  if (options.preview.empty()) return text;
  text += fmt::format("  Use MetasetPreview {} {} {} {}\n", apache_quoted(path), root,
                      options.preview, options.auth());
  return text + apache_settings(path + "staging/", preview_settings(options));
}

std::string apache_publication(const ServeOptions& options) {
  const std::string path = options.base + "/";
  return fmt::format("  Use MetasetPublish {} {} {}\n", apache_quoted(path),
                     apache_quoted(options.repository), options.auth()) +
         apache_settings(path, publish_settings(options));
}

// Virtual hosts have their own. Without programs there are only notices in this one, which come
// whatever the level is.
std::string_view main_log(WebKind kind) {
  return has_services(kind) ? "ErrorLog start.log\n"
                            : "ErrorLog /dev/stderr\nErrorLogFormat \"apache: %M\"\n";
}

std::string apache_server(const std::string& address, const std::string& content) {
  return fmt::format(
      "Listen {0}\n"
      "<VirtualHost {0}>\n"
      "  ErrorLog /dev/stderr\n"
      "  ErrorLogFormat \"apache: [client %a] %M\"\n"
      "  Use MetasetServer\n"
      "{1}"
      "</VirtualHost>\n",
      address, content);
}

// How requests reach the programs.
std::string apache_way(const WebContext& context) {
  const ServePrograms& programs = context.programs;
  const WebKind kind = context.options.web;
  if (has_services(kind)) return "Include metaset/proxy-fcgi.conf\n";
  std::string text = fmt::format(
      "Define metaset_serve_program {}\n"
      "Define metaset_publish_program {}\n",
      apache_quoted(programs.metaset_serve), apache_quoted(programs.metaset_publish));
  if (kind == WebKind::kApacheCgi) return text + "ScriptSock cgid\nInclude metaset/cgi.conf\n";
  if (programs.metaset_serve.find(' ') != std::string::npos) {
    throw Error(Code::kUsage,
                fmt::format("'{}': mod_fcgid cannot be told of a program with a blank "
                            "in its path",
                            programs.metaset_serve));
  }
  return text +
         "FcgidIPCDir .\nFcgidProcessTableFile fcgid-processes\nInclude metaset/fcgid.conf\n";
}

std::string apache_config(const WebContext& context) {
  const ServeOptions& options = context.options;
  const std::string directory = apache_quoted(context.places.directory);
  std::string text = "# Made by metaset serve; it is gone when that ends.\n";
  text += fmt::format(
      "ServerRoot {0}\n"
      "DefaultRuntimeDir {0}\n"
      "PidFile {1}\n"
      "Mutex {2}\n"
      "{3}"
      "LogLevel error\n"
      "ServerName localhost\n"
      "ServerTokens Prod\n"
      "GracefulShutdownTimeout 10\n",
      directory, apache_quoted(context.places.directory + "/apache.pid"),
      apache_quoted("file:" + context.places.directory), main_log(options.web));
  text += apache_modules(context.programs.web_modules, options.web);
  text += apache_processes(context.as_root);
  text += apache_log(options);
  text += "Include paths.conf\n" + apache_way(context) + "Include metaset/depot.conf\n";
  text += apache_server(context.addresses.depot, apache_proxies(options) + apache_depot(options));
  if (!context.addresses.publish.empty()) {
    text += apache_server(context.addresses.publish, apache_publication(options));
  }
  return text;
}

class Apache : public WebServer {
 public:
  const char* name() const override { return "Apache"; }

  void write_files(const WebContext& context) const override {
    const ServePlaces& places = context.places;
    const std::string paths = with_paths(
        shipped_paths(context.programs),
        {{kApacheServe, places.serve_socket()}, {kApachePublish, places.publish_socket()}});
    write_file_atomically(places.paths(), paths, false);
    write_file_atomically(config(places), apache_config(context), false);
  }

  ChildOptions command(const WebContext& context,
                       const std::vector<fcgi::Listener>& /*ports*/) const override {
    ChildOptions child;
    child.arguments = {context.programs.web, "-DFOREGROUND", "-f", config(context.places)};
    child.keep_privileges = context.as_root;
    // Where bodies are until they are whole.
    child.environment = {"TMPDIR=" + context.places.directory};
    // Its processes leave SIGTERM to the one that started them.
    child.remainder_signal = SIGKILL;
    return child;
  }

  bool inherits_sockets() const override { return false; }
  bool keeps_connections() const override { return false; }
  int stop_signal() const override { return SIGWINCH; }

 private:
  static std::string config(const ServePlaces& places) { return places.directory + "/apache.conf"; }
};

}  // namespace

std::unique_ptr<WebServer> make_apache() { return std::make_unique<Apache>(); }

}  // namespace metaset::app
