// Says that a thread waits, for as long as the object lives, so that others are served meanwhile.
// For this directory.
#pragma once

#include "metaset/http/gateway.h"

namespace metaset::http {

class WaitScope {
 public:
  explicit WaitScope(Gateway& gateway) : gateway_(gateway) { gateway_.begin_waiting(); }
  ~WaitScope() { gateway_.end_waiting(); }
  WaitScope(const WaitScope&) = delete;
  WaitScope& operator=(const WaitScope&) = delete;

 private:
  Gateway& gateway_;
};

}  // namespace metaset::http
