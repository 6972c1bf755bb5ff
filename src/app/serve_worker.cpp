#include "serve_worker.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kRestartPause = 60s;  // programs that die more often than this are not replaced

}  // namespace

WorkerSocket open_worker_socket(const std::string& path, const std::optional<Account>& account) {
  auto socket = std::make_shared<const fcgi::Listener>(fcgi::Listener::open(path, 0600));
  // As other programs than ours expect it.
  const int flags = ::fcntl(socket->fd(), F_GETFL);
  if (flags < 0 || ::fcntl(socket->fd(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
    throw system_error(errno, "setting up", path);
  }
  if (account && ::chown(path.c_str(), account->uid, account->gid) != 0) {
    throw system_error(errno, "cannot change the owner of", path);
  }
  return socket;
}

ServeWorker::ServeWorker(std::string name, std::vector<std::string> arguments, WorkerSocket socket,
                         std::optional<Account> account)
    : name_(std::move(name)),
      arguments_(std::move(arguments)),
      account_(std::move(account)),
      socket_(std::move(socket)) {}

void ServeWorker::start() {
  ChildOptions child;
  child.arguments = arguments_;
  // As standard input: the way web servers hand over a socket.
  child.descriptors = {{socket_->fd(), STDIN_FILENO}};
  child.account = account_;
  process_ = std::make_unique<ChildProcess>(name_, child);
}

void ServeWorker::keep_running() {
  if (!process_->wait_for(0ms)) return;
  const std::string reason = process_->how_it_ended();
  const auto now = std::chrono::steady_clock::now();
  if (restarted_ && now - *restarted_ < kRestartPause) throw Error(Code::kUnavailable, reason);
  std::fprintf(stderr, "metaset: serve: %s; starting it again\n", reason.c_str());
  restarted_ = now;
  start();
}

}  // namespace metaset::app
