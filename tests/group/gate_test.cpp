#include "metaset/group/gate.h"

#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

#include "processes.h"

namespace metaset::group {
namespace {

constexpr std::size_t kGateSize = 8192;

struct GatePlace {
  TemporaryDirectory directory;
  std::string path = directory.path() + "/gate";
};

GateState open_state(std::uint64_t metaset, BootTime valid_until) {
  GateState state;
  state.phase = Phase::kOpen;
  state.metaset = metaset;
  state.valid_until = valid_until;
  return state;
}

// All fields say the same number.
GateState uniform(std::uint64_t number) {
  GateState state = open_state(number, INT64_MAX);
  state.hold_until = static_cast<BootTime>(number);
  state.secret.fill(static_cast<std::uint8_t>(number));
  state.peers.resize(number % (kMaxPeers + 1));
  for (PeerAddress& peer : state.peers) peer.port = static_cast<std::uint16_t>(number);
  return state;
}

BOOST_AUTO_TEST_SUITE(gate_suite)

BOOST_AUTO_TEST_CASE(readers_see_what_was_written) {
  const GatePlace place;
  GateWriter writer(place.path);
  GateReader reader(place.path);
  BOOST_TEST((reader.look().state.phase == Phase::kClosed));
  BOOST_TEST(reader.look().reason == "its agent has closed it");
  BOOST_TEST(rc::check([&] {
    GateState state;
    state.phase = *rc::gen::element(Phase::kOpen, Phase::kHold);
    state.metaset = *rc::gen::arbitrary<std::uint64_t>();
    state.valid_until = *rc::gen::inRange<BootTime>(boot_now() + 100 * kSecond, INT64_MAX);
    state.hold_until = *rc::gen::arbitrary<BootTime>();
    state.secret = *rc::gen::arbitrary<Secret>();
    state.peers.resize(*rc::gen::inRange<std::size_t>(0, kMaxPeers + 1));
    for (PeerAddress& peer : state.peers) {
      peer.address = *rc::gen::arbitrary<std::array<std::uint8_t, 16>>();
      peer.port = *rc::gen::arbitrary<std::uint16_t>();
    }
    writer.write(state);
    const GateLook& look = reader.look();
    RC_ASSERT(look.state == state);
    RC_ASSERT(look.reason.empty());
    GateReader late(place.path);
    RC_ASSERT(late.look().state == state);
    RC_ASSERT(late.look().change == look.change);
  }));
}

BOOST_AUTO_TEST_CASE(a_lease_ends) {
  const GatePlace place;
  GateWriter writer(place.path);
  GateReader reader(place.path);
  const BootTime now = boot_now();
  writer.write(open_state(4, now + kSecond));
  BOOST_TEST(reader.look(now).answers());
  BOOST_TEST(reader.look(now + kSecond).answers());
  BOOST_TEST(!reader.look(now + kSecond + 1).answers());
  BOOST_TEST(reader.look(now + kSecond + 1).state.metaset == 0U);
  BOOST_TEST(reader.look(now + kSecond + 1).reason == "its agent is not heard of any more");
  const std::uint64_t change = reader.look(now).change;
  writer.renew(now + 3 * kSecond);
  BOOST_TEST(reader.look(now + 2 * kSecond).answers());
  BOOST_TEST(reader.look(now).change == change);
  writer.write(open_state(5, now + 3 * kSecond));
  BOOST_TEST(reader.look(now).change != change);
}

BOOST_AUTO_TEST_CASE(there_is_one_writer) {
  const GatePlace place;
  {
    GateWriter writer(place.path);
    BOOST_CHECK_THROW(GateWriter second(place.path), Error);
    writer.write(open_state(4, INT64_MAX));
  }
  GateReader reader(place.path);
  BOOST_TEST(!reader.look().answers());  // whoever ends closes
  GateWriter second(place.path);
  second.write(open_state(4, INT64_MAX));
  BOOST_TEST(reader.look().answers());
  GateState many;
  many.peers.resize(kMaxPeers + 1);
  BOOST_CHECK_THROW(second.write(many), Error);
}

BOOST_AUTO_TEST_CASE(files_that_are_no_gate_are_closed) {
  const GatePlace place;
  GateReader reader(place.path);
  BOOST_TEST(reader.look(1).reason == "no agent has run");
  const std::string letter(kGateSize, 'x');
  for (const std::string& text : {std::string(), std::string("x"), letter,
                                  std::string(kGateSize, '\0'), std::string(kGateSize + 1, '\0')}) {
    write_file_atomically(place.path, text, false);
    BOOST_TEST(GateReader(place.path).look().reason == "the file is no gate");
  }
  write_file_atomically(place.path, letter, false);
  BOOST_CHECK_THROW(GateWriter(place.path), Error);
  BOOST_TEST(read_file(place.path, kGateSize) == letter);
  remove_file(place.path);
  GateWriter writer(place.path);
  writer.write(open_state(4, INT64_MAX));
  // It looks again after a while.
  BOOST_TEST(!reader.look(2).answers());
  BOOST_TEST(reader.look(kSecond).answers());
  BOOST_TEST(!GateReader(place.directory.path()).look().answers());
}

// Whatever byte is damaged: it is what it was, or it is closed.
BOOST_AUTO_TEST_CASE(damage_closes) {
  const GatePlace place;
  const GateState state = uniform(7);
  {
    GateWriter writer(place.path);
    writer.write(state);
    const std::string good = read_file(place.path, kGateSize);
    std::size_t closed = 0;
    for (std::size_t at = 0; at < good.size(); at += 3) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 0x10);
      const std::string path = place.directory.path() + "/bad";
      write_file_atomically(path, bad, false);
      GateReader reader(path);
      const GateLook& look = reader.look();
      BOOST_REQUIRE(!look.answers() || look.state == state);
      closed += look.answers() ? 0 : 1;
    }
    BOOST_TEST(closed > 500U);
  }
}

