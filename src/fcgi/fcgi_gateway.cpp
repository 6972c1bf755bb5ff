#include <algorithm>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <sys/socket.h>

#include "metaset/base/error.h"

#include "fcgi/channel.h"

namespace metaset::fcgi {
namespace {

// Stays free in libfcgi's buffer for padding and the two records that end a request: then a small
// response, these included, is one write.
constexpr std::ptrdiff_t kEndRoom = 7 + 8 + 16;
// A multiple of 8 below the 65,535 that a record can hold: no padding is needed.
constexpr std::size_t kMaxRecord = 65528;
constexpr std::size_t kMaxPieces = 512;
constexpr unsigned char kVersion = 1;
constexpr unsigned char kStdout = 6;
constexpr std::size_t kDrainBuffer = 64 * 1024;

unsigned char low_byte(std::size_t value) { return static_cast<unsigned char>(value & 0xff); }

}  // namespace

FcgiGateway::FcgiGateway(FCGX_Request& request, Watchdog::Slot& slot, Turns::Place& place,
                         Substitutes& substitutes, const WorkerOptions& options)
    : request_(request), slot_(slot), place_(place), substitutes_(substitutes), options_(options) {}

void FcgiGateway::begin_waiting() noexcept {
  // The substitute first, if it takes one: then the turn is for whoever comes.
  substitutes_.begin_waiting();
  place_.pass();
}

std::size_t FcgiGateway::read(char* buffer, std::size_t size) {
  FCGX_Stream* const in = request_.in;
  if (in->rdNext == in->stop) slot_.arm(request_.ipcFd, options_.body_timeout);
  // One byte makes libfcgi read once if its buffer is empty; the rest of the buffer costs nothing.
  // FCGX_GetStr of more than that would wait until all of it has come.
  const int first = FCGX_GetChar(in);
  slot_.disarm();
  if (first == EOF) {
    if (FCGX_GetError(in) == 0) return 0;
    aborted_ = true;
    throw Error(Code::kInvalid, "The request broke off before its body was complete.");
  }
  buffer[0] = static_cast<char>(first);
  const auto ready = static_cast<std::size_t>(in->stop - in->rdNext);
  const auto more = static_cast<int>(std::min({ready, size - 1, std::size_t{INT_MAX}}));
  return 1 + static_cast<std::size_t>(FCGX_GetStr(buffer + 1, more, in));
}

// As FCGI_STDERR.
void FcgiGateway::tell_web_server(std::string_view line) noexcept {
  constexpr std::size_t kMaxLine = 4096;
  line = line.substr(0, kMaxLine);
  slot_.arm(request_.ipcFd, options_.send_timeout);
  FCGX_PutStr(line.data(), static_cast<int>(line.size()), request_.err);
  FCGX_FFlush(request_.err);
  slot_.disarm();
}

// Only what is closed in both directions: a peer may have closed its own when it had sent all.
bool FcgiGateway::peer_gone() const noexcept {
  pollfd connection{request_.ipcFd, 0, 0};
  return ::poll(&connection, 1, 0) > 0 && (connection.revents & (POLLHUP | POLLERR)) != 0;
}

bool FcgiGateway::drain() {
  FCGX_Stream* const in = request_.in;
  const auto deadline = Watchdog::Clock::now() + options_.body_timeout;
  std::array<char, kDrainBuffer> ignored;
  try {
    while (FCGX_HasSeenEOF(in) == 0) {
      if (read(ignored.data(), ignored.size()) == 0) break;
      if (Watchdog::Clock::now() > deadline) return false;
    }
  } catch (const Error&) {
    return false;
  }
  return FCGX_GetError(in) == 0;
}

void FcgiGateway::write(std::span<const std::string_view> parts) {
  if (aborted_) throw Error(Code::kIo, "the response was aborted");
  FCGX_Stream* const out = request_.out;
  std::size_t total = 0;
  for (const std::string_view part : parts) total += part.size();
  if (static_cast<std::ptrdiff_t>(total) <= out->stop - out->wrNext - kEndRoom) {
    for (const std::string_view part : parts) {
      if (!part.empty()) FCGX_PutStr(part.data(), static_cast<int>(part.size()), out);
    }
    buffered_ = true;
    return;
  }
  slot_.arm(request_.ipcFd, options_.send_timeout);
  if (buffered_ && FCGX_FFlush(out) != 0) {
    slot_.disarm();
    aborted_ = true;
    throw Error(Code::kIo, "the web server closed the connection");
  }
  buffered_ = false;
  write_records(parts);
  slot_.disarm();
}

// FCGI_STDOUT records around the parts, gathered into few large writes: libfcgi would copy
// everything through 8 KiB and write that often.
void FcgiGateway::write_records(std::span<const std::string_view> parts) {
  std::size_t left = 0;
  for (const std::string_view part : parts) left += part.size();
  const auto id = static_cast<std::size_t>(request_.requestId);
  std::vector<iovec> pieces;
  std::vector<RecordHeader> headers(left / kMaxRecord + 1);
  std::size_t record = 0;
  std::size_t record_left = 0;
  for (std::string_view part : parts) {
    while (!part.empty()) {
      if (record_left == 0) {
        if (pieces.size() > kMaxPieces) send(pieces);
        record_left = std::min(left, kMaxRecord);
        headers[record] = {kVersion,
                           kStdout,
                           low_byte(id >> 8),
                           low_byte(id),
                           low_byte(record_left >> 8),
                           low_byte(record_left),
                           0,
                           0};
        pieces.push_back({headers[record].data(), headers[record].size()});
        ++record;
      }
      const std::size_t size = std::min(part.size(), record_left);
      pieces.push_back({const_cast<char*>(part.data()), size});
      part.remove_prefix(size);
      record_left -= size;
      left -= size;
    }
  }
  send(pieces);
}

void FcgiGateway::send(std::vector<iovec>& pieces) {
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  while (message.msg_iovlen > 0) {
    const ssize_t sent = ::sendmsg(request_.ipcFd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      slot_.disarm();
      aborted_ = true;
      throw Error(Code::kIo, "the web server closed the connection or does not read");
    }
    slot_.arm(request_.ipcFd, options_.send_timeout);
    auto rest = static_cast<std::size_t>(sent);
    while (message.msg_iovlen > 0 && rest >= message.msg_iov->iov_len) {
      rest -= message.msg_iov->iov_len;
      ++message.msg_iov;
      --message.msg_iovlen;
    }
    if (message.msg_iovlen == 0) break;
    message.msg_iov->iov_base = static_cast<char*>(message.msg_iov->iov_base) + rest;
    message.msg_iov->iov_len -= rest;
  }
  pieces.clear();
}

}  // namespace metaset::fcgi
