#include <utility>

#include <fmt/format.h>

#include "metaset/group/etcd.h"

#include "group/etcd_json.h"
#include "group/etcd_session.h"
#include "group/etcd_watch.h"

namespace metaset::group {
namespace {

constexpr std::size_t kMaxValue = 1 << 20;

void check_value(std::string_view key, std::string_view value) {
  if (value.size() <= kMaxValue) return;
  throw Error(Code::kLimit, fmt::format("the value of {} for etcd has {} bytes, more than {}", key,
                                        value.size(), kMaxValue));
}
void check_values(const std::vector<EtcdOperation>& operations) {
  for (const EtcdOperation& operation : operations) {
    check_value(operation.keys.key, operation.value);
  }
}

}  // namespace

struct EtcdClient::State {
  explicit State(EtcdOptions options)
      : session(std::move(options)), watch_http(session.http_options()) {}
  EtcdSession session;
  net::HttpClient watch_http;
};

EtcdClient::EtcdClient(EtcdOptions options) : state_(std::make_unique<State>(std::move(options))) {}
EtcdClient::~EtcdClient() = default;
EtcdClient::EtcdClient(EtcdClient&&) noexcept = default;

EtcdRecords EtcdClient::range(const EtcdKeys& keys, bool local) {
  EtcdRecords records;
  state_->session.call("kv/range", etcd_range_request(keys, local),
                       local ? EtcdSafety::kLocal : EtcdSafety::kRepeat,
                       [&](std::string_view answer) { records = etcd_records(answer); });
  return records;
}

std::int64_t EtcdClient::put(std::string_view key, std::string_view value, std::int64_t lease) {
  check_value(key, value);
  std::int64_t revision = 0;
  state_->session.call("kv/put", etcd_put_request(key, value, lease), EtcdSafety::kOnce,
                       [&](std::string_view answer) { revision = etcd_revision(answer); });
  return revision;
}

std::int64_t EtcdClient::del(const EtcdKeys& keys) {
  std::int64_t deleted = 0;
  state_->session.call("kv/deleterange", etcd_delete_request(keys), EtcdSafety::kOnce,
                       [&](std::string_view answer) { deleted = etcd_deleted(answer); });
  return deleted;
}

EtcdTxnResult EtcdClient::txn(const EtcdTxn& txn) {
  check_values(txn.then);
  check_values(txn.otherwise);
  EtcdTxnResult result;
  state_->session.call("kv/txn", etcd_txn_request(txn), EtcdSafety::kOnce,
                       [&](std::string_view answer) { result = etcd_txn_result(answer, txn); });
  return result;
}

EtcdLease EtcdClient::lease_grant(std::chrono::seconds ttl) {
  EtcdLease lease;
  state_->session.call("lease/grant", etcd_grant_request(ttl), EtcdSafety::kRepeat,
                       [&](std::string_view answer) { lease = etcd_lease(answer); });
  return lease;
}

std::optional<std::chrono::seconds> EtcdClient::lease_keepalive(std::int64_t id) {
  std::optional<std::chrono::seconds> remaining;
  try {
    state_->session.call("lease/keepalive", etcd_lease_request(id), EtcdSafety::kRepeat,
                         [&](std::string_view answer) { remaining = etcd_remaining(answer); });
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
  }
  return remaining;
}

void EtcdClient::lease_revoke(std::int64_t id) {
  try {
    state_->session.call("lease/revoke", etcd_lease_request(id), EtcdSafety::kRepeat,
                         [](std::string_view answer) { etcd_revision(answer); });
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
  }
}

EtcdWatchResult EtcdClient::watch(const EtcdKeys& keys, std::int64_t from, const Tell& tell,
                                  std::stop_token stop, std::chrono::milliseconds limit) {
  EtcdWatch watch(state_->session, state_->watch_http, tell, std::move(stop), limit);
  return watch.run(keys, from);
}

}  // namespace metaset::group
