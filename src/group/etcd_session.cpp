#include "group/etcd_session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "group/etcd_json.h"

namespace metaset::group {
namespace {

using Kind = EtcdVerdict::Kind;
using std::chrono::milliseconds;

constexpr std::uint64_t kMaxAnswer = 8 << 20;
constexpr std::size_t kMaxEndpoints = 64;

EtcdOptions checked(EtcdOptions options) {
  if (options.endpoints.empty() || options.endpoints.size() > kMaxEndpoints) {
    throw Error(Code::kInvalid,
                fmt::format("etcd needs at least one endpoint, and at most {}", kMaxEndpoints));
  }
  for (std::string& endpoint : options.endpoints) endpoint = checked_endpoint(endpoint);
  if (options.user.empty() && !options.password.empty()) {
    throw Error(Code::kInvalid, "a password for etcd needs a user");
  }
  const milliseconds least =
      std::min({options.connect_timeout, options.attempt_timeout, options.total_timeout});
  if (least.count() <= 0) throw Error(Code::kInvalid, "the time limits for etcd must be positive");
  return options;
}

// Why no endpoint helped.
class Failures {
 public:
  void add(const std::string& endpoint, const EtcdVerdict& verdict) {
    text_ += fmt::format("{}{}: {}", text_.empty() ? "" : "; ", endpoint, verdict.why);
    if (verdict.code != Code::kDenied) code_ = Code::kUnavailable;
  }
  Error error() const { return {code_, "etcd does not answer: " + text_}; }

 private:
  std::string text_;
  Code code_ = Code::kDenied;  // if each one is not trusted
};

}  // namespace

EtcdSession::EtcdSession(EtcdOptions options)
    : options_(checked(std::move(options))),
      endpoints_(options_.endpoints),
      http_(http_options()) {}

net::HttpOptions EtcdSession::http_options() const {
  net::HttpOptions http;
  http.ca_file = options_.ca_file;
  http.client_cert = options_.client_cert;
  http.client_key = options_.client_key;
  http.connect_timeout = options_.connect_timeout;
  http.total_timeout = options_.total_timeout;
  return http;
}

net::HttpPost EtcdSession::request(const std::string& endpoint, std::string_view path,
                                   std::string_view body, Clock::time_point until,
                                   EtcdSafety safety) const {
  net::HttpPost post;
  post.url = endpoint + "/v3/" + std::string(path);
  post.body = body;
  // A member without a leader says so at once, and nothing old.
  if (safety != EtcdSafety::kLocal) post.headers.emplace_back("Grpc-Metadata-hasleader: true");
  if (!token_.empty()) post.headers.push_back("Authorization: " + token_);
  post.timeout = std::max(milliseconds(1), std::chrono::ceil<milliseconds>(until - Clock::now()));
  return post;
}

std::optional<EtcdVerdict> EtcdSession::login(const std::string& endpoint,
                                              Clock::time_point until) {
  if (options_.user.empty() || !token_.empty()) return std::nullopt;
  const std::string body = etcd_login_request(options_.user, options_.password);
  EtcdVerdict verdict = post(endpoint, "auth/authenticate", body, until, EtcdSafety::kRepeat,
                             [&](std::string_view answer) { token_ = etcd_token(answer); });
  if (verdict.kind == EtcdVerdict::Kind::kAnswer) return std::nullopt;
  // Nothing was asked but who this is.
  if (verdict.kind == EtcdVerdict::Kind::kUncertain) verdict.kind = EtcdVerdict::Kind::kElsewhere;
  if (verdict.kind == EtcdVerdict::Kind::kToken) verdict.kind = EtcdVerdict::Kind::kFinal;
  return verdict;
}

EtcdVerdict EtcdSession::post(const std::string& endpoint, std::string_view path,
                              std::string_view body, Clock::time_point until, EtcdSafety safety,
                              const Take& take) {
  const bool reuse = safety != EtcdSafety::kOnce;
  const net::HttpAnswer answer =
      http_.post(request(endpoint, path, body, until, safety), kMaxAnswer, reuse);
  if (answer.too_large) {
    throw Error(Code::kLimit, fmt::format("the answer of {} is larger than the allowed {} bytes",
                                          endpoint, kMaxAnswer));
  }
  const EtcdVerdict verdict = etcd_verdict(answer);
  if (verdict.kind != EtcdVerdict::Kind::kAnswer) return verdict;
  try {
    take(answer.body);
  } catch (const Error& error) {
    if (error.code() != Code::kInvalid) throw;
    return {EtcdVerdict::Kind::kUncertain, Code::kUnavailable, error.message()};
  }
  return verdict;
}

EtcdVerdict EtcdSession::with_token(const std::string& endpoint, Clock::time_point until,
                                    const Attempt& attempt) {
  for (bool renewed = false;; renewed = true) {
    const bool had_token = !token_.empty();
    if (auto refused = login(endpoint, until)) return *refused;
    EtcdVerdict verdict = attempt(endpoint, until);
    if (verdict.kind != EtcdVerdict::Kind::kToken) return verdict;
    token_.clear();
    if (renewed || !had_token) {
      verdict.kind = EtcdVerdict::Kind::kFinal;
      return verdict;
    }
  }
}

void EtcdSession::each_endpoint(EtcdSafety safety, const Attempt& attempt) {
  const Clock::time_point end = Clock::now() + options_.total_timeout;
  Failures failures;
  for (std::size_t i = 0; i < endpoints_.size() && Clock::now() < end; ++i) {
    const std::string endpoint = endpoints_.at(i);
    const Clock::time_point until = std::min(end, Clock::now() + options_.attempt_timeout);
    const EtcdVerdict verdict = with_token(endpoint, until, attempt);
    if (verdict.kind == EtcdVerdict::Kind::kAnswer) return endpoints_.prefer(i);
    if (verdict.kind == EtcdVerdict::Kind::kFinal) {
      throw Error(verdict.code, fmt::format("etcd at {} refuses: {}", endpoint, verdict.why));
    }
    if (verdict.kind == EtcdVerdict::Kind::kUncertain && safety == EtcdSafety::kOnce) {
      endpoints_.prefer(i + 1);  // this one did not answer
      throw EtcdUncertain(fmt::format(
          "etcd at {} did not say whether it made a change: {}; read what is there before the next "
          "attempt",
          endpoint, verdict.why));
    }
    failures.add(endpoint, verdict);
  }
  endpoints_.prefer(1);
  throw failures.error();
}

void EtcdSession::call(std::string_view path, std::string_view body, EtcdSafety safety,
                       const Take& take) {
  each_endpoint(safety, [&](const std::string& endpoint, Clock::time_point until) {
    return post(endpoint, path, body, until, safety, take);
  });
}

}  // namespace metaset::group
