#include "metaset/store/payloads.h"

#include <cstdlib>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"

namespace metaset::store {
namespace {

bool is_link(const std::string& path) {
  char target[256];
  return ::readlink(path.c_str(), target, sizeof target) > 0;
}

struct Store {
  TemporaryDirectory directory;
  PayloadStore payloads{directory.path()};
};

BOOST_FIXTURE_TEST_CASE(content_is_stored_by_its_sha1_in_repository_form, Store) {
  const PayloadFacts facts = payloads.put_content("hello\n");
  BOOST_TEST(facts.name == "f572d396fae9206628714fb2ce00f72e94f2258f");
  BOOST_TEST(facts.size == 6u);
  const std::string stored = read_file(payloads.path(facts.name), 1 << 20);
  BOOST_TEST(is_pkg_gzip(stored));
  BOOST_TEST(gunzip(stored, 100) == "hello\n");
  BOOST_TEST(facts.csize == stored.size());
  BOOST_TEST((facts.chash == sha1_of(stored)));
  BOOST_TEST((facts.gzip_sha512t == sha512t256_of(stored)));
  BOOST_TEST((facts.content_sha512t == sha512t256_of("hello\n")));
  BOOST_TEST(list_directory(directory.path() + "/file").size() == 1u);  // no temporary file is left
}

BOOST_FIXTURE_TEST_CASE(a_payload_that_is_there_is_never_recompressed, Store) {
  const std::string name = payloads.put_content("hello\n").name;
  write_file_atomically(payloads.path(name), gzip("hello\n", 1) + "tail", false);
  const std::string other = read_file(payloads.path(name), 1 << 20);
  const PayloadFacts facts = payloads.put_content("hello\n");
  BOOST_TEST(read_file(payloads.path(name), 1 << 20) == other);
  BOOST_TEST((facts.chash == sha1_of(other)));
  BOOST_TEST(facts.csize == other.size());
}

BOOST_FIXTURE_TEST_CASE(big_and_empty_files_go_through, Store) {
  std::string big;
  for (std::uint64_t i = 0; i < 300000; ++i) big += std::to_string(i * 7919);
  const std::string path = directory.path() + "/big";
  write_file_atomically(path, big, false);
  const PayloadFacts facts = payloads.put_file(path);
  BOOST_TEST(facts.name == to_hex(sha1_of(big)));
  const PayloadFacts examined = payloads.examine(facts.name);
  BOOST_TEST(examined.size == big.size());
  BOOST_TEST((examined.chash == facts.chash));
  BOOST_TEST((examined.content_sha512t == facts.content_sha512t));
  // What the stock tools store for the empty file (protocol fixtures).
  const PayloadFacts empty = payloads.put_content("");
  BOOST_TEST(empty.csize == 20u);
  BOOST_TEST(to_hex(empty.chash) == "89892054d65b8b0dd6a081b33a97b6f2bd1fa267");
}

BOOST_FIXTURE_TEST_CASE(damage_is_found_and_named, Store) {
  const std::string name = payloads.put_content("hello\n").name;
  const std::string path = payloads.path(name);
  for (const std::string& bad : {gzip("hullo\n", 9), std::string("no gzip"), std::string(),
                                 gzip("hello\n", 9).substr(0, 15)}) {
    write_file_atomically(path, bad, false);
    try {
      payloads.examine(name);
      BOOST_FAIL("damage was not found");
    } catch (const Error& error) {
      BOOST_TEST((error.code() == Code::kCorrupt));
      BOOST_TEST(std::string(error.what()).find(name) != std::string::npos);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(names_that_are_not_hashes_never_become_paths, Store) {
  for (const char* name :
       {"", "x", "../../../etc/passwd", "ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD",
        "f572d396fae9206628714fb2ce00f72e94f2258f/"}) {
    BOOST_CHECK_THROW(payloads.path(name), Error);
  }
}

BOOST_FIXTURE_TEST_CASE(adoption_links_on_one_file_system, Store) {
  const std::string source = directory.path() + "/source";
  write_file_atomically(source, gzip("hello\n", 9), false);
  const std::string name = "f572d396fae9206628714fb2ce00f72e94f2258f";
  BOOST_TEST((payloads.adopt(source, name) == Adoption::kLinked));
  BOOST_TEST((payloads.adopt(source, name) == Adoption::kPresent));
  BOOST_TEST(file_info(source)->inode == file_info(payloads.path(name))->inode);
  BOOST_CHECK_THROW(payloads.adopt(directory.path() + "/none", std::string(40, 'b')), Error);
  // What is there already is not looked for elsewhere.
  BOOST_TEST((payloads.adopt(directory.path() + "/none", name) == Adoption::kPresent));
}

BOOST_FIXTURE_TEST_CASE(a_publisher_gets_a_link_to_each_of_its_payloads, Store) {
  const std::string name = payloads.put_content("hello\n").name;
  const std::string link = directory.path() + "/publisher/fruit/file/f5/" + name;
  BOOST_TEST(payloads.path(name, "fruit") == link);
  BOOST_TEST((payloads.assign(name, "fruit") == Assignment::kMade));
  BOOST_TEST((payloads.assign(name, "fruit") == Assignment::kPresent));
  BOOST_TEST(file_info(link)->inode == file_info(payloads.path(name))->inode);
  BOOST_TEST(!is_link(link));
  BOOST_TEST(!file_info(payloads.path(name, "other")).has_value());
  const std::string missing(40, 'b');
  BOOST_TEST((payloads.assign(missing, "fruit") == Assignment::kNoPayload));
  BOOST_TEST(!file_info(payloads.path(missing, "fruit")).has_value());
  for (const char* publisher : {"..", ".", "a/b", "../x"}) {
    BOOST_CHECK_THROW(payloads.assign(name, publisher), Error);
  }
}

BOOST_FIXTURE_TEST_CASE(links_to_something_else_are_exchanged, Store) {
  const std::string name = payloads.put_content("hello\n").name;
  const std::string link = payloads.path(name, "fruit");
  payloads.assign(name, "fruit");
  const auto same = [&] { return file_info(link)->inode == file_info(payloads.path(name))->inode; };
  write_file_atomically(link, "of a copy without links", false);
  BOOST_TEST(!same());
  BOOST_TEST((payloads.assign(name, "fruit") == Assignment::kMade));
  BOOST_TEST(same());
  remove_file(link);
  BOOST_TEST_REQUIRE(::symlink("nowhere", link.c_str()) == 0);
  BOOST_TEST((payloads.assign(name, "fruit") == Assignment::kMade));
  BOOST_TEST(same());
  BOOST_TEST(list_directory(link.substr(0, link.rfind('/'))).size() == 1u);
}

// As where `file` is a file system of its own.
BOOST_FIXTURE_TEST_CASE(where_hard_links_are_impossible_links_are_symbolic, Store) {
  const char* const elsewhere = "/dev/shm";
  const auto other = file_info(elsewhere);
  if (!other || other->device == file_info(directory.path())->device) {
    BOOST_TEST_MESSAGE("there is no second file system");
    return;
  }
  std::string files = std::string(elsewhere) + "/metaset-test-XXXXXX";
  BOOST_TEST_REQUIRE(::mkdtemp(files.data()) != nullptr);
  BOOST_TEST_REQUIRE(::symlink(files.c_str(), (directory.path() + "/file").c_str()) == 0);
  const std::string name = payloads.put_content("hello\n").name;
  const std::string link = payloads.path(name, "fruit");
  BOOST_TEST((payloads.assign(name, "fruit") == Assignment::kMade));
  BOOST_TEST((payloads.assign(name, "fruit") == Assignment::kPresent));
  BOOST_TEST(is_link(link));
  BOOST_TEST(gunzip(read_file(link, 100), 100) == "hello\n");
  payloads.sync();
  remove_tree(files);
}

}  // namespace
}  // namespace metaset::store
