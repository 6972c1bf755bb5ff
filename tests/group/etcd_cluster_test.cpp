// The client with three real members, some of which die, are paused, or lead no more.
#include <atomic>
#include <future>
#include <stdexcept>

#include "../base/has_code.h"
#include "../base/patience.h"
#include "etcd_servers.h"

namespace metaset::group {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

struct ThreeMembers {
  EtcdServers servers{3};
  EtcdClient client{servers.options()};
};

// What is there, as soon as somebody leads.
EtcdRecords read_in_time(EtcdClient& client, const EtcdKeys& keys, Clock::time_point until) {
  while (true) {
    try {
      return client.range(keys);
    } catch (const Error& error) {
      if (error.code() != Code::kUnavailable || Clock::now() >= until) throw;
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
}

// Adds one to a number by compare-and-swap until it is known to have been done. Each change leaves
// a mark of its own, so that a change without an answer can be told from none.
void add_one(EtcdClient& client, const std::string& mark, Clock::time_point until) {
  while (true) {
    // Boost.Test's own checks are for one thread.
    if (Clock::now() >= until) throw std::runtime_error("no change was made in time");
    try {
      const EtcdRecords read = client.range(EtcdKeys::prefix("count"));
      if (read.find("count/" + mark) != nullptr) return;
      const EtcdRecord* count = read.find("count");
      const std::int64_t revision = count == nullptr ? 0 : count->mod_revision;
      const int number = count == nullptr ? 0 : std::stoi(count->value);
      const EtcdTxn txn{
          {EtcdCompare::mod_revision(EtcdKeys::one("count"), EtcdRelation::kEqual, revision)},
          {EtcdOperation::put("count", std::to_string(number + 1)),
           EtcdOperation::put("count/" + mark, "")},
          {}};
      if (client.txn(txn).succeeded) return;
    } catch (const Error& error) {
      if (error.code() != Code::kUnavailable) throw;
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
}

BOOST_FIXTURE_TEST_SUITE(etcd_three_members, ThreeMembers)

BOOST_AUTO_TEST_CASE(one_of_three_may_be_dead_or_paused) {
  client.put("a", "1");
  servers.kill(0);
  EtcdClient other(servers.options());
  // Its leader may have been the dead one.
  const auto until = Clock::now() + seconds(20);
  add_one(other, "killed", until);
  BOOST_TEST(other.range(EtcdKeys::one("a")).records.size() == 1u);
  servers.start(0);
  servers.wait_until_it_answers(0);
  servers.pause(0);
  EtcdClient third(servers.options());
  add_one(third, "paused", until + seconds(20));
  // Each goes where the last answer came from.
  const auto time = quickest([&] {
    const auto start = Clock::now();
    third.put("a", "2");
    return Clock::now() - start;
  });
  BOOST_TEST((time < milliseconds(1000)));
  BOOST_TEST(third.range(EtcdKeys::one("count")).records.at(0).value == "2");
  servers.resume(0);
}

BOOST_AUTO_TEST_CASE(a_member_without_the_others_says_nothing_but_what_it_knows) {
  client.put("a", "1");
  const EtcdLease lease = client.lease_grant(seconds(60));
  EtcdClient first(servers.options_of(0));
  first.range(EtcdKeys::one("a"));
  std::promise<void> stands;
  auto watching = std::async(std::launch::async, [&] {
    EtcdClient watcher(servers.options_of(0));
    return watcher.watch(EtcdKeys::one("a"), 0,
                         [&](const auto&, std::int64_t) { stands.set_value(); }, {});
  });
  stands.get_future().wait();
  servers.kill(1);
  servers.kill(2);
  // The watch ends by itself when the member has no leader any more.
  BOOST_REQUIRE((watching.wait_for(seconds(20)) == std::future_status::ready));
  BOOST_TEST((watching.get().end == EtcdWatchEnd::kBroken));
  const auto start = Clock::now();
  BOOST_CHECK_EXCEPTION(client.range(EtcdKeys::one("a")), Error, [&](const Error& error) {
    for (std::size_t i = 0; i < 3; ++i) {
      BOOST_TEST(error.message().find(servers.endpoint(i)) != std::string::npos);
    }
    return error.code() == Code::kUnavailable;
  });
  BOOST_CHECK_EXCEPTION(client.put("a", "2"), Error, has_code(Code::kUnavailable));
  BOOST_CHECK_EXCEPTION(client.lease_keepalive(lease.id), Error, has_code(Code::kUnavailable));
  BOOST_TEST((Clock::now() - start < seconds(40)));
  BOOST_TEST(client.range(EtcdKeys::one("a"), true).records.at(0).value == "1");
  servers.start(1);
  servers.start(2);
  servers.wait_until_it_answers(0);
  BOOST_TEST(client.lease_keepalive(lease.id).has_value());
  client.put("a", "3");
  BOOST_TEST(client.range(EtcdKeys::one("a")).records.at(0).value == "3");
}

// It renews whatever it is asked to until it learns that the others have a new leader.
BOOST_AUTO_TEST_CASE(a_leader_that_slept_renews_nothing_that_ran_out) {
  const std::size_t leader = servers.leader();
  const EtcdLease lease = client.lease_grant(seconds(1));
  client.put("member", "here", lease.id);
  BOOST_TEST(client.lease_keepalive(lease.id, "member").has_value());
  servers.pause(leader);
  EtcdClient other(servers.options_of((leader + 1) % 3));
  const auto until = Clock::now() + seconds(20);
  const auto is_there = [&] {
    try {
      return other.range(EtcdKeys::one("member")).records.size() == 1;
    } catch (const Error&) {
      return true;  // they have no new leader yet
    }
  };
  while (is_there()) BOOST_REQUIRE(Clock::now() < until);
  EtcdOptions options = servers.options_of(leader);
  options.attempt_timeout = options.total_timeout = seconds(10);
  auto renewal = std::async(std::launch::async, [&] {
    EtcdClient late(options);
    for (int i = 0; i < 20; ++i) {
      try {
        if (late.lease_keepalive(lease.id, "member")) return false;
      } catch (const Error& error) {
        if (error.code() != Code::kUnavailable) throw;
      }
    }
    return true;
  });
  std::this_thread::sleep_for(milliseconds(200));
  servers.resume(leader);
  BOOST_TEST(renewal.get());
}

BOOST_AUTO_TEST_CASE(no_change_is_lost_or_made_twice_while_members_die) {
  constexpr int kClients = 3, kChanges = 40;
  const auto until = Clock::now() + seconds(90);
  std::vector<std::future<void>> work;
  std::atomic<int> left = kClients;
  for (int i = 0; i < kClients; ++i) {
    work.push_back(std::async(std::launch::async, [&, i] {
      EtcdClient one(servers.options());
      for (int j = 0; j < kChanges; ++j) {
        add_one(one, std::to_string(i) + "." + std::to_string(j), until);
        std::this_thread::sleep_for(milliseconds(20));
      }
      --left;
    }));
  }
  for (std::size_t round = 0; left > 0; ++round) {
    const std::size_t victim = round % 3;
    servers.kill(victim);
    std::this_thread::sleep_for(milliseconds(300));
    servers.start(victim);
    servers.wait_until_it_answers(victim);
    servers.pause((victim + 1) % 3);
    std::this_thread::sleep_for(milliseconds(300));
    servers.resume((victim + 1) % 3);
  }
  for (auto& one : work) one.get();
  // The last member that was paused may have been the leader.
  const EtcdRecords read = read_in_time(client, EtcdKeys::prefix("count"), until);
  BOOST_TEST(read.find("count")->value == std::to_string(kClients * kChanges));
  BOOST_TEST(read.find("count")->version == kClients * kChanges);
  BOOST_TEST(read.records.size() == kClients * kChanges + 1u);
}

BOOST_AUTO_TEST_CASE(watches_miss_nothing_while_members_die) {
  constexpr int kChanges = 60;
  std::vector<std::string> seen;
  std::stop_source stop;
  auto watching = std::async(std::launch::async, [&] {
    EtcdClient watcher(servers.options());
    int broken = 0;
    for (std::int64_t next = 1; !stop.stop_requested();) {
      try {
        const EtcdWatchResult result = watcher.watch(
            EtcdKeys::one("count"), next,
            [&](const std::vector<EtcdEvent>& events, std::int64_t) {
              for (const EtcdEvent& event : events) seen.push_back(event.record.value);
              if (seen.size() == kChanges) stop.request_stop();
            },
            stop.get_token(), seconds(1));
        next = result.next;
        broken += result.end == EtcdWatchEnd::kBroken;
      } catch (const Error& error) {
        if (error.code() != Code::kUnavailable) throw;
        std::this_thread::sleep_for(milliseconds(20));
      }
    }
    return broken;
  });
  const auto until = Clock::now() + seconds(90);
  for (int i = 0; i < kChanges; ++i) {
    add_one(client, std::to_string(i), until);
    const std::size_t victim = static_cast<std::size_t>(i / 20);
    if (i % 20 == 5) servers.kill(victim);
    if (i % 20 == 15) {
      servers.start(victim);
      servers.wait_until_it_answers(victim);
    }
  }
  const bool all = watching.wait_for(seconds(30)) == std::future_status::ready;
  stop.request_stop();
  BOOST_TEST(watching.get() > 0);
  BOOST_TEST(all);
  BOOST_REQUIRE(seen.size() == static_cast<std::size_t>(kChanges));
  for (int i = 0; i < kChanges; ++i) {
    BOOST_TEST(seen[static_cast<std::size_t>(i)] == std::to_string(i + 1));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
