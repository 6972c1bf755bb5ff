// Whether a client may still wait for the answer to its request. Private to this directory.
//
// In a group a balancer asks another member if one is silent for too long. What the silent one
// would note of the client when it goes on, a process that was stopped, would be newer than what
// the client got elsewhere. So a request has its time: kLimit from METASET_REQUEST_TIME on, or, if
// it was held, kAfterHold from the end that the hold was to have at the latest. Balancers must wait
// longer than that (metaset-group(8)). Whoever asked has also gone if the web server closed the
// connection.
// Thread-safety: one thread.
#pragma once

#include "metaset/group/boot_clock.h"
#include "metaset/http/request.h"

namespace metaset::http {

class Freshness {
 public:
  static constexpr group::BootTime kLimit = 3 * group::kSecond;
  static constexpr group::BootTime kAfterHold = 1 * group::kSecond;

  // `in_group`: it has a limit. The request is not owned. kUsage if its time is malformed.
  Freshness(const Request& request, bool in_group);
  // It waits in a hold until then.
  void held_until(group::BootTime time);
  bool lasts() const;

 private:
  const Request& request_;
  group::BootTime until_;
};

}  // namespace metaset::http
