#include "metaset/fcgi/worker.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <signal.h>

#include "metaset/base/error.h"

#include "fcgi/channel.h"
#include "fcgi/connections.h"
#include "fcgi/watchdog.h"

namespace metaset::fcgi {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{250};

// Threads inherit the mask: signals are for the main thread, and must not interrupt reads and
// writes.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

class Worker::Impl {
 public:
  Impl(int listen_fd, const WorkerOptions& options, const http::HandlerFactory& factory,
       const Logger& log)
      : options_(options),
        factory_(factory),
        log_(log),
        watchdog_(options.threads),
        connections_(listen_fd, log) {
    init_library();
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
    connections_.shut_down();
  }

  bool wait_for(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return running_ == 0; });
  }

 private:
  void start() {
    const BlockedSignals blocked;
    running_ = options_.threads;
    try {
      for (std::size_t i = 0; i < options_.threads; ++i) {
        threads_.emplace_back([this, i] { run(i); });
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
  }

  void run(std::size_t index) noexcept {
    std::unique_ptr<http::Handler> handler;
    try {
      const std::lock_guard lock(factory_mutex_);
      handler = factory_();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
    change([this] { ++started_; });
    if (handler) answer(*handler, index);
    handler.reset();
    change([this] { --running_; });
  }

  void answer(http::Handler& handler, std::size_t index) noexcept {
    Channel channel(handler, watchdog_.slot(index), options_);
    for (bool more = true; more;) {
      try {
        more = take_one(channel);
      } catch (const std::exception& error) {
        // Out of memory, most likely: no reason to end, nor to fill the log.
        log_.error(fmt::format("a connection could not be taken: {}", error.what()));
        std::this_thread::sleep_for(kWatchInterval);
      }
    }
    // The last thread answers what arrived while the others were ending.
    if (++ended_ == options_.threads) {
      connections_.close_all([&](int fd) { channel.serve(fd, false); });
    }
  }

  bool take_one(Channel& channel) {
    const Connections::Ready ready = connections_.wait();
    switch (ready.event) {
      case Connections::Event::kNothing:
        break;
      case Connections::Event::kStop:
        return false;
      case Connections::Event::kListener:
        take_new(channel);
        break;
      case Connections::Event::kConnection:
        serve(channel, ready.connection);
        break;
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
        if (channel.serve(connection->fd, !stopping_)) {
          connections_.watch(connection);
        } else {
          connections_.forget(connection);
        }
        break;
    }
  }

  void watch() {
    while (!wait_for(kWatchInterval)) {
      watchdog_.check();
      connections_.listen_again();
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
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> ended_ = 0;
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
