// One request from the environment and standard input (RFC 3875).
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include <sys/uio.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/fcgi/listener.h"
#include "metaset/fcgi/serve.h"

namespace metaset::fcgi {
namespace {

// Standard input need not end after the body: no more than its length may be read. Only a body that
// came in chunks, whose length nobody knew, ends with it (Apache passes that on).
std::uint64_t body_length() {
  const char* const text = std::getenv("CONTENT_LENGTH");
  if (text == nullptr && std::getenv("HTTP_TRANSFER_ENCODING") != nullptr) return UINT64_MAX;
  std::uint64_t length = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), length);
  return length;
}

class CgiGateway : public http::Gateway {
 public:
  const char* const* environment() const override { return ::environ; }

  std::size_t read(char* buffer, std::size_t size) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    if (wanted == 0) return 0;
    while (true) {
      const ssize_t count = ::read(STDIN_FILENO, buffer, wanted);
      if (count >= 0) {
        left_ -= static_cast<std::uint64_t>(count);
        return static_cast<std::size_t>(count);
      }
      if (errno != EINTR) throw Error(Code::kInvalid, "The request body could not be read.");
    }
  }

  void write(std::span<const std::string_view> parts) override {
    if (aborted_) throw Error(Code::kIo, "the response was aborted");
    for (const std::string_view part : parts) {
      if (!part.empty()) write_all(STDOUT_FILENO, part, "the web server");
    }
  }

  void abort() noexcept override { aborted_ = true; }
  bool aborted() const { return aborted_; }

  // Reads what nobody wanted of the body. Apache's mod_cgid has one socket for body and answer:
  // ended with something unread, it takes the answer with it.
  void discard_body() noexcept {
    std::array<char, 64 * 1024> buffer{};
    try {
      while (read(buffer.data(), buffer.size()) != 0) {
      }
    } catch (const std::exception&) {  // the web server has gone
    }
  }

 private:
  std::uint64_t left_ = body_length();
  bool aborted_ = false;
};

}  // namespace

bool is_cgi() {
  // fcgiwrap passes on what it is told, which need not be the first of these.
  const bool asked =
      std::getenv("GATEWAY_INTERFACE") != nullptr || std::getenv("REQUEST_METHOD") != nullptr;
  return asked && !is_listening(STDIN_FILENO);
}

int run_cgi(http::Handler& handler) {
  // A web server that is gone is an error of write(2), no reason to die unheard.
  std::signal(SIGPIPE, SIG_IGN);
  CgiGateway gateway;
  handler.handle(gateway);
  handler.finished();
  gateway.discard_body();
  return gateway.aborted() ? 1 : 0;
}

}  // namespace metaset::fcgi
