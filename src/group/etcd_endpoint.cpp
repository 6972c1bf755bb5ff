#include "group/etcd_endpoint.h"

#include <algorithm>

#include "group/etcd_json.h"

namespace metaset::group {
namespace {

// Codes of gRPC.
enum GrpcCode {
  kGrpcInvalidArgument = 3,
  kGrpcNotFound = 5,
  kGrpcPermissionDenied = 7,
  kGrpcResourceExhausted = 8,
  kGrpcFailedPrecondition = 9,
  kGrpcOutOfRange = 11,
  kGrpcUnimplemented = 12,
  kGrpcUnauthenticated = 16,
};

bool says(std::string_view message, std::string_view words) {
  return message.find(words) != std::string_view::npos;
}

EtcdVerdict of_bad_argument(const std::string& message) {
  if (says(message, "revision of auth store is old"))
    return {EtcdVerdict::Kind::kToken, Code::kDenied, message};
  if (says(message, "user name is empty")) {
    return {EtcdVerdict::Kind::kFinal, Code::kDenied, "etcd wants a user and a password"};
  }
  if (says(message, "invalid user ID or password"))
    return {EtcdVerdict::Kind::kFinal, Code::kDenied, message};
  const bool large = says(message, "too large") || says(message, "too many operations");
  return {EtcdVerdict::Kind::kFinal, large ? Code::kLimit : Code::kInvalid, message};
}

// Answers that a member gives before it hands a change to the others.
bool is_before_the_change(const std::string& message) {
  return says(message, "no leader") || says(message, "too many requests") ||
         says(message, "proposal dropped");
}

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  constexpr std::size_t kMost = 300;
  if (text.size() > kMost) text.resize(kMost);
  return text;
}

}  // namespace

EtcdVerdict etcd_verdict(int grpc_code, const std::string& text) {
  const std::string message = printable(text);
  switch (grpc_code) {
    case kGrpcInvalidArgument:
      return of_bad_argument(message);
    case kGrpcNotFound:
      return {EtcdVerdict::Kind::kFinal, Code::kNotFound, message};
    case kGrpcPermissionDenied:
      return {EtcdVerdict::Kind::kFinal, Code::kDenied, message};
    case kGrpcUnauthenticated:
      return {EtcdVerdict::Kind::kToken, Code::kDenied, message};
    case kGrpcFailedPrecondition:
      if (!says(message, "authentication is not enabled")) break;
      return {EtcdVerdict::Kind::kFinal, Code::kInvalid,
              "a user was given, but etcd's authentication is not enabled"};
    case kGrpcResourceExhausted:
      if (!says(message, "space exceeded")) break;
      return {EtcdVerdict::Kind::kFinal, Code::kNoSpace, message};
    case kGrpcOutOfRange:
    case kGrpcUnimplemented:
      return {EtcdVerdict::Kind::kFinal, Code::kInvalid, message};
    default:
      break;
  }
  return {
      is_before_the_change(message) ? EtcdVerdict::Kind::kElsewhere : EtcdVerdict::Kind::kUncertain,
      Code::kUnavailable, message};
}

EtcdVerdict etcd_verdict(const net::HttpAnswer& answer) {
  if (answer.status == 0) {
    return {answer.sent ? EtcdVerdict::Kind::kUncertain : EtcdVerdict::Kind::kElsewhere,
            answer.trusted ? Code::kUnavailable : Code::kDenied, answer.problem};
  }
  if (answer.status == 200) return {};
  const EtcdProblem problem = etcd_problem(answer.body);
  const std::string status = "status " + std::to_string(answer.status);
  if (problem.message.empty()) {  // not etcd: a proxy, a wrong URL
    const bool refused = answer.status >= 400 && answer.status < 500;
    return {refused ? EtcdVerdict::Kind::kElsewhere : EtcdVerdict::Kind::kUncertain,
            Code::kUnavailable, status};
  }
  return etcd_verdict(problem.code, problem.message);
}

}  // namespace metaset::group
