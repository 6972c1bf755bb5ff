#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/http/config.h"
#include "metaset/store/staging.h"
#include "metaset/store/tags.h"

#include "cli.h"
#include "help_format.h"
#include "publish_advice.h"
#include "serve_listen.h"
#include "serve_options.h"
#include "serve_supervisor.h"

namespace metaset::app {
namespace {

std::string absolute(const std::string& path) {
  // Links stay what they are: one that is pointed elsewhere later is to be followed then.
  std::string result = std::filesystem::absolute(path).lexically_normal().string();
  while (result.size() > 1 && result.back() == '/') result.pop_back();
  return result;
}

std::string checked_base(std::string base) {
  while (base.ends_with('/')) base.pop_back();
  if (!base.empty() && base.front() != '/') base.insert(0, "/");
  const bool plain = std::ranges::all_of(base, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '-' || c == '_' || c == '.';
  });
  if (!plain || base.find("//") != std::string::npos || base.find("/.") != std::string::npos) {
    throw Error(Code::kUsage, fmt::format("--base {}: a path of letters, digits, '-', '_' and '.' "
                                          "is needed, such as /r",
                                          base));
  }
  return base;
}

// As many descriptors as are allowed: every connection needs some.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void check_publishing(const ServeOptions& options) {
  if (!options.publish_port) return;
  if (options.port != 0 && options.port == *options.publish_port) {
    throw Error(Code::kUsage, fmt::format("--publish-port {}: that is the port of the depot itself "
                                          "(-p)",
                                          options.port));
  }
  if (options.publish_anonymous && !is_loopback(options.address)) {
    throw Error(Code::kUsage,
                fmt::format("--publish-anonymous: other machines can reach {} (-a), and everybody "
                            "could publish; it needs a loopback address such as 127.0.0.1",
                            options.address));
  }
  if (!options.publish_area.empty() && !store::Staging::is_area_name(options.publish_area)) {
    throw Error(Code::kUsage,
                fmt::format("--publish-area {}: it must be the name of a staging area: letters, "
                            "digits, '.', '_' and '-', at most 64",
                            options.publish_area));
  }
}

// ADDRESS or ADDRESS/BITS, as nginx takes it.
void check_trusted_proxy(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string address = text.substr(0, slash);
  std::array<unsigned char, 16> bytes{};
  const int most = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1    ? 32
                   : ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1 ? 128
                                                                               : -1;
  int bits = most;
  if (slash != text.size()) {
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc{} || last != end) bits = -1;
  }
  if (most >= 0 && bits >= 0 && bits <= most) return;
  throw Error(Code::kUsage,
              fmt::format("--trusted-proxy {}: an address or a network is needed, such "
                          "as 192.0.2.1 or 192.0.2.0/24",
                          text));
}

void run_serve(const Globals& globals, ServeOptions options) {
  options.repository = absolute(globals.root());
  {
    // Opening it finds out whether it is one, of a format that is known.
    const store::Repository repository(options.repository, store::Access::kRead);
    if (!options.view.empty()) store::require_metaset(repository, options.view);
  }
  options.base = checked_base(options.base);
  http::parse_disabled_operations(options.disable_ops);
  if (options.address == "localhost") options.address = "127.0.0.1";
  check_publishing(options);
  std::ranges::for_each(options.trusted_proxies, check_trusted_proxy);
  if (!options.group.empty()) options.group = absolute(options.group);
  if (!options.templates.empty()) options.templates = absolute(options.templates);
  if (!options.metrics.empty() && options.metrics != "on") {
    options.metrics = absolute(options.metrics);
  }
  if (!options.access_log.empty()) options.access_log = absolute(options.access_log);
  ServePrograms programs = find_programs(options);
  const std::string advice = options.publish_port ? publish_advice(options) : std::string();
  raise_descriptor_limit();
  Supervisor(std::move(options), std::move(programs)).run(advice);
}

