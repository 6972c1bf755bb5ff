// What import and export share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metaset/pkg5/progress.h"

namespace metaset::pkg5 {

// Tells the callback of one phase.
class Progress {
 public:
  Progress(const CopyCallback& callback, std::string_view phase, std::uint64_t total)
      : callback_(callback), state_{phase, 0, total, 0} {
    tell();
  }
  void step(std::uint64_t bytes = 0) {
    ++state_.done;
    state_.bytes += bytes;
    tell();
  }

 private:
  void tell() const {
    if (callback_) callback_(state_);
  }
  const CopyCallback& callback_;
  CopyProgress state_;
};

// Appends "3 payloads are missing:" and a line for each of the first ones; nothing if there are
// none.
void append_bad_payloads(const std::vector<BadPayload>& payloads, std::string_view what,
                         std::string& message);

}  // namespace metaset::pkg5
