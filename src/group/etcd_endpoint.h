// Which members of etcd are asked, in which order, and what their refusals mean.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/error.h"
#include "metaset/net/http_client.h"

namespace metaset::group {

// Without slashes at the end. kInvalid.
std::string checked_endpoint(std::string_view text);

// The one that answered last comes first.
class EtcdEndpoints {
 public:
  explicit EtcdEndpoints(std::vector<std::string> urls) : urls_(std::move(urls)) {}
  std::size_t size() const { return urls_.size(); }
  // The endpoints of one call, by the number of the attempt.
  const std::string& at(std::size_t attempt) const {
    return urls_[(first_ + attempt) % urls_.size()];
  }
  void prefer(std::size_t attempt) { first_ = (first_ + attempt) % urls_.size(); }

 private:
  std::vector<std::string> urls_;
  std::size_t first_ = 0;
};

// What became of one attempt.
struct EtcdVerdict {
  enum class Kind {
    kAnswer,     // status 200
    kToken,      // the token is not valid any more: authenticate again
    kElsewhere,  // another endpoint may do better, and nothing was done here
    kUncertain,  // as that, but a change may have been made
    kFinal,      // the same everywhere
  };
  Kind kind = Kind::kAnswer;
  Code code = Code::kUnavailable;
  std::string why;
};
EtcdVerdict etcd_verdict(const net::HttpAnswer& answer);
EtcdVerdict etcd_verdict(int grpc_code, const std::string& message);

}  // namespace metaset::group
