// One request at a time over connections that are given to it, for this directory: the only place
// that calls libfcgi.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <fcgiapp.h>
#include <sys/uio.h>

#include "metaset/base/log.h"
#include "metaset/fcgi/worker.h"
#include "metaset/http/gateway.h"

#include "fcgi/record_guard.h"
#include "fcgi/substitutes.h"
#include "fcgi/turns.h"
#include "fcgi/watchdog.h"

namespace metaset::fcgi {

// Must be called once before any Channel is used; kInternal if libfcgi cannot start. Logs if what
// it reads cannot be checked.
void init_library(const Logger& log);

// Thread-safety: one thread.
class Channel {
 public:
  // All outlive the channel.
  Channel(http::Handler& handler, Watchdog& watchdog, Turns::Place& place, Substitutes& substitutes,
          const WorkerOptions& options, const Logger& log);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Reads a request from the connection (a blocking socket) and answers it. True: the connection is
  // open and can carry another one. False: it is closed.
  bool serve(int fd, bool may_keep);

 private:
  bool serve_guarded(int fd, bool may_keep);
  bool finish(int fd, bool keep);
  void abandon(int fd);

  http::Handler& handler_;
  Watchdog& watchdog_;
  Watchdog::Slot& slot_;
  Turns::Place& place_;
  Substitutes& substitutes_;
  const WorkerOptions& options_;
  const Logger& log_;
  RecordGuard guard_;
  FCGX_Request request_;
};

// The request of a channel as the http side sees it.
class FcgiGateway : public http::Gateway {
 public:
  FcgiGateway(FCGX_Request& request, Watchdog::Slot& slot, Turns::Place& place,
              Substitutes& substitutes, const WorkerOptions& options);

  const char* const* environment() const override { return request_.envp; }
  std::size_t read(char* buffer, std::size_t size) override;
  void write(std::span<const std::string_view> parts) override;
  void abort() noexcept override { aborted_ = true; }

  void tell_web_server(std::string_view line) noexcept override;
  void close_after() noexcept override { closes_ = true; }
  bool peer_gone() const noexcept override;
  void begin_waiting() noexcept override;
  void end_waiting() noexcept override { substitutes_.end_waiting(); }

  bool aborted() const { return aborted_; }
  bool closes() const { return closes_; }
  // Reads what is left of the body, so that the next request begins where it should. False if the
  // peer broke off or takes longer than body_timeout in all.
  bool drain();

 private:
  using RecordHeader = std::array<unsigned char, 8>;
  void write_records(std::span<const std::string_view> parts);
  void send(std::vector<iovec>& pieces);

  FCGX_Request& request_;
  Watchdog::Slot& slot_;
  Turns::Place& place_;
  Substitutes& substitutes_;
  const WorkerOptions& options_;
  bool buffered_ = false;
  bool aborted_ = false;
  bool closes_ = false;
};

}  // namespace metaset::fcgi
