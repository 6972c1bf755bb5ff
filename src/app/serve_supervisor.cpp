#include "serve_supervisor.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "metaset/base/error.h"

#include "cli.h"
#include "serve_listen.h"
#include "serve_probe.h"

namespace metaset::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartLimit = 30s;  // until the depot answers
constexpr auto kStopLimit = 15s;   // for requests under way
constexpr auto kHurriedLimit = 2s;
constexpr unsigned kMaxWrappers = 64;

// That of a window which was closed is gone, and so is the wish to be served.
bool has_terminal() {
  const Fd terminal(::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY));
  return static_cast<bool>(terminal);
}

std::vector<fcgi::Listener> take_ports(const ServeOptions& options, bool inherited) {
  const auto take = inherited ? listen_on : reserve;
  std::vector<fcgi::Listener> ports;
  ports.push_back(take(options.address, options.port, "-p"));
  if (options.publish_port) {
    ports.push_back(take(options.address, *options.publish_port, "--publish-port"));
  }
  return ports;
}

std::unique_ptr<WebServer> make_server(WebKind kind) {
  return is_apache(kind) ? make_apache() : make_nginx();
}

}  // namespace

Supervisor::Supervisor(ServeOptions options, ServePrograms programs)
    : options_(std::move(options)),
      programs_(std::move(programs)),
      account_(account_for(options_.repository)),
      signals_({SIGINT, SIGTERM, SIGHUP, SIGUSR1}),
      directory_(account_, options_.publish_port ? Uploads::kWhole : Uploads::kNone),
      places_{directory_.path()},
      server_(make_server(options_.web)),
      ports_(take_ports(options_, server_->inherits_sockets())),
      has_terminal_(has_terminal()) {
  make_workers();
  write_files();
}

Supervisor::~Supervisor() { stop(); }

void Supervisor::make_workers() {
  if (!programs_.fcgiwrap.empty()) make_wrappers();
  if (!has_services(options_.web)) return;
  workers_.emplace_back("metaset-serve",
                        std::vector{programs_.metaset_serve, std::string("--workers"),
                                    std::to_string(options_.workers), std::string("--threads"),
                                    std::to_string(options_.threads)},
                        open_worker_socket(places_.serve_socket(), account_), account_);
  if (!options_.needs_metaset_publish()) return;
  // One process: what its threads are asked to close at once becomes one commit. As many threads as
  // all workers of the depot have.
  const std::string threads = std::to_string(std::min(options_.workers * options_.threads, 1024U));
  workers_.emplace_back("metaset-publish",
                        std::vector{programs_.metaset_publish, std::string("--threads"), threads},
                        open_worker_socket(places_.publish_socket(), account_), account_);
}

// Each is for one request at a time. The processes that fcgiwrap starts itself (-c) would outlive
// it.
void Supervisor::make_wrappers() {
  const WorkerSocket socket = open_worker_socket(places_.serve_socket(), account_);
  const unsigned count = std::min(options_.workers * options_.threads, kMaxWrappers);
  for (unsigned n = 0; n < count; ++n) {
    workers_.emplace_back("fcgiwrap", std::vector{programs_.fcgiwrap}, socket, account_);
  }
}

WebContext Supervisor::context() const {
  const ServeAddresses addresses{ports_.front().name(),
                                 options_.publish_port ? ports_.back().name() : ""};
  return {options_, programs_, places_, addresses, ::geteuid() == 0 && !account_};
}

void Supervisor::write_files() const {
  server_->write_files(context());
  if (::symlink(programs_.configuration.c_str(), places_.shipped().c_str()) != 0) {
    throw system_error(errno, "cannot make the link", places_.shipped());
  }
}

std::string Supervisor::url(const fcgi::Listener& port) const {
  return fmt::format("http://{}{}/", port.name(), options_.base);
}

void Supervisor::start_web() {
  ChildOptions child = server_->command(context(), ports_);
  child.account = account_;
  web_ = std::make_unique<ChildProcess>(server_->name(), child);
}

void Supervisor::run(const std::string& advice) {
  for (ServeWorker& worker : workers_) worker.start();
  start_web();
  if (!wait_until_ready()) return;
  announce(advice);
  while (attend(-1ms)) {
  }
  stop();
}

