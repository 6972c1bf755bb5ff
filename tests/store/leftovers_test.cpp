#include "metaset/store/leftovers.h"

#include <boost/test/unit_test.hpp>
#include <sys/time.h>

#include "metaset/base/file.h"
#include "metaset/store/layout.h"
#include "metaset/store/payloads.h"

namespace metaset::store {
namespace {

void make_old(const std::string& path) {
  const timeval old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  BOOST_REQUIRE_EQUAL(::utimes(path.c_str(), old), 0);
}

// As AtomicFile makes it, of a process that is killed.
std::string temporary_file(const std::string& directory) {
  make_directories(directory);
  AtomicFile file(directory, "never");
  const std::string copy = file.temporary_path() + "x";
  write_file_atomically(copy, "half", false);
  return copy;
}

BOOST_AUTO_TEST_SUITE(leftovers)

BOOST_AUTO_TEST_CASE(old_temporary_files_go_and_nothing_else) {
  const TemporaryDirectory directory;
  const std::string& root = directory.path();
  std::vector<std::string> old, kept;
  for (const char* name : {"file", "publisher", "catalog", "catalog/known"}) {
    const std::string place = join_path(root, name);
    old.push_back(temporary_file(place));
    kept.push_back(temporary_file(place) + "y");
    write_file_atomically(kept.back(), "being written", false);
    kept.push_back(join_path(place, "ordinary"));
    write_file_atomically(kept.back(), "old, but no temporary file", false);
    make_old(old.back());
    make_old(kept.back());
  }
  old.push_back(join_path(root, "publisher/.tmp-directory"));
  make_directories(old.back());
  write_file_atomically(join_path(old.back(), "link"), "x", false);
  make_old(old.back());
  remove_leftovers(root);
  for (const std::string& path : old) BOOST_TEST(!file_info(path).has_value(), path);
  for (const std::string& path : kept) BOOST_TEST(file_info(path).has_value(), path);
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there) {
  const TemporaryDirectory directory;
  BOOST_CHECK_NO_THROW(remove_leftovers(join_path(directory.path(), "none")));
}

// A link that takes another file's place leaves nothing beside it.
BOOST_AUTO_TEST_CASE(replacing_a_link_leaves_nothing) {
  const TemporaryDirectory directory;
  PayloadStore payloads(directory.path());
  const std::string name = payloads.put_content("content").name;
  make_directories(payload_directory(directory.path()));
  const std::string link = payloads.path(name, "demo");
  make_directories(link.substr(0, link.rfind('/')));
  write_file_atomically(link, "something else", false);
  BOOST_TEST((payloads.assign(name, "demo") == Assignment::kMade));
  BOOST_TEST(payloads.is_assigned(name, "demo"));
  BOOST_TEST(list_directory(publishers_directory(directory.path())).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
