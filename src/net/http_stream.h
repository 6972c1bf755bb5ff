// A transfer that lasts until somebody stops it.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include <curl/curl.h>

namespace metaset::net {

class StreamRun {
 public:
  enum class End { kTransfer, kNotBegun, kStopped, kExpired };

  // Zero: no limit.
  StreamRun(CURL* transfer, std::chrono::milliseconds begin_within,
            std::chrono::milliseconds limit);
  ~StreamRun();
  StreamRun(const StreamRun&) = delete;
  StreamRun& operator=(const StreamRun&) = delete;

  // How the transfer ended; if it did not, CURLE_OPERATION_TIMEDOUT, and end() says why.
  CURLcode perform(const std::stop_token& stop, const std::function<bool()>& begun);
  End end() const { return end_; }

 private:
  using Clock = std::chrono::steady_clock;
  bool is_over(const std::stop_token& stop, bool begun);
  void wait(bool begun);

  CURL* const transfer_;
  CURLM* const multi_;
  const Clock::time_point begin_by_, end_by_;
  End end_ = End::kTransfer;
};

}  // namespace metaset::net
