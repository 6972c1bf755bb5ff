#include "metaset/group/group_state.h"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/base/file.h"

using namespace metaset;
using namespace metaset::group;

namespace {

GroupSnapshot snapshot() {
  GroupSnapshot seen;
  seen.current = CurrentMetaset{7, "ab", "", "2026-01-02T03:04:05Z"};
  seen.config = GroupConfig{{{"a", Membership::kIn}, {"b", Membership::kJoining}}};
  RolloutRecord rollout;
  rollout.id = "0123456789abcdef";
  rollout.metaset = 8;
  rollout.message = std::string(3000, 'm') + "\xc3\xa4";
  rollout.started = "2026-01-02T04:00:00Z";
  seen.rollout = rollout;
  seen.ready = {"a"};
  MemberRecord record;
  record.latest = 8;
  record.serving = 7;
  record.ttl_ms = 5000;
  record.address = "10.0.0.1:7040";
  record.problem = "secret trouble";
  seen.members["a"] = {record, 1};
  return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(group_state)

BOOST_AUTO_TEST_CASE(what_is_told_of_a_group) {
  const auto state = state_of("web", snapshot());
  BOOST_REQUIRE(state.has_value());
  BOOST_TEST(state->metaset == 7u);
  BOOST_REQUIRE(state->members.size() == 2u);
  BOOST_TEST(state->members[0].state == "in");
  BOOST_TEST(state->members[0].ready);
  BOOST_TEST(state->members[0].there);
  BOOST_TEST(state->members[1].state == "joining");
  BOOST_TEST(!state->members[1].there);
  BOOST_TEST(state->rollout->phase == "prepare");
  BOOST_TEST(state->rollout->message.size() == 1000u);
  const std::string json = to_json(*state);
  BOOST_TEST(to_json(parse_group_state(json)) == json);
  BOOST_TEST(json.find("10.0.0.1") == std::string::npos);
  BOOST_TEST(json.find("secret") == std::string::npos);
  BOOST_TEST(!state_of("web", GroupSnapshot()).has_value());
}

BOOST_AUTO_TEST_CASE(strangers_do_not_make_it_large) {
  GroupSnapshot seen = snapshot();
  for (int i = 0; i < 1000; ++i) seen.members["stranger" + std::to_string(i)] = {};
  BOOST_TEST(state_of("web", seen)->members.size() <= kMaxMembers);
}

BOOST_AUTO_TEST_CASE(only_what_is_whole_and_young_is_read) {
  const TemporaryDirectory directory;
  const std::string path = group_state_path(directory.path() + "/gate");
  BOOST_TEST(!read_group_state(path).has_value());
  GroupStateWriter writer(path);
  writer.write(*state_of("web", snapshot()));
  BOOST_REQUIRE(read_group_state(path).has_value());
  BOOST_TEST(read_group_state(path)->name == "web");
  const auto long_ago = static_cast<time_t>(now().seconds() - 60);
  const timespec times[2] = {{long_ago, 0}, {long_ago, 0}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  BOOST_TEST(!read_group_state(path).has_value());
  for (const char* bad : {"", "{}", "[]", "{\"group\": 1}",
                          "{\"group\":\"g\",\"metaset\":-1,\"since\":\"\",\"rollout\":null,"
                          "\"members\":[]}",
                          "{\"group\":\"g\",\"metaset\":1,\"since\":\"\",\"rollout\":null,"
                          "\"members\":[{}]}"}) {
    write_file_atomically(path, bad, false);
    BOOST_TEST(!read_group_state(path).has_value(), bad);
  }
  write_file_atomically(path, std::string(1 << 20, ' '), false);
  BOOST_TEST(!read_group_state(path).has_value());
  BOOST_REQUIRE(::mkfifo((directory.path() + "/fifo").c_str(), 0600) == 0);
  BOOST_TEST(!read_group_state(directory.path() + "/fifo").has_value());
  writer.remove();
  BOOST_TEST(!file_info(path).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
