#include "serve_signals.h"

#include <cerrno>

#include <sys/signalfd.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::app {

SignalEvents::SignalEvents(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw system_error(errno, "cannot wait for", "signals");
  ::sigprocmask(SIG_BLOCK, &set, &before_);
}

SignalEvents::~SignalEvents() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> SignalEvents::next() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace metaset::app
