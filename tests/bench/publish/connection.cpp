#include "connection.h"

#include <cerrno>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::bench {

namespace {

constexpr std::size_t kReceive = 16 << 10;
constexpr std::string_view kEndOfHead = "\r\n\r\n";

void receive(int fd, std::string& to) {
  const std::size_t used = to.size();
  to.resize(used + kReceive);
  const ssize_t got = ::recv(fd, to.data() + used, kReceive, 0);
  if (got <= 0) throw system_error(got < 0 ? errno : ECONNRESET, "receive", "an answer");
  to.resize(used + static_cast<std::size_t>(got));
}

// The value of a header field; empty if there is none.
std::string_view field(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (line.size() > name.size() + 1 && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      return line.substr(line.find_first_not_of(' ', name.size() + 1));
    }
  }
  return {};
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) throw Error(Code::kInvalid, fmt::format("'{}' is no number", text));
  return value;
}

}  // namespace

Connection::Connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (!fd_ || ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw system_error(errno, "connect to", fmt::format("port {}", port));
  }
}

std::string Connection::read_head() {
  std::size_t end = 0;
  while ((end = received_.find(kEndOfHead)) == std::string::npos) receive(fd_.get(), received_);
  std::string head = received_.substr(0, end);
  received_.erase(0, end + kEndOfHead.size());
  return head;
}

Answer Connection::ask(std::string_view head, std::string_view body) {
  const bool is_probe = head.starts_with("HEAD ");
  request_.assign(head);
  if (!body.empty()) request_ += fmt::format("Content-Length: {}\r\n", body.size());
  request_.append("\r\n").append(body);
  write_all(fd_.get(), request_, "a request");
  const std::string text = read_head();
  Answer answer;
  answer.status = static_cast<int>(number(std::string_view(text).substr(text.find(' ') + 1)));
  answer.transaction = field(text, "Transaction-ID");
  if (is_probe) return answer;
  const std::size_t length = number(field(text, "Content-Length"));
  while (received_.size() < length) receive(fd_.get(), received_);
  answer.body = received_.substr(0, length);
  received_.erase(0, length);
  return answer;
}

}  // namespace metaset::bench
