#include "metaset/base/tar.h"

#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "metaset/base/file.h"

#include "has_code.h"

namespace metaset {
namespace {

struct Files {
  std::vector<std::pair<std::string, std::string>> files;
  std::string archive() const {
    std::string out;
    TarWriter writer([&](std::string_view bytes) { out.append(bytes); });
    for (const auto& [name, content] : files) writer.add(name, content);
    writer.finish();
    return out;
  }
};

// What a reader finds, reading a few bytes at a time.
Files read_tar(std::string_view archive, std::size_t at_once = 7) {
  TarReader reader([&](char* buffer, std::size_t size) {
    const std::string_view bytes = archive.substr(0, std::min(size, at_once));
    archive.remove_prefix(bytes.size());
    bytes.copy(buffer, bytes.size());
    return bytes.size();
  });
  Files found;
  while (const auto member = reader.next()) {
    found.files.emplace_back(member->name, reader.read_all(1 << 20));
  }
  return found;
}

const Files kSome{{{"a", ""}, {"dir/b-1.gz", "hello"}, {"c", std::string(512, 'x')}}};

BOOST_AUTO_TEST_CASE(files_come_out_as_they_went_in) {
  BOOST_CHECK(read_tar(kSome.archive()).files == kSome.files);
  BOOST_CHECK(read_tar(Files{}.archive()).files.empty());
}

BOOST_AUTO_TEST_CASE(tar_understands_it) {
  const TemporaryDirectory directory;
  write_file_atomically(directory.path() + "/t.tar", kSome.archive(), false);
  const std::string command = "cd '" + directory.path() + "' && tar -xf t.tar";
  BOOST_REQUIRE_EQUAL(std::system(command.c_str()), 0);
  for (const auto& [name, content] : kSome.files) {
    BOOST_CHECK(read_file(directory.path() + "/" + name, 1000) == content);
  }
}

BOOST_AUTO_TEST_CASE(every_changed_byte_that_is_no_content_is_noticed) {
  const std::string good = kSome.archive();
  for (std::size_t i = 0; i < good.size(); i += 3) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::vector<std::pair<std::string, std::string>> found;
    try {
      found = read_tar(bad, 4096).files;
    } catch (const Error& error) {
      BOOST_CHECK(error.code() == Code::kCorrupt || error.code() == Code::kLimit);
      continue;
    }
    BOOST_CHECK_MESSAGE(found != kSome.files, "byte " << i);
  }
}

BOOST_AUTO_TEST_CASE(what_is_cut_short_or_too_long_is_refused) {
  const std::string good = kSome.archive();
  for (std::size_t size = 0; size < good.size(); size += 100) {
    BOOST_CHECK_EXCEPTION(read_tar(std::string_view(good).substr(0, size), 4096), Error,
                          has_code(Code::kCorrupt));
  }
  BOOST_CHECK_EXCEPTION(read_tar(good + '\0', 4096), Error, has_code(Code::kCorrupt));
}

BOOST_AUTO_TEST_CASE(large_sizes_and_names) {
  std::string header;
  TarWriter writer([&](std::string_view bytes) { header.append(bytes); });
  writer.begin("large", std::uint64_t{9} << 30);
  std::string_view rest = header;
  TarReader reader([&](char* buffer, std::size_t size) {
    const std::size_t got = rest.copy(buffer, size);
    rest.remove_prefix(got);
    return got;
  });
  BOOST_CHECK_EQUAL(reader.next()->size, std::uint64_t{9} << 30);
  for (const char* name : {"", "/a", "a/", "a//b", "../a", "a/.b", "a b"}) {
    BOOST_CHECK(!is_tar_name(name));
  }
  BOOST_CHECK(!is_tar_name(std::string(101, 'a')) && is_tar_name(std::string(100, 'a')));
}

}  // namespace
}  // namespace metaset
