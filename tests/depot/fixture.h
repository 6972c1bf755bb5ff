// A repository in a temporary directory, opened through a pool as a publishing process does.
#pragma once

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/properties.h"
#include "metaset/depot/read_session.h"
#include "metaset/ips/manifest.h"

namespace metaset::depot {

struct TestDepot {
  explicit TestDepot(const std::vector<std::string>& publishers = {"fruit", "example.org"},
                     const std::string& by_default = "fruit") {
    store::Repository::create(root, publishers, default_config(by_default),
                              {"tester", "made", Time{1'700'000'000'000'000}, true});
    session.begin();
  }

  const store::View& view() const { return session.view(); }
  const Publishers& publishers() const { return session.publishers(); }
  store::PayloadStore& payloads() const { return session.store().payloads(); }
  const store::Outlines& outlines() const { return session.store().outlines(); }

  // Publishes manifest texts as one metaset and looks at it.
  void publish(const std::vector<std::string>& manifests, bool activate = true) {
    session.end();
    session.store().write_metaset({"tester", "published", std::nullopt, activate},
                                  [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
                                    for (const std::string& text : manifests) add(writer, text);
                                  });
    session.begin();
  }
  void remove(const std::string& fmri_text) {
    session.end();
    session.store().write_metaset({"tester", "removed", std::nullopt, true},
                                  [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
                                    const ips::Fmri fmri = ips::Fmri::parse(fmri_text);
                                    writer.remove(writer.publisher(fmri.publisher), fmri.name,
                                                  fmri.version.value());
                                  });
    session.begin();
  }
  // Sets repository properties, or those of a publisher.
  void set(const std::vector<std::string>& assignments, const std::string& publisher = {}) {
    session.end();
    const store::MetasetWriter::Options options{"tester", "set", std::nullopt, true};
    try {
      if (publisher.empty()) {
        set_repository_properties(session.store(), parse_assignments(assignments), options);
      } else {
        set_publisher_properties(session.store(), {publisher}, parse_assignments(assignments),
                                 options);
      }
    } catch (...) {
      session.begin();
      throw;
    }
    session.begin();
  }

  TemporaryDirectory directory;
  std::string root = directory.path() + "/repo";
  RepositoryPool pool{store::Access::kWrite};
  ReadSession session{pool, root};

 private:
  static void add(store::MetasetWriter& writer, const std::string& text) {
    const ips::ManifestSummary summary = ips::summarize(text);
    const store::PublisherId publisher = writer.publisher(summary.fmri.publisher);
    writer.add(publisher, store::facts_of(summary, sha1_of(text), writer.put_manifest(text)));
  }
};

inline std::string manifest_of(const std::string& fmri, const std::string& more = {}) {
  return "set name=pkg.fmri value=" + fmri + "\n" + more;
}

// Manifests of a stock repository in the test data, in the order of their names.
inline std::vector<std::string> stock_manifests(const std::string& publisher) {
  const std::string top = std::string(METASET_TEST_DATA) + "/ips/" + publisher + "/pkg";
  std::vector<std::string> texts;
  for (const std::string& name : list_directory(top)) {
    for (const std::string& version : list_directory(join_path(top, name))) {
      texts.push_back(read_file(join_path(join_path(top, name), version), 1 << 20));
    }
  }
  return texts;
}

// True if the call throws an Error of that code; its message must contain the text.
template <typename Call>
bool fails(Code code, std::string_view text, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    BOOST_TEST(code_name(error.code()) == code_name(code));
    const bool says = error.message().find(text) != std::string::npos;
    if (!says) BOOST_TEST_MESSAGE("the message is: " << error.message());
    return error.code() == code && says;
  }
  return false;
}

}  // namespace metaset::depot
