// Everything that the stock tools wrote is read and written again byte for byte.
#include <map>
#include <tuple>

#include <boost/test/unit_test.hpp>

#include "metaset/base/percent.h"
#include "metaset/ips/catalog.h"
#include "metaset/ips/manifest.h"
#include "metaset/ips/p5i.h"

#include "fixtures.h"

namespace metaset::ips {
namespace {

using testing::catalog_files;
using testing::publishers;
using testing::read_data;

// Announces publishers and packages as they change.
class Rewriter {
 public:
  explicit Rewriter(bool utf8_feature)
      : writer_([this](std::string_view bytes) { text_ += bytes; }, utf8_feature) {}

  void entry(const std::string& publisher, const std::string& name, std::string_view entry) {
    if (publisher != publisher_) {
      writer_.publisher(publisher_ = publisher);
      name_.clear();
    }
    if (name != name_) writer_.package(name_ = name);
    writer_.entry(entry);
  }
  std::string finish(Sha1& sha1) {
    sha1 = writer_.finish().sha1;
    return text_;
  }

 private:
  std::string text_, publisher_, name_;
  PartWriter writer_;
};

bool has_feature(const std::string& text) { return text.find("ooce:utf8") != std::string::npos; }

// (publisher, name, version) -> actions of a part.
using Part = std::map<std::tuple<std::string, std::string, std::string>, std::string>;

Part read_actions(const std::filesystem::path& path) {
  Part part;
  if (!std::filesystem::exists(path)) return part;
  read_part(read_data(path), [&part](PartEntry&& entry) {
    part[{entry.publisher, entry.name, entry.version}] = entry.actions;
  });
  return part;
}

BOOST_AUTO_TEST_SUITE(fixtures)

BOOST_AUTO_TEST_CASE(parts_are_written_again) {
  std::size_t files = 0;
  for (const auto& publisher : publishers()) {
    for (const auto& path : catalog_files(publisher, "catalog.")) {
      BOOST_TEST(is_catalog_file_name(path.filename().string()));
      if (path.filename() == "catalog.attrs") continue;
      const std::string text = read_data(path);
      Rewriter rewriter(has_feature(text));
      std::string entry;
      const ReadResult result = read_part(text, [&](PartEntry&& read) {
        entry.clear();
        if (read.manifest) {
          append_base_entry(*read.manifest, read.version, entry);
        } else {
          append_actions_entry(read.actions, read.version, entry);
        }
        BOOST_TEST(Version::parse(read.version).text() == read.version);
        rewriter.entry(read.publisher, read.name, entry);
      });
      Sha1 sha1{};
      BOOST_TEST(rewriter.finish(sha1) == text, path);
      BOOST_TEST((sha1 == result.sha1));
      BOOST_TEST(result.utf8_feature == has_feature(text));
      BOOST_TEST(!result.upper_case_escapes);
      ++files;
    }
  }
  BOOST_TEST(files == 11U);
}

BOOST_AUTO_TEST_CASE(logs_are_written_again) {
  std::size_t files = 0;
  for (const auto& publisher : publishers()) {
    for (const auto& path : catalog_files(publisher, "update.")) {
      BOOST_TEST(is_catalog_file_name(path.filename().string()));
      const std::string text = read_data(path);
      Rewriter rewriter(has_feature(text));
      const ReadResult result = read_log(text, [&](LogEntry&& read) {
        LogOperation operation;
        operation.add = read.add;
        operation.time = read.time;
        operation.version = read.version;
        for (const LogEntry::Part& part : read.parts) {
          BOOST_TEST(part.entry.version == read.version);
          const std::string_view name = part.part;
          if (name == "catalog.base.C") {
            operation.manifest = part.entry.manifest;
          } else if (name == "catalog.dependency.C") {
            operation.dependency = part.entry.actions;
          } else {
            operation.summary_locale = name.substr(std::string_view("catalog.summary.").size());
            operation.summary = part.entry.actions;
          }
        }
        std::string entry;
        append_log_operation(operation, entry);
        rewriter.entry(read.publisher, read.name, entry);
      });
      Sha1 sha1{};
      BOOST_TEST(rewriter.finish(sha1) == text, path);
      BOOST_TEST((sha1 == result.sha1));
      ++files;
    }
  }
  BOOST_TEST(files == 9U);
}

BOOST_AUTO_TEST_CASE(attrs_are_written_again_and_list_the_signatures) {
  for (const auto& publisher : publishers()) {
    const std::string text = read_data(publisher / "catalog/catalog.attrs");
    const CatalogAttrs attrs = read_attrs(text);
    BOOST_TEST(write_attrs(attrs) == text);
    BOOST_TEST(attrs.utf8_feature == has_feature(text));
    for (const FileAttrs& file : attrs.parts) {
      const std::string part = read_data(publisher / "catalog" / file.name);
      BOOST_TEST((read_part(part, [](PartEntry&&) {}).sha1 == file.sha1), file.name);
    }
    for (const FileAttrs& file : attrs.updates) {
      const std::string log = read_data(publisher / "catalog" / file.name);
      BOOST_TEST((read_log(log, [](LogEntry&&) {}).sha1 == file.sha1), file.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(parts_hold_ascending_versions) {
  for (const auto& publisher : publishers()) {
    const auto base = publisher / "catalog/catalog.base.C";
    if (!std::filesystem::exists(base)) continue;
    std::string name;
    std::optional<Version> last;
    read_part(read_data(base), [&](PartEntry&& entry) {
      const Version version = Version::parse(entry.version);
      if (entry.name == name) BOOST_TEST((*last < version), entry.name << ' ' << entry.version);
      name = entry.name;
      last = version;
    });
  }
}

BOOST_AUTO_TEST_CASE(manifests_are_grouped_as_in_the_catalog) {
  std::size_t manifests = 0;
  for (const auto& publisher : publishers()) {
    const auto base = publisher / "catalog/catalog.base.C";
    if (!std::filesystem::exists(base)) continue;
    Part dependency = read_actions(publisher / "catalog/catalog.dependency.C");
    std::map<std::string, Part> summaries;
    for (const auto& path : catalog_files(publisher, "catalog.summary.")) {
      summaries[path.filename().string().substr(16)] = read_actions(path);
    }
    read_part(read_data(base), [&](PartEntry&& entry) {
      const std::string text =
          read_data(publisher / "pkg" / percent_encode(entry.name) / percent_encode(entry.version));
      BOOST_TEST((sha1_of(text) == *entry.manifest));
      const ManifestSummary summary = summarize(text);
      BOOST_TEST(summary.fmri.text() ==
                 "pkg://" + entry.publisher + "/" + entry.name + "@" + entry.version);
      const std::tuple key{entry.publisher, entry.name, entry.version};
      if (!summary.dependency.empty()) {
        BOOST_TEST(dependency.extract(key).mapped() == actions_json(summary.dependency));
      }
      for (const auto& locale : summary.summary) {
        BOOST_TEST(summaries[locale.name].extract(key).mapped() == actions_json(locale.actions));
      }
      BOOST_TEST(check_manifest(text).empty());
      ++manifests;
    });
    // Nothing is left that no manifest accounts for.
    BOOST_TEST(dependency.empty());
    for (const auto& [locale, part] : summaries) BOOST_TEST(part.empty(), locale);
  }
  BOOST_TEST(manifests == 28U);
}

BOOST_AUTO_TEST_CASE(stored_lines_are_canonical) {
  for (const auto& publisher : publishers()) {
    if (!std::filesystem::exists(publisher / "pkg")) continue;
    for (const auto& file : std::filesystem::recursive_directory_iterator(publisher / "pkg")) {
      if (!file.is_regular_file()) continue;
      const std::string text = read_data(file.path());
      std::string written;
      for_each_action(
          text, [&written](Action&& action, std::size_t) { written += action.text() + '\n'; });
      BOOST_TEST(written == text);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_signed_package_needs_its_chain) {
  const ManifestSummary summary =
      summarize(read_data(METASET_TEST_DATA "/ips/repo-utf8/fruit/pkg/signed%2Fcherry/"
                                            "4.2%2C5.11-1%3A20240501T104117Z"));
  const std::vector<std::string> expected = {
      "0c95a11871acfde44495db286e108a7bd24af834", "92ed23128809aa18c4a916364965ecf835260146",
      "936ec7d9bb7e51f9ca7c53cfc27343fd1a06bc53", "9ef14f4e6db13a3ed9510a0f5eeb605b5514762b",
      "e7be78b3f0d6be07370fd0333b9bfcb54b698997"};
  BOOST_TEST(summary.payloads == expected, boost::test_tools::per_element());
  BOOST_TEST(summary.size == 77U);
  BOOST_TEST(summary.compressed_size == 114U);
}

BOOST_AUTO_TEST_CASE(publisher_data_is_written_again) {
  for (const char* name : {"fruit", "veg-dev"}) {
    const std::string text =
        read_data(std::string(METASET_TEST_DATA "/ips/repo-utf8/") + name + "/pub.p5i");
    BOOST_TEST(write_p5i(read_p5i(text)) == text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
