// Transactions and tables.
#include <csignal>

#include <sys/resource.h>

#include "fixture.h"

namespace metaset::lmdb {
namespace {

BOOST_FIXTURE_TEST_SUITE(transactions, Fixture)

BOOST_AUTO_TEST_CASE(what_was_committed_is_read) {
  open();
  put("apple", "red");
  BOOST_TEST(get("apple") == "red");
  BOOST_TEST(get("pear") == "(none)");
}

BOOST_AUTO_TEST_CASE(tables_do_not_see_each_other) {
  open();
  WriteTxn txn(*env);
  txn.put(table(0), "apple", "red");
  txn.put(table(1), "apple", "green");
  txn.put(table(1), "pear", "yellow");
  BOOST_TEST(txn.count(table(0)) == 1u);
  BOOST_TEST(txn.count(table(1)) == 2u);
  BOOST_TEST(*txn.get(table(0), "apple") == "red");
  BOOST_TEST(*txn.get(table(1), "apple") == "green");
  BOOST_TEST(!txn.get(table(0), "pear").has_value());
}

BOOST_AUTO_TEST_CASE(a_transaction_that_is_not_committed_leaves_nothing) {
  open();
  put("apple", "red");
  {
    WriteTxn txn(*env);
    txn.put(table(), "apple", "green");
    txn.erase(table(), "apple");
  }
  BOOST_TEST(get("apple") == "red");
}

BOOST_AUTO_TEST_CASE(insert_changes_nothing_that_is_there) {
  open();
  WriteTxn txn(*env);
  BOOST_TEST(txn.insert(table(), "apple", "red"));
  BOOST_TEST(!txn.insert(table(), "apple", "green"));
  BOOST_TEST(*txn.get(table(), "apple") == "red");
  txn.put(table(), "apple", "green");
  BOOST_TEST(*txn.get(table(), "apple") == "green");
}

BOOST_AUTO_TEST_CASE(erase_says_whether_there_was_something) {
  open();
  WriteTxn txn(*env);
  txn.put(table(), "apple", "red");
  BOOST_TEST(txn.erase(table(), "apple"));
  BOOST_TEST(!txn.erase(table(), "apple"));
  BOOST_TEST(txn.count(table()) == 0u);
}

BOOST_AUTO_TEST_CASE(append_takes_keys_in_any_order) {
  open();
  WriteTxn txn(*env);
  for (const char* key : {"b", "c", "a", "c"}) txn.append(table(), key, key);
  BOOST_TEST(txn.count(table()) == 3u);
  BOOST_TEST(*txn.get(table(), "a") == "a");
}

BOOST_AUTO_TEST_CASE(values_may_be_empty_long_and_binary) {
  open();
  const std::string binary("\0\xff\n\0", 4);
  const std::string large(3 * kMiB, 'x');
  put("empty", "");
  put(binary, binary);
  put("large", large);
  BOOST_TEST(get("empty") == "");
  BOOST_TEST(get(binary) == binary);
  BOOST_TEST((get("large") == large));
}

BOOST_AUTO_TEST_CASE(keys_have_bounds) {
  open();
  const std::string longest(kMaxKey, 'k');
  put(longest, "1");
  BOOST_TEST(get(longest) == "1");
  // Whoever makes keys checks their length: this is a bug there.
  BOOST_TEST(fails(Code::kInternal, "write", [&] { put(longest + "k", "2"); }));
  BOOST_TEST(fails(Code::kInternal, "write", [&] { put("", "2"); }));
}

BOOST_AUTO_TEST_CASE(a_read_transaction_sees_one_state_until_it_is_renewed) {
  open();
  put("apple", "red");
  ReadTxn txn(*env);
  put("apple", "green");
  BOOST_TEST(*txn.get(table(), "apple") == "red");
  txn.renew();
  BOOST_TEST(*txn.get(table(), "apple") == "green");
  txn.reset();
  txn.reset();
  put("apple", "yellow");
  txn.renew();
  BOOST_TEST(*txn.get(table(), "apple") == "yellow");
}

// Freed pages are used again once nobody reads them: the file does not grow for ever.
BOOST_AUTO_TEST_CASE(a_transaction_that_was_reset_holds_no_pages) {
  open();
  const std::string value(100'000, 'x');
  put("apple", value);
  ReadTxn txn(*env);
  txn.reset();
  for (int i = 0; i < 20; ++i) put("apple", value);
  const std::uint64_t used = env->statistics().used_bytes;
  for (int i = 0; i < 200; ++i) put("apple", value);
  BOOST_TEST(env->statistics().used_bytes < used + kMiB);
}

BOOST_AUTO_TEST_CASE(a_full_map_is_no_space_and_loses_nothing) {
  open(writing(kMiB));
  put("apple", "red");
  const std::string value(100'000, 'x');
  BOOST_TEST(fails(Code::kNoSpace, "METASET_MAP_SIZE", [&] {
    WriteTxn txn(*env);
    for (int i = 0; i < 20; ++i) txn.put(table(), std::to_string(i), value);
    txn.commit();
  }));
  BOOST_TEST(get("apple") == "red");
  BOOST_TEST(get("0") == "(none)");
  put("pear", "green");
  // With a larger map it goes on.
  open(writing(16 * kMiB));
  BOOST_TEST(get("pear") == "green");
  for (int i = 0; i < 20; ++i) put(std::to_string(i), value);
  BOOST_TEST((get("19") == value));
}

// After the map was full in the middle of a transaction the rest of it must not become visible.
BOOST_AUTO_TEST_CASE(a_transaction_that_failed_cannot_be_committed) {
  open(writing(kMiB));
  WriteTxn txn(*env);
  txn.put(table(), "apple", "red");
  BOOST_TEST(fails(Code::kNoSpace, "write",
                   [&] { txn.put(table(), "large", std::string(2 * kMiB, 'x')); }));
  BOOST_TEST(fails(Code::kInternal, "commit", [&] { txn.commit(); }));
  BOOST_TEST(get("apple") == "(none)");
}

// Bounds the size of files while it lives.
struct FileLimit {
  explicit FileLimit(rlim_t bytes) {
    handler = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit limit{bytes, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }
  rlimit before{};
  void (*handler)(int) = nullptr;
};

// The wrapper of Debian frees the transaction twice here.
BOOST_AUTO_TEST_CASE(a_commit_that_fails_is_an_error_and_changes_nothing) {
  open();
  put("apple", "red");
  const bool failed = fails(Code::kIo, "commit " + directory.path(), [&] {
    WriteTxn txn(*env);
    for (int i = 0; i < 50; ++i) txn.put(table(), std::to_string(i), std::string(20'000, 'x'));
    const FileLimit limit(200'000);
    txn.commit();
  });
  BOOST_TEST(failed);
  BOOST_TEST(get("apple") == "red");
  BOOST_TEST(get("0") == "(none)");
  put("pear", "green");
  open();
  BOOST_TEST(get("pear") == "green");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::lmdb
