#include <algorithm>
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

using Deadline = EtcdSession::Clock::time_point;
using Remaining = std::optional<std::chrono::seconds>;

// With the term of the leader as the member knew it before it renewed.
std::pair<EtcdVerdict, std::int64_t> renew(EtcdSession& session, const std::string& endpoint,
                                           Deadline until, std::int64_t id, Remaining& remaining) {
  std::int64_t term = 0;
  EtcdVerdict verdict = session.post(endpoint, "lease/keepalive", etcd_lease_request(id), until,
                                     EtcdSafety::kRepeat, [&](std::string_view answer) {
                                       const EtcdRemaining said = etcd_remaining(answer);
                                       remaining = said.time;
                                       term = said.term;
                                     });
  return {std::move(verdict), term};
}

// The leader of one term renewed, and after that a majority followed it in the same term.
EtcdVerdict renew_and_show(EtcdSession& session, const std::string& endpoint, Deadline until,
                           std::int64_t id, std::string_view key, Remaining& remaining) {
  const auto [renewed, term] = renew(session, endpoint, until, id, remaining);
  if (renewed.kind != EtcdVerdict::Kind::kAnswer || !remaining) return renewed;
  std::int64_t later = 0;
  EtcdRecords read;
  const std::string request = etcd_range_request(EtcdKeys::one(std::string(key)), false);
  const EtcdVerdict verdict = session.post(endpoint, "kv/range", request, until,
                                           EtcdSafety::kRepeat, [&](std::string_view answer) {
                                             read = etcd_records(answer);
                                             later = etcd_term(answer);
                                           });
  if (verdict.kind != EtcdVerdict::Kind::kAnswer) return verdict;
  const EtcdRecord* record = read.find(key);
  if (record == nullptr || record->lease != id) {
    remaining.reset();
  } else if (later != term) {
    return {EtcdVerdict::Kind::kElsewhere, Code::kUnavailable, "the leader changed meanwhile"};
  }
  return verdict;
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
  const auto only_reads = [](const std::vector<EtcdOperation>& operations) {
    return std::ranges::all_of(operations, [](const EtcdOperation& operation) {
      return operation.kind == EtcdOperation::Kind::kRange;
    });
  };
  const bool reads = only_reads(txn.then) && only_reads(txn.otherwise);
  EtcdTxnResult result;
  state_->session.call("kv/txn", etcd_txn_request(txn),
                       reads ? EtcdSafety::kRepeat : EtcdSafety::kOnce,
                       [&](std::string_view answer) { result = etcd_txn_result(answer, txn); });
  return result;
}

EtcdLease EtcdClient::lease_grant(std::chrono::seconds ttl) {
  EtcdLease lease;
  state_->session.call("lease/grant", etcd_grant_request(ttl), EtcdSafety::kRepeat,
                       [&](std::string_view answer) { lease = etcd_lease(answer); });
  return lease;
}

std::optional<std::chrono::seconds> EtcdClient::lease_keepalive(std::int64_t id,
                                                                std::string_view key) {
  std::optional<std::chrono::seconds> remaining;
  EtcdSession& session = state_->session;
  try {
    session.each_endpoint(EtcdSafety::kRepeat, [&](const std::string& endpoint, auto until) {
      return key.empty() ? renew(session, endpoint, until, id, remaining).first
                         : renew_and_show(session, endpoint, until, id, key, remaining);
    });
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    return std::nullopt;
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

void EtcdClient::compact(std::int64_t revision) {
  try {
    state_->session.call("kv/compaction", etcd_compact_request(revision), EtcdSafety::kRepeat,
                         [](std::string_view answer) { etcd_revision(answer); });
  } catch (const Error& error) {
    // "required revision has been compacted"
    if (error.code() != Code::kInvalid && error.code() != Code::kNotFound) throw;
  }
}

EtcdWatchResult EtcdClient::watch(const EtcdKeys& keys, std::int64_t from, const Tell& tell,
                                  std::stop_token stop, std::chrono::milliseconds limit) {
  EtcdWatch watch(state_->session, state_->watch_http, tell, std::move(stop), limit);
  return watch.run(keys, from);
}

}  // namespace metaset::group
