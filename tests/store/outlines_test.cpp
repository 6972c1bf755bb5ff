// Outlines of large manifests: they say what the manifests say, and can be lost and damaged.
#include "metaset/store/outlines.h"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "metaset/base/error.h"
#include "metaset/store/layout.h"

#include "fixture.h"

namespace metaset::store {
namespace {

constexpr const char* kLarge = "pkg://first/large@1.0,5.11-1:20240101T000000Z";

std::string large_lines(int paths = 6000) {
  std::string lines =
      "set name=pkg.description value=\"long\\\"er\" value=x\n"
      "set name=info.classification value=A/B value=C\n"
      "depend type=require-any fmri=pkg:/a fmri=pkg:/b\n"
      "depend type=conditional fmri=pkg:/c predicate=pkg:/d\n"
      "license 0123456789012345678901234567890123456789 license='two words'\n"
      "signature algorithm=rsa-sha256 value=00 version=0 chain='aa bb'\n"
      "driver name=x\n";
  for (int i = 0; i < paths; ++i) {
    const std::string place = "usr/" + std::to_string(i % 7) + "/" + std::to_string(i * 37 % 6000);
    lines += i % 10 == 0
                 ? "link path=" + place + " target='../x y'\n"
                 : "file " + to_hex(sha1_of(place)) + " path=" + place +
                       " mode=0444 owner=root group=bin pkg.size=" + std::to_string(i) + "\n";
  }
  return lines + "dir path=usr/3 mode=0755 owner=root group=sys\n";
}

struct Outlined : TestRepository {
  Outlined() {
    stage(kLarge, large_lines());
    stage("pkg://first/small@1.0,5.11-1:20240101T000000Z", large_lines(10));
    commit_all();
  }
  void commit_all() {
    CommitOptions options;
    options.allow_missing_payloads = true;
    commit(*repository, options);
  }
  // The newest version of a package, in the latest metaset.
  std::optional<Outline> get(const std::string& name = "large") {
    const lmdb::ReadTxn txn(repository->committed());
    const View view(repository->committed(), txn, latest());
    const PackageEntry entry = *view.newest(view.publisher("first")->id, name);
    digest = entry.manifest;
    text = view.manifest(digest)->text();
    return repository->outlines().get(digest, *view.manifest(digest));
  }
  std::string path() const { return root + "/catalog/outline/" + to_hex(digest); }
  bool is_there() const { return file_info(path()).has_value(); }

