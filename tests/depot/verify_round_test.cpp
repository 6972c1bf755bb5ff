// Payloads are verified in rounds of several runs; what is damaged is not forgotten.
#include "metaset/store/layout.h"

#include "depot/verify_state.h"
#include "verify_fixture.h"

namespace metaset::depot {
namespace {

// Each run checks one payload of three.
struct Rounds : Orchard {
  VerifyReport run(bool all = false) {
    VerifyOptions options;
    options.threads = 1;
    options.resume = true;
    if (!all) options.until = std::chrono::steady_clock::now();
    return verify(*repository, options);
  }
  std::string state_path() const { return store::verify_directory(root) + "/state"; }
  VerifyState state() const { return VerifyState::from_json(read_file(state_path(), 1 << 20)); }
  std::vector<std::string> names() const {
    std::vector<std::string> sorted{seed.name, peel.name, core.name};
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
};

BOOST_FIXTURE_TEST_SUITE(verify_round, Rounds)

BOOST_AUTO_TEST_CASE(three_runs_are_a_round) {
  const auto all = names();
  for (std::size_t i = 0; i < 2; ++i) {
    const VerifyReport report = run();
    same_damage(report, {});
    BOOST_TEST(report.payloads == 1u);
    BOOST_TEST(report.round->checked == i + 1);
    BOOST_TEST(report.round->total == 3u);
    BOOST_TEST(!report.round->complete);
    BOOST_TEST(!report.round->last.has_value());
    BOOST_TEST(state().next == all[i + 1]);
    BOOST_TEST((state().started == report.round->started));
  }
  const Time started = state().started.value();
  const VerifyReport third = run();
  BOOST_TEST(third.round->complete);
  BOOST_TEST((third.round->last->started == started));
  BOOST_TEST((third.round->last->ended >= started));
  BOOST_TEST(state().next.empty());
  BOOST_TEST(!state().started.has_value());
  // The next one begins anew, and knows when the last one was.
  const VerifyReport fourth = run();
  BOOST_TEST(fourth.round->checked == 1u);
  BOOST_TEST((fourth.round->last->started == started));
  BOOST_TEST((fourth.round->started >= third.round->last->ended));
  const VerifyReport rest = run(true);
  BOOST_TEST(rest.payloads == 2u);
  BOOST_TEST(rest.round->complete);
}

BOOST_AUTO_TEST_CASE(damage_of_earlier_runs_is_told_again_at_the_end) {
  const auto all = names();
  const std::string path = repository->payloads().path(all[0]);
  const std::string whole = read_file(path, 1 << 20);
  flip(path, whole.size() - 12);
  same_damage(run(), {{DamageKind::kPayload, all[0]}});
  BOOST_TEST(state().damaged == std::set<std::string>{all[0]}, boost::test_tools::per_element());
  const VerifyReport second = run();
  same_damage(second, {});
  BOOST_TEST(second.round->known_damaged == 1u);
  const VerifyReport third = run();
  same_damage(third, {{DamageKind::kPayload, all[0]}});
  BOOST_TEST(third.round->known_damaged == 0u);
  BOOST_TEST(third.payloads == 2u);
  // Still known in the next round, until somebody looks at it again and it was mended.
  write_file_atomically(path, whole, false);
  same_damage(run(), {});
  BOOST_TEST(state().damaged.empty());
}

BOOST_AUTO_TEST_CASE(what_was_mended_meanwhile_is_forgotten_at_the_end) {
  const auto all = names();
  const std::string path = repository->payloads().path(all[0]);
  const std::string whole = read_file(path, 1 << 20);
  flip(path, whole.size() - 12);
  same_damage(run(), {{DamageKind::kPayload, all[0]}});
  write_file_atomically(path, whole, false);
  for (const auto& [name, publisher] : {std::pair{seed.name, "fruit"}, {peel.name, "fruit"}}) {
    repository->payloads().assign(name, publisher);
  }
  const VerifyReport rest = run(true);
  same_damage(rest, {});
  BOOST_TEST(rest.payloads == 3u);
  BOOST_TEST(state().damaged.empty());
}

BOOST_AUTO_TEST_CASE(what_nothing_refers_to_any_more_is_forgotten) {
  make_directories(store::verify_directory(root));
  VerifyState with_other;
  with_other.damaged = {std::string(40, '0')};
  with_other.next = std::string(64, 'f');
  with_other.started = now();
  write_file_atomically(state_path(), with_other.to_json(), false);
  const VerifyReport report = run();
  same_damage(report, {});
  BOOST_TEST(report.round->complete);
  BOOST_TEST(report.payloads == 0u);
  BOOST_TEST(state().damaged.empty());
}

BOOST_AUTO_TEST_CASE(only_one_at_a_time) {
  const auto held = std::make_unique<VerifyStateFile>(root);
  BOOST_CHECK_EXCEPTION(run(), Error,
                        [](const Error& e) { return e.code() == Code::kUnavailable; });
  same_damage(check(), {});  // without rounds it does not matter
}

BOOST_AUTO_TEST_CASE(the_state_is_read_as_it_was_written) {
  VerifyState s;
  s.started = Time{1'700'000'000'123'456};
  s.next = names()[1];
  s.damaged = {names()[0], std::string(64, 'a')};
  s.last = {Time{1'600'000'000'000'000}, Time{1'600'000'001'000'000}};
  const VerifyState back = VerifyState::from_json(s.to_json());
  BOOST_TEST((back.started == s.started));
  BOOST_TEST(back.next == s.next);
  BOOST_TEST(back.damaged == s.damaged, boost::test_tools::per_element());
  BOOST_TEST((back.last->started == s.last->started && back.last->ended == s.last->ended));
  BOOST_TEST(VerifyState::from_json(VerifyState().to_json()).damaged.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_state_is_an_error_that_names_it) {
  make_directories(store::verify_directory(root));
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1]"), std::string("{\"format\": 1}"),
        std::string("{\"format\": \"metaset verify 1\"}"),
        std::string("{\"format\": \"metaset verify 1\", \"damaged\": [\"../x\"]}"),
        "{\"format\": \"metaset verify 1\", \"damaged\": [\"" + std::string(40, 'a') +
            "\\u0000x\"]}",
        std::string("{\"format\": \"metaset verify 1\", \"damaged\": [], \"next\": \"x\"}"),
        std::string("{\"format\": \"metaset verify 1\", \"damaged\": [], \"started\": \"x\"}"),
        std::string("{\"format\": \"metaset verify 2\", \"damaged\": []}")}) {
    write_file_atomically(state_path(), text, false);
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_EXCEPTION(run(), Error, [&](const Error& error) {
        return error.code() == Code::kCorrupt &&
               error.message().find(state_path()) != std::string::npos;
      });
    }
  }
  remove_file(state_path());
  same_damage(run(true), {});
}

BOOST_AUTO_TEST_CASE(a_limited_rate_takes_its_time) {
  VerifyOptions options;
  options.rate = 400;
  const auto start = std::chrono::steady_clock::now();
  const VerifyReport report = verify(*repository, options);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  same_damage(report, {});
  // All but what was read last.
  const auto most = std::max({seed.csize, peel.csize, core.csize});
  BOOST_TEST(seconds >= static_cast<double>(report.payload_bytes - most) / 400 - 0.01);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
