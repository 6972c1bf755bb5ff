// Copies of the stock repositories of tests/data/repo.tar.gz, and what tests do with them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/pkg5/import.h"
#include "metaset/store/catalog_render.h"


namespace metaset::pkg5 {

// A directory with fresh copies of both repositories.
class Stock {
 public:
  Stock() {
    const std::string command =
        "tar -xzf '" METASET_TEST_DATA "/repo.tar.gz' -C '" + directory_.path() + "'";
    BOOST_REQUIRE_EQUAL(std::system(command.c_str()), 0);
  }
  std::string path(std::string_view name) const { return join_path(directory_.path(), name); }
  std::string utf8(std::string_view below = "") const {
    return join_path(path("repo-utf8"), below);
  }
  std::string ascii() const { return path("repo-ascii"); }

 private:
  TemporaryDirectory directory_;
};

inline ImportResult import(const std::string& source, const std::string& destination,
                           const ImportOptions& options = {}, const ImportCallback& callback = {}) {
  ImportResult result;
  import_repository(source, destination, options, callback, result);
  return result;
}

// All files of `directory` below the publisher's catalog, as the latest metaset renders them.
inline void check_same_catalogs(const std::string& stock, const std::string& metaset) {
  store::Repository repository(metaset, store::Access::kRead);
  const lmdb::Env& env = std::as_const(repository).committed();
  const lmdb::ReadTxn txn(env);
  const store::View view(env, txn, store::View::latest_number(env, txn));
  for (const std::string& prefix : list_directory(stock + "/publisher")) {
    const auto publisher = view.publisher(prefix);
    BOOST_REQUIRE_MESSAGE(publisher, "no publisher " + prefix);
    const auto state = view.state(publisher->id);
    const std::string catalog = stock + "/publisher/" + prefix + "/catalog";
    std::size_t count = 0;
    for (const std::string& name : list_directory(catalog)) {
      const std::string expected = read_file(catalog + "/" + name, 1 << 24);
      std::string actual;
      if (name == "catalog.attrs") {
        actual = repository.catalog_files().attrs(view, *publisher)->text;
      } else {
        const auto file = store::find_catalog_file(view, *publisher, state, name);
        BOOST_REQUIRE_MESSAGE(file, prefix + ": no " + name);
        store::render_catalog_file(view, *file, [&](std::string_view b) { actual.append(b); });
        ++count;
      }
      BOOST_CHECK_MESSAGE(actual == expected, prefix + "/" + name + " differs");
    }
    BOOST_CHECK_EQUAL(store::list_catalog_files(view, *publisher, state).size(), count);
  }
}

// Overwrites the bytes at an offset.
inline void damage(const std::string& path, std::size_t offset) {
  std::string bytes = read_file(path, 1 << 24);
  BOOST_REQUIRE_LT(offset, bytes.size());
  bytes[offset] = static_cast<char>(bytes[offset] ^ 0x21);
  write_file_atomically(path, bytes, false);
}

inline store::MetasetNumber latest_metaset(const std::string& metaset) {
  const store::Repository repository(metaset, store::Access::kRead);
  const lmdb::ReadTxn txn(repository.committed());
  return store::View::latest_number(repository.committed(), txn);
}

// Runs what must fail; gives the message.
template <typename Run>
std::string failure(Code code, const Run& run) {
  try {
    run();
  } catch (const Error& error) {
    BOOST_CHECK_EQUAL(code_name(error.code()), code_name(code));
    return error.message();
  }
  BOOST_ERROR("nothing was thrown");
  return {};
}

}  // namespace metaset::pkg5