void define_publishing(CLI::App& command, ServeOptions& options) {
  CLI::Option* const port = command.add_option("--publish-port", options.publish_port,
                                               "port to publish to; 0 takes any free one");
  command
      .add_flag("--publish-anonymous", options.publish_anonymous,
                "from this machine without a token, as anonymous")
      ->needs(port);
  command
      .add_option("--publish-close", options.publish_close,
                  "packages are in the depot at once or wait in an area")
      ->check(CLI::IsMember({"immediate", "staged"}))
      ->needs(port);
  command.add_option("--publish-area", options.publish_area, "staging area to publish to")
      ->type_name("AREA")
      ->needs(port);
  command.add_option("--preview", options.preview, "who sees staging areas, below /staging/AREA/")
      ->check(CLI::IsMember({"granted", "open"}));
}

void define_web_server(CLI::App& command, ServeOptions& options) {
  const std::map<std::string, WebKind> kinds = {{"nginx", WebKind::kNginx},
                                                {"nginx-cgi", WebKind::kNginxCgi},
                                                {"apache", WebKind::kApache},
                                                {"apache-fcgid", WebKind::kApacheFcgid},
                                                {"apache-cgi", WebKind::kApacheCgi}};
  command.add_option("--web", options.web, "the last three start the programs")
      ->transform(CLI::CheckedTransformer(kinds).description(""))
      ->type_name("nginx|apache|nginx-cgi|apache-fcgid|apache-cgi")
      ->default_str("nginx");
  command.add_option("--nginx", options.nginx, "nginx, if it is not found")->type_name("PATH");
  command.add_option("--apache", options.apache, "Apache, if it is not found")->type_name("PATH");
  seldom_needed(command, {"--nginx", "--apache"});
}

}  // namespace

void define_serve(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "serve",
                  "serve a repository over HTTP, with nginx or Apache, until Ctrl-C", false);
  auto options = std::make_shared<ServeOptions>();
  command->add_option("-p,--port", options->port, "port; 0 takes any free one")
      ->capture_default_str();
  command->add_option("-a,--address", options->address, "address to listen on")
      ->capture_default_str();
  command->add_option("--workers", options->workers, "worker processes")
      ->check(CLI::Range(1U, 256U))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "threads of each worker process")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command->add_option("--base", options->base, "path of the depot, such as /r");
  command->add_option("--mode", options->mode, "what to offer")
      ->check(CLI::IsMember({"default", "readonly", "mirror"}));
  command
      ->add_option("--disable-ops", options->disable_ops,
                   "operations not to offer, such as search,file/2")
      ->type_name("OP[/VERSION],...");
  command->add_option("--view", options->view, "the metaset to show instead of the active one")
      ->type_name("METASET");
  command->add_option("--past-views", options->past_views, "which metasets /metaset/... shows")
      ->check(CLI::IsMember({"all", "tagged", "none"}));
  command->add_option("--transfer", options->transfer, "which metasets replicas get")
      ->check(CLI::IsMember({"active", "all", "none"}));
  command
      ->add_option("--group", options->group, "answer as a member of a group: --gate of its agent")
      ->type_name("FILE");
  command
      ->add_option("--templates", options->templates,
                   "templates of pages, instead of the built-in ones")
      ->type_name("DIRECTORY")
      ->check(CLI::ExistingDirectory);
  command
      ->add_option("--metrics", options->metrics,
                   "count requests, for metaset top and /metrics: on (catalog/metrics in the "
                   "repository) or a file")
      ->type_name("on|FILE");
  command->add_flag("--no-memory", options->no_memory,
                    "do not remember which metaset clients were given");
  command
      ->add_option("--trusted-proxy", options->trusted_proxies,
                   "balancer whose X-Forwarded-For says who asks")
      ->type_name("ADDRESS");
  command->add_option("--access-log", options->access_log, "file to log requests to")
      ->type_name("FILE");
  define_web_server(*command, *options);
  define_publishing(*command, *options);
  seldom_needed(*command, {"--threads", "--disable-ops", "--view", "--past-views", "--transfer",
                           "--templates", "--metrics", "--no-memory", "--trusted-proxy",
                           "--publish-close", "--publish-area"});
  command->callback([&globals, options] { run_serve(globals, *options); });
}

}  // namespace metaset::app