  Sha256 digest{};
  std::string text;
};

std::string rows_of(const ips::FileTree& tree, const std::string& under, bool whole) {
  const auto listing = tree.list(under, whole, 300);
  std::string text = std::to_string(listing.left) + "\n";
  for (const ips::TreeRow& row : listing.rows) {
    text += fmt::format("{} {} {} {} {} {} {} {}\n", row.path, row.mode, row.owner, row.group,
                        row.target, row.is_file, row.size, row.count);
  }
  return text;
}

BOOST_FIXTURE_TEST_CASE(an_outline_says_what_the_manifest_says, Outlined) {
  for (int round = 0; round < 2; ++round) {
    const auto outline = get();
    BOOST_TEST_REQUIRE(outline.has_value());
    BOOST_TEST((outline->details() == ips::package_details(text)));
    const ips::FileTree whole(text);
    const auto tree = outline->files();
    BOOST_TEST(tree->size() == whole.size());
    for (const char* under : {"", "usr/", "usr/3/", "usr/33/", "no/"}) {
      BOOST_TEST(tree->count(under) == whole.count(under));
      BOOST_TEST(rows_of(*tree, under, true) == rows_of(whole, under, true));
      BOOST_TEST(rows_of(*tree, under, false) == rows_of(whole, under, false));
    }
    BOOST_TEST(is_there());
  }
  BOOST_TEST(!get("small").has_value());
  BOOST_TEST(!is_there());
}

BOOST_FIXTURE_TEST_CASE(a_large_manifest_without_paths, Outlined) {
  stage("pkg://first/wordy@1.0,5.11-1:20240101T000000Z",
        "set name=words value=" + std::string(300'000, 'x') + "\n");
  commit_all();
  const auto outline = get("wordy");
  BOOST_TEST_REQUIRE(outline.has_value());
  BOOST_TEST((outline->details() == ips::package_details(text)));
  BOOST_TEST(outline->files()->list("", true, 10).rows.empty());
}

// No byte of it can make more than an error.
BOOST_FIXTURE_TEST_CASE(damaged_outlines, Outlined) {
  get();
  const std::string whole = read_file(path(), 1 << 20);
  const auto reads = [&](const std::string& bytes) {
    write_file_atomically(path(), bytes, false);
    try {
      const Outline outline(open_file(path(), O_RDONLY), digest);
      const bool same = outline.details() == ips::package_details(text);
      return outline.files()->list("", true, 1'000'000).rows.size() > 6000 && same;
    } catch (const Error& error) {
      BOOST_TEST(code_name(error.code()) == code_name(Code::kCorrupt), error.message());
      return false;
    }
  };
  BOOST_TEST(reads(whole));
  for (std::size_t at = 0; at < whole.size(); at += at < 80 ? 1 : 997) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    reads(damaged);
    BOOST_TEST(!reads(whole.substr(0, at)));
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_no_outline_is_replaced, Outlined) {
  get();
  const std::string whole = read_file(path(), 1 << 20);
  for (const char* other :
       {"",
        "metaset outline 9\n and more than a header has, which is so long, and even longer yet"}) {
    write_file_atomically(path(), other, false);
    BOOST_TEST_REQUIRE(get().has_value());
    BOOST_TEST((read_file(path(), 1 << 20) == whole));
  }
  repository->outlines().discard(digest);
  BOOST_TEST(!is_there());
  repository->outlines().discard(digest);
}

// A file that was copied, or restored, under another name.
BOOST_FIXTURE_TEST_CASE(an_outline_of_another_manifest_is_replaced, Outlined) {
  stage("pkg://first/other@1.0,5.11-1:20240101T000000Z", large_lines(7000));
  commit_all();
  get("other");
  const std::string foreign = read_file(path(), 1 << 20), of_other = text;
  const std::size_t begin = std::string_view("metaset outline 2\n").size();
  get();
  const std::string whole = read_file(path(), 1 << 20);
  const Outlines& outlines = repository->outlines();
  const auto is_damaged = [](const Error& error) { return error.code() == Code::kCorrupt; };
  BOOST_CHECK_NO_THROW(outlines.check(digest, text));
  BOOST_CHECK_EXCEPTION(outlines.check(digest, of_other), Error, is_damaged);
  write_file_atomically(path(), foreign, false);
  BOOST_CHECK_EXCEPTION(outlines.check(digest, text), Error, is_damaged);
  BOOST_TEST((get()->details() == ips::package_details(text)));
  BOOST_TEST((read_file(path(), 1 << 20) == whole));
  // Not by its name alone.
  std::string renamed = foreign;
  renamed.replace(begin, digest.size(), bytes_of(digest));
  write_file_atomically(path(), renamed, false);
  BOOST_CHECK_EXCEPTION(outlines.check(digest, text), Error, is_damaged);
  // What another version of the program made is no damage, nor is what is not there.
  write_file_atomically(path(), "metaset outline 1\n" + whole.substr(begin), false);
  BOOST_CHECK_NO_THROW(outlines.check(digest, text));
  get();
  BOOST_TEST((read_file(path(), 1 << 20) == whole));
  outlines.discard(digest);
  BOOST_CHECK_NO_THROW(outlines.check(digest, text));
}

BOOST_FIXTURE_TEST_CASE(without_a_directory_there_are_none, Outlined) {
  remove_tree(root + "/catalog");
  BOOST_TEST(!get().has_value());
}

// Also for root, who may write everything: none of the locks can be opened.
BOOST_FIXTURE_TEST_CASE(what_cannot_be_written_is_done_without, Outlined) {
  for (const char digit : std::string("0123456789abcdef")) {
    make_directories(root + "/catalog/lock." + digit);
  }
  BOOST_TEST(!get().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_commit_makes_those_of_what_came, Outlined) {
  finish_commit(*repository);
  const std::string place = root + "/catalog/outline";
  BOOST_TEST(list_directory(place).size() == 2U);  // and the note
  // What was looked at is not looked at again, even if it is gone.
  get();
  remove_file(path());
  for (const char* version : {"2.0", "3.0"}) {
    stage("pkg://first/large@" + std::string(version) + ",5.11-1:20240101T000000Z", large_lines());
    commit_all();
  }
  finish_commit(*repository);
  BOOST_TEST(list_directory(place).size() == 3U);
  BOOST_TEST(get().has_value());
  // Without the note, or with one of another history, everything is.
  for (const char* note : {"", "3 0000\n", "x", "99999999999999999999 x\n"}) {
    for (const std::string& name : list_directory(place)) remove_file(place + "/" + name);
    write_file_atomically(place + "/through", note, false);
    finish_commit(*repository);
    BOOST_TEST(list_directory(place).size() == 4U, note);
  }
}

BOOST_FIXTURE_TEST_CASE(outlines_go_with_their_manifests, Outlined) {
  finish_commit(*repository);
  get();
  const std::string stray = root + "/catalog/outline/" + std::string(64, 'a');
  write_file_atomically(stray, "x", false);
  const lmdb::ReadTxn txn(repository->committed());
  const auto prune = [&](bool dry_run) {
    return repository->outlines().prune(repository->committed(), txn, dry_run).files;
  };
  BOOST_TEST(prune(false) == 0U);  // it may be new
  const timespec times[2] = {{1, 0}, {1, 0}};
  for (const std::string& name : list_directory(root + "/catalog/outline")) {
    const std::string old = root + "/catalog/outline/" + name;
    BOOST_TEST(::utimensat(AT_FDCWD, old.c_str(), times, 0) == 0);
  }
  BOOST_TEST(prune(true) == 1U);
  BOOST_TEST(file_info(stray).has_value());
  BOOST_TEST(prune(false) == 1U);
  BOOST_TEST(!file_info(stray).has_value());
  BOOST_TEST(is_there());
}

}  // namespace
}  // namespace metaset::store
