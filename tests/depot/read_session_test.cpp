// Repositories that are opened, replaced and missing while they are served.
#include "metaset/depot/read_session.h"

#include <filesystem>
#include <thread>

#include "fixture.h"

namespace metaset::depot {
namespace {

using std::chrono::milliseconds;

void create(const std::string& root, const std::string& publisher) {
  store::Repository::create(root, {publisher}, default_config(publisher), {"t", "t", {}, true});
}

std::string first_publisher(ReadSession& session) {
  session.begin();
  std::string prefix = session.publishers().all().front().publisher.prefix;
  session.end();
  return prefix;
}

BOOST_AUTO_TEST_CASE(a_repository_that_was_never_there_is_unavailable) {
  const TemporaryDirectory directory;
  RepositoryPool pool;
  const std::string root = directory.path() + "/repo";
  ReadSession session(pool, root);
  BOOST_TEST(fails(Code::kUnavailable, root, [&] { session.begin(); }));
  create(root, "late");
  BOOST_TEST(first_publisher(session) == "late");
}

BOOST_AUTO_TEST_CASE(what_is_no_repository_is_unavailable) {
  const TemporaryDirectory directory;
  make_directories(directory.path() + "/committed");
  write_file_atomically(directory.path() + "/committed/data.mdb", "rubbish", false);
  RepositoryPool pool;
  BOOST_TEST(fails(Code::kUnavailable, "", [&] { pool.get(directory.path()); }));
}

BOOST_AUTO_TEST_CASE(a_replaced_repository_is_opened_and_the_old_one_kept_while_in_use) {
  const TemporaryDirectory directory;
  const std::string root = directory.path() + "/repo";
  create(root, "old");
  create(directory.path() + "/next", "new");
  RepositoryPool pool(store::Access::kRead, milliseconds(0));
  ReadSession busy(pool, root);
  ReadSession other(pool, root);
  busy.begin();
  BOOST_TEST(first_publisher(other) == "old");
  rename_path(root, directory.path() + "/away");
  BOOST_TEST(first_publisher(other) == "old");  // missing for a moment
  rename_path(directory.path() + "/next", root);
  BOOST_TEST(first_publisher(other) == "new");
  BOOST_TEST(busy.publishers().all().front().publisher.prefix == "old");
  BOOST_TEST(first_publisher(busy) == "new");
}

BOOST_AUTO_TEST_CASE(a_replacement_is_noticed_only_when_the_interval_is_over) {
  const TemporaryDirectory directory;
  const std::string root = directory.path() + "/repo";
  create(root, "old");
  create(directory.path() + "/next", "new");
  RepositoryPool pool(store::Access::kRead, std::chrono::hours(1));
  ReadSession session(pool, root);
  BOOST_TEST(first_publisher(session) == "old");
  rename_path(root, directory.path() + "/away");
  rename_path(directory.path() + "/next", root);
  BOOST_TEST(first_publisher(session) == "old");
}

BOOST_AUTO_TEST_CASE(two_environments_never_share_a_lock_file) {
  const TemporaryDirectory directory;
  const std::string root = directory.path() + "/repo";
  create(root, "old");
  create(directory.path() + "/next", "new");
  RepositoryPool pool(store::Access::kRead, milliseconds(0));
  ReadSession session(pool, root);
  BOOST_TEST(first_publisher(session) == "old");
  rename_path(directory.path() + "/next/committed/data.mdb", root + "/committed/data.mdb");
  BOOST_TEST(first_publisher(session) == "old");
  rename_path(directory.path() + "/next/committed/lock.mdb", root + "/committed/lock.mdb");
  BOOST_TEST(first_publisher(session) == "new");
}

BOOST_AUTO_TEST_CASE(paths_to_the_same_files_share_an_environment) {
  const TemporaryDirectory directory;
  const std::string root = directory.path() + "/repo";
  create(root, "one");
  const std::string link = directory.path() + "/link";
  std::filesystem::create_directory_symlink(root, link);
  RepositoryPool pool;
  BOOST_TEST(pool.get(root) == pool.get(link));
}

BOOST_AUTO_TEST_CASE(a_request_sees_one_state) {
  TestDepot t;
  const store::MetasetNumber before = t.view().number();
  std::thread([&] {
    t.session.store().write_metaset(
        {"t", "t", std::nullopt, true},
        [](store::MetasetWriter& writer, lmdb::WriteTxn&) { writer.publisher("between"); });
  }).join();
  BOOST_TEST(store::View::active_number(t.view().env(), t.view().txn()) == before);
  BOOST_TEST(t.publishers().find("between") == nullptr);
  t.session.begin();
  BOOST_TEST(t.view().number() == before + 1);
  BOOST_TEST(t.publishers().find("between") != nullptr);
}

BOOST_AUTO_TEST_CASE(publishers_are_parsed_once_for_a_metaset) {
  TestDepot t;
  const Publishers* first = &t.publishers();
  t.session.end();
  t.session.begin();
  BOOST_TEST(&t.publishers() == first);
  ReadSession other(t.pool, t.root);
  other.begin();
  BOOST_TEST(&other.publishers() == first);
  t.set({"publisher/prefix=example.org"});
  BOOST_TEST(t.publishers().default_publisher()->publisher.prefix == "example.org");
}

BOOST_AUTO_TEST_CASE(past_metasets_are_chosen_by_number_or_time) {
  TestDepot t;  // metaset 1 is of 20231114T221320Z
  const auto add = [&](const char* publisher, Time time) {
    t.session.store().write_metaset(
        {"t", "t", time, true},
        [&](store::MetasetWriter& writer, lmdb::WriteTxn&) { writer.publisher(publisher); });
  };
  add("second", *parse_basic_timestamp("20240101T000000Z"));
  add("third", *parse_basic_timestamp("20250101T000000.750000Z"));
  const auto number_of = [&](std::string_view name) {
    t.session.begin();
    t.session.select(name);
    return t.view().number();
  };
  BOOST_TEST(number_of("1") == 1u);
  BOOST_TEST(t.publishers().find("second") == nullptr);
  BOOST_TEST(number_of("2") == 2u);
  BOOST_TEST(t.publishers().find("second") != nullptr);
  BOOST_TEST(number_of("20231114T221320Z") == 1u);
  BOOST_TEST(number_of("20231231T235959.999999Z") == 1u);
  BOOST_TEST(number_of("20240101T000000Z") == 2u);
  BOOST_TEST(number_of("20990101T000000Z") == 3u);
  BOOST_TEST(number_of("20250101T000000.749999Z") == 2u);
  BOOST_TEST(number_of("20250101T000000.000000Z") == 2u);
  BOOST_TEST(number_of("20250101T000000Z") == 3u);  // the second of which the log tells
  BOOST_TEST(number_of("20241231T235959Z") == 2u);
  BOOST_TEST(fails(Code::kNotFound, "no metaset 4", [&] { number_of("4"); }));
  BOOST_TEST(fails(Code::kNotFound, "no metaset", [&] { number_of("20000101T000000Z"); }));
  for (const char* unknown : {"x", "yesterday"}) {
    BOOST_TEST(fails(Code::kNotFound, "no metaset has the tag", [&] { number_of(unknown); }));
  }
  for (const char* bad : {"", "-1", "1x", "99999999999999999999", "a b"}) {
    BOOST_TEST(fails(Code::kInvalid, "is neither the number", [&] { number_of(bad); }), bad);
  }
  t.session.begin();
  BOOST_TEST(t.view().number() == 3u);
}

BOOST_AUTO_TEST_CASE(a_thread_has_one_session_for_each_repository) {
  TestDepot t;
  ReadSessions sessions(t.pool);
  ReadSession& session = sessions.at(t.root);
  BOOST_TEST(&sessions.at(t.root) == &session);
  session.begin();
  BOOST_TEST(session.begun());
  sessions.end_all();
  BOOST_TEST(!session.begun());
}

BOOST_AUTO_TEST_CASE(repositories_that_are_not_there_are_forgotten) {
  TestDepot t;
  ReadSessions sessions(t.pool);
  ReadSession& session = sessions.at(t.root);
  session.begin();
  for (int i = 0; i < 1000; ++i) {
    ReadSession& none = sessions.at(t.root + "-" + std::to_string(i));
    BOOST_CHECK_THROW(none.begin(), Error);
  }
  BOOST_TEST(sessions.size() <= 65u);
  BOOST_TEST(&sessions.at(t.root) == &session);
}

BOOST_AUTO_TEST_CASE(many_threads_read_while_metasets_are_made) {
  TestDepot t;
  RepositoryPool& pool = t.pool;
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      ReadSession session(pool, t.root);
      while (!stop) {
        session.begin();
        // Metaset n has two publishers and one more for each metaset after the first.
        if (session.publishers().all().size() != session.view().number() + 1) ++wrong;
        session.end();
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    t.session.store().write_metaset({"t", "t", std::nullopt, true},
                                    [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
                                      writer.publisher("p" + std::to_string(i));
                                    });
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  BOOST_TEST(wrong == 0);
}

}  // namespace
}  // namespace metaset::depot
