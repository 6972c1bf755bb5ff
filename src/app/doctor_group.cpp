// Clocks, etcd, and the group of the depot.
#include <cstdlib>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/group/gate.h"

#include "doctor.h"

namespace metaset::app {
namespace {

constexpr std::int64_t kNoticeable = 5, kHarmful = 60;  // seconds
constexpr std::uint64_t kMaxAnswer = 64 << 20;
constexpr std::chrono::milliseconds kPatience{10'000};

void check_endpoint(const group::EtcdOptions& etcd, const std::string& endpoint,
                    Diagnosis& diagnosis) {
  net::HttpOptions http;
  http.ca_file = etcd.ca_file;
  http.client_cert = etcd.client_cert;
  http.client_key = etcd.client_key;
  const net::HttpAnswer answer = ask(http, endpoint + "/health");
  check_date("etcd at " + endpoint, answer, diagnosis);
  if (answer.status == 200) return diagnosis.ok("etcd", endpoint + " is healthy");
  diagnosis.warning("etcd",
                    answer.status == 0 ? endpoint + ": " + answer.problem
                                       : fmt::format("{}: status {}", endpoint, answer.status),
                    "start that member of etcd, or correct --etcd");
}

void check_quorum(const group::EtcdOptions& etcd, Diagnosis& diagnosis) {
  try {
    // Answered only by a leader that a majority follows.
    group::EtcdClient(etcd).range(group::EtcdKeys::one("metaset-doctor"));
    diagnosis.ok("quorum", "a majority of etcd answers");
  } catch (const Error& error) {
    diagnosis.error("quorum", error.message(),
                    "without a majority of etcd no rollout goes on: bring its members back");
  }
}

void check_gate(const std::string& path, Diagnosis& diagnosis) {
  group::GateReader gate(path);
  const group::GateLook& look = gate.look();
  if (look.reason.empty()) {
    return diagnosis.ok("agent", fmt::format("workers answer from metaset {}", look.state.metaset));
  }
  diagnosis.error("agent", fmt::format("{}: {}", path, look.reason),
                  "look at the log of metaset agent; --gate and METASET_GROUP must be one file");
}

}  // namespace

net::HttpAnswer ask(const net::HttpOptions& http, const std::string& url,
                    std::vector<std::string> headers) {
  net::HttpOptions options = http;
  options.total_timeout = std::min(options.total_timeout, kPatience);
  try {
    return net::HttpClient(options).ask({url, std::move(headers)}, kMaxAnswer);
  } catch (const Error& error) {
    net::HttpAnswer answer;
    answer.problem = error.message();
    return answer;
  }
}

void check_date(std::string_view whose, const net::HttpAnswer& answer, Diagnosis& diagnosis) {
  const auto field = answer.fields.find("date");
  if (field == answer.fields.end()) return;
  const auto date = parse_http_date(field->second);
  if (!date) return;
  const std::int64_t apart = std::abs(now().seconds() - date->seconds());
  const std::string found = fmt::format("that of {} is {} s from the one here", whose, apart);
  const std::string advice = "synchronize the clocks (NTP)";
  if (apart >= kHarmful) {
    diagnosis.error("clock", found, advice);
  } else if (apart >= kNoticeable) {
    diagnosis.warning("clock", found, advice);
  } else {
    diagnosis.ok("clock", found);
  }
}

void check_group(const DoctorOptions& options, Diagnosis& diagnosis) {
  diagnosis.topic("group");
  if (!options.gate.empty()) check_gate(options.gate, diagnosis);
  if (!options.etcd) return;
  for (const std::string& endpoint : options.etcd->endpoints) {
    check_endpoint(*options.etcd, endpoint, diagnosis);
  }
  check_quorum(*options.etcd, diagnosis);
}

}  // namespace metaset::app
