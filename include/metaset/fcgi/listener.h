// The listening socket of a FastCGI program: made by us, or inherited from who started us.
// Thread-safety: none while it is set up; fd() may be used by any thread afterwards.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "metaset/base/file.h"

namespace metaset::fcgi {

class Listener {
 public:
  // "/path" or "unix:/path" (a socket file of that mode), or "ADDRESS:PORT" with a numeric IPv4 or
  // bracketed IPv6 address; port 0 takes any free one. A socket file that nobody answers on is
  // replaced. Errors: kUsage for a malformed address, kExists naming a socket that is in use, kIo.
  static Listener open(std::string_view address, mode_t mode);
  // Takes an "ADDRESS:PORT" without listening there. A program that allows that the address is used
  // again (SO_REUSEADDR), as servers do, can listen on it meanwhile (Linux). Errors as open().
  static Listener reserve(std::string_view address);
  // A listening socket handed over as systemd does (LISTEN_FDS), or as standard input (spawn-fcgi,
  // mod_fcgid). nullopt if there is none.
  static std::optional<Listener> inherited();

  ~Listener();  // removes the socket file, if it made it and nobody replaced it
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;

  int fd() const { return fd_.get(); }  // non-blocking
  // For messages: "/path", "127.0.0.1:9000" with the port in use, "an inherited socket".
  const std::string& name() const { return name_; }

 private:
  Listener(Fd fd, std::string name);
  Fd fd_;
  std::string name_;
  std::string path_;  // of the socket file that is ours
  FileInfo made_;
  pid_t owner_;  // a forked child must not remove it
};

// True if the descriptor is a socket that connections can be accepted from.
bool is_listening(int fd);

}  // namespace metaset::fcgi
