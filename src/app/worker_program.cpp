#include "worker_program.h"

#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "metaset/base/error.h"

#include "cli.h"
#include "config.h"
#include "help_format.h"
#include "worker_environment.h"

namespace metaset::app {
namespace {

struct Options {
  fcgi::ServeOptions serve;
  std::string socket_mode = "0660";
};

void define(CLI::App& app, Options& options) {
  add_help(app);
  app.set_version_flag("--version", app.get_name() + " " PACKAGE_VERSION);
  app.add_option("-s,--socket", options.serve.listen,
                 "socket to listen on: /path or ADDRESS:PORT; default: the one inherited, else CGI")
      ->type_name("SOCKET");
  app.add_option("-m,--socket-mode", options.socket_mode, "octal mode of the socket file (0660)")
      ->type_name("MODE");
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

}  // namespace

metrics::Place counting_place() {
  return fcgi::is_cgi() ? metrics::Place::kSharedSlot : metrics::Place::kOwnSlot;
}

int run(const WorkerProgram& program, int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(program.purpose, program.name);
  Options options;
  options.serve.pool.processes = program.processes;
  define(app, options);
  try {
    app.parse(argc, argv);
    options.serve.socket_mode = parse_mode(options.socket_mode);
    const Logger log(2, program.name, Level::kInfo, log_format_of_environment());
    if (!fcgi::is_cgi()) check_worker_environment(log);
    const unsigned threads = options.serve.pool.worker.threads;
    return fcgi::serve(
        options.serve, [&] { return program.make_service(threads, log); }, log);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kBadUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program.name.c_str(), error.what());
    return exit_code_of(error);
  }
}

}  // namespace metaset::app
