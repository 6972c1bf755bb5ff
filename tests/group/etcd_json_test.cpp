#include "group/etcd_json.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/base64.h"
#include "metaset/base/json.h"

#include "../base/has_code.h"

namespace metaset::group {
namespace {

std::string kv_json(const EtcdRecord& record) {
  return R"({"key":")" + encode_base64(record.key) + R"(","value":")" +
         encode_base64(record.value) + R"(","create_revision":")" +
         std::to_string(record.create_revision) + R"(","mod_revision":")" +
         std::to_string(record.mod_revision) + R"(","version":)" + std::to_string(record.version) +
         R"(,"lease":")" + std::to_string(record.lease) + R"("})";
}

rc::Gen<EtcdRecord> any_record() {
  const auto natural = rc::gen::inRange<std::int64_t>(1, INT64_MAX);
  return rc::gen::build<EtcdRecord>(
      rc::gen::set(&EtcdRecord::key, rc::gen::nonEmpty<std::string>()),
      rc::gen::set(&EtcdRecord::value), rc::gen::set(&EtcdRecord::create_revision, natural),
      rc::gen::set(&EtcdRecord::mod_revision, natural), rc::gen::set(&EtcdRecord::version, natural),
      rc::gen::set(&EtcdRecord::lease));
}

std::string decoded(const rapidjson::Value& object, const char* name) {
  return decode_base64(object[name].GetString()).value();
}

BOOST_AUTO_TEST_SUITE(etcd_json)

BOOST_AUTO_TEST_CASE(records_are_read_as_they_were) {
  BOOST_TEST(rc::check([] {
    const auto records = *rc::gen::container<std::vector<EtcdRecord>>(any_record());
    std::string kvs;
    for (const EtcdRecord& record : records) kvs += (kvs.empty() ? "" : ",") + kv_json(record);
    const auto read = etcd_records(R"({"header":{"revision":"77"},"kvs":[)" + kvs + "]}");
    RC_ASSERT(read.revision == 77);
    RC_ASSERT(read.records == records);
    for (const EtcdRecord& record : records) RC_ASSERT(read.find(record.key)->key == record.key);
  }));
}

BOOST_AUTO_TEST_CASE(requests_are_json_with_the_same_bytes) {
  BOOST_TEST(rc::check([](const std::string& key, const std::string& value, std::int64_t lease) {
    const auto put = parse_json(etcd_put_request(key, value, lease), "request");
    RC_ASSERT(decoded(put, "key") == key);
    RC_ASSERT(decoded(put, "value") == value);
    RC_ASSERT(put.HasMember("lease") == (lease != 0));
    if (lease != 0) RC_ASSERT(put["lease"].GetString() == std::to_string(lease));

    const EtcdKeys keys = EtcdKeys::prefix(key);
    EtcdTxn txn;
    txn.compares = {EtcdCompare::value_is(keys, EtcdRelation::kNotEqual, value),
                    EtcdCompare::mod_revision(EtcdKeys::one(key), EtcdRelation::kLess, lease)};
    txn.then = {EtcdOperation::put(key, value, lease), EtcdOperation::range(keys)};
    txn.otherwise = {EtcdOperation::del(keys)};
    const auto json = parse_json(etcd_txn_request(txn), "request");
    RC_ASSERT(decoded(json["compare"][0], "range_end") == keys.end);
    RC_ASSERT(decoded(json["compare"][0], "value") == value);
    RC_ASSERT(json["compare"][1]["mod_revision"].GetString() == std::to_string(lease));
    RC_ASSERT(decoded(json["success"][0]["request_put"], "value") == value);
    RC_ASSERT(decoded(json["success"][1]["request_range"], "key") == keys.key);
    RC_ASSERT(decoded(json["failure"][0]["request_delete_range"], "range_end") == keys.end);
  }));
}

