// A FastCGI client that speaks raw records: the web server's side of a connection.
#pragma once

#include <chrono>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "metaset/base/file.h"

#include "../base/patience.h"

namespace metaset::fcgi {

enum RecordType : unsigned char {
  kBegin = 1,
  kAbort,
  kEnd,
  kParams,
  kStdin,
  kStdout,
  kStderr,
  kData,
  kGetValues
};

inline std::string record(RecordType type, std::string_view content, int id = 1, int padding = 0) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xff); };
  const auto number = static_cast<std::size_t>(id);
  std::string bytes = {1,
                       static_cast<char>(type),
                       byte(number >> 8),
                       byte(number),
                       byte(content.size() >> 8),
                       byte(content.size()),
                       static_cast<char>(padding),
                       0};
  return bytes.append(content).append(static_cast<std::size_t>(padding), '\0');
}

inline std::string begin_record(bool keep, int id = 1, int role = 1) {
  return record(kBegin, std::string{0, static_cast<char>(role), keep ? '\1' : '\0', 0, 0, 0, 0, 0},
                id);
}

inline std::string name_value(std::string_view name, std::string_view value) {
  const auto length = [](std::size_t size) {
    if (size < 128) return std::string(1, static_cast<char>(size));
    return std::string{static_cast<char>(0x80 | (size >> 24)), static_cast<char>(size >> 16),
                       static_cast<char>(size >> 8), static_cast<char>(size)};
  };
  return length(name.size()) + length(value.size()) + std::string(name) + std::string(value);
}

// A stream of records of one type, ended by an empty one.
inline std::string stream(RecordType type, std::string_view content, int id = 1) {
  std::string bytes;
  while (!content.empty()) {
    bytes += record(type, content.substr(0, 65'535), id, 3);
    content.remove_prefix(std::min<std::size_t>(content.size(), 65'535));
  }
  return bytes + record(type, "", id);
}

using Params = std::map<std::string, std::string>;

inline std::string request_bytes(const std::string& uri, std::string_view body = {},
                                 bool keep = true, Params params = {}) {
  params.try_emplace("REQUEST_METHOD", body.empty() ? "GET" : "POST");
  params.try_emplace("REQUEST_URI", uri);
  params.try_emplace("CONTENT_LENGTH", body.empty() ? "" : std::to_string(body.size()));
  std::string pairs;
  for (const auto& [name, value] : params) pairs += name_value(name, value);
  return begin_record(keep) + stream(kParams, pairs) + stream(kStdin, body);
}

struct Answer {
  std::string output;  // the content of all FCGI_STDOUT records
  bool ended = false;  // FCGI_END_REQUEST was seen
  std::string body() const {
    return output.substr(std::min(output.find("\r\n\r\n") + 4, output.size()));
  }
};

class FcgiClient {
 public:
  explicit FcgiClient(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    // A test that waits for nothing fails instead of hanging.
    const timeval limit = {20, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    connected_ =
        ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  bool connected() const { return connected_; }
  int fd() const { return fd_.get(); }

  // False if the peer is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Reads records until a request ends or the connection does.
  Answer receive() {
    Answer answer;
    while (true) {
      const std::string header = take(8);
      if (header.size() < 8) return answer;
      const auto at = [&](std::size_t i) {
        return std::size_t{static_cast<unsigned char>(header[i])};
      };
      const std::string content = take(at(4) * 256 + at(5));
      take(at(6));
      if (header[1] == kStdout) answer.output += content;
      if (header[1] == kEnd) {
        answer.ended = true;
        return answer;
      }
    }
  }
  Answer ask(const std::string& uri, std::string_view body = {}, bool keep = true,
             Params params = {}) {
    if (!send(request_bytes(uri, body, keep, std::move(params)))) return {};
    return receive();
  }
  // True if the peer closes within the time.
  bool closed_within(std::chrono::milliseconds limit) {
    pollfd event = {fd_.get(), POLLIN, 0};
    if (::poll(&event, 1, static_cast<int>(limit.count())) != 1) return false;
    char byte = 0;
    return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
  }
  void close() { fd_.reset(); }

 private:
  std::string take(std::size_t size) {
    while (buffer_.size() < size) {
      const std::size_t before = buffer_.size();
      buffer_.resize(before + 65'536);
      const ssize_t got = ::recv(fd_.get(), buffer_.data() + before, 65'536, 0);
      buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got <= 0) break;
    }
    std::string bytes = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return bytes;
  }
  Fd fd_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace metaset::fcgi
