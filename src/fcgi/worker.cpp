#include "metaset/fcgi/worker.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "metaset/base/error.h"

#include "fcgi/channel.h"
#include "fcgi/connections.h"
#include "fcgi/signals.h"
#include "fcgi/substitutes.h"
#include "fcgi/turns.h"
#include "fcgi/watchdog.h"

namespace metaset::fcgi {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{250};
constexpr std::chrono::milliseconds kForever{-1};

}  // namespace

class Worker::Impl {
 public:
  Impl(int listen_fd, const WorkerOptions& options, const http::HandlerFactory& factory,
       const Logger& log)
      : options_(options),
        factory_(factory),
        log_(log),
        connections_(listen_fd, log),
        turns_(options.takers > 0 ? options.takers : std::thread::hardware_concurrency()),
        substitutes_(
            options.max_substitutes, [this](Substitutes::Member& self) { substitute(self); },
            [this] { shut_down(); }, log) {
    init_library(log);
    start();
  }
  ~Impl() {
    stop();
    join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void stop() {
    stopping_ = true;
    connections_.stop_listening();
    // While some wait, the others go on with what comes over the connections that there are.
    substitutes_.stop();
  }

  bool wait_for(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::unique_lock lock(mutex_);
    const bool ended = changed_.wait_until(lock, deadline, [this] { return running_ == 0; });
    lock.unlock();
    // Only who takes requests has substitutes: now there cannot come any more.
    return substitutes_.wait_until(deadline) && ended;
  }

 private:
  void start() {
    const BlockedSignals blocked;
    running_ = options_.threads;
    taking_ = options_.threads;
    try {
      turns_.start();
      for (std::size_t i = 0; i < options_.threads; ++i) {
        threads_.emplace_back([this] { run(); });
      }
      watcher_ = std::thread([this] { watch(); });
    } catch (...) {
      stop();
      join();
      throw;
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return started_ == options_.threads; });
    if (!failure_) return;
    lock.unlock();
    stop();
    join();
    std::rethrow_exception(failure_);
  }

  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    if (watcher_.joinable()) watcher_.join();
    substitutes_.join();
  }

  void shut_down() {
    connections_.shut_down();
    turns_.close();
  }

  void run() noexcept {
    std::optional<Turns::Place> place;
    std::unique_ptr<http::Handler> handler;
    std::optional<Channel> channel;
    try {
      place.emplace(turns_);
      make(*place, handler, channel);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
    change([this] { ++started_; });
    if (channel) answer(*place, *channel, kForever, [] { return false; });
    channel.reset();
    handler.reset();
    change([this] { --running_; });
  }

  void substitute(Substitutes::Member& self) noexcept {
    std::optional<Turns::Place> place;
    std::unique_ptr<http::Handler> handler;
    std::optional<Channel> channel;
    try {
      place.emplace(turns_);
      make(*place, handler, channel);
    } catch (const std::exception& error) {
      log_.try_log(Level::kWarning, "no thread for other requests while one waits", error.what());
      return;
    }
    // Too late if all the others have ended: then the last one of them has seen to everything.
    std::size_t taking = taking_;
    do {
      if (taking == 0) return;
    } while (!taking_.compare_exchange_weak(taking, taking + 1));
    answer(*place, *channel, Substitutes::kStay, [&] { return substitutes_.dismiss(self); });
  }

  void make(Turns::Place& place, std::unique_ptr<http::Handler>& handler,
            std::optional<Channel>& channel) {
    const std::lock_guard lock(factory_mutex_);
    handler = factory_();
    channel.emplace(*handler, watchdog_, place, substitutes_, options_, log_);
  }

  // Until it is to stop, or `done` says so, which is asked after each request and each `limit`.
  template <typename Done>
  void answer(Turns::Place& place, Channel& channel, std::chrono::milliseconds limit,
              const Done& done) noexcept {
    for (bool more = true; more;) {
      try {
        more = take_one(place, channel, limit) && !done();
      } catch (const std::exception& error) {
        // Out of memory, most likely: no reason to end, nor to fill the log, nor to keep the turn.
        place.give();
        log_.try_log(Level::kError, "a connection could not be taken", error.what());
        std::this_thread::sleep_for(kWatchInterval);
      }
    }
    // The last thread answers what arrived while the others were ending.
    if (--taking_ == 0) {
      connections_.close_all(options_.head_timeout, [&](int fd) { channel.serve(fd, false); });
    }
  }

  bool take_one(Turns::Place& place, Channel& channel, std::chrono::milliseconds limit) {
    if (!place.take(limit)) return true;
    const Connections::Ready ready = connections_.wait(limit);
    if (ready.event == Connections::Event::kNothing) return true;
    if (ready.event == Connections::Event::kStop) return false;
    const Turns::Busy busy(place);
    if (ready.event == Connections::Event::kListener) {
      take_new(channel);
    } else {
      serve(channel, ready.connection);
    }
    return true;
  }

  // The first one is for this thread, the others are for whichever is free.
  void take_new(Channel& channel) {
    Connection* const first = connections_.accept();
    if (first == nullptr) return;
    while (Connection* const next = connections_.accept()) connections_.watch(next);
    serve(channel, first);
  }

  void serve(Channel& channel, Connection* connection) {
    switch (Connections::look(*connection)) {
      case Connections::State::kGone:
        connections_.close(connection);
        break;
      case Connections::State::kSilent:
        connections_.watch(connection);
        break;
      case Connections::State::kRequest:
        connection->used = true;
        if (channel.serve(connection->fd, !stopping_)) {
          connections_.watch(connection);
        } else {
          connections_.forget(connection);
        }
        break;
    }
  }

  void watch() {
    while (!wait_for(std::min(kWatchInterval, options_.alive_interval))) {
      watchdog_.check();
      connections_.listen_again();
      if (options_.alive) options_.alive();
    }
  }

  template <typename Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex_);
    apply();
    changed_.notify_all();
  }

  const WorkerOptions options_;
  const http::HandlerFactory factory_;
  const Logger& log_;
  Watchdog watchdog_;
  Connections connections_;
  Turns turns_;
  Substitutes substitutes_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> taking_ = 0;  // threads that take requests; not 0 before all have ended
  std::mutex factory_mutex_;
  std::mutex mutex_;  // of the next four
  std::condition_variable changed_;
  std::size_t started_ = 0;
  std::size_t running_ = 0;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
  std::thread watcher_;
};

Worker::Worker(int listen_fd, const WorkerOptions& options, const http::HandlerFactory& factory,
               const Logger& log)
    : impl_(std::make_unique<Impl>(listen_fd, options, factory, log)) {}

Worker::~Worker() = default;

void Worker::stop() { impl_->stop(); }

bool Worker::wait_for(std::chrono::milliseconds limit) { return impl_->wait_for(limit); }

}  // namespace metaset::fcgi
