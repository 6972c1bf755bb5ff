// A kept HTTP/1.1 connection to 127.0.0.1, with no more of HTTP than a load generator needs: it
// must not be what is slow. One request at a time. Thread-safety: one thread each.
// Errors: kIo if the connection breaks, kInvalid for an answer that is not understood.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/base/file.h"

namespace metaset::bench {

struct Answer {
  int status = 0;
  std::string transaction;  // Transaction-ID
  std::string body;
};

class Connection {
 public:
  explicit Connection(std::uint16_t port);
  // `head` is the request line and header fields, without Content-Length and the empty line.
  Answer ask(std::string_view head, std::string_view body = {});

 private:
  std::string read_head();
  Fd fd_;
  std::string request_;
  std::string received_;  // and not used yet
};

}  // namespace metaset::bench
