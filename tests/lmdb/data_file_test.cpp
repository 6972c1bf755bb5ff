// Data files that were cut short are found before anything reads beyond their end.
#include <unistd.h>

#include "fixture.h"

namespace metaset::lmdb {
namespace {

struct CutFixture : Fixture {
  std::string path() const { return directory.path() + "/data.mdb"; }
  std::uint64_t size() const { return file_info(path())->size; }
  void cut(std::uint64_t to) const {
    BOOST_TEST_REQUIRE(::truncate(path().c_str(), static_cast<off_t>(to)) == 0);
  }
  void make_free_pages(int count) {
    for (int i = 0; i < count; ++i) put("key " + std::to_string(i), std::string(9000, 'x'));
    for (int i = 0; i < count; ++i) {
      WriteTxn txn(*env);
      txn.erase(table(), "key " + std::to_string(i));
      txn.commit();
    }
  }
  // One transaction that takes pages at the end and frees them again; whatever else it writes fits
  // into pages that were free before.
  void put_and_erase(std::size_t bytes) {
    WriteTxn txn(*env);
    txn.put(table(), "large", std::string(bytes, 'x'));
    BOOST_TEST(txn.erase(table(), "large"));
    txn.commit();
  }
  // What can be opened can be read: this process survives.
  void cut_until_it_matters() {
    constexpr std::uint64_t kPage = 4096, kMetaPages = 2;
    env.reset();
    for (std::uint64_t pages = size() / kPage; pages > kMetaPages; pages = pages * 9 / 10) {
      cut(pages * kPage);
      try {
        open(reading());
      } catch (const Error& error) {
        BOOST_TEST(code_name(error.code()) == code_name(Code::kCorrupt));
        return;
      }
      BOOST_TEST(get("apple") == "red");
      env.reset();
    }
    BOOST_ERROR("a file without any data was opened");
  }
};

BOOST_FIXTURE_TEST_SUITE(data_files, CutFixture)

BOOST_AUTO_TEST_CASE(every_length_that_lacks_something) {
  open();
  for (int i = 0; i < 200; ++i) put("key " + std::to_string(i), std::string(3000, 'x'));
  const std::uint64_t page = env->statistics().page_size;
  env.reset();
  const std::string whole = read_file(path(), 16 * kMiB);
  for (std::uint64_t to = whole.size() - 1; to > 0; to -= std::min(to, 3 * page - 1)) {
    write_file_atomically(path(), whole, false);
    cut(to);
    BOOST_TEST_CONTEXT(to << " of " << whole.size()) {
      BOOST_TEST(fails(Code::kCorrupt, directory.path(), [&] { open(reading()); }));
      BOOST_TEST(fails(Code::kCorrupt, directory.path(), [&] { open(writing()); }));
      BOOST_TEST(size() == to);
    }
  }
  write_file_atomically(path(), whole, false);
  BOOST_CHECK_NO_THROW(open());
}

BOOST_AUTO_TEST_CASE(the_message_names_the_file_and_its_sizes) {
  open();
  put("large", std::string(kMiB, 'x'));
  const std::uint64_t before = size();
  env.reset();
  cut(12'345);
  BOOST_TEST(fails(Code::kCorrupt,
                   path() + " is cut short: it has 12345 of " + std::to_string(before) + " bytes",
                   [&] { open(); }));
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_new_only_to_who_may_create) {
  open();
  env.reset();
  cut(0);
  EnvOptions options = writing();
  options.create = false;
  BOOST_TEST(fails(Code::kCorrupt, path(), [&] { open(options); }));
  BOOST_TEST(fails(Code::kCorrupt, path(), [&] { open(reading()); }));
  BOOST_CHECK_NO_THROW(open());
  BOOST_CHECK_NO_THROW(open(options));
}

// LMDB does not write such pages: a whole file can be shorter than its last page says.
BOOST_AUTO_TEST_CASE(free_pages_at_the_end_may_be_missing) {
  for (const std::size_t bytes : {std::size_t{4096}, std::size_t{kMiB}, 20 * std::size_t{kMiB}}) {
    open();
    put("apple", "red");
    make_free_pages(10);
    put_and_erase(bytes);
    const std::uint64_t used = env->statistics().used_bytes;
    BOOST_TEST_MESSAGE(bytes << ": " << size() << " of " << used);
    if (bytes > 4096) BOOST_TEST(size() < used);  // else this test shows nothing
    BOOST_CHECK_NO_THROW(env->check_file());
    open(reading());
    BOOST_TEST(get("apple") == "red");
    cut_until_it_matters();
    remove_file(path());
  }
}

// A long list of free pages has pages of its own, and several transactions a tree of lists.
BOOST_AUTO_TEST_CASE(many_free_pages) {
  open();
  put("apple", "red");
  {
    const ReadTxn old(*env);  // keeps what is freed from being used again
    make_free_pages(300);
  }
  put_and_erase(30 * kMiB);
  BOOST_TEST_MESSAGE(size() << " of " << env->statistics().used_bytes);
  BOOST_TEST(size() < env->statistics().used_bytes);
  BOOST_CHECK_NO_THROW(open(reading()));
  cut_until_it_matters();
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_while_it_is_open) {
  open();
  put("large", std::string(kMiB, 'x'));
  cut(size() - 4096);
  BOOST_TEST(fails(Code::kCorrupt, path(), [&] { env->check_file(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::lmdb
