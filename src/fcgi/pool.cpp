#include "metaset/fcgi/pool.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metaset/base/error.h"

#include "fcgi/process.h"
#include "fcgi/reporter.h"
#include "fcgi/signals.h"

namespace metaset::fcgi {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kYoung{5000};  // a worker that dies younger failed
constexpr milliseconds kFirstDelay{100};
constexpr unsigned kMaxDoublings = 7;  // 12.8 s
// With workers, which show four times in a second that they live; a watchdog may have less.
constexpr milliseconds kPatience{1000};

// One of the places for a worker: the one that serves, and its successor while that starts.
struct Place {
  std::optional<Process> current;
  std::optional<Process> next;
  unsigned failures = 0;
  Clock::time_point start_at;  // of a new current
};

class Master {
 public:
  Master(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
         const Logger& log)
      : listen_fd_(listen_fd),
        options_(options),
        service_(service),
        log_(log),
        signals_({SIGTERM, SIGINT, SIGHUP, SIGCHLD}),
        places_(options.processes),
        reporter_(options.notifier, options.processes) {}

  int run() {
    while (true) {
      start_missing();
      kill_overdue();
      report();
      if (stopping_ && !has_processes()) return status_;
      wait();
      look();
      read_ready();
      read_signals();
      reap();
    }
  }

 private:
  Process start() {
    const bool watched = reporter_.interval().has_value();
    return start_process(listen_fd_, options_, watched, service_, log_, [this] {
      signals_.release();
      // Copies of pipes only; the processes are not touched.
      places_.clear();
      retired_.clear();
    });
  }

  void start_missing() {
    if (stopping_) return;
    for (Place& place : places_) {
      if (place.current || place.next || Clock::now() < place.start_at) continue;
      try {
        place.current = start();
      } catch (const Error& error) {
        log_.error(error.what());
        delay(place);
      }
    }
  }

  static void delay(Place& place) {
    const unsigned doublings = std::min(place.failures++, kMaxDoublings);
    place.start_at = Clock::now() + kFirstDelay * (1U << doublings);
  }

  // SIGHUP: the successors start beside the workers, which go on until then.
  void renew() {
    log_.info("new workers are started");
    reporter_.renewing();
    for (Place& place : places_) {
      if (place.next) retire(std::move(place.next));
      place.next.reset();
      place.start_at = Clock::time_point{};
      place.failures = 0;
      if (!place.current) continue;  // start_missing does it
      try {
        place.next = start();
      } catch (const Error& error) {
        log_.error(error.what());
      }
    }
  }

  void retire(std::optional<Process> process) {
    if (!process) return;
    ::kill(process->pid, SIGTERM);
    process->kill_at = Clock::now() + options_.stop_timeout;
    retired_.push_back(std::move(*process));
  }

  void stop_all() {
    if (stopping_) {
      for (Process& process : retired_) process.kill_at = Clock::time_point{};
      return;
    }
    stopping_ = true;
    reporter_.stopping();
    for (Place& place : places_) {
      retire(std::exchange(place.current, std::nullopt));
      retire(std::exchange(place.next, std::nullopt));
    }
  }

  void kill_overdue() {
    for (Process& process : retired_) {
      if (Clock::now() < process.kill_at) continue;
      log_.warning(fmt::format("worker {} does not stop and is killed", process.pid));
      ::kill(process.pid, SIGKILL);
      process.kill_at = Clock::time_point::max();
      if (stopping_) status_ = 1;
    }
  }

  bool has_processes() const {
    return !retired_.empty() || std::ranges::any_of(places_, [](const Place& place) {
      return place.current || place.next;
    });
  }

  void wait() {
    std::vector<pollfd> fds = {{signals_.fd(), POLLIN, 0}};
    Clock::time_point until = Clock::time_point::max();
    for (const Place& place : places_) {
      for (const auto* process : {&place.current, &place.next}) {
        if (*process && (*process)->pipe && !(*process)->ready) {
          fds.push_back({(*process)->pipe.get(), POLLIN, 0});
        }
      }
      if (!place.current && !place.next && !stopping_) until = std::min(until, place.start_at);
    }
    for (const Process& process : retired_) until = std::min(until, process.kill_at);
    if (reporter_.interval() && !stopping_) until = std::min(until, look_at_);
    int timeout = -1;
    if (until != Clock::time_point::max()) {
      const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
      timeout = static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
    }
    ::poll(fds.data(), fds.size(), timeout);
  }

  // For the watchdog of the service manager: which workers are alive? A worker that is not is
  // replaced; what others are doing goes on.
  void look() {
    if (!reporter_.interval() || stopping_ || Clock::now() < look_at_) return;
    const Clock::time_point now = Clock::now();
    look_at_ = now + *reporter_.interval();
    bool any = false;
    for (Place& place : places_) {
      for (auto* process : {&place.current, &place.next}) {
        if (*process && is_alive(**process, now)) any = true;
      }
    }
    if (any) reporter_.is_alive();
  }

