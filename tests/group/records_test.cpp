#include "metaset/group/records.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"

using namespace metaset;
using namespace metaset::group;

namespace {

std::string name_text() {
  const std::string first = "abcXYZ019", other = "abcXYZ019._-";
  std::string name(1, *rc::gen::elementOf(first));
  for (const char c : *rc::gen::container<std::string>(rc::gen::elementOf(other))) {
    if (name.size() < kMaxMemberName) name += c;
  }
  return name;
}

std::string free_text() {
  std::string text;
  for (const char c : *rc::gen::container<std::string>(rc::gen::inRange('\x01', '\x7f'))) text += c;
  return text.substr(0, 400);
}

std::int64_t count() { return *rc::gen::inRange<std::int64_t>(0, INT64_MAX); }

}  // namespace

BOOST_AUTO_TEST_SUITE(group_records)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  BOOST_TEST(rc::check([] {
    CurrentMetaset current{static_cast<std::uint64_t>(count()) + 1, free_text(), free_text(),
                           free_text()};
    RC_ASSERT(to_json(parse_current(to_json(current))) == to_json(current));
    GroupConfig config;
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
      config.members[name_text()] =
          *rc::gen::arbitrary<bool>() ? Membership::kIn : Membership::kJoining;
    }
    RC_ASSERT(parse_config(to_json(config)).members == config.members);
    MemberRecord member;
    member.incarnation = free_text();
    member.config = count();
    member.latest = static_cast<std::uint64_t>(count());
    member.address = free_text();
    member.problem = free_text();
    member.ttl_ms = count();
    RC_ASSERT(to_json(parse_member(to_json(member))) == to_json(member));
    RolloutRecord rollout;
    rollout.id = new_rollout_id();
    rollout.metaset = static_cast<std::uint64_t>(count()) + 1;
    rollout.phase = static_cast<RolloutPhase>(*rc::gen::inRange(0, 4));
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) rollout.members.push_back(name_text());
    rollout.reason = free_text();
    rollout.hold_ms = count();
    RC_ASSERT(to_json(parse_rollout(to_json(rollout))) == to_json(rollout));
  }));
}

BOOST_AUTO_TEST_CASE(what_is_no_record_is_refused) {
  const auto refused = [](const auto& parse, std::string_view json) {
    BOOST_CHECK_EXCEPTION(parse(json), Error,
                          [](const Error& e) { return e.code() == Code::kCorrupt; });
  };
  for (const std::string_view json :
       {"", "[]", "{", "7", "{\"metaset\": -1}", "{\"metaset\": 0}"}) {
    refused(parse_current, json);
  }
  for (const std::string_view json :
       {"{}", "{\"members\": 1}", "{\"members\": {\"../x\": \"in\"}}",
        "{\"members\": {\"a\": \"out\"}}", "{\"members\": {\"a\": 1}}"}) {
    refused(parse_config, json);
  }
  refused(parse_member, "{\"config\": \"7\"}");
  refused(parse_rollout, "{\"id\": \"0123456789abcdef\", \"metaset\": 1, \"phase\": \"begun\"}");
  refused(parse_rollout, "{\"id\": \"x\", \"metaset\": 1, \"phase\": \"hold\", \"members\": []}");
}

BOOST_AUTO_TEST_CASE(what_people_write_stops_nobody) {
  for (const std::string& piece : {std::string("x"), std::string("\xff"), std::string("\xc3\xa4"),
                                   std::string("\xf0\x9f\x93\xa6"), std::string("\"\n")}) {
    std::string text;
    while (text.size() < 10'000) text += piece;
    RolloutRecord rollout;
    rollout.id = new_rollout_id();
    rollout.metaset = 7;
    rollout.message = rollout.reason = rollout.who = text;
    const RolloutRecord read = parse_rollout(to_json(rollout));
    BOOST_TEST(read.message.size() > 400U);
    BOOST_TEST(read.message.size() <= 1000U);
    MemberRecord member;
    member.problem = text;
    BOOST_TEST(!parse_member(to_json(member)).problem.empty());
  }
}

BOOST_AUTO_TEST_CASE(names_have_a_form) {
  for (const std::string_view name : {"a", "web-1.example", "A_b", "9"}) {
    BOOST_CHECK_NO_THROW(GroupKeys{name});
  }
  for (const std::string_view name : {"", ".", "-a", "a/b", "a b", "\xc3\xa4"}) {
    BOOST_CHECK_THROW(GroupKeys{name}, Error);
  }
  BOOST_CHECK_THROW(GroupKeys{std::string(65, 'a')}, Error);
}

BOOST_AUTO_TEST_CASE(ids_sort_by_time) {
  std::string last;
  for (int i = 0; i < 20; ++i) {
    const std::string id = new_rollout_id();
    BOOST_TEST(id.size() == 16U);
    BOOST_TEST(id.substr(0, 11) >= last);
    last = id.substr(0, 11);
  }
}

BOOST_AUTO_TEST_SUITE_END()
