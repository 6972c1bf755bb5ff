#include "serve_supervisor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "metaset/base/error.h"

#include "cli.h"
#include "serve_probe.h"

namespace metaset::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartLimit = 30s;  // until the depot answers
constexpr auto kStopLimit = 15s;   // for requests under way
constexpr auto kHurriedLimit = 2s;
constexpr auto kRestartPause = 60s;  // workers that die more often than this are not replaced
constexpr std::uint64_t kMaxConfiguration = 1 << 20;

std::string parent_directory() {
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const char* const path = std::getenv(name);
    if (path != nullptr && *path == '/' && ::access(path, W_OK | X_OK) == 0) return path;
  }
  return "/tmp";
}

std::string listen_address(const ServeOptions& options) {
  const bool bare_v6 =
      options.address.find(':') != std::string::npos && !options.address.starts_with('[');
  const std::string host = bare_v6 ? "[" + options.address + "]" : options.address;
  return fmt::format("{}:{}", host, options.port);
}

// That of a window which was closed is gone, and so is the wish to be served.
bool has_terminal() {
  const Fd terminal(::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY));
  return static_cast<bool>(terminal);
}

fcgi::Listener listen(const ServeOptions& options) {
  try {
    return fcgi::Listener::open(listen_address(options), 0600);
  } catch (const Error& error) {
    if (error.code() != Code::kExists) throw;
    throw Error(Code::kExists, fmt::format("port {} of {} is taken by another process: choose one "
                                           "with -p, or -p 0 for any that is free",
                                           options.port, options.address));
  }
}

}  // namespace

RunDirectory::RunDirectory(const std::optional<Account>& owner)
    : path_(join_path(parent_directory(), "metaset-XXXXXX")) {
  if (::mkdtemp(path_.data()) == nullptr) throw system_error(errno, "cannot create", path_);
  if (owner && ::chown(path_.c_str(), owner->uid, owner->gid) != 0) {
    const int errnum = errno;
    ::rmdir(path_.c_str());
    throw system_error(errnum, "cannot change the owner of", path_);
  }
}

RunDirectory::~RunDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Supervisor::Supervisor(ServeOptions options, ServePrograms programs)
    : options_(std::move(options)),
      programs_(std::move(programs)),
      account_(account_for(options_.repository)),
      signals_({SIGINT, SIGTERM, SIGHUP}),
      directory_(account_),
      places_{directory_.path()},
      http_(listen(options_)),
      workers_socket_(fcgi::Listener::open(places_.socket(), 0600)),
      has_terminal_(has_terminal()) {
  if (account_ && ::chown(places_.socket().c_str(), account_->uid, account_->gid) != 0) {
    throw system_error(errno, "cannot change the owner of", places_.socket());
  }
  write_files();
}

Supervisor::~Supervisor() { stop(); }

void Supervisor::write_files() const {
  const std::string shipped =
      read_file(join_path(programs_.configuration, "paths.conf"), kMaxConfiguration);
  const bool as_root = ::geteuid() == 0 && !account_;
  write_file_atomically(places_.paths(), nginx_paths(shipped, places_), false);
  write_file_atomically(places_.config(), nginx_config(options_, places_, http_->name(), as_root),
                        false);
  if (::symlink(programs_.configuration.c_str(), places_.shipped().c_str()) != 0) {
    throw system_error(errno, "cannot make the link", places_.shipped());
  }
}

std::string Supervisor::url() const {
  return fmt::format("http://{}{}/", http_->name(), options_.base);
}

void Supervisor::start_workers() {
  ChildOptions child;
  child.arguments = {programs_.metaset_serve, "--workers", std::to_string(options_.workers),
                     "--threads", std::to_string(options_.threads)};
  // As standard input: the way web servers hand over a socket.
  child.descriptors = {{workers_socket_.fd(), STDIN_FILENO}};
  child.account = account_;
  workers_ = std::make_unique<ChildProcess>("metaset-serve", child);
}

void Supervisor::start_nginx() {
  constexpr int kInherited = 3;
  ChildOptions child;
  // The log of its start has nothing but notices; errors go to standard error as well.
  child.arguments = {programs_.nginx,
                     "-p",
                     places_.directory,
                     "-c",
                     places_.config(),
                     "-e",
                     places_.directory + "/start.log"};
  // nginx takes over listening sockets that this variable lists, as after an upgrade of itself.
  child.environment = {fmt::format("NGINX={};", kInherited)};
  child.descriptors = {{http_->fd(), kInherited}};
  child.account = account_;
  nginx_ = std::make_unique<ChildProcess>("nginx", child);
}

void Supervisor::run() {
  start_workers();
  start_nginx();
  if (!wait_until_ready()) return;
  print(fmt::format("metaset: serving {} on {}\n", options_.repository, url()));
  while (attend(-1ms)) {
  }
  stop();
}

bool Supervisor::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  std::string answer;
  while (std::chrono::steady_clock::now() < deadline) {
    answer = probe(http_->fd(), options_.base + "/versions/0/", 1s);
    // 404: the operation is switched off.
    for (const char* status : {" 200 ", " 404 "}) {
      if (answer.find(status) != std::string::npos) return true;
    }
    if (!attend(50ms)) return false;
  }
  throw Error(Code::kUnavailable,
              fmt::format("the depot did not start within {} seconds; its last answer was '{}'",
                          kStartLimit.count(), answer.empty() ? "none" : answer));
}

bool Supervisor::attend(std::chrono::milliseconds limit) {
  std::array<pollfd, 3> events = {
      {{signals_.fd(), POLLIN, 0}, {workers_->fd(), POLLIN, 0}, {nginx_->fd(), POLLIN, 0}}};
  if (::poll(events.data(), events.size(), static_cast<int>(limit.count())) < 0 && errno != EINTR) {
    throw system_error(errno, "cannot wait for", "the programs");
  }
  if (!handle_signals()) return false;
  check_children();
  return true;
}

bool Supervisor::handle_signals() {
  while (const auto signal = signals_.next()) {
    if (*signal != SIGHUP || (has_terminal_ && !has_terminal())) return false;
    workers_->signal(SIGHUP);
    // Nothing in its configuration has changed, and new nginx workers would close connections that
    // clients are about to use again.
    nginx_->signal(SIGUSR1);
  }
  return true;
}

void Supervisor::check_children() {
  if (nginx_->wait_for(0ms)) throw Error(Code::kUnavailable, nginx_->how_it_ended());
  if (!workers_->wait_for(0ms)) return;
  const std::string reason = workers_->how_it_ended();
  const auto now = std::chrono::steady_clock::now();
  if (restarted_ && now - *restarted_ < kRestartPause) throw Error(Code::kUnavailable, reason);
  std::fprintf(stderr, "metaset: serve: %s; starting it again\n", reason.c_str());
  restarted_ = now;
  start_workers();
}

// nginx first: it lets its requests finish, and those may need the workers.
void Supervisor::stop() {
  // As long as anybody has it open, new connections wait in it instead of being refused.
  http_.reset();
  if (nginx_) stop_child(*nginx_, SIGQUIT);
  if (workers_) stop_child(*workers_, SIGTERM);
  nginx_.reset();
  workers_.reset();
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
      if (*more == SIGHUP) continue;
      hurried_ = true;
      child.signal(SIGTERM);
      deadline = std::min(deadline, std::chrono::steady_clock::now() + kHurriedLimit);
    }
  }
  child.kill();
}

}  // namespace metaset::app
