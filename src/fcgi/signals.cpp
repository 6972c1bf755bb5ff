#include "fcgi/signals.h"

#include <cerrno>

#include <sys/signalfd.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::fcgi {

SignalQueue::SignalQueue(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw system_error(errno, "making", "a signal descriptor");
  ::pthread_sigmask(SIG_BLOCK, &set, &before_);
}

std::optional<int> SignalQueue::next() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof(info)) != sizeof(info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

void SignalQueue::release() {
  if (!fd_) return;
  fd_.reset();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace metaset::fcgi