  // One that is silent for the time of the watchdog, or two seconds if that is less, is killed.
  bool is_alive(Process& process, Clock::time_point now) {
    const milliseconds patience = std::max(*reporter_.interval(), kPatience);
    if (process.listen()) process.heard_at = now;
    const Clock::duration silence = now - process.heard_at.value_or(process.started);
    if (silence >= 2 * patience && !std::exchange(process.killed, true)) {
      log_.error(fmt::format("worker {} shows no sign of life and is killed", process.pid));
      ::kill(process.pid, SIGKILL);
    }
    return process.heard_at && silence < patience;
  }

  void read_ready() {
    for (Place& place : places_) {
      if (place.current) note_ready(*place.current);
      if (place.next && note_ready(*place.next)) {
        retire(std::exchange(place.current, std::exchange(place.next, std::nullopt)));
      }
    }
  }

  bool note_ready(Process& process) {
    if (!process.ready) process.listen();
    was_ready_ = was_ready_ || process.ready;
    return process.ready;
  }

  void report() {
    unsigned answering = 0;
    bool renewed = true;
    for (const Place& place : places_) {
      if (place.current && place.current->ready) ++answering;
      if (place.next) renewed = false;
    }
    reporter_.answering(answering);
    if (renewed) reporter_.renewed();
  }

  void read_signals() {
    while (const std::optional<int> signal = signals_.next()) {
      if (*signal == SIGHUP && !stopping_) renew();
      if (*signal == SIGTERM || *signal == SIGINT) stop_all();
    }
  }

  void reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) bury(pid, status);
  }

  void bury(pid_t pid, int status) {
    if (std::erase_if(retired_, [pid](const Process& process) { return process.pid == pid; }) > 0) {
      return;
    }
    const std::string how = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                                : fmt::format("status {}", WEXITSTATUS(status));
    for (Place& place : places_) {
      if (place.next && place.next->pid == pid) {
        log_.error(fmt::format("new worker {} ended ({}); the old one goes on", pid, how));
        place.next.reset();
      }
      if (place.current && place.current->pid == pid) {
        log_.error(fmt::format("worker {} ended ({})", pid, how));
        replace(place, WIFEXITED(status));
      }
    }
  }

  void replace(Place& place, bool by_itself) {
    const bool young = Clock::now() - place.current->started < kYoung;
    // Before the pipe was read the process may have been ready all the same.
    note_ready(*place.current);
    place.current.reset();
    if (!was_ready_ && by_itself) {
      // Nothing ever worked: whoever started us should know at once.
      status_ = 1;
      stop_all();
      return;
    }
    if (place.next) return;
    if (young && place.failures > 0) {
      delay(place);
    } else {
      // The first time it is replaced at once.
      place.failures = young ? 1 : 0;
      place.start_at = Clock::time_point{};
    }
  }

  const int listen_fd_;
  const PoolOptions& options_;
  const ServiceFactory& service_;
  const Logger& log_;
  SignalQueue signals_;
  std::vector<Place> places_;
  std::vector<Process> retired_;
  Reporter reporter_;
  Clock::time_point look_at_ = Clock::now();
  bool stopping_ = false;
  bool was_ready_ = false;
  int status_ = 0;
};

// Without a master: this process tells of itself.
int serve_alone(int listen_fd, PoolOptions options, const ServiceFactory& service,
                const Logger& log) {
  Reporter reporter(options.notifier, 1);
  if (const auto interval = reporter.interval()) {
    const milliseconds sign = std::min(*interval, options.worker.alive_interval);
    options.worker.alive_interval = sign;
    options.worker.alive = [&reporter, interval, sign, next = Clock::time_point{}]() mutable {
      if (Clock::now() + sign < next) return;  // the next sign is early enough
      next = Clock::now() + *interval;
      reporter.is_alive();
    };
  }
  return serve_here(listen_fd, options, service, log,
                    {[&reporter] { reporter.answering(1); }, [&reporter] { reporter.stopping(); }});
}

}  // namespace

int run_pool(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
             const Logger& log) {
  PoolOptions shared = options;
  const unsigned share = kMaxSubstitutes / std::max(options.processes, 1U);
  shared.worker.max_substitutes = std::min(options.worker.max_substitutes, share);
  if (shared.worker.takers == 0) {
    shared.worker.takers = std::thread::hardware_concurrency() / std::max(options.processes, 1U);
    shared.worker.takers = std::max(shared.worker.takers, 1U);
  }
  if (options.processes == 0) return serve_alone(listen_fd, shared, service, log);
  return Master(listen_fd, shared, service, log).run();
}

}  // namespace metaset::fcgi
