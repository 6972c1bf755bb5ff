#include "metaset/group/client_memory.h"

#include <map>
#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

#include "processes.h"

namespace metaset::group {
namespace {

constexpr BootTime kStart = 1'000 * kSecond;
constexpr std::size_t kFileSize = 4096 + (1 << 20);

struct MemoryPlace {
  TemporaryDirectory directory;
  std::string path = directory.path() + "/clients";
  std::shared_ptr<ClientMemory> open() const { return ClientMemory::open(path, directory.path()); }
};

std::uint64_t given(const ClientMemory& memory, ClientKey key, BootTime now) {
  const auto found = memory.find(key, now);
  return found ? found->metaset : 0;
}

BOOST_AUTO_TEST_SUITE(client_memory_suite)

BOOST_AUTO_TEST_CASE(the_last_one_counts_for_a_minute) {
  const MemoryPlace place;
  const auto memory = place.open();
  BOOST_TEST(given(*memory, 7, kStart) == 0U);
  memory->note(7, 10, kStart);
  BOOST_TEST(given(*memory, 7, kStart) == 10U);
  memory->note(7, 11, kStart);
  BOOST_TEST(given(*memory, 7, kStart) == 11U);
  memory->note(7, 10, kStart);  // within the same tick, and still the last
  BOOST_TEST(given(*memory, 7, kStart) == 10U);
  memory->note(8, 3, kStart + 5 * kSecond);
  BOOST_TEST(given(*memory, 7, kStart + 59 * kSecond) == 10U);
  BOOST_TEST(given(*memory, 7, kStart + 61 * kSecond) == 0U);
  BOOST_TEST(given(*memory, 8, kStart + 61 * kSecond) == 3U);
  BOOST_TEST(memory->snapshot(kStart + 61 * kSecond).size() == 1U);
  memory->note(7, kUnsettled + 1, kStart + 61 * kSecond);
  BOOST_TEST(given(*memory, 7, kStart + 61 * kSecond) == 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_that_took_long_takes_nobody_back) {
  const MemoryPlace place;
  const auto memory = place.open();
  memory->note_forward(7, 11, kStart);
  memory->note_forward(7, 10, kStart + kSecond);
  BOOST_TEST(given(*memory, 7, kStart + kSecond) == 11U);
  memory->note_forward(7, 12, kStart + 2 * kSecond);
  BOOST_TEST(given(*memory, 7, kStart + 2 * kSecond) == 12U);
  // After a minute nothing is known of it.
  memory->note_forward(7, 10, kStart + 63 * kSecond);
  BOOST_TEST(given(*memory, 7, kStart + 63 * kSecond) == 10U);
}

BOOST_AUTO_TEST_CASE(times_of_another_start_are_none) {
  const MemoryPlace place;
  const auto memory = place.open();
  memory->note(7, 10, kStart);
  BOOST_TEST(given(*memory, 7, kStart - 10 * kSecond) == 0U);
  BOOST_TEST(given(*memory, 7, 0) == 0U);
  memory->note(9, 1, 0);
  BOOST_TEST(given(*memory, 9, 0) == 1U);
}

BOOST_AUTO_TEST_CASE(it_is_a_map_while_there_is_room) {
  BOOST_TEST(rc::check([] {
    const MemoryPlace place;
    const auto memory = place.open();
    std::map<ClientKey, std::pair<std::uint64_t, BootTime>> model;
    BootTime now = kStart;
    const auto steps = *rc::gen::inRange(1, 200);
    for (int i = 0; i < steps; ++i) {
      now += *rc::gen::inRange<BootTime>(0, 3000) * kMillisecond;
      const auto key = *rc::gen::inRange<ClientKey>(1, 20) * 0x1234'5678'9abc'def1;
      const auto metaset = *rc::gen::inRange<std::uint64_t>(1, 1000);
      memory->note(key, metaset, now);
      model[key] = {metaset, now};
    }
    for (const auto& [key, value] : model) {
      const BootTime age = now - value.second;
      const auto found = memory->find(key, now);
      if (age < 59 * kSecond) {
        RC_ASSERT(found.has_value());
        RC_ASSERT(found->metaset == value.first);
        RC_ASSERT(std::abs(static_cast<BootTime>(found->age_ms) - age / kMillisecond) <= 600);
      }
      if (age > 61 * kSecond) RC_ASSERT(!found.has_value());
    }
    for (const MemoryEntry& entry : memory->snapshot(now)) {
      RC_ASSERT(model.at(entry.key).first == entry.metaset);
    }
  }));
}

BOOST_AUTO_TEST_CASE(a_full_one_forgets_the_oldest_and_invents_nothing) {
  const MemoryPlace place;
  const auto memory = place.open();
  std::mt19937_64 random(1);
  std::vector<ClientKey> keys(200'000);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i] = random();
    memory->note(keys[i], keys[i] % 1000 + 1,
                 kStart + static_cast<BootTime>(i / 10) * kMillisecond);
  }
  const BootTime now = kStart + 20 * kSecond;
  std::size_t known = 0, young = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::uint64_t metaset = given(*memory, keys[i], now);
    BOOST_REQUIRE(metaset == 0 || metaset == keys[i] % 1000 + 1);
    known += metaset != 0 ? 1 : 0;
    young += metaset != 0 && i >= keys.size() - 20'000 ? 1 : 0;
  }
  BOOST_TEST(known > 60'000U);
  BOOST_TEST(young > 19'900U);  // of 65,536 that are not spread evenly
  BOOST_TEST(memory->snapshot(now).size() == known);
}

BOOST_AUTO_TEST_CASE(merging_keeps_the_younger) {
  const MemoryPlace here, there;
  const auto one = here.open(), two = there.open();
  const BootTime now = kStart + 30 * kSecond;
  one->note(1, 5, kStart);
  one->note(4, 8, kStart + 10 * kSecond);
  one->note(2, 8, kStart + 20 * kSecond);
  two->note(3, 9, kStart + 1 * kSecond);
  two->note(1, 6, kStart + 10 * kSecond);
  two->note(2, 7, kStart + 10 * kSecond);
  two->note(4, 7, kStart + 20 * kSecond);
  one->merge(two->snapshot(now), now);
  BOOST_TEST(given(*one, 1, now) == 6U);
  BOOST_TEST(given(*one, 2, now) == 8U);
  BOOST_TEST(given(*one, 3, now) == 9U);
  BOOST_TEST(given(*one, 4, now) == 8U);  // nobody goes back
  // It expires when it would have expired there.
  BOOST_TEST(given(*one, 3, kStart + 62 * kSecond) == 0U);
  const MemoryEntry bad[] = {
      {0, 1, 0}, {4, 0, 0}, {5, 1, 60'000}, {6, UINT64_MAX, 1}, {7, 1, UINT64_MAX}};
  one->merge(bad, now);
  BOOST_TEST(one->snapshot(now).size() == 4U);
}

BOOST_AUTO_TEST_CASE(what_is_unsettled_is_so_until_somebody_knows) {
  const MemoryPlace place;
  const auto memory = place.open();
  memory->note(7, 10, kStart);
  const MemoryEntry others[] = {{7, 10, 5'000}, {8, 10, 5'000}};
  memory->unsettle(others, kStart + kSecond, false);
  BOOST_TEST(given(*memory, 7, kStart + 2 * kSecond) == 10U);
  memory->unsettle(others, kStart + kSecond, true);
  BOOST_TEST(given(*memory, 7, kStart + 2 * kSecond) == kUnsettled);
  BOOST_TEST(given(*memory, 8, kStart + 2 * kSecond) == kUnsettled);
  // Others are not told.
  BOOST_TEST(memory->snapshot(kStart + 2 * kSecond).empty());
  // They know, although it was earlier.
  memory->merge(std::vector<MemoryEntry>{{8, 11, 30'000}}, kStart + 2 * kSecond);
  BOOST_TEST(given(*memory, 8, kStart + 3 * kSecond) == 11U);
  memory->note(7, 12, kStart + 3 * kSecond);
  BOOST_TEST(given(*memory, 7, kStart + 3 * kSecond) == 12U);
  memory->unsettle({}, kStart + 4 * kSecond, true);
  BOOST_TEST(given(*memory, 7, kStart + 65 * kSecond) == 0U);
}

BOOST_AUTO_TEST_CASE(files_that_are_no_memory) {
  const MemoryPlace place;
  write_file_atomically(place.path, "a letter to mother", false);
  BOOST_CHECK_THROW(place.open(), Error);
  BOOST_TEST(read_file(place.path, 100) == "a letter to mother");
  write_file_atomically(place.path, "", false);
  BOOST_CHECK_THROW(place.open(), Error);
  // Another version is replaced.
  write_file_atomically(place.path, "MSMEM999" + std::string(100, 'x'), false);
  place.open()->note(1, 2, kStart);
  BOOST_TEST(file_info(place.path)->size == kFileSize);
  BOOST_TEST(given(*place.open(), 1, kStart) == 2U);
  remove_file(place.path);
  BOOST_CHECK_THROW(ClientMemory::open(place.directory.path() + "/no/where", "/"), Error);
  BOOST_CHECK_THROW(ClientMemory::open(place.directory.path(), "/"), Error);
}

BOOST_AUTO_TEST_CASE(garbage_in_the_table_is_nobody) {
  const MemoryPlace place;
  place.open();
  std::string bytes(kFileSize - 4096, '\0');
  std::mt19937_64 random(2);
  for (char& byte : bytes) byte = static_cast<char>(random());
  const Fd file = open_file(place.path, O_WRONLY);
  BOOST_TEST(::pwrite(file.get(), bytes.data(), bytes.size(), 4096) > 0);
  const auto memory = place.open();
  for (int i = 0; i < 100'000; ++i) BOOST_REQUIRE(!memory->find(random(), kStart));
  for (const MemoryEntry& entry : memory->snapshot(kStart)) BOOST_TEST(entry.key != 0U);
  memory->note(5, 6, kStart);
  BOOST_TEST(given(*memory, 5, kStart) == 6U);
}

BOOST_AUTO_TEST_CASE(another_start_of_the_machine_forgets) {
  const MemoryPlace place;
  Secret secret;
  {
    const auto memory = place.open();
    secret = memory->secret();
    memory->note(1, 2, kStart);
  }
  const Fd file = open_file(place.path, O_WRONLY);
  BOOST_TEST(::pwrite(file.get(), "x", 1, 16) == 1);  // the boot id
  const auto memory = place.open();
  BOOST_TEST(given(*memory, 1, kStart) == 0U);
  BOOST_TEST((memory->secret() == secret));
  BOOST_TEST(memory->is_current());
  remove_file(place.path);
  BOOST_TEST(!memory->is_current());
}

BOOST_AUTO_TEST_CASE(a_copy_remembers_nobody) {
  const MemoryPlace place;
  const auto memory = place.open();
  memory->note(1, 2, kStart);
  const std::string copy = place.directory.path() + "/copy";
  write_file_atomically(copy, read_file(place.path, kFileSize), false);
  BOOST_TEST(given(*ClientMemory::open(copy, "/"), 1, kStart) == 0U);
  BOOST_TEST(given(*memory, 1, kStart) == 2U);
}

BOOST_AUTO_TEST_CASE(permissions_are_those_of_the_model) {
  const MemoryPlace place;
  const std::string like = place.directory.path() + "/lock.mdb";
  write_file_atomically(like, "", false);
  ::chmod(like.c_str(), 0664);
  ClientMemory::open(place.path, like);
  struct stat status {};
  BOOST_TEST(::stat(place.path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0664U);
}

// Several writers of the same few groups of entries: whoever reads finds what was written for the
// key last, and never something of another key.
BOOST_AUTO_TEST_CASE(threads_never_see_a_mixture) {
  const MemoryPlace place;
  const auto memory = place.open();
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0}, lost{0}, seen{0};
  constexpr ClientKey kGroups = 8192;
  // Six keys of one group: with two entries each they do not fit, so they push each other out.
  const auto key_of = [](std::uint64_t i) { return 3 + kGroups * (i + 1); };
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t));
      while (!stop) {
        const std::uint64_t i = random() % 6;
        memory->note(key_of(i), 1000 * (i + 1) + random() % 1000, boot_now());
      }
    });
  }
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t) + 10);
      while (!stop) {
        const std::uint64_t i = random() % 6;
        const std::uint64_t metaset = given(*memory, key_of(i), boot_now());
        ++(metaset == 0 ? lost : seen);
        if (metaset != 0 && metaset / 1000 != i + 1) ++wrong;
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  stop = true;
  threads.clear();
  BOOST_TEST(wrong == 0U);
  BOOST_TEST(seen > 1000U);
}

// A key that is noted again and again beside others that leave room is always found.
BOOST_AUTO_TEST_CASE(a_key_is_found_while_it_is_noted_again) {
  const MemoryPlace place;
  const auto memory = place.open();
  memory->note(77, 1, boot_now());
  std::atomic<bool> stop{false};
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 1; !stop; ++i) memory->note(77, 1 + (i + t) % 5, boot_now());
    });
  }
  std::uint64_t lost = 0;
  const BootTime end = boot_now() + kSecond / 2;
  while (boot_now() < end) {
    if (given(*memory, 77, boot_now()) == 0) ++lost;
  }
  const auto entries = memory->snapshot(boot_now());
  stop = true;
  threads.clear();
  BOOST_TEST(lost == 0U);
  BOOST_TEST(entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(processes_that_are_killed_leave_no_harm) {
  const MemoryPlace place;
  const auto memory = place.open();
  std::mt19937 random(3);
  for (int round = 0; round < 30; ++round) {
    Victim victim([&] {
      const auto own = place.open();
      for (std::uint64_t i = 0;; ++i) own->note(1 + 8192 * (i % 5), 1 + i % 5, boot_now());
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
    victim.kill();
    for (std::uint64_t i = 0; i < 5; ++i) {
      const std::uint64_t metaset = given(*memory, 1 + 8192 * i, boot_now());
      BOOST_TEST((metaset == 0 || metaset == 1 + i));
    }
    memory->note(1, 1, boot_now());
    BOOST_TEST(given(*memory, 1, boot_now()) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(many_processes_make_one_file) {
  for (int round = 0; round < 20; ++round) {
    const MemoryPlace place;
    std::vector<std::unique_ptr<Victim>> victims;
    for (std::uint64_t i = 1; i <= 4; ++i) {
      victims.push_back(std::make_unique<Victim>([&] {
        place.open()->note(i, i, kStart);
        while (true) ::pause();
      }));
    }
    std::shared_ptr<ClientMemory> memory = place.open();
    for (std::uint64_t i = 1; i <= 4; ++i) {
      for (int tries = 0; tries < 2000 && given(*memory, i, kStart) == 0; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      BOOST_TEST(given(*memory, i, kStart) == i);
    }
    BOOST_TEST(list_directory(place.directory.path()).size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(keys_depend_on_everything) {
  const Secret secret = new_secret();
  const ClientKey key = client_key(secret, "192.0.2.1", "uuid", "org");
  BOOST_TEST(key == client_key(secret, "192.0.2.1", "uuid", "org"));
  BOOST_TEST(key != client_key(secret, "192.0.2.2", "uuid", "org"));
  BOOST_TEST(key != client_key(secret, "192.0.2.1", "", "org"));
  BOOST_TEST(key != client_key(secret, "192.0.2.1", "uuid", ""));
  BOOST_TEST(key != client_key(new_secret(), "192.0.2.1", "uuid", "org"));
  BOOST_TEST(client_key(secret, "a", "bc", "") != client_key(secret, "ab", "c", ""));
}

BOOST_AUTO_TEST_CASE(what_is_sent_arrives_youngest_first) {
  BOOST_TEST(
      rc::check([](const std::vector<std::tuple<ClientKey, std::uint64_t, std::uint64_t>>& all) {
        std::vector<MemoryEntry> entries;
        for (const auto& [key, metaset, age] : all) entries.push_back({key, metaset, age});
        const auto max = *rc::gen::inRange<std::size_t>(4, 400);
        const std::string text = encode_memory(entries, max);
        RC_ASSERT(text.size() <= max);
        const auto decoded = decode_memory(text);
        RC_ASSERT(std::ranges::is_sorted(decoded, {}, &MemoryEntry::age_ms));
        for (const MemoryEntry& entry : decoded) {
          RC_ASSERT(std::ranges::find(entries, entry) != entries.end());
        }
        RC_ASSERT(decode_memory(encode_memory(entries)).size() == entries.size());
        RC_ASSERT(encode_memory(decoded, max) == text);
      }));
}

BOOST_AUTO_TEST_CASE(what_is_no_memory_is_refused) {
  for (const std::string text : {"", "MSM", "MSM2", "MSM1x", "MSM112345678", "MSM112345678\x01"}) {
    BOOST_CHECK_THROW(decode_memory(text), Error);
  }
  BOOST_CHECK_THROW(decode_memory("MSM112345678" + std::string(12, '\xff')), Error);
  BOOST_CHECK_THROW(decode_memory(std::string("MSM112345678\x80\x00\x01", 15)), Error);
  BOOST_CHECK_THROW(decode_memory("MSM1" + std::string(100, 'x'), 50), Error);
  BOOST_TEST(decode_memory("MSM1").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
