#include "fcgi/guarded_read.h"

#include <array>
#include <cerrno>
#include <cstddef>

#include <fcgiapp.h>
#include <fcgios.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

namespace metaset::fcgi {
namespace {

// libfcgi tells OS_Read the descriptor and nothing else, so that what belongs to it has to be found
// from there. A connection is read by the one thread that serves it.
constinit thread_local RecordGuard* guard_of_thread = nullptr;

}  // namespace

GuardedReads::GuardedReads(RecordGuard& guard) noexcept { guard_of_thread = &guard; }

GuardedReads::~GuardedReads() { guard_of_thread = nullptr; }

bool reads_are_guarded() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw system_error(errno, "making", "a socket");
  }
  const Fd peer(ends[1]);
  // No record at all: libfcgi closes its end.
  constexpr std::array<char, 8> kNothing{};
  if (::send(peer.get(), kNothing.data(), kNothing.size(), MSG_NOSIGNAL) < 0) {
    throw system_error(errno, "writing to", "a socket");
  }
  RecordGuard guard;
  const GuardedReads guarded(guard);
  FCGX_Request request;
  FCGX_InitRequest(&request, -1, 0);
  // As a Channel has it.
  request.ipcFd = ends[0];
  request.keepConnection = 1;
  request.detached = 1;
  FCGX_Accept_r(&request);
  return guard.fault() != RecordGuard::Fault::kNone;
}

}  // namespace metaset::fcgi

// Instead of libfcgi's function of that name, which only reads. The end of the connection is what
// it takes anywhere for a reason to go no further (FCGX_PROTOCOL_ERROR).
extern "C" int OS_Read(int fd, char* buffer, std::size_t size) {
  metaset::fcgi::RecordGuard* const guard = metaset::fcgi::guard_of_thread;
  if (guard != nullptr && guard->stopped()) return 0;
  const ssize_t got = ::read(fd, buffer, size);
  if (guard == nullptr || got <= 0) return static_cast<int>(got);
  return static_cast<int>(
      guard->take({reinterpret_cast<const unsigned char*>(buffer), static_cast<std::size_t>(got)}));
}
