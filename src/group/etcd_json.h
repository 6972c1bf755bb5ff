// Requests and answers of etcd's JSON gateway as text. Pure functions.
//
// 64-bit numbers are strings there (and numbers are taken as well), bytes are base64, and what is
// zero or empty is left out. Answers: kInvalid for what is no such answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/group/etcd.h"

namespace metaset::group {

std::string etcd_range_request(const EtcdKeys& keys, bool local);
std::string etcd_put_request(std::string_view key, std::string_view value, std::int64_t lease);
std::string etcd_delete_request(const EtcdKeys& keys);
std::string etcd_txn_request(const EtcdTxn& txn);
std::string etcd_grant_request(std::chrono::seconds ttl);
std::string etcd_lease_request(std::int64_t id);  // keepalive and revoke
std::string etcd_compact_request(std::int64_t revision);
std::string etcd_watch_request(const EtcdKeys& keys, std::int64_t from);
std::string etcd_login_request(std::string_view user, std::string_view password);

EtcdRecords etcd_records(std::string_view answer);
std::int64_t etcd_revision(std::string_view answer);  // of any answer with a header
std::int64_t etcd_deleted(std::string_view answer);
EtcdTxnResult etcd_txn_result(std::string_view answer, const EtcdTxn& txn);
EtcdLease etcd_lease(std::string_view answer);
struct EtcdRemaining {
  std::optional<std::chrono::seconds> time;  // nullopt: the lease is gone
  std::int64_t term = 0;
};
EtcdRemaining etcd_remaining(std::string_view answer);  // of a keepalive
std::int64_t etcd_term(std::string_view answer);        // the leader's, of any answer with a header
std::string etcd_token(std::string_view answer);

// What an answer with another status than 200, or a stream that fails, says.
struct EtcdProblem {
  int code = 2;  // gRPC's; 2: unknown
  std::string message;
};
EtcdProblem etcd_problem(std::string_view answer);  // of anything

struct EtcdWatchMessage {
  bool created = false, canceled = false;
  std::int64_t revision = 0, compact_revision = 0;
  std::string cancel_reason;
  std::optional<EtcdProblem> problem;
  std::vector<EtcdEvent> events;
};
EtcdWatchMessage etcd_watch_message(std::string_view line);

}  // namespace metaset::group
