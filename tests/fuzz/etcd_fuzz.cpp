// Answers of etcd's gateway: what is accepted has sound numbers, and its records can be sent back.
#include <string>

#include "metaset/base/base64.h"
#include "metaset/base/json.h"

#include "fuzz.h"
#include "group/etcd_endpoint.h"
#include "group/etcd_json.h"

namespace {

using metaset::fuzz::accepts;
using metaset::fuzz::require;
using namespace metaset::group;

void check_record(const EtcdRecord& record) {
  require(!record.key.empty() && record.mod_revision > 0 && record.version >= 0);
  const std::string text = etcd_put_request(record.key, record.value, record.lease);
  const rapidjson::Document request = metaset::parse_json(text, "request");
  require(metaset::decode_base64(request["key"].GetString()) == record.key);
  require(metaset::decode_base64(request["value"].GetString()) == record.value);
}

void results(std::string_view text) {
  EtcdTxn txn;
  txn.then = {EtcdOperation::put("a", "b"), EtcdOperation::range(EtcdKeys::one("a"))};
  txn.otherwise = {EtcdOperation::del(EtcdKeys::one("a"))};
  accepts([&] {
    const EtcdTxnResult result = etcd_txn_result(text, txn);
    require(result.results.size() == (result.succeeded ? 2U : 1U));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  accepts([&] {
    const EtcdRecords read = etcd_records(text);
    require(read.revision >= 0);
    for (const EtcdRecord& record : read.records) check_record(record);
  });
  accepts([&] {
    for (const EtcdEvent& event : etcd_watch_message(text).events) check_record(event.record);
  });
  results(text);
  accepts([&] { require(etcd_deleted(text) >= 0); });
  accepts([&] { require(etcd_lease(text).ttl.count() > 0); });
  accepts([&] {
    const EtcdRemaining remaining = etcd_remaining(text);
    require(!remaining.time || remaining.time->count() > 0);
    require(remaining.term >= 0);
  });
  accepts([&] { require(etcd_token(text).find_first_of("\r\n") == std::string::npos); });
  const EtcdProblem problem = etcd_problem(text);
  require(etcd_verdict(problem.code, problem.message).kind != EtcdVerdict::Kind::kAnswer);
  return 0;
}
