#include "child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::app {
namespace {

// Descriptors are moved above this before they get their numbers, so that none overwrites another.
constexpr int kOutOfTheWay = 100;

// glibc 2.36 declares pidfd_open() without C linkage.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

bool become(const Account& account) {
  return ::setgroups(0, nullptr) == 0 && ::setgid(account.gid) == 0 && ::setuid(account.uid) == 0;
}

bool place(const std::vector<std::pair<int, int>>& descriptors) {
  std::vector<std::pair<int, int>> moved;
  for (const auto& [ours, theirs] : descriptors) {
    moved.emplace_back(::fcntl(ours, F_DUPFD, kOutOfTheWay), theirs);
  }
  // dup2() leaves close-on-exec off, except when the numbers are the same.
  return std::ranges::all_of(moved, [](const auto& one) {
    return one.first >= 0 && ::dup2(one.first, one.second) >= 0 && ::close(one.first) == 0;
  });
}

// The program must not inherit what the parent changed for itself.
void reset_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
  std::vector<std::string> all;
  for (char** entry = ::environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// Those of them that we have ourselves: a container may lack some.
bool keep_privileges() {
  constexpr std::array kAboutFiles = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_CHOWN};
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  for (const unsigned one : kAboutFiles) sets[0].inheritable |= sets[0].permitted & (1U << one);
  if (::syscall(SYS_capset, &header, sets.data()) != 0) return false;
  for (const unsigned one : kAboutFiles) {
    if ((sets[0].permitted & (1U << one)) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, one, 0, 0) != 0) return false;
  }
  return ::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0;
}

// Never returns: the program runs, or its errno goes into the pipe.
[[noreturn]] void run_in_child(const ChildOptions& options, pid_t parent, int failure,
                               char* const* arguments, char* const* environment) {
  reset_signals();
  ::setpgid(0, 0);
  bool ready = !options.account || become(*options.account);
  // After the change of identity, which clears it.
  ready = ready && ::prctl(PR_SET_PDEATHSIG, SIGTERM) == 0;
  if (ready && ::getppid() != parent) ::_exit(1);
  if (options.keep_privileges) ready = ready && keep_privileges();
  if (ready && place(options.descriptors)) ::execve(arguments[0], arguments, environment);
  const int errnum = errno;
  [[maybe_unused]] const ssize_t written = ::write(failure, &errnum, sizeof errnum);
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(std::string name, const ChildOptions& options)
    : name_(std::move(name)), remainder_signal_(options.remainder_signal) {
  std::vector<std::string> arguments = options.arguments;
  std::vector<std::string> environment = environment_with(options.environment);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error(errno, "cannot start", name_);
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw system_error(errno, "cannot start", name_);
  if (pid_ == 0) {
    run_in_child(options, parent, write_end.get(), argv.data(), envp.data());
  }
  write_end.reset();
  pidfd_.reset(open_pidfd(pid_));
  int errnum = pidfd_ ? 0 : errno;
  // Nothing comes if the program runs: its end of the pipe is closed by exec.
  if (::read(read_end.get(), &errnum, sizeof errnum) > 0 || !pidfd_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw system_error(errnum, "cannot start", options.arguments[0]);
  }
}

void ChildProcess::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

bool ChildProcess::wait_for(std::chrono::milliseconds limit) {
  if (status_) return true;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(limit.count())) <= 0) return false;
  // Nobody else can have its number before it is reaped, so this cannot hit strangers.
  ::kill(-pid_, remainder_signal_);
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_.has_value();
}

void ChildProcess::kill() {
  if (status_) return;
  ::kill(-pid_, SIGKILL);
  while (!wait_for(std::chrono::seconds(1))) {
  }
}

std::string ChildProcess::how_it_ended() const {
  const int status = status_.value_or(0);
  return WIFSIGNALED(status) ? fmt::format("{} was killed by signal {}", name_, WTERMSIG(status))
                             : fmt::format("{} ended with status {}", name_, WEXITSTATUS(status));
}

}  // namespace metaset::app
