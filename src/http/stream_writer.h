// Collects the beginning of a StreamBody, and sends it on once it is too long for that.
// Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "metaset/http/request.h"
#include "metaset/http/response.h"

namespace metaset::http {

class StreamWriter : public BodySink {
 public:
  // `head` gives the header lines of an answer without Content-Length, and may throw.
  StreamWriter(const Request& request, std::function<std::string()> head);

  // Throws what `head` throws, and then nothing was sent; what Gateway::write throws.
  bool write(std::string_view piece) override;
  // True once something was sent: no other answer can be given any more.
  bool started() const { return started_; }
  // Sends the rest if the answer was started; false if it was not.
  bool finish();
  std::uint64_t sent() const { return sent_; }  // bytes of the body that left
  // All of the body if nothing was sent.
  std::string take() { return std::move(pending_); }

 private:
  void flush();

  Gateway& gateway_;
  std::function<std::string()> head_;
  bool head_only_;  // HEAD: nothing follows the header lines
  bool started_ = false;
  std::string pending_;
  std::uint64_t sent_ = 0;
};

}  // namespace metaset::http
