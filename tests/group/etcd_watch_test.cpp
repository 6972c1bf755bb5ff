// Watches of one real member.
#include <future>
#include <mutex>

#include "../base/has_code.h"
#include "../base/patience.h"
#include "etcd_servers.h"

namespace metaset::group {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A watch in a thread of its own, which notes what it is told.
class WatchThread {
 public:
  WatchThread(EtcdOptions options, EtcdKeys keys, std::int64_t from,
              milliseconds limit = milliseconds(0))
      : client_(std::move(options)) {
    result_ = std::async(std::launch::async, [this, keys, from, limit] {
      return client_.watch(
          keys, from, [this](const auto& events, std::int64_t revision) { note(events, revision); },
          stop_.get_token(), limit);
    });
  }
  ~WatchThread() { stop_.request_stop(); }

  // Waits until so many events came.
  std::vector<EtcdEvent> events(std::size_t count) {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_for(lock, seconds(10), [&] { return events_.size() >= count; }));
    return events_;
  }
  std::int64_t begun() {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_for(lock, seconds(10), [&] { return begun_ != 0; }));
    return begun_;
  }
  EtcdWatchResult stop() {
    stop_.request_stop();
    return end();
  }
  EtcdWatchResult end() {
    BOOST_REQUIRE(result_.wait_for(seconds(20)) == std::future_status::ready);
    return result_.get();
  }

 private:
  void note(const std::vector<EtcdEvent>& events, std::int64_t revision) {
    const std::lock_guard lock(mutex_);
    if (events.empty()) begun_ = revision;
    events_.insert(events_.end(), events.begin(), events.end());
    changed_.notify_all();
  }
  EtcdClient client_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<EtcdEvent> events_;
  std::int64_t begun_ = 0;
  std::future<EtcdWatchResult> result_;
};

struct WatchedMember {
  EtcdServers servers{1};
  EtcdClient client{servers.options()};
};

BOOST_FIXTURE_TEST_SUITE(etcd_watch, WatchedMember)

BOOST_AUTO_TEST_CASE(changes_are_told) {
  WatchThread watch(servers.options(), EtcdKeys::prefix("w/"), 0);
  const std::int64_t before = watch.begun();
  client.put("v", "not watched");
  const std::int64_t first = client.put("w/a", "1");
  client.txn({{}, {EtcdOperation::put("w/b", "2"), EtcdOperation::put("w/c", "3")}, {}});
  client.del(EtcdKeys::one("w/a"));
  const auto events = watch.events(4);
  BOOST_TEST(before < first);
  BOOST_TEST(events[0].record.value == "1");
  BOOST_TEST(events[0].record.mod_revision == first);
  BOOST_TEST(events[1].record.mod_revision == events[2].record.mod_revision);
  BOOST_TEST(events[3].deleted);
  BOOST_TEST(events[3].record.key == "w/a");
  const EtcdWatchResult result = watch.stop();
  BOOST_TEST((result.end == EtcdWatchEnd::kStopped));
  BOOST_TEST(result.next == first + 3);
}

BOOST_AUTO_TEST_CASE(changes_of_the_past_come_first) {
  const std::int64_t first = client.put("w", "1");
  for (int i = 2; i <= 3000; ++i) client.put("w", std::to_string(i));
  WatchThread watch(servers.options(), EtcdKeys::one("w"), first);
  const auto events = watch.events(3000);
  BOOST_REQUIRE(events.size() == 3000u);
  for (std::size_t i = 0; i < events.size(); ++i) {
    BOOST_REQUIRE(events[i].record.value == std::to_string(i + 1));
  }
  BOOST_TEST(watch.stop().next == first + 3000);
}

BOOST_AUTO_TEST_CASE(a_stop_takes_effect_at_once) {
  const auto time = quickest([this] {
    WatchThread watch(servers.options(), EtcdKeys::one("w"), 0);
    const std::int64_t before = watch.begun();
    const auto start = std::chrono::steady_clock::now();
    const EtcdWatchResult result = watch.stop();
    const auto taken = std::chrono::steady_clock::now() - start;
    BOOST_TEST((result.end == EtcdWatchEnd::kStopped));
    BOOST_TEST(result.next == before + 1);
    return taken;
  });
  BOOST_TEST((time < milliseconds(500)));
}

BOOST_AUTO_TEST_CASE(a_limit_ends_it) {
  WatchThread watch(servers.options(), EtcdKeys::one("w"), 0, milliseconds(300));
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST((watch.end().end == EtcdWatchEnd::kExpired));
  BOOST_TEST((std::chrono::steady_clock::now() - start < seconds(20)));
}

BOOST_AUTO_TEST_CASE(compacted_revisions_are_said_to_be) {
  const std::int64_t first = client.put("w", "1");
  client.put("w", "2");
  const std::int64_t last = client.put("w", "3");
  BOOST_REQUIRE(servers.control({"compaction", std::to_string(last)}));
  WatchThread late(servers.options(), EtcdKeys::one("w"), first);
  const EtcdWatchResult result = late.end();
  BOOST_TEST((result.end == EtcdWatchEnd::kCompacted));
  BOOST_TEST(result.next == last);
  WatchThread again(servers.options(), EtcdKeys::one("w"), result.next);
  BOOST_TEST(again.events(1)[0].record.value == "3");
}

BOOST_AUTO_TEST_CASE(a_member_that_dies_breaks_it_and_nothing_is_lost) {
  WatchThread watch(servers.options(), EtcdKeys::one("w"), 0);
  watch.begun();
  client.put("w", "1");
  watch.events(1);
  servers.kill(0);
  const EtcdWatchResult result = watch.end();
  BOOST_TEST((result.end == EtcdWatchEnd::kBroken));
  BOOST_TEST(!result.reason.empty());
  WatchThread none(servers.options(), EtcdKeys::one("w"), result.next);
  BOOST_CHECK_EXCEPTION(none.end(), Error, has_code(Code::kUnavailable));
  servers.start(0);
  servers.wait_until_it_answers(0);
  client.put("w", "2");
  WatchThread next(servers.options(), EtcdKeys::one("w"), result.next);
  BOOST_TEST(next.events(1)[0].record.value == "2");
}

BOOST_AUTO_TEST_CASE(what_the_listener_throws_comes_out) {
  const auto tell = [](const auto&, std::int64_t) { throw Error(Code::kConflict, "enough"); };
  BOOST_CHECK_EXCEPTION(client.watch(EtcdKeys::one("w"), 0, tell, {}), Error,
                        has_code(Code::kConflict));
  BOOST_TEST(client.range(EtcdKeys::one("w")).records.empty());
}

BOOST_AUTO_TEST_CASE(the_listener_may_ask) {
  client.put("w", "1");
  std::stop_source stop;
  std::string read;
  client.watch(
      EtcdKeys::one("w"), 1,
      [&](const std::vector<EtcdEvent>& events, std::int64_t) {
        if (events.empty()) return;
        read = client.range(EtcdKeys::one("w")).records.at(0).value;
        stop.request_stop();
      },
      stop.get_token(), seconds(10));
  BOOST_TEST(read == "1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
