#include "fcgi/channel.h"

#include <array>

#include <signal.h>
#include <unistd.h>

#include "metaset/base/error.h"

#include "fcgi/guarded_read.h"

namespace metaset::fcgi {
namespace {

constexpr int kResponder = 1;

}  // namespace

// libfcgi installs handlers for these signals; what they do is for the program to say.
void init_library(const Logger& log) {
  constexpr std::array kSignals = {SIGPIPE, SIGUSR1, SIGTERM};
  std::array<struct sigaction, kSignals.size()> before{};
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], nullptr, &before[i]);
  if (FCGX_Init() != 0) throw Error(Code::kInternal, "libfcgi does not start");
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before[i], nullptr);
  if (!reads_are_guarded()) {
    log.try_log(Level::kWarning, "whoever may write to the socket can end this process",
                "libfcgi was built so that what it reads cannot be checked");
  }
}

Channel::Channel(http::Handler& handler, Watchdog& watchdog, Turns::Place& place,
                 Substitutes& substitutes, const WorkerOptions& options, const Logger& log)
    : handler_(handler),
      watchdog_(watchdog),
      slot_(watchdog.add()),
      place_(place),
      substitutes_(substitutes),
      options_(options),
      log_(log) {
  // No listening socket: libfcgi can never block in accept(2), it fails instead.
  FCGX_InitRequest(&request_, -1, 0);
}

Channel::~Channel() {
  FCGX_Free(&request_, 0);
  watchdog_.remove(slot_);
}

bool Channel::serve(int fd, bool may_keep) {
  using Fault = RecordGuard::Fault;
  guard_ = RecordGuard();
  const GuardedReads guarded(guard_);
  const bool open = serve_guarded(fd, may_keep);
  if (guard_.fault() != Fault::kNone && guard_.fault() != Fault::kAborted) {
    log_.try_log(Level::kWarning, "what came over a connection is refused",
                 describe(guard_.fault()));
  }
  return open;
}

bool Channel::serve_guarded(int fd, bool may_keep) {
  request_.ipcFd = fd;
  request_.keepConnection = 1;
  // Set, libfcgi closes without waiting up to two seconds for the peer to close first.
  request_.detached = 1;
  slot_.arm(fd, options_.head_timeout);
  const int result = FCGX_Accept_r(&request_);
  slot_.disarm();
  if (result != 0) {
    // Broken off or malformed; closed by libfcgi.
    request_.ipcFd = -1;
    return false;
  }
  // A connection that breaks between two parameters looks like their end but for this error.
  if (FCGX_GetError(request_.in) != 0 || request_.role != kResponder) {
    abandon(fd);
    return false;
  }
  const bool keep = may_keep && request_.keepConnection != 0;
  // FCGX_Finish_r is to close the connection only if it is broken.
  request_.keepConnection = 1;
  FcgiGateway gateway(request_, slot_, place_, substitutes_, options_);
  handler_.handle(gateway);
  const bool whole = !gateway.aborted() && gateway.drain();
  // What came together with the end of this request was read with it, and libfcgi forgets it.
  const bool open = whole && finish(fd, keep && !gateway.closes() && guard_.between_requests());
  if (!whole) abandon(fd);
  handler_.finished();
  return open;
}

bool Channel::finish(int fd, bool keep) {
  slot_.arm(fd, options_.send_timeout);
  FCGX_Finish_r(&request_);
  slot_.disarm();
  const bool open = request_.ipcFd >= 0;
  request_.ipcFd = -1;
  if (open && !keep) ::close(fd);
  return open && keep;
}

// Without FCGI_END_REQUEST the peer knows that the response is not whole.
void Channel::abandon(int fd) {
  FCGX_Free(&request_, 0);
  request_.ipcFd = -1;
  ::close(fd);
}

}  // namespace metaset::fcgi
