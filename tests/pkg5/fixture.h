// Copies of the stock repositories of tests/data, and what tests do with them.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/pkg5/import.h"
#include "metaset/store/catalog_render.h"

namespace metaset::pkg5 {

// A directory with fresh copies of the repositories of an archive (tests/data/repo.md).
class Stock {
 public:
  explicit Stock(const std::string& archive = "repo") {
    const std::string command =
        "tar -xzf '" METASET_TEST_DATA "/" + archive + ".tar.gz' -C '" + directory_.path() + "'";
    BOOST_REQUIRE_EQUAL(std::system(command.c_str()), 0);
  }
  std::string path(std::string_view name) const { return join_path(directory_.path(), name); }
  std::string utf8() const { return path("repo-utf8"); }
  std::string ascii() const { return path("repo-ascii"); }
  std::string destination() const { return path("metaset"); }

 private:
  TemporaryDirectory directory_;
};

// Paths in repo-utf8 that tests damage.
inline constexpr std::string_view kPayload =
    "/publisher/fruit/file/b2/b2d1e8d303a7976e2d4a57a89a2c5254378a0566";
inline constexpr std::string_view kPayloadName = "b2d1e8d303a7976e2d4a57a89a2c5254378a0566";

inline ImportResult import(const std::string& source, const std::string& destination,
                           const ImportOptions& options = {},
                           const ProgressCallback& callback = {}) {
  ImportResult result;
  import_repository(source, destination, options, callback, result);
  return result;
}

inline std::string slurp(const std::string& path) { return read_file(path, 1 << 24); }

// Calls visit(repository, view of the latest metaset).
template <typename Visit>
void with_latest(const std::string& metaset, const Visit& visit) {
  store::Repository repository(metaset, store::Access::kRead);
  const lmdb::Env& env = std::as_const(repository).committed();
  const lmdb::ReadTxn txn(env);
  visit(repository, store::View(env, txn, store::View::latest_number(env, txn)));
}

inline std::string rendered(store::Repository& repository, const store::View& view,
                            const store::Publisher& publisher, const std::string& name) {
  if (name == "catalog.attrs") return repository.catalog_files().attrs(view, publisher)->text;
  std::string text;
  const auto file = store::find_catalog_file(view, publisher, view.state(publisher.id), name);
  BOOST_REQUIRE_MESSAGE(file, publisher.prefix + ": no " + name);
  store::render_catalog_file(view, *file, [&](std::string_view b) { text.append(b); });
  return text;
}

// Every catalog file of the stock repository is rendered with the same bytes, and there are no
// others.
inline void check_same_catalogs(const std::string& stock, const std::string& metaset) {
  const bool format4 = file_info(stock + "/publisher").has_value();
  with_latest(metaset, [&](store::Repository& repository, const store::View& view) {
    for (const store::Publisher& publisher : view.publishers()) {
      const std::string directory =
          stock + (format4 ? "/publisher/" + publisher.prefix : "") + "/catalog";
      const auto names = list_directory(directory);
      BOOST_CHECK(!names.empty());
      for (const std::string& name : names) {
        const bool same =
            rendered(repository, view, publisher, name) == slurp(directory + "/" + name);
        BOOST_CHECK_MESSAGE(same, publisher.prefix + "/" + name + " differs");
      }
      const auto files = store::list_catalog_files(view, publisher, view.state(publisher.id));
      BOOST_CHECK_EQUAL(files.size() + 1, names.size());
    }
    if (format4) {
      BOOST_CHECK_EQUAL(view.publishers().size(), list_directory(stock + "/publisher").size());
    }
  });
}

// Changes the byte at an offset.
inline void damage(const std::string& path, std::size_t offset) {
  std::string bytes = slurp(path);
  BOOST_REQUIRE_LT(offset, bytes.size());
  bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
  write_file_atomically(path, bytes, false);
}

// Runs what must fail; gives the message.
template <typename Run>
std::string failure(Code code, const Run& run) {
  try {
    run();
  } catch (const Error& error) {
    BOOST_CHECK_EQUAL(code_name(error.code()), code_name(code));
    BOOST_TEST_MESSAGE(error.message());
    return error.message();
  }
  BOOST_ERROR("nothing was thrown");
  return {};
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace metaset::pkg5
