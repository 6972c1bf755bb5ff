// One request as a web server hands it over, CGI style: an environment, a body, a way to answer.
//
// src/fcgi implements it for FastCGI and plain CGI; tests implement it in memory. This is the only
// thing the two sides know of each other.
// Thread-safety: a Gateway and a Handler belong to the thread that handles the request.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace metaset::http {

class Gateway {
 public:
  Gateway() = default;
  virtual ~Gateway() = default;
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // NAME=value strings, ended by a null pointer; valid until the request ends.
  virtual const char* const* environment() const = 0;
  // Up to `size` (> 0) bytes of the request body; 0 at its end. Throws kInvalid if the peer broke
  // the request off or was silent for too long.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;
  // Bytes of the CGI response (header lines, empty line, body), the parts one after the other.
  // Small responses are collected and leave in one write when the request ends. Throws kIo if the
  // peer is gone or does not read.
  virtual void write(std::span<const std::string_view> parts) = 0;
  // The response cannot be completed: the peer must notice that it is not whole.
  virtual void abort() noexcept = 0;
  // A line for the web server's own log, if this program has another one. Never fails.
  virtual void tell_web_server(std::string_view /*line*/) noexcept {}
  // The peer will not use the connection again: better to close it than to wait for that.
  virtual void close_after() noexcept {}
  // True: nobody waits for the answer any more. False: somebody may.
  virtual bool peer_gone() const noexcept { return false; }
  // The handler's thread is about to wait for something other than its peer, for long: whoever
  // gives out requests may let another thread answer in its place. In pairs, not nested; see
  // Waiting. Never fails: without another thread it is a plain wait.
  virtual void begin_waiting() noexcept {}
  virtual void end_waiting() noexcept {}
};

// Around such a wait.
class Waiting {
 public:
  explicit Waiting(Gateway& gateway) noexcept : gateway_(gateway) { gateway_.begin_waiting(); }
  ~Waiting() { gateway_.end_waiting(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Gateway& gateway_;
};

// Answers requests, one at a time. Every worker thread has its own; handle() never throws.
class Handler {
 public:
  Handler() = default;
  virtual ~Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual void handle(Gateway& gateway) noexcept = 0;
  // The answer of the last handle() has left, or the peer is gone.
  virtual void finished() noexcept {}
};

// Called once in every worker thread, by that thread, but never by two at a time.
using HandlerFactory = std::function<std::unique_ptr<Handler>()>;

}  // namespace metaset::http
