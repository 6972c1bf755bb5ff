// A repository in a temporary directory and packages made from a few words.
#pragma once

#include <string>
#include <vector>

#include "metaset/base/file.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/commit.h"

namespace metaset::store {

inline std::string manifest_of(const ips::Fmri& fmri, const std::string& extra = {}) {
  return "set name=pkg.fmri value=" + fmri.text() + "\nset name=pkg.summary value=\"The " +
         fmri.name + "\"\n" + extra;
}

inline PackageFacts facts_for(const std::string& fmri_text, const std::string& extra = {}) {
  const ips::Fmri fmri = ips::Fmri::parse(fmri_text);
  const std::string text = manifest_of(fmri, extra);
  return facts_of(ips::summarize(text), sha1_of(text), sha256_of(text));
}

struct TestRepository {
  TestRepository() {
    Repository::create(root, {"first", "second"}, R"({"publisher":{"prefix":"first"}})",
                       {"tester", "made", Time{1'700'000'000'000'000}, true});
    repository = std::make_unique<Repository>(root, Access::kWrite);
  }
  // Stages one package version in the default area.
  void stage(const std::string& fmri_text, const std::string& extra = {},
             ChangeKind kind = ChangeKind::kAdd, const std::string& area = "default") {
    const ips::Fmri fmri = ips::Fmri::parse(fmri_text);
    Staging(repository->staging()).put(area, {"tester", 1}, kind, fmri, manifest_of(fmri, extra));
  }
  MetasetRecord commit_all(const std::string& message = "test") {
    CommitOptions options;
    options.who = "tester";
    options.message = message;
    return commit(*repository, options);
  }
  MetasetNumber latest() {
    const lmdb::ReadTxn txn(repository->committed());
    return View::latest_number(repository->committed(), txn);
  }
  // One metaset from direct operations.
  template <typename Change>
  MetasetRecord write(const Change& change, std::optional<Time> time = std::nullopt) {
    return *repository->write_metaset(
        {"tester", "direct", time, true},
        [&](MetasetWriter& writer, lmdb::WriteTxn&) { change(writer); });
  }
  // The bytes of a catalog file in a metaset; empty if it has none.
  std::string rendered(MetasetNumber number, const std::string& publisher,
                       const std::string& name) {
    const lmdb::ReadTxn txn(repository->committed());
    const View view(repository->committed(), txn, number);
    const Publisher which = *view.publisher(publisher);
    if (name == "catalog.attrs") return repository->catalog_files().attrs(view, which)->text;
    const auto file = find_catalog_file(view, which, view.state(which.id), name);
    std::string text;
    if (file) {
      render_catalog_file(view, *file, [&](std::string_view bytes) { text.append(bytes); });
    }
    return text;
  }
  std::vector<std::string> visible(MetasetNumber number, const std::string& publisher) {
    const lmdb::ReadTxn txn(repository->committed());
    const View view(repository->committed(), txn, number);
    std::vector<std::string> result;
    view.for_each(view.publisher(publisher)->id,
                  [&](std::string_view name, const PackageEntry& entry) {
                    result.push_back(std::string(name) + "@" + entry.version);
                    return true;
                  });
    return result;
  }

  TemporaryDirectory directory;
  std::string root = directory.path() + "/repo";
  std::unique_ptr<Repository> repository;
};

}  // namespace metaset::store
