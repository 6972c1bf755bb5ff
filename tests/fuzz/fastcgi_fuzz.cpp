// The bytes of a connection, as they arrive at a worker: FastCGI records of any form and order,
// read by libfcgi as the threads of a worker have it read, and answered by the real router. What
// leaves is whole records, and nothing is left behind for the next connection. A request that is in
// order is answered. What follows the word PAUSE is sent when what came before is answered, as web
// servers do it.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "metaset/http/gateway.h"

#include "fastcgi_records.h"
#include "fcgi/channel.h"
#include "fcgi/connections.h"
#include "fcgi/record_guard.h"
#include "fuzz.h"
#include "request_depot.h"

namespace {

using namespace metaset;
using fuzz::require;

constexpr std::string_view kPause = "PAUSE";

// The request, but that the repository is the one that there is.
class Located : public http::Gateway {
 public:
  Located(http::Gateway& gateway, const std::string& root) : gateway_(gateway) {
    for (const char* const* entry = gateway.environment(); *entry != nullptr; ++entry) {
      if (!std::string_view(*entry).starts_with("METASET_ROOT=")) environment_.push_back(*entry);
    }
    environment_.push_back(root.c_str());
    environment_.push_back(nullptr);
  }
  const char* const* environment() const override { return environment_.data(); }
  std::size_t read(char* buffer, std::size_t size) override { return gateway_.read(buffer, size); }
  void write(std::span<const std::string_view> parts) override { gateway_.write(parts); }
  void abort() noexcept override { gateway_.abort(); }
  void close_after() noexcept override { gateway_.close_after(); }
  bool peer_gone() const noexcept override { return gateway_.peer_gone(); }
  void begin_waiting() noexcept override { gateway_.begin_waiting(); }
  void end_waiting() noexcept override { gateway_.end_waiting(); }

 private:
  http::Gateway& gateway_;
  std::vector<const char*> environment_;
};

class LocatedHandler : public http::Handler {
 public:
  void handle(http::Gateway& gateway) noexcept override {
    Located located(gateway, root_);
    depot_.handle(located);
  }

 private:
  fuzz::RequestDepot depot_;
  const std::string root_ = "METASET_ROOT=" + depot_.root();
};

// One thread of a worker.
class Answering {
 public:
  Answering() { fcgi::init_library(log_); }

  // Whatever has arrived is answered; gives what was sent back.
  std::string answer(std::string_view bytes) {
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const Fd peer(ends[0]);
    prepare(ends);
    std::string answers;
    bool open = true;
    for (bool more = true; more && open;) {
      const std::size_t end = std::min(bytes.find(kPause), bytes.size());
      more = end < bytes.size();
      write_all(peer.get(), bytes.substr(0, end), "connection");
      bytes.remove_prefix(more ? end + kPause.size() : end);
      if (!more) ::shutdown(peer.get(), SHUT_WR);
      open = serve(ends[1], peer.get(), answers);
    }
    if (open) ::close(ends[1]);
    return answers;
  }

 private:
  static void prepare(const std::array<int, 2>& ends) {
    // Room for the longest answer: nobody reads while it is made.
    const int room = 1 << 20;
    for (const int end : ends) {
      ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    }
    // Everything has come before it is read: whoever waits waits in vain.
    const timeval patience = {0, 1000};
    ::setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }

  // False: the connection was closed.
  bool serve(int fd, int peer, std::string& answers) {
    fcgi::Connection connection{fd};
    bool open = true;
    while (open && fcgi::Connections::look(connection) == fcgi::Connections::State::kRequest) {
      open = channel_->serve(fd, true);
      receive(peer, answers);
    }
    return open;
  }

  static void receive(int fd, std::string& answers) {
    std::array<char, 65'536> buffer;
    while (true) {
      const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size <= 0) return;
      answers.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }

  LocatedHandler handler_;
  Fd null_ = open_file("/dev/null", O_WRONLY);
  Logger log_{null_.get(), "fuzz"};
  fcgi::WorkerOptions options_;
  fcgi::Watchdog watchdog_;
  fcgi::Turns turns_{1};
  fcgi::Turns::Place place_{turns_};
  fcgi::Substitutes substitutes_{0, [](fcgi::Substitutes::Member&) {}, [] {}, log_};
  std::optional<fcgi::Channel> channel_{std::in_place, handler_, watchdog_, place_,
                                        substitutes_,  options_, log_};
};

// However the bytes come, the same ones pass. True if they are one request.
bool check_cuts(std::span<const unsigned char> bytes) {
  fcgi::RecordGuard at_once, one_by_one;
  const std::size_t taken = at_once.take(bytes);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += one_by_one.take(bytes.subspan(i, 1));
  require(taken == sum);
  require(taken == bytes.size() || at_once.stopped());
  require(at_once.fault() == one_by_one.fault());
  require(at_once.between_requests() == one_by_one.between_requests());
  return at_once.stopped() && at_once.between_requests();
}

const std::string& good_request() {
  static const std::string bytes =
      fcgi::request_bytes("/versions/0", {}, true, {{"SERVER_PROTOCOL", "HTTP/1.1"}});
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Answering worker;
  static const std::string expected = worker.answer(good_request());
  require(expected.find("Status: 200") != std::string::npos);
  const std::string_view bytes = fuzz::text_of(data, size);
  const bool is_request = check_cuts({data, size}) && bytes.find(kPause) == bytes.npos;
  const std::string answers = worker.answer(bytes);
  const bool is_answered = fuzz::check_records(answers);
  // What libfcgi makes of the bytes is what RecordGuard does.
  require(is_answered || !is_request);
  // Dates are the only thing that changes, and are of one length.
  require(worker.answer(good_request()).size() == expected.size());
  return 0;
}