BOOST_AUTO_TEST_CASE(a_gate_of_another_start_is_closed) {
  const GatePlace place;
  GateWriter writer(place.path);
  writer.write(open_state(4, INT64_MAX));
  std::string bytes = read_file(place.path, kGateSize);
  BOOST_TEST(GateReader(place.path).look().answers());
  // Neither its boot id nor anything else can be changed without the checksum.
  for (std::size_t at = 64; at < 128; ++at) bytes[at] = static_cast<char>(bytes[at] ^ 1);
  write_file_atomically(place.path + "2", bytes, false);
  BOOST_TEST(!GateReader(place.path + "2").look().answers());
}

BOOST_AUTO_TEST_CASE(readers_never_see_a_mixture) {
  const GatePlace place;
  GateWriter writer(place.path);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0}, seen{0}, closed{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      GateReader reader(place.path);
      std::uint64_t last = 0;
      while (!stop) {
        const GateLook& look = reader.look();
        if (!look.answers()) {
          ++closed;
          continue;
        }
        ++seen;
        if (look.state.metaset < last || look.state != uniform(look.state.metaset)) ++wrong;
        last = look.state.metaset;
      }
    });
  }
  const BootTime end = boot_now() + kSecond / 2;
  for (std::uint64_t number = 1; boot_now() < end; ++number) writer.write(uniform(number));
  stop = true;
  threads.clear();
  BOOST_TEST(wrong == 0U);
  BOOST_TEST(seen > 100U);
}

BOOST_AUTO_TEST_CASE(a_writer_that_is_killed_leaves_a_whole_state) {
  const GatePlace place;
  GateReader reader(place.path);
  std::mt19937 random(1);
  std::size_t open = 0;
  for (int round = 0; round < 60; ++round) {
    Victim victim([&] {
      GateWriter writer(place.path);
      for (std::uint64_t number = 1;; ++number) writer.write(uniform(number));
    });
    std::this_thread::sleep_for(std::chrono::microseconds(2000 + random() % 5000));
    victim.kill();
    const GateLook look = GateReader(place.path).look();
    if (!look.answers()) continue;
    ++open;
    BOOST_REQUIRE((look.state == uniform(look.state.metaset)));
    GateWriter next(place.path);
    GateReader after(place.path);
    BOOST_REQUIRE(!after.look().answers());
    BOOST_REQUIRE(after.look().change != look.change);
  }
  BOOST_TEST(open > 10U);
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_a_change) {
  const GatePlace place;
  GateWriter writer(place.path);
  GateState hold = open_state(4, INT64_MAX);
  hold.phase = Phase::kHold;
  writer.write(hold);
  std::atomic<int> waiting{0}, through{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      GateReader reader(place.path);
      ++waiting;
      while (true) {
        const GateLook& look = reader.look();
        if (look.answers()) break;
        reader.wait(look.sequence, boot_now() + 10 * kSecond);
      }
      ++through;
    });
  }
  while (waiting < 16) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  BOOST_TEST(through == 0);
  writer.write(open_state(5, INT64_MAX));
  threads.clear();
  BOOST_TEST(through == 16);
}

// A change is not only seen after the longest sleep. (On a busy machine not every time.)
BOOST_AUTO_TEST_CASE(a_change_wakes_who_waits) {
  const GatePlace place;
  GateWriter writer(place.path);
  writer.write(open_state(4, INT64_MAX));
  GateReader reader(place.path);
  bool woken = false;
  for (std::uint64_t round = 0; round < 200 && !woken; ++round) {
    const std::uint32_t sequence = reader.look().sequence;
    const BootTime begin = boot_now();
    const std::jthread changing([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      writer.write(open_state(5 + round, INT64_MAX));
    });
    reader.wait(sequence, begin + 10 * kSecond);
    woken = boot_now() - begin < 45 * kMillisecond && reader.look().sequence != sequence;
  }
  BOOST_TEST(woken);
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_the_time) {
  const GatePlace place;
  GateWriter writer(place.path);
  writer.write(open_state(4, INT64_MAX));
  GateReader reader(place.path);
  const std::uint32_t sequence = reader.look().sequence;
  const BootTime before = boot_now();
  reader.wait(sequence, before + 20 * kMillisecond);
  BOOST_TEST(boot_now() - before >= 15 * kMillisecond);
  reader.wait(sequence, before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
