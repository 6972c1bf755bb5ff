// One watch, from its beginning at some endpoint to its end.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "metaset/base/byte_sink.h"
#include "metaset/group/etcd.h"
#include "metaset/net/http_client.h"

#include "group/etcd_json.h"
#include "group/etcd_session.h"

namespace metaset::group {

class EtcdWatch : private ByteSink {
 public:
  // All of them outlive it.
  EtcdWatch(EtcdSession& session, net::HttpClient& http, const EtcdClient::Tell& tell,
            std::stop_token stop, std::chrono::milliseconds limit)
      : session_(session), http_(http), tell_(tell), stop_(std::move(stop)), limit_(limit) {}
  EtcdWatchResult run(const EtcdKeys& keys, std::int64_t from);

 private:
  void begin() override { line_.clear(); }
  bool write(std::string_view bytes) override;
  bool take(const EtcdWatchMessage& message);
  bool end_with(EtcdWatchEnd end, std::string reason);
  EtcdVerdict attempt(const std::string& endpoint, EtcdSession::Clock::time_point until,
                      std::string_view request);
  EtcdVerdict verdict_of(const net::HttpAnswer& answer);

  EtcdSession& session_;
  net::HttpClient& http_;
  const EtcdClient::Tell& tell_;
  const std::stop_token stop_;
  const std::chrono::milliseconds limit_;
  std::string line_;     // what came of a message so far
  bool stands_ = false;  // etcd said that it watches
  bool ended_ = false;
  EtcdVerdict refusal_;  // before that
  EtcdWatchResult result_;
};

}  // namespace metaset::group
