#include <filesystem>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/atomic_directory.h"
#include "metaset/base/file.h"

#include "has_code.h"

namespace metaset {
namespace {

struct DirectoryFixture {
  TemporaryDirectory directory;
  std::string in(std::string_view name) const { return join_path(directory.path(), name); }
  std::ptrdiff_t entries() const {
    const std::filesystem::directory_iterator list(directory.path());
    return std::distance(begin(list), end(list));
  }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

BOOST_FIXTURE_TEST_SUITE(directory_operations, DirectoryFixture)

BOOST_AUTO_TEST_CASE(directories_are_made_with_their_parents) {
  make_directories(in("a/b//c/"));
  BOOST_TEST(file_info(in("a/b/c")).value().is_directory);
  BOOST_CHECK_NO_THROW(make_directories(in("a/b/c")));
  BOOST_CHECK_NO_THROW(make_directories("/"));
  make_directories(in("private"), 0700);
  BOOST_TEST(mode_of(in("private")) == 0700U);
}

BOOST_AUTO_TEST_CASE(directories_that_cannot_be_made_are_told) {
  write_file_atomically(in("file"), "", false);
  BOOST_CHECK_EXCEPTION(make_directories(in("file")), Error, has_code(Code::kIo));
  BOOST_CHECK_EXCEPTION(make_directories(in("file/below")), Error, has_code(Code::kIo));
  BOOST_CHECK_THROW(make_directories(""), Error);
  BOOST_REQUIRE(::symlink("nowhere", in("dangling").c_str()) == 0);
  BOOST_CHECK_EXCEPTION(make_directories(in("dangling")), Error, has_code(Code::kExists));
}

BOOST_AUTO_TEST_CASE(syncing_wants_something_there) {
  BOOST_CHECK_NO_THROW(sync_path(directory.path()));
  BOOST_CHECK_NO_THROW(sync_file_system(directory.path()));
  BOOST_CHECK_EXCEPTION(sync_path(in("none")), Error, has_code(Code::kNotFound));
  BOOST_CHECK_EXCEPTION(sync_file_system(in("none")), Error, has_code(Code::kNotFound));
}

BOOST_AUTO_TEST_CASE(renaming_replaces) {
  write_file_atomically(in("a"), "new", false);
  write_file_atomically(in("b"), "old", false);
  rename_path(in("a"), in("b"));
  BOOST_TEST(read_file(in("b"), 10) == "new");
  BOOST_CHECK_EXCEPTION(rename_path(in("a"), in("b")), Error, [&](const Error& error) {
    return error.message().find(in("a") + " to " + in("b")) != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(removing_what_is_not_there_is_fine) {
  write_file_atomically(in("file"), "x", false);
  remove_file(in("file"));
  BOOST_TEST(!file_info(in("file")).has_value());
  BOOST_CHECK_NO_THROW(remove_file(in("file")));
  BOOST_CHECK_NO_THROW(remove_tree(in("file")));
  BOOST_CHECK_THROW(remove_file(directory.path()), Error);
}

BOOST_AUTO_TEST_CASE(trees_are_removed_without_following_links) {
  make_directories(in("tree/sub"));
  make_directories(in("other"));
  write_file_atomically(in("other/keep"), "x", false);
  write_file_atomically(in("tree/sub/file"), "x", false);
  BOOST_REQUIRE(::symlink(in("other").c_str(), in("tree/link").c_str()) == 0);
  remove_tree(in("tree"));
  BOOST_TEST(!file_info(in("tree")).has_value());
  BOOST_TEST(file_info(in("other/keep")).has_value());
}

BOOST_AUTO_TEST_CASE(names_in_a_directory_are_listed_in_order) {
  make_directories(in("b"));
  for (const char* name : {"c", "a", ".hidden"}) write_file_atomically(in(name), "x", false);
  BOOST_TEST(
      (list_directory(directory.path()) == std::vector<std::string>{".hidden", "a", "b", "c"}));
  BOOST_TEST(list_directory(in("b")).empty());
  BOOST_TEST(list_directory(in("none")).empty());
  BOOST_CHECK_EXCEPTION(list_directory(in("a")), Error, has_code(Code::kIo));
}

BOOST_AUTO_TEST_CASE(paths_are_joined_with_one_slash) {
  BOOST_TEST(join_path("a", "b") == "a/b");
  BOOST_TEST(join_path("a/", "b") == "a/b");
  BOOST_TEST(join_path("/", "b") == "/b");
  BOOST_TEST(join_path("", "b") == "b");
}

BOOST_AUTO_TEST_CASE(temporary_directories_are_private_and_go_away) {
  std::string path;
  {
    const TemporaryDirectory temporary;
    path = temporary.path();
    BOOST_TEST(path != directory.path());
    BOOST_TEST(mode_of(path) == 0700U);
    write_file_atomically(join_path(path, "file"), "x", false);
  }
  BOOST_TEST(!file_info(path).has_value());
}

BOOST_AUTO_TEST_CASE(an_atomic_file_appears_complete_on_commit) {
  write_file_atomically(in("file"), "old", true);
  {
    AtomicFile file(directory.path(), in("file"), 0640);
    file.write("new ");
    file.write("content");
    BOOST_TEST(file.temporary_path().starts_with(directory.path() + "/"));
    BOOST_TEST(read_file(in("file"), 100) == "old");
    BOOST_TEST(entries() == 2);
    file.commit(true);
    BOOST_CHECK_EXCEPTION(file.commit(true), Error, has_code(Code::kInternal));
  }
  BOOST_TEST(read_file(in("file"), 100) == "new content");
  BOOST_TEST(mode_of(in("file")) == 0640U);
  BOOST_TEST(entries() == 1);
}

BOOST_AUTO_TEST_CASE(an_atomic_file_without_commit_leaves_nothing) {
  {
    AtomicFile file(directory.path(), in("file"));
    file.write("x");
  }
  BOOST_TEST(entries() == 0);
  BOOST_CHECK_EXCEPTION(AtomicFile(in("none"), in("file")), Error, has_code(Code::kNotFound));
  BOOST_CHECK_THROW(
      {
        AtomicFile file(directory.path(), in("none/file"));
        file.commit(false);
      },
      Error);
  BOOST_TEST(entries() == 0);
}

BOOST_AUTO_TEST_CASE(an_atomic_file_can_be_named_late) {
  AtomicFile file(directory.path(), "");
  file.write("x");
  file.commit_as(in("late"), true);
  BOOST_TEST(list_directory(directory.path()) == std::vector<std::string>{"late"});
}

BOOST_AUTO_TEST_CASE(the_mode_does_not_depend_on_the_umask) {
  const mode_t old = ::umask(077);
  write_file_atomically(in("file"), "x", false);
  ::umask(old);
  BOOST_TEST(mode_of(in("file")) == 0644U);
}

BOOST_AUTO_TEST_CASE(a_lock_excludes_others_while_it_lives) {
  const auto lockable = [this] {
    const Fd fd = open_file(in("lock"), O_RDWR);
    return ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
  };
  {
    const FileLock lock(in("lock"));
    BOOST_TEST(!lockable());
  }
  BOOST_TEST(lockable());
  BOOST_CHECK_EXCEPTION(FileLock(in("none/lock")), Error, has_code(Code::kNotFound));
}

BOOST_AUTO_TEST_CASE(a_directory_appears_complete_or_not_at_all) {
  {
    AtomicDirectory given_up(in("new"));
    write_file_atomically(given_up.path() + "/file", "x", false);
    BOOST_TEST(!file_info(in("new")).has_value());
  }
  BOOST_TEST(entries() == 0);
  AtomicDirectory made(in("above/new/"));
  write_file_atomically(made.path() + "/file", "x", false);
  made.commit();
  BOOST_TEST(list_directory(in("above")) == std::vector<std::string>{"new"});
  BOOST_TEST(list_directory(in("above/new")) == std::vector<std::string>{"file"});
  BOOST_TEST(mode_of(in("above/new")) == 0755U);
}

BOOST_AUTO_TEST_CASE(a_directory_takes_no_name_that_is_taken) {
  make_directories(in("empty"));
  AtomicDirectory(in("empty")).commit();
  write_file_atomically(in("file"), "x", false);
  BOOST_CHECK_EXCEPTION(AtomicDirectory(in("file")), Error, has_code(Code::kExists));
  BOOST_CHECK_EXCEPTION(AtomicDirectory(directory.path()), Error, has_code(Code::kExists));
  AtomicDirectory late(in("late"));
  write_file_atomically(in("late"), "x", false);
  BOOST_CHECK_EXCEPTION(late.commit(), Error, has_code(Code::kExists));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
