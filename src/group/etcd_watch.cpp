#include "group/etcd_watch.h"

#include <algorithm>
#include <utility>

namespace metaset::group {
namespace {

constexpr std::size_t kMaxMessage = 8 << 20;

// etcd refuses a watch by a text only: "rpc error: code = PermissionDenied desc = ...".
EtcdVerdict verdict_of_cancel(const std::string& reason) {
  constexpr std::pair<std::string_view, int> kCodes[] = {
      {"InvalidArgument", 3}, {"PermissionDenied", 7}, {"Unauthenticated", 16}};
  constexpr int kUnavailable = 14;
  for (const auto& [name, code] : kCodes) {
    if (reason.find(name) != std::string::npos) return etcd_verdict(code, reason);
  }
  return etcd_verdict(kUnavailable, reason.empty() ? "the watch was refused" : reason);
}

}  // namespace

EtcdWatchResult EtcdWatch::run(const EtcdKeys& keys, std::int64_t from) {
  result_.next = from;
  const std::string request = etcd_watch_request(keys, from);
  if (stop_.stop_requested()) return result_;
  session_.each_endpoint(EtcdSafety::kRepeat,
                         [&](const std::string& endpoint, EtcdSession::Clock::time_point until) {
                           return attempt(endpoint, until, request);
                         });
  return std::move(result_);
}

EtcdVerdict EtcdWatch::attempt(const std::string& endpoint, EtcdSession::Clock::time_point until,
                               std::string_view request) {
  refusal_ = {};
  ended_ = false;
  const net::HttpPost post =
      session_.request(endpoint, "watch", request, until, EtcdSafety::kRepeat);
  return verdict_of(http_.stream(post, *this, stop_, limit_));
}

EtcdVerdict EtcdWatch::verdict_of(const net::HttpAnswer& answer) {
  if (refusal_.kind != EtcdVerdict::Kind::kAnswer) return refusal_;
  if (ended_) return {};
  if (answer.stopped || answer.expired) {
    end_with(answer.stopped ? EtcdWatchEnd::kStopped : EtcdWatchEnd::kExpired, {});
    return {};
  }
  const EtcdVerdict verdict = etcd_verdict(answer);
  if (stands_) {
    end_with(EtcdWatchEnd::kBroken, verdict.why.empty() ? "the stream ended" : verdict.why);
    return {};
  }
  if (verdict.kind != EtcdVerdict::Kind::kAnswer) return verdict;
  return {EtcdVerdict::Kind::kElsewhere, Code::kUnavailable, "the watch ended before it began"};
}

bool EtcdWatch::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    line_.append(bytes.substr(0, end));
    if (line_.size() > kMaxMessage) {
      return end_with(EtcdWatchEnd::kBroken, "a message of etcd is too large");
    }
    if (end == bytes.size()) return true;
    bytes.remove_prefix(end + 1);
    const std::string line = std::exchange(line_, {});
    EtcdWatchMessage message;
    try {
      message = etcd_watch_message(line);
    } catch (const Error& error) {
      return end_with(EtcdWatchEnd::kBroken, error.message());
    }
    if (!take(message)) return false;
  }
  return true;
}

bool EtcdWatch::take(const EtcdWatchMessage& message) {
  if (message.problem) {
    if (stands_) return end_with(EtcdWatchEnd::kBroken, message.problem->message);
    refusal_ = etcd_verdict(message.problem->code, message.problem->message);
    return false;
  }
  if (message.compact_revision > 0) {
    result_.next = message.compact_revision;
    return end_with(EtcdWatchEnd::kCompacted, {});
  }
  if (message.canceled) {
    if (stands_) return end_with(EtcdWatchEnd::kBroken, message.cancel_reason);
    refusal_ = verdict_of_cancel(message.cancel_reason);
    return false;
  }
  if (message.created) {
    stands_ = true;
    if (result_.next == 0) result_.next = message.revision + 1;
    tell_({}, message.revision);
    return true;
  }
  if (message.events.empty()) return true;
  // The header's revision may be ahead of what the events tell.
  const std::int64_t revision =
      std::max_element(message.events.begin(), message.events.end(), [](auto& a, auto& b) {
        return a.record.mod_revision < b.record.mod_revision;
      })->record.mod_revision;
  result_.next = revision + 1;
  tell_(message.events, revision);
  return true;
}

// False: nothing more is wanted.
bool EtcdWatch::end_with(EtcdWatchEnd end, std::string reason) {
  ended_ = true;
  result_.end = end;
  result_.reason = std::move(reason);
  return false;
}

}  // namespace metaset::group
