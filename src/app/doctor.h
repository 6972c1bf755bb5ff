// What `metaset doctor` looks at, and what it finds. One function for each topic, each in a file of
// its own. Thread-safety: one thread. Errors: what cannot be looked at is a finding too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "metaset/group/etcd.h"
#include "metaset/metrics/snapshot.h"
#include "metaset/net/http_client.h"

namespace metaset::app {

enum class Verdict { kOk, kWarning, kError, kSkipped };

struct Finding {
  std::string topic, name;
  Verdict verdict = Verdict::kOk;
  std::string found;   // what is so
  std::string advice;  // what to change; empty if all is well
};

class Diagnosis {
 public:
  // Of the findings that follow.
  void topic(std::string name) { topic_ = std::move(name); }
  void ok(std::string name, std::string found) {
    add(std::move(name), Verdict::kOk, std::move(found), {});
  }
  void warning(std::string name, std::string found, std::string advice) {
    add(std::move(name), Verdict::kWarning, std::move(found), std::move(advice));
  }
  void error(std::string name, std::string found, std::string advice) {
    add(std::move(name), Verdict::kError, std::move(found), std::move(advice));
  }
  void skipped(std::string name, std::string why) {
    add(std::move(name), Verdict::kSkipped, std::move(why), {});
  }
  const std::vector<Finding>& findings() const { return findings_; }
  std::size_t count(Verdict verdict) const;

 private:
  void add(std::string name, Verdict verdict, std::string found, std::string advice) {
    findings_.push_back({topic_, std::move(name), verdict, std::move(found), std::move(advice)});
  }
  std::string topic_;
  std::vector<Finding> findings_;
};

struct DoctorOptions {
  std::string repository;   // empty: none
  std::string url;          // of the depot, without a final slash; empty: none
  std::string publish_url;  // of what packages are published to; empty: none
  std::string counters;     // the file; empty: none
  std::string gate;         // of metaset agent; empty: in no group
  std::optional<group::EtcdOptions> etcd;
  net::HttpOptions http;
};

void check_files(const DoctorOptions& options, Diagnosis& diagnosis);
void check_disk(const DoctorOptions& options, Diagnosis& diagnosis);
void check_database(const DoctorOptions& options, Diagnosis& diagnosis);
void check_limits(const DoctorOptions& options, Diagnosis& diagnosis);
void check_web_server(const DoctorOptions& options, Diagnosis& diagnosis);
void check_publish_endpoint(const DoctorOptions& options, Diagnosis& diagnosis);
void check_group(const DoctorOptions& options, Diagnosis& diagnosis);

// Compares the clock of somebody who said what time it is with the one here.
void check_date(std::string_view whose, const net::HttpAnswer& answer, Diagnosis& diagnosis);
// One request; an answer with status 0 and a problem if there is none, whatever the reason.
net::HttpAnswer ask(const net::HttpOptions& http, const std::string& url,
                    std::vector<std::string> headers = {});

}  // namespace metaset::app