void Supervisor::announce(const std::string& advice) const {
  std::string text =
      fmt::format("metaset: serving {} on {}\n", options_.repository, url(ports_.front()));
  if (options_.publish_port) {
    text +=
        fmt::format("metaset: publishing to {} on {}\n", options_.repository, url(ports_.back()));
  }
  print(text);
  std::fputs(advice.c_str(), stderr);
}

std::string Supervisor::last_answer(const fcgi::Listener& port) const {
  return probe(port.fd(), options_.base + "/versions/0/", 1s);
}

bool Supervisor::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  std::string answer;
  const auto answers = [&](const fcgi::Listener& port) {
    answer = last_answer(port);
    // 404: the operation is switched off.
    return answer.find(" 200 ") != std::string::npos || answer.find(" 404 ") != std::string::npos;
  };
  while (std::chrono::steady_clock::now() < deadline) {
    if (std::ranges::all_of(ports_, answers)) return true;
    if (!attend(50ms)) return false;
  }
  throw Error(Code::kUnavailable,
              fmt::format("the depot did not start within {} seconds; its last answer was '{}'",
                          kStartLimit.count(), answer.empty() ? "none" : answer));
}

bool Supervisor::attend(std::chrono::milliseconds limit) {
  std::vector<pollfd> events = {{signals_.fd(), POLLIN, 0}, {web_->fd(), POLLIN, 0}};
  for (const ServeWorker& worker : workers_) events.push_back({worker.process()->fd(), POLLIN, 0});
  if (::poll(events.data(), events.size(), static_cast<int>(limit.count())) < 0 && errno != EINTR) {
    throw system_error(errno, "cannot wait for", "the programs");
  }
  if (!handle_signals()) return false;
  if (web_->wait_for(0ms)) throw Error(Code::kUnavailable, web_->how_it_ended());
  for (ServeWorker& worker : workers_) worker.keep_running();
  return true;
}

bool Supervisor::handle_signals() {
  while (const auto signal = signals_.next()) {
    if (*signal == SIGUSR1) {  // as the web servers take it: logs are opened again
      web_->signal(SIGUSR1);
      continue;
    }
    if (*signal != SIGHUP || (has_terminal_ && !has_terminal())) return false;
    // (Of fcgiwrap there is nothing to renew, and it would end.)
    if (has_services(options_.web)) {
      for (const ServeWorker& worker : workers_) worker.process()->signal(SIGHUP);
    }
    // Nothing in its configuration has changed, and new processes of it would close connections
    // that clients are about to use again. (With mod_fcgid it renews the programs.)
    const bool has_to = options_.web == WebKind::kApacheFcgid || !options_.access_log.empty();
    if (server_->keeps_connections() || has_to) web_->signal(SIGUSR1);
  }
  return true;
}

// The web server first: it lets its requests finish, and those may need the workers.
void Supervisor::stop() {
  // As long as anybody has them open, new connections wait in them instead of being refused.
  ports_.clear();
  if (web_) stop_child(*web_, server_->stop_signal());
  for (const ServeWorker& worker : workers_) {
    if (worker.process() != nullptr) stop_child(*worker.process(), SIGTERM);
  }
  web_.reset();
  workers_.clear();
}

void Supervisor::stop_child(ChildProcess& child, int signal) {
  child.signal(hurried_ ? SIGTERM : signal);
  auto deadline = std::chrono::steady_clock::now() + (hurried_ ? kHurriedLimit : kStopLimit);
  while (!child.wait_for(0ms)) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= 0ms) break;
    std::array<pollfd, 2> events = {{{signals_.fd(), POLLIN, 0}, {child.fd(), POLLIN, 0}}};
    ::poll(events.data(), events.size(), static_cast<int>(left.count()));
    while (const auto more = signals_.next()) {
      if (*more == SIGHUP || *more == SIGUSR1) continue;
      hurried_ = true;
      child.signal(SIGTERM);
      deadline = std::min(deadline, std::chrono::steady_clock::now() + kHurriedLimit);
    }
  }
  child.kill();
}

}  // namespace metaset::app
