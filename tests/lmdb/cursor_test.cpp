// Cursors.
#include <memory>

#include "fixture.h"

namespace metaset::lmdb {
namespace {

struct CursorFixture : Fixture {
  CursorFixture() {
    open();
    WriteTxn txn(*env);
    for (const char* key : {"b", "d", "f"}) txn.put(table(), key, std::string(key) + key);
    txn.commit();
  }
};

BOOST_FIXTURE_TEST_SUITE(cursors, CursorFixture)

BOOST_AUTO_TEST_CASE(all_entries_in_both_directions) {
  const ReadTxn txn(*env);
  Cursor cursor(txn, table());
  std::string forward, backward;
  for (bool more = cursor.first(); more; more = cursor.next()) forward += cursor.key();
  for (bool more = cursor.last(); more; more = cursor.previous()) backward += cursor.value();
  BOOST_TEST(forward == "bdf");
  BOOST_TEST(backward == "ffddbb");
}

BOOST_AUTO_TEST_CASE(an_empty_table_has_no_entries) {
  const ReadTxn txn(*env);
  Cursor cursor(txn, table(1));
  BOOST_TEST(!cursor.first());
  BOOST_TEST(!cursor.last());
  BOOST_TEST(!cursor.seek("a"));
  BOOST_TEST(!cursor.seek_at_most("a"));
}

BOOST_AUTO_TEST_CASE(seek_finds_the_first_key_not_less) {
  const ReadTxn txn(*env);
  Cursor cursor(txn, table());
  BOOST_TEST((cursor.seek("a") && cursor.key() == "b"));
  BOOST_TEST((cursor.seek("d") && cursor.key() == "d"));
  BOOST_TEST((cursor.seek("da") && cursor.key() == "f" && cursor.value() == "ff"));
  BOOST_TEST(!cursor.seek("g"));
}

BOOST_AUTO_TEST_CASE(seek_at_most_finds_the_last_key_not_greater) {
  const ReadTxn txn(*env);
  Cursor cursor(txn, table());
  BOOST_TEST(!cursor.seek_at_most("a"));
  BOOST_TEST((cursor.seek_at_most("b") && cursor.key() == "b"));
  BOOST_TEST((cursor.seek_at_most("e") && cursor.key() == "d"));
  BOOST_TEST((cursor.seek_at_most("z") && cursor.key() == "f"));
}

// The argument may be the cursor's own key, which moves.
BOOST_AUTO_TEST_CASE(seek_from_the_own_key) {
  const ReadTxn txn(*env);
  Cursor cursor(txn, table());
  BOOST_TEST(cursor.first());
  BOOST_TEST((cursor.seek(cursor.key()) && cursor.key() == "b"));
  BOOST_TEST((cursor.seek_at_most(cursor.key()) && cursor.key() == "b"));
}

BOOST_AUTO_TEST_CASE(a_write_transaction_sees_its_own_changes) {
  WriteTxn txn(*env);
  txn.put(table(), "c", "cc");
  txn.erase(table(), "d");
  {
    Cursor cursor(txn, table());
    std::string keys;
    for (bool more = cursor.first(); more; more = cursor.next()) keys += cursor.key();
    BOOST_TEST(keys == "bcf");
  }
  txn.commit();
  BOOST_TEST(get("c") == "cc");
}

BOOST_AUTO_TEST_CASE(several_cursors_of_one_transaction) {
  const ReadTxn txn(*env);
  Cursor one(txn, table());
  Cursor other(txn, table());
  BOOST_TEST((one.first() && other.last()));
  BOOST_TEST((one.next() && one.key() == "d"));
  BOOST_TEST(other.key() == "f");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::lmdb
