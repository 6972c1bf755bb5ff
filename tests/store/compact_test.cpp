// The database gives back free pages while others read it and write to it.
#include "metaset/store/compact.h"

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/store/layout.h"

#include "fixture.h"

namespace metaset::store {
namespace {

struct GrownRepository : TestRepository {
  GrownRepository() {
    // Texts that cannot be compressed, deleted again.
    std::vector<Sha256> digests;
    write([&](MetasetWriter& writer) {
      writer.publisher("third");
      for (int i = 0; i < 200; ++i) {
        std::string text;
        for (int j = 0; j < 100; ++j) text += to_hex(sha256_of(std::to_string(i * 1000 + j)));
        digests.push_back(writer.put_manifest(text));
      }
    });
    lmdb::Env& env = repository->committed();
    lmdb::WriteTxn txn(env);
    for (const Sha256& digest : digests) txn.erase(env.table(kManifests), bytes_of(digest));
    txn.commit();
  }
  std::uint64_t file_size() const {
    return file_info(committed_directory(root) + "/data.mdb").value().size;
  }
};

BOOST_AUTO_TEST_SUITE(compact)

BOOST_AUTO_TEST_CASE(the_file_becomes_smaller_and_nothing_else_changes) {
  GrownRepository t;
  t.stage("pkg://first/a@1:20240101T000000Z");
  t.commit_all();
  const std::string attrs = t.rendered(t.latest(), "first", "catalog.attrs");
  BOOST_TEST(t.repository->committed().free_bytes() > 300'000u);
  const std::uint64_t before = t.file_size();
  ::chmod((committed_directory(t.root) + "/lock.mdb").c_str(), 0666);
  const Compaction done = compact_committed(*t.repository);
  BOOST_TEST(done.before == before);
  BOOST_TEST(done.after == t.file_size());
  BOOST_TEST(done.after * 2 < done.before);
  BOOST_TEST(t.repository->committed().free_bytes() < 50'000u);
  BOOST_TEST(!file_info(compacting_directory(t.root)));
  struct stat lock {};
  BOOST_TEST(::stat((committed_directory(t.root) + "/lock.mdb").c_str(), &lock) == 0);
  BOOST_TEST((lock.st_mode & 0777) == 0666u);  // who could open it still can
  BOOST_TEST(t.rendered(t.latest(), "first", "catalog.attrs") == attrs);
  t.stage("pkg://first/b@1:20240101T000000Z");
  const MetasetNumber number = t.commit_all().number;
  BOOST_TEST(number == t.latest());
  BOOST_TEST(t.visible(t.latest(), "first").size() == 2u);
}

// The old environment says so to those who still read it.
BOOST_AUTO_TEST_CASE(no_metaset_is_active_in_the_old_files) {
  GrownRepository t;
  const MetasetNumber latest = t.latest();
  const std::string kept = t.directory.path() + "/kept";
  make_directories(kept);
  // The same file by another name: the compaction removes only its own.
  const std::string data = committed_directory(t.root) + "/data.mdb";
  BOOST_REQUIRE_EQUAL(::link(data.c_str(), (kept + "/data.mdb").c_str()), 0);
  compact_committed(*t.repository);
  lmdb::EnvOptions options;
  options.map_size = std::uint64_t{1} << 30;
  const lmdb::Env old(kept, options, committed_tables());
  const lmdb::ReadTxn txn(old);
  BOOST_TEST(View::active_number(old, txn) == 0u);
  BOOST_TEST(View::latest_number(old, txn) == latest);
}

BOOST_AUTO_TEST_CASE(what_a_killed_compaction_left_is_removed) {
  GrownRepository t;
  make_directories(compacting_directory(t.root));
  write_file_atomically(compacting_directory(t.root) + "/data.mdb", "half", false);
  compact_committed(*t.repository);
  BOOST_TEST(!file_info(compacting_directory(t.root)));
  BOOST_TEST(t.latest() > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
