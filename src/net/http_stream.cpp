#include "net/http_stream.h"

#include <algorithm>
#include <string>

#include "metaset/base/error.h"

namespace metaset::net {
namespace {

std::chrono::steady_clock::time_point from_now(std::chrono::milliseconds time) {
  using Point = std::chrono::steady_clock::time_point;
  return time.count() == 0 ? Point::max() : std::chrono::steady_clock::now() + time;
}

void require_multi(CURLMcode code) {
  if (code != CURLM_OK) {
    throw Error(Code::kInternal, std::string("libcurl: ") + curl_multi_strerror(code));
  }
}

}  // namespace

StreamRun::StreamRun(CURL* transfer, std::chrono::milliseconds begin_within,
                     std::chrono::milliseconds limit)
    : transfer_(transfer),
      multi_(curl_multi_init()),
      begin_by_(from_now(begin_within)),
      end_by_(from_now(limit)) {
  if (multi_ == nullptr) throw Error(Code::kInternal, "libcurl has no handle");
}

StreamRun::~StreamRun() {
  curl_multi_remove_handle(multi_, transfer_);
  curl_multi_cleanup(multi_);
}

bool StreamRun::is_over(const std::stop_token& stop, bool begun) {
  const Clock::time_point now = Clock::now();
  if (stop.stop_requested()) {
    end_ = End::kStopped;
  } else if (now >= end_by_) {
    end_ = End::kExpired;
  } else if (!begun && now >= begin_by_) {
    end_ = End::kNotBegun;
  }
  return end_ != End::kTransfer;
}

void StreamRun::wait(bool begun) {
  using std::chrono::milliseconds;
  const Clock::time_point until = begun ? end_by_ : std::min(begin_by_, end_by_);
  milliseconds time{60'000};
  if (until != Clock::time_point::max()) {
    time = std::min(time, std::chrono::ceil<milliseconds>(until - Clock::now()));
  }
  const int most = static_cast<int>(std::max(time, milliseconds(0)).count());
  require_multi(curl_multi_poll(multi_, nullptr, 0, most, nullptr));
}

CURLcode StreamRun::perform(const std::stop_token& stop, const std::function<bool()>& begun) {
  require_multi(curl_multi_add_handle(multi_, transfer_));
  // libcurl allows this one call from another thread. A wakeup before the wait ends that at once.
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_); });
  for (int running = 1;;) {
    require_multi(curl_multi_perform(multi_, &running));
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi_, &left); message != nullptr) {
      return message->data.result;
    }
    if (running == 0 || is_over(stop, begun())) return CURLE_OPERATION_TIMEDOUT;
    wait(begun());
  }
}

}  // namespace metaset::net
