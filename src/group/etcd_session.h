// A call of etcd: endpoints one after another, the token of the user, limits of time.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/group/etcd.h"
#include "metaset/net/http_client.h"

#include "group/etcd_endpoint.h"

namespace metaset::group {

enum class EtcdSafety {
  kOnce,
  kRepeat,  // may be done twice
  kLocal,   // as that, and needs no leader
};

class EtcdSession {
 public:
  explicit EtcdSession(EtcdOptions options);

  // One attempt at one endpoint within `time`; what it throws with kInvalid is an answer that
  // makes no sense. It has no other errors of its own.
  using Clock = std::chrono::steady_clock;
  using Attempt = std::function<EtcdVerdict(const std::string& endpoint, Clock::time_point until)>;
  // Until one gives an answer.
  void each_endpoint(EtcdSafety safety, const Attempt& attempt);

  // Posts to one path; `take` gets the answer.
  using Take = std::function<void(std::string_view answer)>;
  void call(std::string_view path, std::string_view body, EtcdSafety safety, const Take& take);
  // One attempt of that.
  EtcdVerdict post(const std::string& endpoint, std::string_view path, std::string_view body,
                   Clock::time_point until, EtcdSafety safety, const Take& take);

  // Authenticates if there is a user without a token.
  std::optional<EtcdVerdict> login(const std::string& endpoint, Clock::time_point until);
  net::HttpPost request(const std::string& endpoint, std::string_view path, std::string_view body,
                        Clock::time_point until, EtcdSafety safety) const;
  net::HttpOptions http_options() const;

 private:
  EtcdVerdict with_token(const std::string& endpoint, Clock::time_point until,
                         const Attempt& attempt);

  const EtcdOptions options_;
  EtcdEndpoints endpoints_;
  net::HttpClient http_;
  std::string token_;
};

}  // namespace metaset::group
