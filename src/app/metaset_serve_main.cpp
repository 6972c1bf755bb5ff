// metaset-serve: the retrieval workers (man/metaset-serve.8).
#include <csignal>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>

#include "metaset/base/error.h"
#include "metaset/fcgi/serve.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/dispatch.h"

#include "cli.h"
#include "config.h"
#include "help_format.h"

namespace {

using namespace metaset;

struct Options {
  fcgi::ServeOptions serve;
  std::string socket_mode = "0660";
};

void define(CLI::App& app, Options& options) {
  app.formatter(std::make_shared<metaset::app::HelpFormat>());
  app.set_version_flag("--version", "metaset-serve " PACKAGE_VERSION);
  app.add_option(
      "-s,--socket", options.serve.listen,
      "socket to listen on: /path or ADDRESS:PORT; default: the one inherited, else CGI");
  app.add_option("-m,--socket-mode", options.socket_mode, "octal mode of the socket file (0660)");
  app.add_option("-w,--workers", options.serve.pool.processes,
                 "worker processes; 0 answers in this process")
      ->check(CLI::Range(0, 1024));
  app.add_option("-t,--threads", options.serve.pool.worker.threads, "threads of each worker")
      ->check(CLI::Range(1, 1024));
}

mode_t parse_mode(const std::string& text) {
  if (text.empty() || text.size() > 4 || text.find_first_not_of("01234567") != std::string::npos) {
    throw Error(Code::kUsage, "--socket-mode: '" + text + "' is not an octal mode such as 0660");
  }
  return static_cast<mode_t>(std::stoul(text, nullptr, 8));
}

// A process for one request is not worth a slot of its own.
metrics::Place counting_place() {
  return fcgi::is_cgi() ? metrics::Place::kSharedSlot : metrics::Place::kOwnSlot;
}

// Runs in each worker process: what it opens does not cross the fork.
http::HandlerFactory make_service(unsigned threads, const Logger& log) {
  auto service = std::make_shared<http::DepotService>(
      threads, store::Access::kRead,
      http::DepotService::Counting{metrics::Program::kServe, counting_place()});
  return [service, &log] {
    return std::make_unique<http::Dispatcher>(http::routes(), http::page_route(),
                                              http::Role::kRetrieve,
                                              std::make_unique<http::DepotState>(service), log);
  };
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Answers retrieval requests of package clients over FastCGI or CGI",
               "metaset-serve");
  Options options;
  options.serve.pool.processes = std::max(1U, std::thread::hardware_concurrency());
  define(app, options);
  try {
    app.parse(argc, argv);
    options.serve.socket_mode = parse_mode(options.socket_mode);
    const Logger log(2, "metaset-serve", Level::kInfo, log_format_of_environment());
    return fcgi::serve(
        options.serve, [&] { return make_service(options.serve.pool.worker.threads, log); }, log);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? app::kOk : app::kBadUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "metaset-serve: %s\n", error.what());
    return app::exit_code_of(error);
  }
}
