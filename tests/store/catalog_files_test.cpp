// Catalog files on disk: made once, found by other processes, made again when they are gone.
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/gzip.h"
#include "metaset/store/layout.h"

#include "fixture.h"

namespace metaset::store {
namespace {

struct Files : TestRepository {
  Files() {
    for (int i = 0; i < 20; ++i) {
      stage("pkg://first/p" + std::to_string(i) + "@1.0,5.11-1:20240101T000000Z",
            "depend type=require fmri=pkg:/b@1\n");
    }
    commit_all();
  }
  CatalogFile get(CatalogFiles& files, const std::string& name = "catalog.base.C") {
    const lmdb::ReadTxn txn(repository->committed());
    const View view(repository->committed(), txn,
                    View::active_number(repository->committed(), txn));
    const Publisher publisher = *view.publisher("first");
    return files.get(view, *find_catalog_file(view, publisher, view.state(publisher.id), name));
  }
};

BOOST_FIXTURE_TEST_CASE(the_file_and_its_gzip_have_the_rendered_bytes, Files) {
  CatalogFiles files(root);
  const CatalogFile file = get(files);
  const std::string plain = read_file(root + "/" + file.path, 1 << 20);
  BOOST_TEST(plain == rendered(2, "first", "catalog.base.C"));
  BOOST_TEST(file.size == plain.size());
  const std::string packed = read_file(root + "/" + file.path + ".gz", 1 << 20);
  BOOST_TEST(file.gzip_size == packed.size());
  BOOST_TEST(gunzip(packed, 1 << 20) == plain);
  BOOST_TEST(file.path.find(to_hex(file.sha1)) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(attrs_names_update_logs_without_making_their_files, Files) {
  const lmdb::ReadTxn txn(repository->committed());
  const View view(repository->committed(), txn, 2);
  const Publisher publisher = *view.publisher("first");
  CatalogFiles files(root);
  const std::string attrs = files.attrs(view, publisher)->text;
  unsigned logs = 0;
  for (const auto& name : list_catalog_files(view, publisher, view.state(publisher.id))) {
    const std::string sha1 = to_hex(render_catalog_file(view, name, [](std::string_view) {}).sha1);
    BOOST_TEST(attrs.find(sha1) != std::string::npos, name.name);
    const std::string path = root + "/" + catalog_path(sha1);
    BOOST_TEST(file_info(path).has_value() == !name.log, name.name);
    BOOST_TEST(to_hex(files.get(view, name).sha1) == sha1);
    BOOST_TEST(file_info(path).has_value(), name.name);
    logs += name.log ? 1 : 0;
  }
  BOOST_TEST(logs > 0U);
}

BOOST_FIXTURE_TEST_CASE(another_process_finds_the_digest_without_rendering, Files) {
  CatalogFiles one(root), two(root);
  const CatalogFile made = get(one);
  const auto before = file_info(root + "/" + made.path);
  const CatalogFile found = get(two);
  BOOST_TEST((found.sha1 == made.sha1));
  BOOST_TEST(file_info(root + "/" + made.path)->inode == before->inode);
}

BOOST_FIXTURE_TEST_CASE(files_that_are_gone_or_cut_short_are_made_again, Files) {
  CatalogFiles files(root);
  const CatalogFile made = get(files);
  const std::string path = root + "/" + made.path;
  remove_file(path);
  BOOST_TEST(get(files).path == made.path);
  BOOST_TEST(file_info(path)->size == made.size);
  BOOST_TEST(::truncate(path.c_str(), 3) == 0);
  get(files);
  BOOST_TEST(file_info(path)->size == made.size);
}

BOOST_FIXTURE_TEST_CASE(many_threads_and_objects_at_once_make_it_once, Files) {
  std::vector<std::string> paths(8);
  std::vector<std::uint64_t> inodes(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    threads.emplace_back([&, i] {
      CatalogFiles mine(root);
      paths[i] = get(mine, "catalog.summary.C").path;
      inodes[i] = file_info(root + "/" + paths[i])->inode;
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 1; i < paths.size(); ++i) {
    BOOST_TEST(paths[i] == paths[0]);
    BOOST_TEST(inodes[i] == inodes[0]);
  }
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_cannot_be_written_gives_the_text_itself, Files) {
  remove_tree(root + "/catalog");
  CatalogFiles files(root);
  const CatalogFile file = get(files);
  BOOST_TEST(file.path.empty());
  BOOST_TEST(*file.text == rendered(2, "first", "catalog.base.C"));
  BOOST_TEST(file.size == file.text->size());
}

// Also for root, who may write everything: none of the locks can be opened.
BOOST_FIXTURE_TEST_CASE(what_cannot_be_kept_is_served_from_memory, Files) {
  for (const char digit : std::string("0123456789abcdef")) {
    make_directories(root + "/catalog/lock." + digit);
  }
  CatalogFiles files(root);
  for (int i = 0; i < 2; ++i) {
    const CatalogFile file = get(files);
    BOOST_TEST(file.path.empty());
    BOOST_TEST(*file.text == rendered(2, "first", "catalog.base.C"));
  }
}

BOOST_FIXTURE_TEST_CASE(who_may_write_the_directory_may_write_what_is_in_it, Files) {
  const auto mode_of = [](const std::string& path) {
    struct stat status {};
    BOOST_TEST(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  BOOST_TEST(::chmod((root + "/catalog").c_str(), 0770) == 0);
  CatalogFiles files(root);
  const std::string path = root + "/" + get(files).path;
  BOOST_TEST(mode_of(path.substr(0, path.rfind('/'))) == 0770u);
  BOOST_TEST(mode_of(root + "/catalog/known") == 0770u);
}

BOOST_FIXTURE_TEST_CASE(finish_commit_records_digests, Files) {
  finish_commit(*repository);
  const lmdb::ReadTxn txn(repository->committed());
  BOOST_TEST(txn.count(repository->committed().table(kCatalogFiles)) == 4u);  // 3 parts, 1 log
  // Recorded digests serve when the notes on disk are gone.
  remove_tree(root + "/catalog/known");
  CatalogFiles fresh(root);
  BOOST_TEST(!get(fresh).path.empty());
  BOOST_TEST(!file_info(root + "/catalog/known").has_value());
}

BOOST_FIXTURE_TEST_CASE(old_files_of_old_metasets_are_pruned_current_ones_stay, Files) {
  finish_commit(*repository);
  CatalogFiles files(root);
  const std::string old_path = root + "/" + get(files).path;
  stage("pkg://first/new@1.0,5.11-1:20240101T000000Z");
  commit_all();
  const std::string new_path = root + "/" + get(files).path;
  const timespec times[2] = {{1, 0}, {1, 0}};
  for (const std::string& path : {old_path, new_path}) {
    BOOST_TEST(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }
  const lmdb::ReadTxn txn(repository->committed());
  files.prune(repository->committed(), txn, 2);
  BOOST_TEST(file_info(old_path).has_value());
  files.prune(repository->committed(), txn, 1);
  BOOST_TEST(!file_info(old_path).has_value());
  BOOST_TEST(file_info(new_path).has_value());
}

// A state can be damaged, and then holds any name.
BOOST_FIXTURE_TEST_CASE(odd_names_of_parts_are_told_as_damage, Files) {
  const auto is_corrupt = [](const Error& error) { return error.code() == Code::kCorrupt; };
  for (const std::string& name :
       {std::string(), std::string("x"), std::string("catalog.base"), std::string("catalog.base.D"),
        std::string("catalog.summary."), std::string("catalog.summary.../x"),
        std::string("catalog.attrs"), std::string("update.20240101T00Z.C"),
        "catalog.summary." + std::string(600, 'x')}) {
    const lmdb::ReadTxn txn(repository->committed());
    const View view(repository->committed(), txn, 2);
    const Publisher publisher = *view.publisher("first");
    PublisherState state = view.state(publisher.id);
    state.parts.push_back({name, Time{1}, 2});
    BOOST_CHECK_EXCEPTION(list_catalog_files(view, publisher, state), Error, is_corrupt);
    BOOST_CHECK_EXCEPTION(find_catalog_file(view, publisher, state, name), Error, is_corrupt);
    const CatalogFileName file{publisher, name, 2, Time{1}, true, {}};
    BOOST_CHECK_EXCEPTION(render_catalog_file(view, file, [](std::string_view) {}), Error,
                          is_corrupt);
  }
}

}  // namespace
}  // namespace metaset::store
