// Environments whose directory is replaced while they are open.
#include <optional>

#include <unistd.h>

#include "fixture.h"

namespace metaset::lmdb {
namespace {

struct Replaceable {
  Replaceable() {
    make_directories(place);
    make_directories(next);
    env.emplace(place, writing(), std::vector<std::string>{"first", "second"});
    put("apple", "red");
  }
  void put(std::string_view key, std::string_view value) {
    WriteTxn txn(*env);
    txn.put(env->table(0), key, value);
    txn.commit();
  }
  std::string get(const Txn& txn, std::string_view key) const {
    return std::string(txn.get(env->table(0), key).value_or("(none)"));
  }
  std::string get(std::string_view key) const {
    const ReadTxn txn(*env);
    return get(txn, key);
  }
  void replace() const {
    env->copy_compact(next);
    rename_path(place, away);
    rename_path(next, place);
  }

  TemporaryDirectory directory;
  std::string place = directory.path() + "/env", next = directory.path() + "/next",
              away = directory.path() + "/away";
  std::optional<Env> env;
};

BOOST_FIXTURE_TEST_SUITE(replaced, Replaceable)

BOOST_AUTO_TEST_CASE(a_writer_goes_on_in_the_files_that_have_the_name) {
  replace();
  put("pear", "green");
  BOOST_TEST(env->generation() == 1u);
  env.emplace(place, writing(), std::vector<std::string>{"first", "second"});
  BOOST_TEST(get("pear") == "green");
  env.emplace(away, writing(), std::vector<std::string>{"first", "second"});
  BOOST_TEST(get("pear") == "(none)");
  BOOST_TEST(get("apple") == "red");
}

BOOST_AUTO_TEST_CASE(who_reads_ends_in_the_old_files_and_nobody_waits_for_that) {
  ReadTxn reader(*env);
  ReadTxn resting(*env);
  resting.reset();
  replace();
  put("pear", "green");
  BOOST_TEST(get(reader, "pear") == "(none)");
  BOOST_TEST(get("pear") == "green");
  resting.renew();
  BOOST_TEST(get(resting, "pear") == "green");
  reader.renew();
  BOOST_TEST(get(reader, "pear") == "green");
  BOOST_TEST(env->generation() == 1u);
}

BOOST_AUTO_TEST_CASE(a_reader_goes_on_when_it_is_told_to) {
  env.emplace(place, reading(), std::vector<std::string>{"first"});
  const FileIdentity before = env->identity();
  env->follow();
  BOOST_TEST((env->identity() == before));
  replace();
  BOOST_TEST(env->generation() == 0u);
  { const ReadTxn txn(*env); }
  BOOST_TEST(env->generation() == 0u);
  env->follow();
  BOOST_TEST(env->generation() == 1u);
  BOOST_TEST((env->identity() != before));
  BOOST_TEST(get("apple") == "red");
}

BOOST_AUTO_TEST_CASE(two_environments_with_one_lock_are_refused) {
  env->copy_compact(next);
  rename_path(next + "/data.mdb", place + "/data.mdb");
  BOOST_CHECK_EXCEPTION(put("pear", "green"), Error,
                        [](const Error& error) { return error.code() == Code::kUnavailable; });
}

// A process that opens the directory at the moment when it is replaced may get the lock of one and
// the data of the other: then the number of the last transaction is a wrong one, and whoever writes
// would take an old page for the newest.
BOOST_AUTO_TEST_CASE(opening_what_is_there_writes_nothing) {
  for (const int commits : {1, 2}) {
    Replaceable r;
    for (int i = 0; i < commits; ++i) r.put("apple", "green");
    r.env->copy_compact(r.next);
    BOOST_REQUIRE_EQUAL(::link((r.place + "/lock.mdb").c_str(), (r.next + "/lock.mdb").c_str()), 0);
    const std::string before = read_file(r.next + "/data.mdb", kMiB);
    EnvOptions options = writing();
    options.create = false;
    { const Env mixed(r.next, options, {"first", "second"}); }
    BOOST_TEST((read_file(r.next + "/data.mdb", kMiB) == before));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::lmdb