BOOST_AUTO_TEST_CASE(a_prefix_is_a_range) {
  BOOST_TEST(rc::check([](const std::string& prefix, const std::string& key) {
    const EtcdKeys keys = EtcdKeys::prefix(prefix);
    const bool last = keys.end == std::string(1, '\0');
    const auto is_in = [&](const std::string& one) {
      return one >= keys.key && (last || one < keys.end);
    };
    RC_ASSERT(key.empty() || is_in(key) == key.starts_with(prefix));
    RC_ASSERT((prefix + key).empty() || is_in(prefix + key));
  }));
  BOOST_TEST(EtcdKeys::prefix("a\xff").end == "b");
  BOOST_TEST(EtcdKeys::prefix("\xff\xff").end == std::string(1, '\0'));
}

BOOST_AUTO_TEST_CASE(answers_that_make_no_sense) {
  for (const char* text :
       {"", "[]", "{}", "null", R"({"header":7})", R"({"header":{"revision":"-1"}})",
        R"({"header":{"revision":"1x"}})", R"({"header":{"revision":1.5}})",
        R"({"header":{"revision":"99999999999999999999"}})", R"({"header":{},"kvs":{}})",
        R"({"header":{},"kvs":[7]})", R"({"header":{},"kvs":[{"key":"Y"}]})",
        R"({"header":{},"kvs":[{"key":"YQ=="}]})", R"({"header":{},"kvs":[{"mod_revision":"1"}]})",
        R"({"header":{},"more":true})",
        R"({"header":{},"kvs":[{"key":"YQ==","mod_revision":"1","value":"#"}]})"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_EXCEPTION(etcd_records(text), Error, has_code(Code::kInvalid));
    }
  }
  const EtcdTxn txn{{}, {EtcdOperation::range(EtcdKeys::one("a"))}, {}};
  for (const char* text : {R"({"header":{},"succeeded":true})", R"({"header":{},"responses":[{}]})",
                           R"({"header":{},"succeeded":true,"responses":[{"response_put":{}}]})",
                           R"({"header":{},"succeeded":1})"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_EXCEPTION(etcd_txn_result(text, txn), Error, has_code(Code::kInvalid));
    }
  }
  BOOST_CHECK_EXCEPTION(etcd_lease(R"({"header":{},"ID":"1"})"), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(etcd_remaining(R"({"result":{"TTL":"5"}})"), Error,
                        has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(etcd_token(R"({"token":"a\r\nX: b"})"), Error, has_code(Code::kInvalid));
}

BOOST_AUTO_TEST_CASE(problems_have_two_forms) {
  const EtcdProblem plain = etcd_problem(R"({"error":"no","message":"no","code":7})");
  BOOST_TEST(plain.code == 7);
  BOOST_TEST(plain.message == "no");
  const EtcdProblem stream =
      etcd_problem(R"({"error":{"grpc_code":14,"http_code":503,"message":"no leader"}})");
  BOOST_TEST(stream.code == 14);
  BOOST_TEST(stream.message == "no leader");
  BOOST_TEST(etcd_problem("<html>").message.empty());
  BOOST_TEST(etcd_problem("{}").code == 2);
}

BOOST_AUTO_TEST_CASE(messages_of_a_watch) {
  const auto created =
      etcd_watch_message(R"({"result":{"header":{"revision":"3"},"created":true}})");
  BOOST_TEST(created.created);
  BOOST_TEST(created.revision == 3);
  const auto events = etcd_watch_message(
      R"({"result":{"header":{"revision":"9"},"events":[{"kv":{"key":"YQ==","mod_revision":"7"}},)"
      R"({"type":"DELETE","kv":{"key":"Yg==","mod_revision":"8"}}]}})");
  BOOST_REQUIRE(events.events.size() == 2u);
  BOOST_TEST(!events.events[0].deleted);
  BOOST_TEST(events.events[1].deleted);
  BOOST_TEST(events.events[1].record.key == "b");
  BOOST_CHECK_EXCEPTION(
      etcd_watch_message(R"({"result":{"header":{},"events":[{"type":"X","kv":{}}]}})"), Error,
      has_code(Code::kInvalid));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
