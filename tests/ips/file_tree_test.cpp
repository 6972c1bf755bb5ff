#include "metaset/ips/file_tree.h"

#include <map>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

namespace metaset::ips {
namespace {

struct Naive {
  std::uint64_t size = 0, count = 0;
};

// What is directly in a directory, by going through all paths.
std::map<std::string, Naive> naive_list(const std::map<std::string, std::uint64_t>& paths,
                                        const std::string& under) {
  std::map<std::string, Naive> rows;
  for (const auto& [path, size] : paths) {
    if (!path.starts_with(under) || path == under) continue;
    const std::size_t slash = path.find('/', under.size());
    const std::string name = slash == std::string::npos ? path : path.substr(0, slash + 1);
    Naive& row = rows[name];
    if (path == name) {
      row.size += size;
      continue;
    }
    row.size += size;
    ++row.count;
  }
  return rows;
}

// The same tree in pieces of so many paths; `loads` counts those that are loaded.
TreePieces in_pieces(const FileTree& whole, std::size_t most, std::size_t& loads) {
  TreePieces pieces{{}, whole.size(), whole.bytes(), {}};
  for (std::size_t i = 0; i < whole.size(); i += most) {
    pieces.heads.push_back({std::string(whole.path(i).path), i, whole.bytes_before(i)});
  }
  pieces.load = [&whole, &loads, most](std::size_t piece) {
    ++loads;
    TreePiece made;
    for (std::size_t i = piece * most; i < std::min(whole.size(), (piece + 1) * most); ++i) {
      made.paths.push_back(whole.path(i));
    }
    return made;
  };
  return pieces;
}

std::string text_of(const FileTree::Listing& listing) {
  std::string text = std::to_string(listing.left) + " left\n";
  for (const TreeRow& row : listing.rows) {
    text += std::string(row.path) + " " + std::string(row.mode) + " " + std::to_string(row.size) +
            " " + std::to_string(row.count) + (row.is_file ? " file\n" : "\n");
  }
  return text;
}

BOOST_AUTO_TEST_SUITE(file_tree)

BOOST_AUTO_TEST_CASE(rows_of_a_small_tree) {
  const FileTree tree(
      "file 0123 path=usr/bin/x mode=0555 owner=root group=bin pkg.size=10\n"
      "file 0124 path=\"usr/bin/with blank\" mode=0444 owner=root group=sys pkg.size=5\n"
      "file 0125 path=usr/bin/x mode=0555 owner=root group=bin pkg.size=11 variant.arch=sparc\n"
      "dir path=/usr mode=0755 owner=root group=sys\n"
      "link path=bin target=usr/bin\n"
      "set name=x value=y\n");
  BOOST_TEST(tree.size() == 4u);
  const auto whole = tree.list("", true, 100);
  std::vector<std::string> paths;
  for (const TreeRow& row : whole.rows) paths.emplace_back(row.path);
  BOOST_TEST((paths == std::vector<std::string>{"bin", "usr/", "usr/bin/", "usr/bin/with blank",
                                                "usr/bin/x"}));
  BOOST_TEST(whole.left == 0u);
  BOOST_TEST(whole.rows[0].target == "usr/bin");
  BOOST_TEST(whole.rows[1].mode == "0755");
  BOOST_TEST(whole.rows[1].count == 2u);
  BOOST_TEST(whole.rows[1].size == 15u);
  BOOST_TEST(whole.rows[3].group == "sys");
  BOOST_TEST(whole.rows[4].is_file);
  BOOST_TEST(tree.list("", false, 100).rows.size() == 2u);
  BOOST_TEST(tree.list("", false, 1).left == 1u);
  BOOST_TEST(tree.list("usr/bin/", false, 100).rows.size() == 2u);
  BOOST_TEST(tree.list("no/", true, 100).rows.empty());
  BOOST_TEST(tree.count("usr/") == 2u);
  BOOST_TEST(FileTree("").list("", true, 10).rows.empty());
}

// Each directory on the way has a row, but there is no end to them.
BOOST_AUTO_TEST_CASE(a_path_of_very_many_directories) {
  std::string path;
  for (int i = 0; i < 100'000; ++i) path += "a/";
  const FileTree tree("file 01 path=" + path + "x pkg.size=1\n");
  const auto listing = tree.list("", true, 400);
  BOOST_TEST(listing.rows.size() == 400u);
  BOOST_TEST(listing.left > 0u);
}

BOOST_AUTO_TEST_CASE(directories_are_what_is_in_them) {
  std::mt19937 generator(4);
  for (int round = 0; round < 200; ++round) {
    std::map<std::string, std::uint64_t> paths;
    std::string manifest;
    std::set<std::string> directories{""};
    for (int i = 0; i < 40; ++i) {
      std::string path;
      for (unsigned depth = generator() % 4; depth > 0; --depth) {
        path += std::string(1, "abc-."[generator() % 5]) + "/";
      }
      path += "xyz"[generator() % 3];
      const bool directory = generator() % 4 == 0;
      const std::uint64_t size = directory ? 0 : generator() % 100;
      manifest += (directory ? "dir path=" : "file 01 path=") + path +
                  (directory ? "" : " pkg.size=" + std::to_string(size)) + "\n";
      const std::string full = directory ? path + "/" : path;
      paths.try_emplace(full, size);
      for (std::size_t slash = full.find('/'); slash != std::string::npos;
           slash = full.find('/', slash + 1)) {
        directories.insert(full.substr(0, slash + 1));
      }
    }
    const FileTree tree(manifest);
    std::size_t loads = 0;
    const FileTree other(in_pieces(tree, 1 + generator() % 10, loads));
    for (const std::string& directory : directories) {
      BOOST_TEST(tree.count(directory) == other.count(directory));
      for (const bool whole : {true, false}) {
        const std::size_t most = generator() % 50;
        BOOST_TEST(text_of(tree.list(directory, whole, most)) ==
                   text_of(other.list(directory, whole, most)));
      }
      const auto expected = naive_list(paths, directory);
      const auto found = tree.list(directory, false, 1000);
      BOOST_REQUIRE(found.rows.size() == expected.size());
      auto next = expected.begin();
      for (const TreeRow& row : found.rows) {
        BOOST_TEST(row.path == next->first);
        BOOST_TEST(row.size == next->second.size);
        BOOST_TEST(row.count == next->second.count);
        ++next;
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(few_pieces_are_loaded) {
  std::string manifest;
  for (int i = 0; i < 10'000; ++i) {
    manifest +=
        "file 01 path=usr/" + std::to_string(i % 100) + "/" + std::to_string(i) + " pkg.size=1\n";
  }
  const FileTree whole(manifest);
  std::size_t loads = 0;
  const FileTree tree(in_pieces(whole, 100, loads));
  const auto top = tree.list("", false, 100);
  BOOST_TEST(top.rows.size() == 1U);
  BOOST_TEST(top.rows.at(0).count == 10'000U);
  BOOST_TEST(top.rows.at(0).size == 10'000U);
  BOOST_TEST(tree.list("usr/7/", true, 100).rows.size() == 100U);
  BOOST_TEST(loads < 6U);
}

BOOST_AUTO_TEST_CASE(pieces_that_do_not_fit) {
  const auto is_corrupt = [](const Error& error) { return error.code() == Code::kCorrupt; };
  const FileTree whole("file 01 path=a\nfile 01 path=b\nfile 01 path=c\n");
  std::size_t loads = 0;
  const auto with = [&](auto change) {
    TreePieces pieces = in_pieces(whole, 2, loads);
    change(pieces);
    return FileTree(std::move(pieces)).list("", true, 10).rows.size();
  };
  BOOST_TEST(with([](TreePieces&) {}) == 3U);
  BOOST_CHECK_EXCEPTION(with([](TreePieces& p) { p.heads[0].begin = 1; }), Error, is_corrupt);
  BOOST_CHECK_EXCEPTION(with([](TreePieces& p) { p.heads[1].begin = 3; }), Error, is_corrupt);
  BOOST_CHECK_EXCEPTION(with([](TreePieces& p) { p.heads.clear(); }), Error, is_corrupt);
  BOOST_CHECK_EXCEPTION(with([](TreePieces& p) { p.paths = 9; }), Error, is_corrupt);
  BOOST_CHECK_EXCEPTION(with([](TreePieces& p) { p.load = [](auto) { return TreePiece(); }; }),
                        Error, is_corrupt);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
